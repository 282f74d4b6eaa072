import Model
import Planning
import PluginKit
import TaskKit
import Testing

extension Sample {
    /// The plan that leads from one model, of which everything was applied, to another.
    static func plan(from applied: String, to declared: String) throws -> Plan? {
        let empty = ResolvedTree(ordered: [], registry: try registry())
        let before = try read(applied)
        let first = try PlanMaker.plan(
            for: PlanningInput(
                context: PlanningContext(declared: before, applied: empty), plugins: plugins, plannerVersion: "test"))
        var steps: [StepIdentity: String] = [:]
        for task in first?.tasks ?? [] { steps[task.identity] = task.fingerprint }
        return try PlanMaker.plan(
            for: PlanningInput(
                context: PlanningContext(declared: try read(declared), applied: before), plugins: plugins, appliedSteps: steps,
                plannerVersion: "test"))
    }
}

extension Plan {
    var summaries: [String] { tasks.map(\.summary) }

    /// The numbers of the phases in which tasks stand whose summaries contain `text`.
    func phases(of text: String) -> [Int] {
        phases.filter { phase in phase.tasks.contains { $0.summary.contains(text) } }.map(\.number)
    }
}
