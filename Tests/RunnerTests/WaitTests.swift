import Engine
import Runner
import TaskKit
import TestSupport
import Testing

@Suite("What a run waits for")
struct WaitTests {
    private let bench: RunnerBench
    init() throws { bench = try RunnerBench() }

    private func plan(_ kind: PhaseWait.Kind) -> Plan {
        TestPlan.plan([
            TestPlan.phase(1, [bench.effect("a")]), TestPlan.wait(2, kind, after: [1]),
            TestPlan.phase(3, after: [2], [bench.effect("b")]),
        ])
    }

    @Test("A soak that was begun by an earlier run is over when its time from the journal has passed")
    func soakOfAnEarlierRun() async throws {
        let plan = plan(.soak(seconds: 3600))
        // An hour and a second before the records of the bench, which are all of time 0.
        let journal = MemoryJournal([
            JournalEntry(sequence: 1, time: -3601, planSerial: 1, event: .phaseStarted(phase: 2))
        ])
        #expect(try await bench.run(plan, journal: journal).result == .successful)
        #expect(bench.effects == ["a", "b"])
    }

    @Test("A stop ends a soak, and the next run takes it up")
    func stoppedSoak() async throws {
        let (stops, send) = AsyncStream.makeStream(of: StopRequest.self)
        let journal = MemoryJournal()
        let plan = plan(.soak(seconds: 3600))
        let running = Task { [bench] in try await bench.run(plan, journal: journal, stop: stops) }
        #expect(try await eventually { await journal.events.contains(.phaseStarted(phase: 2)) })
        send.yield(StopRequest(cancelRunning: false, by: "me"))
        #expect(try await running.value.result == .stopped)
        #expect(bench.effects == ["a"])
    }

    @Test("A run that waits goes on with an approval of somebody else, and tells of it like of its own records")
    func approval() async throws {
        let (approvals, send) = AsyncStream.makeStream(of: JournalEntry.self)
        let journal = MemoryJournal()
        let plan = plan(.approval)
        let running = Task { [bench] in
            try await bench.run(plan, journal: journal, policy: RunPolicy(waitsForApproval: true), approvals: approvals)
        }
        #expect(try await eventually { await journal.events.contains(.phaseStarted(phase: 2)) })
        let entry = try await journal.record(.approved(phase: 2, by: "maria"))
        send.yield(entry)
        #expect(try await running.value.result == .successful)
        #expect(bench.effects == ["a", "b"])
        #expect(bench.notices.list.contains(.recorded(entry)))
    }

    @Test("A run that does not wait ends at a pause, and goes on when it is resumed after an approval")
    func paused() async throws {
        let journal = MemoryJournal()
        let plan = plan(.approval)
        #expect(try await bench.run(plan, journal: journal).result == .paused)
        #expect(try await bench.run(plan, journal: journal).result == .paused)
        _ = try await journal.record(.approved(phase: 2, by: "maria"))
        #expect(try await bench.run(plan, journal: journal).result == .successful)
        #expect(bench.effects == ["a", "b"])
    }

    @Test("A window is in the journal, and what does not fit into it is not begun")
    func window() async throws {
        let plan = TestPlan.plan([TestPlan.phase(1, [bench.effect("a")]), TestPlan.phase(2, after: [1], [bench.effect("b")])])
        let window = RunWindow(length: .seconds(3600), end: 7, phases: [2: .seconds(3601)])
        let journal = MemoryJournal()
        #expect(try await bench.run(plan, journal: journal, policy: RunPolicy(window: window)).result == .stopped)
        #expect(await journal.events.contains(.windowOpened(until: 7)))
        #expect(bench.effects == ["a"])
    }
}
