import Model
import PluginKit
import TaskKit

/// Finds what is dangerous in a plan, from what is declared and what the store knows of the nodes.
struct PlanRisks {
    private let plan: Plan
    private let input: PlanningInput
    /// Most tasks of a large plan disturb nobody; they are passed over once.
    private let disruptive: [PlanTask]
    private var context: PlanningContext { input.context }

    /// In the order of weight, then of paths. O(tasks + nodes + instances), and O(tasks × depth of paths) when anything is protected.
    static func of(_ plan: Plan, _ input: PlanningInput) -> [PlanRisk] {
        var disruptive: [PlanTask] = []
        for phase in plan.phases { for task in phase.tasks where task.isDisruptive { disruptive.append(task) } }
        let risks = PlanRisks(plan: plan, input: input, disruptive: disruptive)
        let outages = risks.outages
        return outages + risks.wholeClusters(beside: outages) + risks.replacedClusters + risks.protected + risks.leftOut
    }

    /// The single instances of services that serve and are stopped.
    private var outages: [PlanRisk] {
        let single = context.instances.filter { instance in
            guard let service = instance.clusteredService.flatMap({ context.declared[$0] }) else { return false }
            return service.integer("active") == 1 && (service.integer("standby") ?? 0) == 0 && context.wasApplied(instance)
        }
        guard !single.isEmpty else { return [] }
        var out: Set<ItemPath> = []
        var stopped: Set<ServiceInstance.Key> = []
        for task in disruptive {
            guard let node = task.identity.node else { continue }
            if case .takenOut = task.nodeChange {
                out.insert(node)
            } else {
                stopped.insert(.init(service: task.identity.item, node: node))
            }
        }
        let hit = single.filter { out.contains($0.node) || stopped.contains($0.key) }
        let services = Set(
            hit.compactMap { instance in instance.clusteredService.map { Outage(service: $0, node: instance.node) } })
        return services.sorted { ($0.service, $0.node) < ($1.service, $1.node) }.map {
            .outage(service: $0.service, node: $0.node)
        }
    }

    private struct Outage: Hashable {
        var service: ItemPath
        var node: ItemPath
    }

    /// Nodes that have their turn together begin after the same phases.
    private func wholeClusters(beside outages: [PlanRisk]) -> [PlanRisk] {
        var begun: Set<ItemPath> = []
        var turns: [Turn: Set<ItemPath>] = [:]
        let out = Set(disruptive.filter { if case .takenOut = $0.nodeChange { true } else { false } }.compactMap(\.identity.node))
        for phase in plan.phases {
            guard let cluster = phase.cluster, let node = phase.node, out.contains(node), begun.insert(node).inserted else {
                continue
            }
            turns[Turn(cluster: cluster, after: phase.after), default: []].insert(node)
        }
        let widest = turns.reduce(into: [ItemPath: Int]()) { $0[$1.key.cluster] = max($0[$1.key.cluster] ?? 0, $1.value.count) }
        return widest.sorted { $0.key < $1.key }.compactMap { cluster, count in
            let nodes = context.declared.childPaths(of: cluster.appending("nodes")).count
            guard nodes > 0, count >= nodes else { return nil }
            // Of a single node, the services that it stops say it already.
            let isKnown = outages.contains { if case .outage(let service, _) = $0 { service.isWithin(cluster) } else { false } }
            return nodes == 1 && isKnown ? nil : .wholeClusterOut(cluster: cluster, nodes: nodes)
        }
    }

    private struct Turn: Hashable {
        var cluster: ItemPath
        var after: [Int]
    }

    private var replacedClusters: [PlanRisk] {
        let replaced = Set(disruptive.filter { $0.change == .replace }.compactMap(\.identity.node))
        let byCluster = Dictionary(grouping: replaced) { context.node(at: $0)?.cluster }
        return byCluster.compactMap { cluster, nodes -> (ItemPath, Int)? in cluster.map { ($0, nodes.count) } }
            .sorted { $0.0 < $1.0 }
            .filter { cluster, count in count > 1 && count == context.declared.childPaths(of: cluster.appending("nodes")).count }
            .map { .everyNodeReplaced(cluster: $0.0, nodes: $0.1) }
    }

    private var protected: [PlanRisk] {
        let items = Set(
            context.declared.items(having: ProtectedItems.property)
                .filter { $0.flag(ProtectedItems.property) && context.applied[$0.path] != nil }.map(\.path))
        guard !items.isEmpty else { return [] }
        var disturbed: [ItemPath: String] = [:]
        for task in disruptive {
            for start in [task.identity.item, task.identity.node].compactMap({ $0 }) {
                var path: ItemPath? = start
                while let current = path {
                    if items.contains(current), disturbed[current] == nil { disturbed[current] = task.summary }
                    path = current.parent
                }
            }
        }
        return disturbed.sorted { $0.key < $1.key }.map { .protectedDisturbed(item: $0.key, by: $0.value) }
    }

    private var leftOut: [PlanRisk] {
        var out = input.outOfService
        guard !out.isEmpty else { return [] }
        for task in plan.tasks {
            guard let node = task.identity.node else { continue }
            switch task.nodeChange {
            case .putBack(let contributor): out[node]?.remove(contributor)
            // What was taken away keeps nothing out.
            case .takenOut, nil: break
            }
        }
        let undone = plan.tasks.flatMap(\.forgets)
        return out.filter { node, contributors in
            !contributors.isEmpty && !undone.contains { $0.item == node || node.isWithin($0.item) }
        }
        .sorted { $0.key < $1.key }.map { .leftOut(node: $0.key, by: $0.value.sorted()) }
    }
}
