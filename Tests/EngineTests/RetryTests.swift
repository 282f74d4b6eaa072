import Engine
import TaskKit
import TestSupport
import Testing

@Suite("Further attempts within a run")
struct EngineRetryTests {
    private func failed(_ task: String, attempt: Int = 1) -> RunEngine.Event {
        .taskRetrying(
            RunEngine.FailedAttempt(
                task: TaskID(task), attempt: attempt, outcome: .unreachable, failure: nil, isDetached: false))
    }

    private func ended(_ task: String) -> RunEngine.Action {
        .record(.taskFinished(task: TaskID(task), attempt: 1, outcome: .unreachable, failure: nil, milliseconds: 0))
    }

    private func started(_ actions: [RunEngine.Action]) -> [String] {
        actions.compactMap { if case .start(let start) = $0 { "\(start.task.id.text) \(start.attempt)" } else { nil } }
    }

    private func twoTasks(total: Int) throws -> RunEngine {
        let phase = TestPlan.phase(1, [TestPlan.task("a"), TestPlan.task("b")])
        return try RunEngine(plan: TestPlan.plan([phase]), history: [], limits: RunLimits(total: total))
    }

    private let stop = RunEngine.Event.stopRequested(StopRequest(cancelRunning: false, by: "test"))

    @Test("A task that waits for its next attempt leaves its room to others, and is started again under the next number")
    func nextAttempt() throws {
        var engine = try twoTasks(total: 1)
        #expect(started(engine.start()) == ["a 1"])
        #expect(started(engine.handle(failed("a"))) == ["b 1"])
        #expect(engine.handle(.retryDue(TaskID("a"))).isEmpty)
        #expect(started(engine.handle(.taskFinished(TaskID("b"), .changed))) == ["a 2"])
    }

    @Test("A stop ends a task that waits for its next attempt as its last one ended")
    func stopWhileWaiting() throws {
        var engine = try twoTasks(total: 2)
        _ = engine.start()
        _ = engine.handle(failed("a"))
        #expect(engine.handle(stop).contains(ended("a")))
        #expect(engine.handle(.retryDue(TaskID("a"))).isEmpty)
        #expect(engine.handle(.taskFinished(TaskID("b"), .changed)).last == .finish(.stopped))
    }

    @Test("A stop ends likewise a task whose next attempt is due and waits for room")
    func stopWhileQueued() throws {
        var engine = try twoTasks(total: 1)
        _ = engine.start()
        _ = engine.handle(failed("a"))
        _ = engine.handle(.retryDue(TaskID("a")))
        #expect(engine.handle(stop).contains(ended("a")))
        let last = engine.handle(.taskFinished(TaskID("b"), .changed))
        #expect(started(last).isEmpty)
        #expect(last.last == .finish(.stopped))
    }

    @Test("Where a node has failed no further attempt of its other tasks starts: they end as their last one did")
    func failedNode() throws {
        let plan = TestPlan.plan(
            [TestPlan.block(1, of: "n1", tasks: ["a", "b"])], rolling: [TestPlan.group(failures: 1)])
        var engine = try RunEngine(plan: plan, history: [], limits: RunLimits(total: 1))
        _ = engine.start()
        _ = engine.handle(failed("a"))
        _ = engine.handle(.retryDue(TaskID("a")))
        let last = engine.handle(.taskFinished(TaskID("b"), .failed))
        #expect(last.contains(ended("a")))
        #expect(last.last == .finish(.failed))
    }

    @Test("A node whose host was lost under a task that then had no further attempt keeps its place: no other is touched")
    func lostHost() throws {
        let blocks = [
            TestPlan.block(1, of: "n1", tasks: ["a", "b"]), TestPlan.block(2, of: "n2", after: [1], tolerates: [1]),
        ]
        var engine = try RunEngine(
            plan: TestPlan.plan(blocks, rolling: [TestPlan.group(failures: 1)]), history: [], limits: RunLimits(total: 1))
        _ = engine.start()
        _ = engine.handle(failed("a"))
        _ = engine.handle(.retryDue(TaskID("a")))
        let last = engine.handle(.taskFinished(TaskID("b"), .failed))
        #expect(started(last).isEmpty)
        #expect(last.last == .finish(.failed))
    }
}
