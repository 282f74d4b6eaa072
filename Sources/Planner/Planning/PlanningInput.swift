package import Model
package import PluginKit
package import TaskKit

/// Everything that a plan is made from. Equal inputs give equal plans, byte for byte.
package struct PlanningInput: Sendable {
    package var context: PlanningContext
    package var plugins: [any Plugin]
    /// What earlier plans have made true: the fingerprint of each applied step.
    package var appliedSteps: [StepIdentity: String]
    /// What earlier plans have begun and not completed.
    package var owed: [OwedTask]
    package var appliedSerial: Int
    package var plannerVersion: String

    package init(
        context: PlanningContext, plugins: [any Plugin], appliedSteps: [StepIdentity: String] = [:],
        owed: [OwedTask] = [], appliedSerial: Int = 0, plannerVersion: String
    ) {
        self.context = context
        self.plugins = plugins
        self.appliedSteps = appliedSteps
        self.owed = owed
        self.appliedSerial = appliedSerial
        self.plannerVersion = plannerVersion
    }
}

extension PlanningInput {
    /// Everything on which steps can be carried out: managed hosts, and those that plugins add.
    var hosts: [ItemPath: HostConnection] {
        var known: [ItemPath: HostConnection] = [:]
        for plugin in plugins { known.merge(plugin.hosts(in: context)) { first, _ in first } }
        for node in context.nodes { known[node.path] = node.connection }
        return known
    }
}

/// A companion that an earlier plan began to need and did not complete (DESIGN section 4, rule 4).
package struct OwedTask: Hashable, Sendable, Codable {
    /// The plan that owes it.
    package var plan: String
    package var cluster: ItemPath?
    /// The task as that plan had it: it is carried out like this when no plugin declares the step any more.
    package var task: PlanTask

    package init(plan: String, cluster: ItemPath?, task: PlanTask) {
        self.plan = plan
        self.cluster = cluster
        self.task = task
    }
}

extension ResolvedTree {
    /// A digest of all that is declared: types and effective values, whatever file or order they came from. O(items).
    package var fingerprint: String {
        var text = ""
        text.reserveCapacity(ordered.count * 128)
        for item in ordered {
            text += "\(item.path) \(item.type)"
            for (name, value) in item.properties.sorted(by: { $0.key < $1.key }) {
                text += " \(name.utf8.count):\(name)=\(value.text.utf8.count):\(value.text)"
            }
            text += "\n"
        }
        return Digest.hexadecimal(of: text)
    }
}
