package import Model

/// What somebody should know before a plan is run, as the model and the store told it when the plan was made.
package enum PlanRisk: Hashable, Sendable, Codable {
    /// The service has one instance and no standby, and it is stopped on this node: until it is back, nobody serves.
    case outage(service: ItemPath, node: ItemPath)
    /// All nodes of the cluster may be out of service at the same time.
    case wholeClusterOut(cluster: ItemPath, nodes: Int)
    /// Something is built anew on every node of the cluster.
    case everyNodeReplaced(cluster: ItemPath, nodes: Int)
    /// The item is protected; it is neither replaced nor removed, but disturbed by this.
    case protectedDisturbed(item: ItemPath, by: String)
    /// A node that was taken out of service earlier, and that this plan does not put back.
    case leftOut(node: ItemPath, by: [String])
}
