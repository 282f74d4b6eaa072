/// The place of a task in the deployment order (DESIGN section 4). The declared order of the cases is that order.
package enum DeploymentGroup: String, Codable, Sendable, CaseIterable {
    /// The management server and what runs on it. Never locked.
    case managementServer = "MS"
    /// Bringing hosts up for the first time.
    case boot = "BOOT"
    /// Once for the site, before any cluster.
    case preCluster = "PRE_CLUSTER"
    /// Once for a cluster, before its nodes.
    case preNodeCluster = "PRE_NODE_CLUSTER"
    /// For one node, before it is locked: only companions of its locked section.
    case preNodeLock = "PRE_NODE_LOCK"
    case lock = "LOCK"
    case upgradeBoot = "UPGRADE_BOOT"
    /// The changes of one node.
    case node = "NODE"
    case unlock = "UNLOCK"
    /// For one node, after it was unlocked: only companions of its locked section.
    case postNodeUnlock = "POST_NODE_UNLOCK"
    /// What must hold before the next node is touched.
    case healthGate = "HEALTH_GATE"
    /// Between the nodes of a cluster: only phases without tasks, at which a run waits, or in which the edges of many nodes meet.
    case pause = "PAUSE"
    /// Once for a cluster, after its nodes.
    case cluster = "CLUSTER"
    /// Once for the site, after every cluster.
    case postCluster = "POST_CLUSTER"

    /// Whether tasks of this group belong to the block of one node.
    package var isPerNode: Bool {
        switch self {
        case .preNodeLock, .lock, .upgradeBoot, .node, .unlock, .postNodeUnlock, .healthGate: true
        case .managementServer, .boot, .preCluster, .preNodeCluster, .pause, .cluster, .postCluster: false
        }
    }

    /// Whether tasks of this group belong to one cluster.
    package var isPerCluster: Bool { isPerNode || self == .preNodeCluster || self == .pause || self == .cluster }
}
