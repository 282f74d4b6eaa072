package import Model
package import TaskKit

/// What a plan does to one thing on one host. The order is that of weight: a thing counts as the heaviest of what its tasks do to it.
package enum PlanChange: String, Hashable, Sendable, CaseIterable, Comparable {
    /// It is there and gets other content, while it serves.
    case update
    /// It was not there.
    case create
    /// It is stopped and started again, with its data.
    case restart
    /// It is taken away and built anew.
    case replace
    /// It is taken away.
    case remove

    private var weight: Int {
        switch self {
        case .update: 0
        case .create: 1
        case .restart: 2
        case .replace: 3
        case .remove: 4
        }
    }

    package static func < (left: PlanChange, right: PlanChange) -> Bool { left.weight < right.weight }
}

extension PlanTask {
    /// What the task does to its item, by its effect and its reasons; nil for what only accompanies other tasks.
    package var change: PlanChange? {
        if !forgets.isEmpty { return .remove }
        guard fingerprint != nil else { return nil }
        // What was never there is not taken away, whatever a later change of it would cost.
        let isNew = reasons.contains { if case .created = $0 { true } else { false } }
        if isNew { return .create }
        switch effect {
        case .live: return .update
        case .restart: return .restart
        case .replace: return .replace
        }
    }

    /// Whether something that serves is interrupted by it: a restart, a replacement, or taking a node out of service.
    package var isDisruptive: Bool { isDisruptive(changing: change) }

    /// The same, where the ``change`` is at hand.
    fileprivate func isDisruptive(changing change: PlanChange?) -> Bool {
        if case .takenOut = nodeChange { return true }
        return change == .restart || change == .replace
    }
}

/// What an operator must know before the plan is run.
package enum PlanWarning: Hashable, Sendable {
    /// Nodes that an earlier plan took out of service and did not put back.
    case stillOut(nodes: [ItemPath], plan: String)
    /// Nodes on which something that serves is stopped, and that nothing takes out of service first.
    case notTakenOut(nodes: [ItemPath], cluster: ItemPath)
    /// What was known beside the plan when it was made.
    case risk(PlanRisk)
}

/// What a plan costs: how much of each kind, what is interrupted, and what is taken away for good.
package struct PlanSummary: Hashable, Sendable {
    /// How many things, each an item on a host, are changed in which way.
    package let changes: [PlanChange: Int]
    package let taskCount: Int
    package let phaseCount: Int
    /// Tasks that take something away for good: counted apart, whatever they belong to.
    package let destructiveCount: Int
    /// Nodes that are taken out of service, or on which something that serves is stopped; in order of the plan.
    package let disruptedNodes: [ItemPath]
    /// Services that are stopped on at least one host; in order of the plan.
    package let disruptedServices: [ItemPath]
    package let warnings: [PlanWarning]

    /// - Complexity: O(tasks).
    package init(_ plan: Plan) {
        taskCount = plan.taskCount
        var strongest: [Unit: PlanChange] = [:]
        strongest.reserveCapacity(taskCount)
        var nodes = OrderedPaths()
        var services = OrderedPaths()
        var destructive = 0
        var hazards = Hazards()
        for phase in plan.phases {
            for task in phase.tasks {
                let change = task.change
                if let change {
                    let unit = Unit(item: task.identity.item, node: task.identity.node)
                    if let former = strongest.updateValue(change, forKey: unit), former > change { strongest[unit] = former }
                }
                if task.isDestructive { destructive += 1 }
                hazards.note(task, changing: change, in: phase)
                guard task.isDisruptive(changing: change) else { continue }
                if let node = task.identity.node { nodes.append(node) }
                if let service = PlanSummary.service(around: task.identity.item) { services.append(service) }
            }
        }
        changes = strongest.values.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        phaseCount = plan.phases.count
        destructiveCount = destructive
        disruptedNodes = nodes.paths
        disruptedServices = services.paths
        warnings = hazards.warnings + (plan.risks ?? []).map { .risk($0) }
    }

    package func count(_ change: PlanChange) -> Int { changes[change] ?? 0 }

    private struct Unit: Hashable {
        var item: ItemPath
        var node: ItemPath?
    }

    /// The member of a `services` collection that the item is or belongs to: base types keep what serves there and nowhere else.
    private static func service(around item: ItemPath) -> ItemPath? {
        var path = item
        var found: ItemPath?
        while let parent = path.parent {
            if parent.name == "services" { found = path }
            path = parent
        }
        return found
    }
}

/// Which nodes a plan leaves without protection, or finds without it.
private struct Hazards {
    private var locked: Set<ItemPath> = []
    private var stopped: [ItemPath: OrderedPaths] = [:]
    private var out: [String: OrderedPaths] = [:]
    private var clusters = OrderedPaths()
    private var plans: [String] = []

    /// Takes in the next task of the plan.
    mutating func note(_ task: PlanTask, changing change: PlanChange?, in phase: Phase) {
        guard let node = task.identity.node else { return }
        if case .takenOut = task.nodeChange { locked.insert(node) }
        if change == .restart || change == .replace, let cluster = phase.cluster {
            clusters.append(cluster)
            stopped[cluster, default: OrderedPaths()].append(node)
        }
        guard case .putBack = task.nodeChange else { return }
        for case .owed(let earlier) in task.reasons {
            if out[earlier] == nil { plans.append(earlier) }
            out[earlier, default: OrderedPaths()].append(node)
        }
    }

    var warnings: [PlanWarning] {
        let left = plans.map { PlanWarning.stillOut(nodes: out[$0]?.paths ?? [], plan: $0) }
        let unguarded = clusters.paths.compactMap { cluster -> PlanWarning? in
            let nodes = (stopped[cluster]?.paths ?? []).filter { !locked.contains($0) }
            return nodes.isEmpty ? nil : .notTakenOut(nodes: nodes, cluster: cluster)
        }
        return left + unguarded
    }
}

/// Paths in the order in which they came, each once.
private struct OrderedPaths {
    private(set) var paths: [ItemPath] = []
    private var seen: Set<ItemPath> = []

    mutating func append(_ path: ItemPath) {
        if seen.insert(path).inserted { paths.append(path) }
    }
}
