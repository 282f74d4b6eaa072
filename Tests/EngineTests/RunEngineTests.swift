import Engine
import TaskKit
import TestSupport
import Testing

@Suite("The engine")
struct RunEngineTests {
    private func engine(
        _ phases: [Phase], history: [RunEvent] = [], limits: RunLimits = RunLimits()
    ) throws -> RunEngine {
        try RunEngine(plan: TestPlan.plan(phases), history: history, limits: limits)
    }

    private func phase(_ number: Int, after: [Int] = [], _ tasks: String...) -> Phase {
        TestPlan.phase(number, after: after, tasks.map { TestPlan.task($0) })
    }

    private func started(_ actions: [RunEngine.Action]) -> [String] {
        actions.compactMap { if case .start(let start) = $0 { start.task.id.text } else { nil } }
    }

    private func starts(_ actions: [RunEngine.Action]) -> [RunEngine.TaskStart] {
        actions.compactMap { if case .start(let start) = $0 { start } else { nil } }
    }

    private func result(_ actions: [RunEngine.Action]) -> RunResult? {
        if case .finish(let result)? = actions.last { result } else { nil }
    }

    @Test("A plan without tasks is successful at once")
    func empty() throws {
        var engine = try engine([])
        #expect(engine.start() == [.record(.runFinished(result: .successful)), .finish(.successful)])
    }

    @Test("Tasks of a phase start together, the next phase starts when all have succeeded")
    func phases() throws {
        var engine = try engine([phase(1, "a", "b"), phase(2, after: [1], "c")])
        let first = engine.start()
        #expect(first.first == .record(.phaseStarted(phase: 1)))
        #expect(started(first) == ["a", "b"])
        #expect(engine.handle(.taskFinished(TaskID("b"), .skipped)).isEmpty)
        let second = engine.handle(.taskFinished(TaskID("a"), .changed))
        #expect(second.prefix(2) == [.record(.phaseFinished(phase: 1)), .record(.phaseStarted(phase: 2))])
        #expect(started(second) == ["c"])
        #expect(
            engine.handle(.taskFinished(TaskID("c"), .ok))
                == [
                    .record(.phaseFinished(phase: 2)), .record(.runFinished(result: .successful)), .finish(.successful),
                ])
    }

    @Test("Clusters that do not wait for each other run side by side")
    func sideBySide() throws {
        var engine = try engine([
            phase(1, "a"), phase(2, "b"), phase(3, after: [1], "c"), phase(4, after: [1, 2], "d"),
        ])
        #expect(started(engine.start()) == ["a", "b"])
        #expect(started(engine.handle(.taskFinished(TaskID("a"), .ok))) == ["c"])
        #expect(started(engine.handle(.taskFinished(TaskID("b"), .ok))) == ["d"])
    }

    @Test(
        "After a failure running tasks finish and nothing new starts",
        arguments: [Outcome.failed, .unreachable, .timedOut, .cancelled])
    func failure(_ outcome: Outcome) throws {
        var engine = try engine([phase(1, "a"), phase(2, "b"), phase(3, after: [2], "c")])
        _ = engine.start()
        #expect(engine.handle(.taskFinished(TaskID("a"), outcome)).isEmpty)
        let last = engine.handle(.taskFinished(TaskID("b"), .changed))
        #expect(started(last).isEmpty)
        #expect(last.contains(.record(.phaseFinished(phase: 2))))
        #expect(result(last) == .failed)
    }

    @Test("The first stop lets running tasks finish, the second cancels them")
    func stop() throws {
        var engine = try engine([phase(1, "a", "b"), phase(2, after: [1], "c")])
        _ = engine.start()
        let first = engine.handle(.stopRequested(StopRequest(cancelRunning: false, by: "me")))
        #expect(first == [.record(.stopRequested(cancelRunning: false, by: "me"))])
        #expect(engine.handle(.stopRequested(StopRequest(cancelRunning: false, by: "me"))).isEmpty)
        let second = engine.handle(.stopRequested(StopRequest(cancelRunning: true, by: "you")))
        #expect(second == [.record(.stopRequested(cancelRunning: true, by: "you")), .cancelRunning])
        #expect(engine.handle(.taskFinished(TaskID("a"), .cancelled)).isEmpty)
        #expect(result(engine.handle(.taskFinished(TaskID("b"), .ok))) == .stopped)
        #expect(engine.handle(.stopRequested(StopRequest(cancelRunning: true, by: "you"))).isEmpty)
    }

    @Test("A stop that comes when only the last tasks run leaves a successful run")
    func lateStop() throws {
        var engine = try engine([phase(1, "a")])
        _ = engine.start()
        _ = engine.handle(.stopRequested(StopRequest(cancelRunning: false, by: "me")))
        #expect(result(engine.handle(.taskFinished(TaskID("a"), .changed))) == .successful)
    }

    @Test("A task that fails after a stop was asked for makes the run a failed one")
    func failureAfterStop() throws {
        var engine = try engine([phase(1, "a", "b")])
        _ = engine.start()
        _ = engine.handle(.stopRequested(StopRequest(cancelRunning: false, by: "me")))
        _ = engine.handle(.taskFinished(TaskID("a"), .failed))
        #expect(result(engine.handle(.taskFinished(TaskID("b"), .ok))) == .failed)
    }

    @Test("When the journal fails, running tasks finish and nothing new starts")
    func journal() throws {
        var engine = try engine([phase(1, "a", "b"), phase(2, after: [1], "c")])
        _ = engine.start()
        #expect(engine.handle(.journalFailed).isEmpty)
        #expect(engine.handle(.taskAbandoned(TaskID("a"))).isEmpty)
        #expect(result(engine.handle(.taskFinished(TaskID("b"), .ok))) == .failed)
    }

    @Test("An end of a task that does not run changes nothing")
    func unknownEnd() throws {
        var engine = try engine([phase(1, "a")])
        _ = engine.start()
        #expect(engine.handle(.taskFinished(TaskID("x"), .failed)).isEmpty)
        _ = engine.handle(.taskFinished(TaskID("a"), .ok))
        #expect(engine.handle(.taskFinished(TaskID("a"), .failed)).isEmpty)
    }

    @Test("No more tasks run at once than allowed, in all and on each host")
    func limits() throws {
        let tasks =
            (0..<6).map { TestPlan.task("a\($0)", host: "a") } + (0..<3).map { TestPlan.task("b\($0)", host: "b") }
        var engine = try engine([TestPlan.phase(1, tasks)], limits: RunLimits(total: 4, perHost: 3))
        #expect(started(engine.start()) == ["a0", "b0", "a1", "b1"])
        #expect(started(engine.handle(.taskFinished(TaskID("b0"), .ok))) == ["a2"])
        // Host a is full now.
        #expect(started(engine.handle(.taskFinished(TaskID("b1"), .ok))) == ["b2"])
        #expect(started(engine.handle(.taskFinished(TaskID("b2"), .ok))).isEmpty)
        #expect(started(engine.handle(.taskFinished(TaskID("a0"), .ok))) == ["a3"])
    }

    @Test(
        "A resumed run goes on with the right attempts",
        arguments: [
            ([RunEvent.taskStarted(task: TaskID("a"), attempt: 1)], 1, false),
            ([.taskStarted(task: TaskID("a"), attempt: 1), .taskApplying(task: TaskID("a"), attempt: 1)], 1, true),
            (
                [
                    .taskStarted(task: TaskID("a"), attempt: 1), .taskApplying(task: TaskID("a"), attempt: 1),
                    .runStarted(isResumed: true, controller: "x"), .taskStarted(task: TaskID("a"), attempt: 1),
                ], 1, true
            ),
            (
                [
                    .taskStarted(task: TaskID("a"), attempt: 1),
                    .taskFinished(task: TaskID("a"), attempt: 1, outcome: .timedOut, failure: nil, milliseconds: 1),
                ], 2, false
            ),
        ])
    func resume(_ history: [RunEvent], _ attempt: Int, _ wasApplying: Bool) throws {
        var engine = try engine([phase(1, "a")], history: history)
        let start = try #require(starts(engine.start()).first)
        #expect(start.attempt == attempt)
        #expect(start.wasApplying == wasApplying)
    }

    @Test("A phase whose end was lost with the controller is ended by the next run, without starting its tasks")
    func lostPhaseEnd() throws {
        let history: [RunEvent] = [
            .phaseStarted(phase: 1), .taskStarted(task: TaskID("a"), attempt: 1),
            .taskFinished(task: TaskID("a"), attempt: 1, outcome: .ok, failure: nil, milliseconds: 1),
        ]
        var engine = try engine([phase(1, "a"), phase(2, after: [1], "b")], history: history)
        let actions = engine.start()
        #expect(actions.prefix(2) == [.record(.phaseFinished(phase: 1)), .record(.phaseStarted(phase: 2))])
        #expect(started(actions) == ["b"])
    }

    @Test("A plan of a hundred thousand complete phases is passed without recursion")
    func longPlan() throws {
        let phases = (1...100_000).map { phase($0, after: $0 == 1 ? [] : [$0 - 1]) }
        var engine = try engine(phases)
        #expect(result(engine.start()) == .successful)
    }
}
