import Model
import TaskKit

/// How the nodes of a cluster, or of a pool of its nodes, take turns when they have to go out of service: how many at once, who goes first,
/// where the run waits, and how much may go wrong (R5, R6 and R18 of `reference/operators.md`).
///
/// A pool does as its cluster does in everything that it does not say itself.
struct RollingPolicy {
    /// How the nodes that are no canaries follow each other.
    enum Order {
        /// What plugins ask for, then natural order.
        case role
        case natural
        /// These first, as they are listed; then the others as by role.
        case given([String])
    }

    /// Nodes that are out of service together, and what the run waits for before the next.
    struct Turn {
        var nodes: [ItemPath]
        var isCanary: Bool
        var waits: [PhaseWait] = []
    }

    /// The pool, or the cluster.
    let path: ItemPath
    let order: Order
    private let cluster: ItemPath
    /// How many nodes may be out of service at the same time; at least one.
    private let width: Int
    private let canaries: [String]
    private let pauseAfter: WaitPoint?
    private let soakAfter: WaitPoint?
    private let soakSeconds: Int?
    private let maximumFailures: String

    /// - Parameters:
    ///   - cluster: where it is, also when it is no longer declared; then its nodes go one by one.
    ///   - pool: nil for the nodes that are in no pool.
    ///   - nodeCount: how many nodes the pool has, or the cluster beside its pools; `max_unavailable` in per cent is of them, rounded down.
    init(of cluster: ItemPath, pool: ResolvedItem?, nodeCount: Int, in tree: ResolvedTree) {
        self.cluster = cluster
        path = pool?.path ?? cluster
        let items = [pool, tree[cluster]].compactMap { $0 }
        func text(_ property: String) -> String {
            items.lazy.map { $0.text(property) }.first { !$0.isEmpty } ?? ""
        }
        func list(_ property: String) -> [String] { items.lazy.map { $0.list(property) }.first { !$0.isEmpty } ?? [] }
        width = max(1, RollingPolicy.count(text("max_unavailable"), of: nodeCount) ?? 1)
        canaries = list("canary")
        pauseAfter = WaitPoint(text("pause_after"))
        soakSeconds = Int(text("soak"))
        soakAfter = soakSeconds == nil ? nil : WaitPoint(text("soak_after")) ?? .batch
        maximumFailures = text("max_failures")
        switch list("node_order") {
        case [], ["role"]: order = .role
        case ["natural"]: order = .natural
        case let names: order = .given(names)
        }
    }

    /// A number, or a percentage of `total`, rounded down.
    private static func count(_ text: String, of total: Int) -> Int? {
        guard text.utf8.last == UInt8(ascii: "%") else { return Int(text) }
        return Int(text.dropLast()).map { total * min($0, 100) / 100 }
    }

    /// What the plan says of it.
    ///
    /// - Parameter nodes: those that have a turn; `max_failures` in per cent is of them, rounded down.
    func group(of nodes: [ItemPath]) -> RollingGroup {
        let first = first(of: nodes)
        func reached(_ point: WaitPoint?) -> WaitPoint? { point == .canary && first.isEmpty ? nil : point }
        return RollingGroup(
            path: path, cluster: cluster, nodeCount: nodes.count, maximumUnavailable: width, canaries: first,
            pauseAfter: reached(pauseAfter), soakAfter: reached(soakAfter),
            soakSeconds: reached(soakAfter) == nil ? nil : soakSeconds,
            maximumFailures: RollingPolicy.count(maximumFailures, of: nodes.count) ?? 0)
    }

    private func first(of nodes: [ItemPath]) -> [ItemPath] {
        guard !canaries.isEmpty else { return [] }
        let byName = Dictionary(nodes.map { (String($0.name), $0) }, uniquingKeysWith: { first, _ in first })
        return canaries.compactMap { byName[$0] }
    }

    /// The nodes in the groups that are out of service together, one group after the other. A batch ends where a wait after a number of
    /// nodes comes.
    ///
    /// - Parameters:
    ///   - nodes: in their order.
    ///   - goesAlone: whether a node is never out of service together with another.
    func turns(of nodes: [ItemPath], goesAlone: (ItemPath) -> Bool = { _ in false }) -> [Turn] {
        let first = first(of: nodes)
        let known = Set(first)
        var turns = first.map { Turn(nodes: [$0], isCanary: true) }
        var isOpen = false
        var placed = first.count
        for node in nodes where !known.contains(node) {
            let isAlone = goesAlone(node)
            if isOpen, !isAlone, turns[turns.count - 1].nodes.count < width {
                turns[turns.count - 1].nodes.append(node)
            } else {
                turns.append(Turn(nodes: [node], isCanary: false))
            }
            placed += 1
            let isWaitDue = [pauseAfter, soakAfter].contains { point in
                if case .nodes(let count) = point { placed % count == 0 } else { false }
            }
            isOpen = !isAlone && !isWaitDue
        }
        var done = 0
        for position in turns.indices {
            done += turns[position].nodes.count
            guard done < nodes.count else { break }
            let isLastCanary = position == first.count - 1
            func isDue(_ point: WaitPoint?) -> Bool {
                switch point {
                case .canary: isLastCanary
                case .batch: isLastCanary || !turns[position].isCanary
                case .nodes(let count): done % count == 0
                case nil: false
                }
            }
            func wait(_ kind: PhaseWait.Kind) -> PhaseWait {
                PhaseWait(kind, group: path, doneNodes: done, nodeCount: nodes.count, canaries: isLastCanary ? first : [])
            }
            // Who approves has seen how the nodes did for a while.
            if let soakSeconds, isDue(soakAfter) { turns[position].waits.append(wait(.soak(seconds: soakSeconds))) }
            if isDue(pauseAfter) { turns[position].waits.append(wait(.approval)) }
        }
        return turns
    }
}
