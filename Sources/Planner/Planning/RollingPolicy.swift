import Model

/// How the nodes of a cluster take turns when they have to go out of service: how many at once, and who goes first (R5 of
/// `reference/operators.md`).
struct RollingPolicy {
    /// How many nodes may be out of service at the same time; at least one.
    let width: Int
    /// Nodes that go before all others, each alone: what goes wrong goes wrong on them.
    let canaries: [String]

    /// - Parameter cluster: nil when it is no longer declared; then its nodes go one by one.
    /// - Parameter nodeCount: how many nodes the cluster has; a percentage is of them, rounded down.
    init(of cluster: ResolvedItem?, nodeCount: Int) {
        width = RollingPolicy.width(cluster?.text("max_unavailable") ?? "", nodeCount: nodeCount)
        canaries = cluster?.list("canary") ?? []
    }

    private static func width(_ text: String, nodeCount: Int) -> Int {
        if text.utf8.last == UInt8(ascii: "%"), let percent = Int(text.dropLast()) {
            return max(1, nodeCount * min(percent, 100) / 100)
        }
        return max(1, Int(text) ?? 1)
    }

    /// The nodes in the groups that are out of service together, one group after the other.
    ///
    /// - Parameter nodes: in the order that plugins and names give them.
    /// - Parameter goesAlone: whether a node is never out of service together with another.
    func batches(of nodes: [ItemPath], goesAlone: (ItemPath) -> Bool = { _ in false }) -> [[ItemPath]] {
        let first = canaries.compactMap { name in nodes.first { $0.name == name } }
        var batches = first.map { [$0] }
        var isOpen = false
        for node in nodes where !first.contains(node) {
            let isAlone = goesAlone(node)
            if isOpen, !isAlone, batches[batches.count - 1].count < width {
                batches[batches.count - 1].append(node)
            } else {
                batches.append([node])
            }
            isOpen = !isAlone
        }
        return batches
    }
}
