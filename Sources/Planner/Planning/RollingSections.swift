import Model
import PluginKit
import TaskKit

/// The nodes of one pool, or those of a cluster that are in no pool, with their policy.
struct RollingSection {
    let policy: RollingPolicy
    /// In the order of their turns, but for canaries.
    let nodes: [ItemPath]
    /// The pools that must have succeeded before, by themselves and by others.
    let requires: Set<ItemPath>
}

extension DeploymentOrder {
    /// The pools of a cluster and its nodes in no pool, one after the other: first what a pool's `dependency_list` names, then by what plugins
    /// ask for, then pools before nodes in no pool, then in natural order.
    ///
    /// - Parameter nodes: those of the cluster that have a turn, in their order by role.
    func sections(of cluster: ItemPath, nodes: [ItemPath]) -> [RollingSection] {
        let tree = input.context.declared
        let collection = cluster.appending("pools")
        let pools = tree.children(of: collection)
        var poolOfNode: [ItemPath: ItemPath] = [:]
        for pool in pools {
            for name in pool.list("node_list") { poolOfNode[cluster.appending("nodes").appending(name)] = pool.path }
        }
        let members = Dictionary(grouping: nodes) { poolOfNode[$0] ?? cluster }
        let nodeCount = tree.childPaths(of: cluster.appending("nodes")).count
        func section(_ path: ItemPath, _ pool: ResolvedItem?) -> RollingSection? {
            guard let nodes = members[path] else { return nil }
            let count = pool.map { Set($0.list("node_list")).count } ?? nodeCount - poolOfNode.count
            let policy = RollingPolicy(of: cluster, pool: pool, nodeCount: count, in: tree)
            return RollingSection(
                policy: policy, nodes: reordered(nodes, by: policy.order), requires: required(by: pool, in: collection))
        }
        let found = pools.map { section($0.path, $0) } + [section(cluster, nil)]
        // A stable sort by role: pools come in natural order, and the rest behind them.
        let byRole = found.compactMap { $0 }.enumerated().map { position, section in
            (rank: members[section.policy.path]?.first.map(rank) ?? Int.max, position: position, section: section)
        }
        .sorted { ($0.rank, $0.position) < ($1.rank, $1.position) }.map(\.section)
        return inTurn(byRole)
    }

    private func inTurn(_ sections: [RollingSection]) -> [RollingSection] {
        var waiting = sections
        var order: [RollingSection] = []
        while !waiting.isEmpty {
            let open = Set(waiting.map(\.policy.path))
            // Pools that wait for each other are an error of the model.
            let next = waiting.firstIndex { open.isDisjoint(with: $0.requires) } ?? 0
            order.append(waiting.remove(at: next))
        }
        return order
    }

    /// The pools named in the `dependency_list` of a pool, and what they name in theirs.
    private func required(by pool: ResolvedItem?, in collection: ItemPath) -> Set<ItemPath> {
        guard let pool else { return [] }
        var found: Set<ItemPath> = []
        var open = pool.list("dependency_list")
        while let name = open.popLast() {
            let path = collection.appending(name)
            guard path != pool.path, let item = input.context.declared[path], found.insert(path).inserted else { continue }
            open += item.list("dependency_list")
        }
        return found
    }

    /// - Parameter nodes: in their order by role.
    private func reordered(_ nodes: [ItemPath], by order: RollingPolicy.Order) -> [ItemPath] {
        switch order {
        case .role: return nodes
        case .natural: return nodes.sorted()
        case .given(let names):
            let byName = Dictionary(nodes.map { (String($0.name), $0) }, uniquingKeysWith: { first, _ in first })
            let first = names.compactMap { byName[$0] }
            let known = Set(first)
            return first + nodes.filter { !known.contains($0) }
        }
    }
}
