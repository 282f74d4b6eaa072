import Engine
import Runner
import TaskKit
import TestSupport
import Testing

@Suite("Records for which nobody waits")
struct PatientJournalTests {
    private let bench: RunnerBench
    init() throws { bench = try RunnerBench() }

    private let one = RunLimits(total: 1)

    private func truth(_ id: String) -> PlanTask {
        TestPlan.task(id, CommandAction(check: "true", apply: "exit 1", limit: .seconds(30)))
    }

    private func words(_ events: [RunEvent]) -> [String] {
        events.map { event in
            switch event {
            case .taskStarted(let task, _): "start \(task)"
            case .taskApplying(let task, _): "apply \(task)"
            case .taskFinished(let task, _, let outcome, _, _): "\(outcome.rawValue) \(task)"
            case .phaseStarted: "phase"
            case .phaseFinished: "phase end"
            case .runStarted, .runFinished: "run"
            default: "other"
            }
        }
    }

    @Test(
        "A task that is true already and the start of the next one do not wait for the disk; what follows from all of them does"
    )
    func together() async throws {
        let journal = MemoryJournal(isPatient: true)
        let plan = TestPlan.plan([TestPlan.phase(1, ["a", "b", "c"].map(truth))])
        #expect(try await bench.run(plan, journal: journal, limits: one).result == .successful)
        let writes = await journal.writes
        #expect(
            writes.map(words) == [
                ["run"], ["phase", "start a"],
                ["skipped a", "start b", "skipped b", "start c", "skipped c", "phase end", "run"],
            ])
    }

    @Test("An intent is written after all that was taken before it, and before anything is touched")
    func intent() async throws {
        let journal = MemoryJournal(isPatient: true)
        let plan = TestPlan.plan([TestPlan.phase(1, [truth("a"), bench.effect("b"), truth("c")])])
        #expect(try await bench.run(plan, journal: journal, limits: one).result == .successful)
        #expect(
            await journal.writes.map(words) == [
                ["run"], ["phase", "start a"], ["skipped a", "start b", "apply b"], ["changed b", "start c"],
                ["skipped c", "phase end", "run"],
            ])
        #expect(bench.effects == ["b"])
    }

    @Test("What was taken and could not be stored counts as not told, and lets nothing new start")
    func lost() async throws {
        // Room for the run, the phase and the start of `a`: its end is never stored, and neither is the intent of `b`.
        let journal = MemoryJournal(room: 3, isPatient: true)
        let plan = TestPlan.plan([TestPlan.phase(1, [truth("a"), bench.effect("b"), truth("c")])])
        let report = try await bench.run(plan, journal: journal, limits: one)
        #expect(report.result == .failed)
        #expect(report.outcomes.isEmpty)
        #expect(report.journalFailure?.message == "Full()")
        #expect(bench.effects.isEmpty)
        #expect(await words(journal.events) == ["run", "phase", "start a"])
    }
}
