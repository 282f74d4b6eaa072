import CorePlugin
import Formats
package import Model
package import Planning
package import PluginKit
package import TaskKit

/// A model as a user writes it, and what plugins make of it: steps, plans, and what a plan leaves when it was carried out. Nothing is sent to
/// any host and nothing is stored, so that a test of a plugin takes milliseconds.
///
/// ```swift
/// var bench = try PluginBench(ExamplePlugin())
/// try bench.declare("ms: { ssh: { address: 10.0.0.1 }, configs: { motd: { type: motd, text: hello } } }")
/// #expect(try bench.plan() == ["MS: write the message of ms", "MS: announce it on ms"])
/// try bench.apply()
/// #expect(try bench.plan() == [])
/// ```
package struct PluginBench {
    package let plugins: [any Plugin]
    package let registry: TypeRegistry
    private var declared = Tree()
    private var appliedItems: ResolvedTree
    private var appliedSteps: [StepIdentity: String] = [:]

    /// - Parameter plugins: those that are tested, and others that they build on; the base tree is always there.
    /// - Throws: `RegistrationError` when their types do not fit together.
    package init(_ plugins: any Plugin...) throws {
        self.plugins = [CorePlugin()] + plugins
        registry = try TypeRegistry(self.plugins.map(\.declarations))
        appliedItems = ResolvedTree(ordered: [], registry: registry)
    }

    // MARK: The model

    /// Declares a model in place of the one before.
    ///
    /// - Parameter yaml: the whole model, as in a file.
    /// - Throws: ``ModelError`` with all that is wrong with it: in its types, and in the rules of the plugins.
    package mutating func declare(_ yaml: String) throws(ModelError) {
        let reading = YAMLModelReader(registry: registry).read([(name: "model.yaml", text: yaml)])
        guard reading.errors.isEmpty else { throw ModelError(reading.errors) }
        declared = reading.tree
        let context = context
        let problems = plugins.flatMap { $0.validate(context) }.filter { $0.severity == .error }
        guard problems.isEmpty else { throw ModelError(problems) }
    }

    /// What plugins get to see.
    package var context: PlanningContext {
        PlanningContext(declared: ResolvedTree.resolving(declared, registry: registry).tree, applied: appliedItems)
    }

    // MARK: Plans

    /// The plan as Planner would make it now, each task on a line: its group, and what it does. Empty when there is nothing to do.
    package func plan() throws(PlanningError) -> [String] {
        try outcome().plan?.tasks.map { "\($0.group.rawValue): \($0.summary)" } ?? []
    }

    /// The tasks of that plan.
    package func tasks() throws(PlanningError) -> [PlanTask] { try outcome().plan?.tasks ?? [] }

    /// The changed items that none of the plugins has a step for.
    package func unhandled() throws(PlanningError) -> [ItemPath] { try outcome().unhandled.map(\.path) }

    /// Whatever a host has to be told: every line of what a task would do.
    package func preview(of summary: String) throws(PlanningError) -> [String] {
        try tasks().first { $0.summary == summary }?.action.action.preview ?? []
    }

    /// What the plugins ask hosts before the plan is run.
    package func questions() throws(PlanningError) -> [HostQuestion] {
        guard let plan = try outcome().plan else { return [] }
        let steps = PlannedSteps(plan)
        let context = context
        return plugins.flatMap { $0.questions(about: steps, in: context) }
    }

    /// Takes the plan for carried out: all is as declared then.
    package mutating func apply() throws(PlanningError) {
        let tasks = try tasks()
        for task in tasks {
            appliedSteps = appliedSteps.filter { step in !task.forgets.contains { $0.contains(step.key) } }
            if let fingerprint = task.fingerprint { appliedSteps[task.identity] = fingerprint }
        }
        appliedItems = context.declared
    }

    private func outcome() throws(PlanningError) -> PlanOutcome {
        try PlanMaker.outcome(
            for: PlanningInput(context: context, plugins: plugins, appliedSteps: appliedSteps, plannerVersion: "test"))
    }
}

extension HostQuestion {
    /// What it means that a host answers with these lines.
    package func findings(in lines: String...) -> [PreflightFinding] {
        judge(HostAnswer(lines: lines.map { HostAnswer.Line($0) }, status: 0))
    }
}
