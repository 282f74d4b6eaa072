import Engine
import Runner
import TaskKit
import TestSupport
import Testing

/// What happens when the controller dies, or the journal is full, at each record of a run. The effects are real.
@Suite("Crashes", .serialized)
struct CrashTests {
    /// Two clusters side by side and one that waits for both, after a soak; with and without checks; two tasks in a phase.
    private func plan(_ bench: RunnerBench) -> Plan {
        TestPlan.plan([
            TestPlan.phase(1, [bench.effect("a"), bench.effect("b", then: "sleep 0.1", checked: false)]),
            TestPlan.phase(2, [bench.effect("c", then: "sleep 0.1")]),
            TestPlan.wait(3, .soak(seconds: 0), after: [1, 2]),
            TestPlan.phase(4, after: [3], [bench.effect("d", checked: false)]),
        ])
    }

    /// All at the same time: each has a directory of its own, and most of the time is waiting.
    private func atEveryRecord(_ body: @escaping @Sendable (Int) async throws -> Void) async throws {
        let count = try await recordCount()
        try await withThrowingTaskGroup { group in
            for room in 0..<count { group.addTask { try await body(room) } }
            for try await _ in group {}
        }
    }

    private func recordCount() async throws -> Int {
        let bench = try RunnerBench()
        let journal = MemoryJournal()
        #expect(try await bench.run(plan(bench), journal: journal).result == .successful)
        #expect(bench.effects.sorted() == ["a", "b", "c", "d"])
        return await journal.entries.count
    }

    @Test(
        "A controller that is killed at any record is followed by one that does everything once, whether records were on their way or not",
        arguments: [false, true])
    func killed(isPatient: Bool) async throws {
        try await atEveryRecord { room in
            let bench = try RunnerBench()
            let host = MortalHost(host: try bench.host())
            // From here on nothing reaches a host or the journal: as far as they can see, the controller is gone.
            let dying = MemoryJournal(room: room, isPatient: isPatient) { await host.die() }
            _ = try await bench.run(
                plan(bench), journal: dying, connector: ScriptedConnector(host), reconnectLimit: .zero)

            let journal = MemoryJournal(await dying.entries)
            let report = try await bench.run(plan(bench), journal: journal)
            let comment = Comment(rawValue: "killed after \(room) records; \(report.failures)")
            #expect(report.result == .successful, comment)
            #expect(bench.effects.sorted() == ["a", "b", "c", "d"], comment)
            let progress = try PlanProgress(of: plan(bench), history: await journal.events)
            #expect(progress.phases.values.allSatisfy { $0 == .succeeded }, comment)
        }
    }

    @Test(
        "With a journal that is full at any record nothing new is touched, what runs ends, and a later run completes",
        arguments: [false, true])
    func full(isPatient: Bool) async throws {
        try await atEveryRecord { room in
            let bench = try RunnerBench()
            let filling = MemoryJournal(room: room, isPatient: isPatient)
            let report = try await bench.run(plan(bench), journal: filling)
            let comment = Comment(rawValue: "full after \(room) records")
            #expect(report.journalFailure?.message == "Full()", comment)
            let announced = await filling.events.compactMap { event in
                if case .taskApplying(let task, _) = event { task.text } else { nil }
            }
            #expect(bench.effects.sorted() == announced.sorted(), comment)

            let journal = MemoryJournal(await filling.entries)
            #expect(try await bench.run(plan(bench), journal: journal).result == .successful, comment)
            #expect(bench.effects.sorted() == ["a", "b", "c", "d"], comment)
        }
    }

    @Test("Work that goes on on a host that was lost is joined by the next run, not begun beside it")
    func lostForLong() async throws {
        let bench = try RunnerBench()
        let host = MortalHost(host: try bench.host())
        let task = bench.effect("a", then: "until [ -e \"$HOME/go\" ]; do sleep 0.1; done", checked: false)
        let plan = TestPlan.plan([TestPlan.phase(1, [task])])
        let journal = MemoryJournal()
        let lost = Task {
            try await bench.run(plan, journal: journal, connector: ScriptedConnector(host), reconnectLimit: .zero)
        }
        #expect(try await eventually { bench.effects == ["a"] })
        await host.die()
        #expect(try await lost.value.outcomes == [task.id: .unreachable])
        let joined = Task { try await bench.run(plan, journal: journal) }
        #expect(
            try await eventually { await journal.events.count { $0 == .taskApplying(task: task.id, attempt: 1) } == 2 })
        try bench.directory.write("", to: "go")
        #expect(try await joined.value.result == .successful)
        #expect(bench.effects == ["a"])
    }

    @Test("Work that could not be cancelled, because its host was lost, is joined by the next run")
    func lostWhileCancelled() async throws {
        let bench = try RunnerBench()
        let host = MortalHost(host: try bench.host())
        let task = bench.effect("a", then: "until [ -e \"$HOME/go\" ]; do sleep 0.1; done", checked: false)
        let plan = TestPlan.plan([TestPlan.phase(1, [task])])
        let journal = MemoryJournal()
        let running = Task {
            try await bench.run(
                plan, journal: journal, connector: ScriptedConnector(host), reconnectLimit: .seconds(30))
        }
        #expect(try await eventually { bench.effects == ["a"] })
        await host.die()
        running.cancel()
        #expect(try await running.value.outcomes == [task.id: .unreachable])
        try bench.directory.write("", to: "go")
        #expect(try await bench.run(plan, journal: journal).result == .successful)
        #expect(bench.effects == ["a"])
    }

    @Test("An interrupted run of a task that is true all the same is a success; one that is not makes a new attempt")
    func interrupted() async throws {
        let bench = try RunnerBench()
        let done = TestPlan.task(
            "done",
            CommandAction(check: "[ -e \"$HOME/done\" ]", apply: ": >\"$HOME/done\"; kill -9 $$", limit: .seconds(9)))
        let journal = MemoryJournal()
        #expect(
            try await bench.run(TestPlan.plan([TestPlan.phase(1, [done])]), journal: journal).outcomes == [
                done.id: .changed
            ])

        let half = TestPlan.task(
            "half",
            CommandAction(
                check: "[ -e \"$HOME/whole\" ]",
                apply: "if [ -e \"$HOME/half\" ]; then : >\"$HOME/whole\"; else : >\"$HOME/half\"; kill -9 $$; fi",
                limit: .seconds(9)))
        let plan = TestPlan.plan([TestPlan.phase(1, [half])])
        let second = MemoryJournal()
        let report = try await bench.run(plan, journal: second)
        #expect(report.failures[half.id]?.failureClass == .interrupted)
        #expect(try await bench.run(plan, journal: second).result == .successful)
        #expect(await second.events.contains(.taskApplying(task: half.id, attempt: 2)))
    }
}
