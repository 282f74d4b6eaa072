import Model
import Planning
import TaskKit
import TestSupport
import Testing

@Suite("How long a phase may take")
struct PhaseDurationTests {
    private func plan(_ tasks: PlanTask...) -> Plan { TestPlan.plan([TestPlan.phase(1, tasks)]) }

    private func seconds(_ plan: Plan, _ history: [String: [Int]], width: Int = 50) -> Duration? {
        let times = Dictionary(uniqueKeysWithValues: history.map { (TaskID($0.key), $0.value.map { $0 * 1000 }) })
        let durations = PhaseDurations(of: plan, from: DurationHistory(milliseconds: times, runCount: 1), width: width)
        return durations.durations[1]
    }

    /// A task of a limit of ten seconds.
    private let a = TestPlan.task("a")
    private let b = TestPlan.task("b")

    @Test("A task counts with the longest time that it took, one that was never run with its limit, and none with more than that")
    func tasks() {
        #expect(seconds(plan(a), ["a": [2, 7, 3]]) == .seconds(7))
        #expect(seconds(plan(a), ["x": [2]]) == .seconds(10))
        #expect(seconds(plan(a), ["a": [60]]) == .seconds(10))
    }

    @Test("A phase takes as long as its longest task, or as the work in it on as many hands as there are")
    func phase() {
        #expect(seconds(plan(a, b), ["a": [2], "b": [7]]) == .seconds(7))
        #expect(seconds(plan(a, b), ["a": [6], "b": [7]], width: 1) == .seconds(13))
    }

    @Test("A task on a new node counts with what its like took on others")
    func likes() {
        var other = b
        other.identity.name = a.identity.name
        #expect(seconds(plan(a, other), ["a": [4]], width: 1) == .seconds(8))
    }
}
