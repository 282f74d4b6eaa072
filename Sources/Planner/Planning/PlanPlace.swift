package import Model
package import TaskKit

/// Where a step stands in a plan: a group, of a cluster and a node where it is of one.
package struct PlanPlace: Hashable, Sendable, CustomStringConvertible {
    package let group: DeploymentGroup
    package let cluster: ItemPath?
    package let node: ItemPath?

    init(_ phase: Phase) {
        group = phase.group
        cluster = phase.cluster
        node = phase.node
    }

    package var description: String {
        let owner = node.map { " of \($0.name)" } ?? ""
        return "group \(group.rawValue)\(owner)" + (cluster.map { " in cluster \($0.name)" } ?? "")
    }

    /// Why this place has its turn before another, as far as the order of groups, clusters and nodes says so.
    func precedence(over other: PlanPlace) -> String {
        if let cluster, let later = other.cluster, cluster != later {
            return "cluster \(cluster.name) comes before cluster \(later.name) (dependency_list)"
        }
        if let node, let later = other.node, node != later { return "node \(node.name) has its turn before node \(later.name)" }
        return "group \(group.rawValue) comes before group \(other.group.rawValue)"
    }
}

/// A step that requires another one of another section.
package struct RequirementCause: Hashable, Sendable {
    package let step: StepIdentity
    package let place: PlanPlace
    package let required: StepIdentity
    package let requiredPlace: PlanPlace
}

/// A requirement that the order of the plan does not admit.
package struct RequirementContradiction: Hashable, Sendable {
    package let cause: RequirementCause
    /// What the order says instead.
    package let order: String
}
