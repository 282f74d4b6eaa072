import Model
import PluginKit

/// In which order nodes and clusters have their turn.
struct DeploymentOrder {
    let input: PlanningInput
    private var context: PlanningContext { input.context }

    /// The nodes in the order in which they are changed: what a plugin asks for, else natural order (R65).
    func ordered(_ nodes: some Sequence<ItemPath>) -> [ItemPath] {
        let ranked = nodes.map { (rank: rank(of: $0), path: $0) }
        return ranked.sorted { $0.rank == $1.rank ? $0.path < $1.path : $0.rank < $1.rank }.map(\.path)
    }

    /// Whether a plugin wants the node to be out of service without any other.
    func goesAlone(_ path: ItemPath) -> Bool {
        guard let node = context.node(at: path) else { return false }
        return input.plugins.contains { $0.goesAlone(node, in: context) }
    }

    func rank(of path: ItemPath) -> Int {
        guard let node = context.node(at: path) else { return Int.max }
        return input.plugins.compactMap { $0.rank(of: node, in: context) }.min() ?? Int.max
    }

    /// Clusters so that each comes after those in its `dependency_list`, else in natural order.
    ///
    /// - Throws: ``PlanningError/clusterCycle(_:)``.
    func ordered(clusters: Set<ItemPath>) throws(PlanningError) -> [ItemPath] {
        var order: [ItemPath] = []
        var finished: Set<ItemPath> = []
        for cluster in clusters.sorted() {
            try visit(cluster, among: clusters, below: [], finished: &finished, order: &order)
        }
        return order
    }

    private func visit(
        _ cluster: ItemPath, among clusters: Set<ItemPath>, below: [ItemPath], finished: inout Set<ItemPath>,
        order: inout [ItemPath]
    ) throws(PlanningError) {
        if let start = below.firstIndex(of: cluster) { throw .clusterCycle(below[start...] + [cluster]) }
        guard !finished.contains(cluster) else { return }
        for dependency in dependencies(of: cluster) {
            try visit(dependency, among: clusters, below: below + [cluster], finished: &finished, order: &order)
        }
        finished.insert(cluster)
        order.append(cluster)
    }

    /// The clusters that must be done before `cluster`: those that it depends on; when it is taken away, those that depended on it.
    func dependencies(of cluster: ItemPath) -> [ItemPath] {
        guard let collection = cluster.parent else { return [] }
        func list(_ item: ResolvedItem) -> [ItemPath] { item.list("dependency_list").map { collection.appending($0) } }
        if let item = context.declared[cluster] { return list(item).filter { context.declared[$0] != nil } }
        guard context.applied[cluster] != nil else { return [] }
        return context.applied.children(of: collection).filter { list($0).contains(cluster) }.map(\.path)
    }
}
