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
    package var locking: LockPolicy
    /// The nodes that earlier plans took out of service and did not put back, and who did.
    package var outOfService: [ItemPath: Set<String>] = [:]
    /// The most `after` edges between the blocks of a turn and what comes before them. Where each of many nodes would wait for each of many
    /// others, a phase without tasks stands between them, so that plans stay linear in their nodes.
    package var maximumEdgesOfTurn = 10_000
    /// What plans that did not come to their end have set out to make, the newest first: for each the model as it would be applied now if
    /// that plan had. Undo is sought in them too, so that nothing is left behind on a host of which no plan has come to be true.
    let attempts: [PlanningContext]
    /// The changes and undo steps that may be in the plan, as far as they are needed; nil when all may.
    var admitted: Set<StepIdentity>?

    /// - Parameter attempts: for each plan that did not come to its end, the earliest first, the items that it set out to make.
    package init(
        context: PlanningContext, plugins: [any Plugin], appliedSteps: [StepIdentity: String] = [:],
        owed: [OwedTask] = [], attempts: [[ResolvedItem]] = [], appliedSerial: Int = 0, plannerVersion: String,
        locking: LockPolicy = LockPolicy()
    ) {
        self.attempts = attempts.reversed().map { context.applying($0) }
        self.locking = locking
        self.context = context
        self.context.unfinishedNodes = Set(owed.filter { $0.task.group.isPerNode }.compactMap(\.task.identity.node))
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

    /// The same, and the hosts on which plans that did not come to their end have begun something: only to take it away.
    var everyHost: [ItemPath: HostConnection] {
        var known = hosts
        for attempt in attempts {
            for plugin in plugins { known.merge(plugin.hosts(in: attempt)) { first, _ in first } }
            for node in attempt.nodes where known[node.path] == nil { known[node.path] = node.connection }
        }
        return known
    }

    func admits(_ step: StepIdentity) -> Bool { admitted?.contains(step) ?? true }

    /// The host at `path`: as declared, else as applied, else as an unfinished plan had it.
    func node(at path: ItemPath) -> ManagedNode? {
        context.node(at: path) ?? attempts.lazy.compactMap { $0.node(at: path) }.first
    }

    /// The item at `path`: as declared, else as applied, else as an unfinished plan had it.
    func item(at path: ItemPath) -> ResolvedItem? {
        context.declared[path] ?? context.applied[path] ?? attempts.lazy.compactMap { $0.applied[path] }.first
    }

    /// The cluster at or above `path`.
    func cluster(around path: ItemPath) -> ItemPath? {
        let trees = [context.declared, context.applied] + attempts.map(\.applied)
        return trees.lazy.compactMap { $0.nearest(BaseType.cluster, at: path)?.path }.first
    }
}

extension PlanningContext {
    /// The same declared model, over what would be applied if `items` were.
    fileprivate func applying(_ items: [ResolvedItem]) -> PlanningContext {
        var byPath = Dictionary(applied.ordered.map { ($0.path, $0) }, uniquingKeysWith: { first, _ in first })
        for item in items { byPath[item.path] = item }
        let tree = ResolvedTree(ordered: byPath.values.sorted { $0.path < $1.path }, registry: declared.registry)
        return over(tree)
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
        var input = DigestInput(capacity: 256 * ordered.count)
        for item in ordered {
            input.append(item.path.text)
            input.append(" ")
            input.append(item.type)
            for (name, value) in item.properties.sorted(by: { $0.key < $1.key }) {
                input.append(" ")
                input.appendMeasured(name)
                input.append("=")
                input.appendMeasured(value.text)
            }
            input.append("\n")
        }
        return input.hexadecimal()
    }
}
