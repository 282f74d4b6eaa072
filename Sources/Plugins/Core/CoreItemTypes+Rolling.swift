import Model
import PluginKit

/// How nodes take turns. None of it is true or false of a host: a change of it brings no step about, and counts as applied at once.
extension CoreItemTypes {
    /// The properties of a cluster and of a pool.
    ///
    /// But for `max_unavailable` they have no default: an item that does not say them is the same item as before there were such properties,
    /// and a pool does as its cluster.
    ///
    /// - Parameter maximumUnavailable: nil: as the cluster says.
    static func rollingPolicy(maximumUnavailable: String?) -> [PropertyDefinition] {
        [
            PropertyDefinition(
                "max_unavailable", "count_or_percent", default: maximumUnavailable.map { .string($0) }, configuration: false,
                summary: "How many nodes may be out of service at once; a percentage is of the nodes of the cluster or pool."),
            PropertyDefinition(
                "canary", "basic_list", default: maximumUnavailable.map { _ in [] }, configuration: false,
                summary: "Nodes that go first, in this order and each alone, before the others are touched."),
            PropertyDefinition(
                "node_order", "basic_list_non_empty", configuration: false,
                summary: "How the others follow: 'role' (what plugins ask for, then natural order; so without it), 'natural', "
                    + "or names of nodes that go before those that are not named."),
            PropertyDefinition(
                "pause_after", "wait_point", configuration: false,
                summary: "Where the run waits for 'planner approve': after the 'canary' nodes, after them and each 'batch', "
                    + "or after every so many nodes."),
            PropertyDefinition(
                "soak", "seconds", configuration: false,
                summary: "Seconds that the run waits between nodes, to see whether those that are done stay well."),
            PropertyDefinition(
                "soak_after", "wait_point", configuration: false,
                summary: "Where it waits so: as 'pause_after'; 'batch' when it is not said."),
            PropertyDefinition(
                "max_failures", "failure_budget", configuration: false,
                summary: "How many nodes may fail in one run before nothing more is begun; a percentage is of the nodes that the "
                    + "plan takes out of service. The first failure stops the run when it is not said."),
        ]
    }

    static let rollingRules: [ItemRule] = [.needs("soak_after", "soak")]

    static let nodePool = ItemType(
        "node-pool",
        summary: "Nodes of a cluster that take turns by a policy of their own. What it does not say is as the cluster says.",
        needsNoTask: true,
        properties: [
            PropertyDefinition(
                "node_list", "basic_list_non_empty", required: true, configuration: false,
                summary: "Its nodes; a node is in one pool at most."),
            PropertyDefinition(
                "dependency_list", "basic_list", default: [], configuration: false,
                summary: "Pools of the same cluster that are done before it."),
        ] + rollingPolicy(maximumUnavailable: nil))
}
