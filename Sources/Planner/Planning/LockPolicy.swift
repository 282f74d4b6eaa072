package import Model

/// Which nodes are locked, beside what the model says (`create_plan --no-lock-tasks`, `--initial-lock-tasks`).
package struct LockPolicy: Hashable, Sendable {
    /// The clusters whose nodes are changed without being locked.
    package enum Unlocked: Hashable, Sendable {
        case none
        case all
        case clusters(Set<ItemPath>)
    }

    package var unlocked: Unlocked
    /// Whether also a node is locked that is applied for the first time, when it comes to a cluster that is applied and has others.
    package var locksInitialNodes: Bool

    package init(unlocked: Unlocked = .none, locksInitialNodes: Bool = false) {
        self.unlocked = unlocked
        self.locksInitialNodes = locksInitialNodes
    }

    func locks(_ cluster: ItemPath?) -> Bool {
        switch unlocked {
        case .none: true
        case .all: false
        case .clusters(let clusters): cluster.map { !clusters.contains($0) } ?? true
        }
    }
}
