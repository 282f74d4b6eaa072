package import Model
package import TaskKit

/// The item types of the base tree that all plugins may rely on. `Core` declares them.
package enum BaseType {
    package static let managementServer = "ms"
    package static let node = "node"
    package static let cluster = "cluster"
    package static let clusteredService = "clustered-service"
    package static let service = "service"
    package static let network = "network"
    package static let image = "image-base"
}

/// A host that Planner manages over SSH: a node of a cluster, or a management server. A reference, because it is asked for at every step.
package final class ManagedNode: Sendable {
    package let path: ItemPath
    /// The cluster of a node; nil for a management server.
    package let cluster: ItemPath?
    package let connection: HostConnection
    /// Whether an earlier plan has made it true: only such a node can be taken out of service.
    package let isApplied: Bool
    /// Whether it is still declared.
    package let isDeclared: Bool

    package var hostname: String { connection.hostname }
    package var isManagementServer: Bool { cluster == nil }

    init?(_ item: ResolvedItem, in tree: ResolvedTree, cluster: ItemPath?, isApplied: Bool, isDeclared: Bool) {
        guard let ssh = tree.child("ssh", of: item.path) else { return nil }
        path = item.path
        self.cluster = cluster
        var connection = ssh.connection(in: tree, hostname: item.text("hostname"))
        connection.jumps = JumpHosts.way(to: ssh, in: tree)
        self.connection = connection
        self.isApplied = isApplied
        self.isDeclared = isDeclared
    }
}
