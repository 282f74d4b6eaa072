import Engine
import TaskKit
import TestSupport
import Testing

@Suite("The progress of a plan")
struct PlanProgressTests {
    private static let a = TaskID("a")
    private static let plan = TestPlan.plan([
        TestPlan.phase(1, [TestPlan.task("a"), TestPlan.task("b")]),
        TestPlan.phase(2, after: [1], [TestPlan.task("c")]),
    ])
    private static let start = RunEvent.taskStarted(task: a, attempt: 1)
    private static let intent = RunEvent.taskApplying(task: a, attempt: 1)
    private static func end(_ outcome: Outcome, attempt: Int = 1) -> RunEvent {
        .taskFinished(task: a, attempt: attempt, outcome: outcome, failure: nil, milliseconds: 1)
    }

    private static func retry(_ outcome: Outcome, _ failureClass: TaskFailure.Class? = nil) -> RunEvent {
        .taskRetrying(
            task: a, attempt: 1, outcome: outcome, failure: failureClass.map { TaskFailure($0, "") }, milliseconds: 1,
            delayMilliseconds: 1)
    }

    @Test(
        "The state of a task follows its events",
        arguments: [
            ([], TaskState.initial, PhaseState.initial),
            ([start], .checking(attempt: 1), .running),
            ([start, intent], .applying(attempt: 1), .running),
            ([start, intent, end(.changed)], .succeeded(attempt: 1, .changed), .running),
            ([start, end(.skipped)], .succeeded(attempt: 1, .skipped), .running),
            ([start, intent, end(.failed)], .failed(attempt: 1, .failed, nil), .failed),
            ([start, end(.failed), .taskStarted(task: a, attempt: 2)], .checking(attempt: 2), .running),
            ([start, end(.unreachable)], .failed(attempt: 1, .unreachable, nil), .failed),
            ([start, intent, end(.unreachable)], .detached(attempt: 1, nil), .failed),
            ([start, intent, end(.unreachable), start], .applying(attempt: 1), .running),
            ([start, retry(.unreachable)], .retrying(attempt: 1, .unreachable, nil, isDetached: false), .running),
            ([start, retry(.unreachable), .taskStarted(task: a, attempt: 2)], .checking(attempt: 2), .running),
            ([start, intent, retry(.unreachable)], .retrying(attempt: 1, .unreachable, nil, isDetached: true), .running),
            ([start, intent, retry(.unreachable), start], .applying(attempt: 1), .running),
            ([start, intent, retry(.unreachable), end(.unreachable)], .detached(attempt: 1, nil), .failed),
            ([start, intent, retry(.failed), end(.failed)], .failed(attempt: 1, .failed, nil), .failed),
            ([start, intent, retry(.unreachable, .peersUnreachable), .taskStarted(task: a, attempt: 2)], .checking(attempt: 2), .running),
        ])
    func states(_ history: [RunEvent], _ task: TaskState, _ phase: PhaseState) throws {
        let progress = try PlanProgress(of: Self.plan, history: history)
        #expect(progress.tasks[Self.a] == task)
        #expect(progress.phases[1] == phase)
        #expect(progress.phases[2] == .initial)
    }

    @Test(
        "A history that contradicts itself is an error",
        arguments: [
            [RunEvent.taskStarted(task: TaskID("x"), attempt: 1)], [.phaseStarted(phase: 9)], [intent], [end(.ok)],
            [.taskStarted(task: a, attempt: 2)], [start, end(.ok), end(.ok)], [start, end(.ok), start],
            [start, end(.failed), start], [start, end(.failed), .taskStarted(task: a, attempt: 3)],
            [.phaseFinished(phase: 1)],
            [start, intent, end(.unreachable), .taskStarted(task: a, attempt: 2)],
            [retry(.failed)], [start, retry(.ok)], [start, retry(.failed), start], [start, retry(.failed), end(.ok)],
            [start, intent, retry(.unreachable), .taskStarted(task: a, attempt: 2)],
            [start, .taskApplying(task: a, attempt: 2)], [start, end(.ok, attempt: 2)],
        ])
    func inconsistent(_ history: [RunEvent]) {
        #expect(throws: PlanError.self) { try PlanProgress(of: Self.plan, history: history) }
        #expect(throws: PlanError.self) { try RunEngine(plan: Self.plan, history: history) }
    }

    @Test(
        "A plan that cannot be carried out is an error",
        arguments: [
            (TestPlan.plan([TestPlan.phase(1, []), TestPlan.phase(1, [])]), PlanError.repeatedPhase(1)),
            (TestPlan.plan([TestPlan.phase(1, [TestPlan.task("a"), TestPlan.task("a")])]), .repeatedTask(a)),
            (TestPlan.plan([TestPlan.phase(1, after: [7], [])]), .unknownPredecessor(phase: 1, predecessor: 7)),
            (
                TestPlan.plan([
                    TestPlan.phase(1, []), TestPlan.phase(2, after: [3], []), TestPlan.phase(3, after: [2], []),
                ]),
                .cycle([2, 3])
            ),
        ])
    func impossible(_ plan: Plan, _ error: PlanError) {
        #expect(throws: error) { try PlanProgress(of: plan, history: []) }
    }

    @Test("The latest run is known by its end")
    func latestRun() throws {
        var progress = try PlanProgress(of: Self.plan, history: [])
        #expect(!progress.wasStarted)
        try progress.record(.runStarted(isResumed: false, controller: "x"))
        try progress.record(.runFinished(result: .stopped))
        #expect(progress.latestResult == .stopped)
        try progress.record(.runStarted(isResumed: true, controller: "x"))
        #expect(progress.wasStarted && progress.latestResult == nil)
    }
}
