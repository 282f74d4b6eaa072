package import Model
package import TaskKit

/// The model as plugins see it: what is declared, what was applied, and the managed hosts of both.
package struct PlanningContext: Sendable {
    package let comparison: TreeComparison
    /// In tree order; a node that is only applied comes after those that are declared.
    package let nodes: [ManagedNode]
    /// The virtual machines and other services, one for each node that carries them, as declared.
    package let instances: [ServiceInstance]
    /// The same, as applied.
    package let appliedInstances: [ServiceInstance]
    /// The version of every stored secret: another one after each `planner crypt set`, and nothing that tells the value.
    package let secretVersions: [String: String]
    /// Nodes that an earlier plan left in the middle of their change: what is on them may not serve. The planner sets it.
    package var unfinishedNodes: Set<ItemPath> = []
    private let nodePositions: [ItemPath: Int]
    private let appliedKeys: Set<ServiceInstance.Key>
    private let carriedOut: @Sendable (StepIdentity) -> Bool

    package var declared: ResolvedTree { comparison.declared }
    package var applied: ResolvedTree { comparison.applied }

    /// - Parameter carriedOut: whether a step was true once and was not taken away since.
    package init(
        declared: ResolvedTree, applied: ResolvedTree, secretVersions: [String: String] = [:],
        carriedOut: @escaping @Sendable (StepIdentity) -> Bool = { _ in false }
    ) {
        self.carriedOut = carriedOut
        self.secretVersions = secretVersions
        comparison = TreeComparison(declared: declared, applied: applied)
        nodes =
            PlanningContext.nodes(of: declared, isDeclared: true) { applied[$0.path] != nil }
            + PlanningContext.nodes(of: applied, isDeclared: false, where: { declared[$0.path] == nil }) { _ in true }
        nodePositions = Dictionary(
            zip(nodes.map(\.path), nodes.indices), uniquingKeysWith: { first, _ in first })
        instances = ServiceInstance.all(in: declared)
        appliedInstances = ServiceInstance.all(in: applied)
        appliedKeys = Set(appliedInstances.map(\.key))
    }

    private static func nodes(
        of tree: ResolvedTree, isDeclared: Bool, where isWanted: (ResolvedItem) -> Bool = { _ in true },
        isApplied: (ResolvedItem) -> Bool
    ) -> [ManagedNode] {
        let servers = tree.items(ofType: BaseType.managementServer).filter(isWanted).compactMap { item in
            ManagedNode(item, in: tree, cluster: nil, isApplied: isApplied(item), isDeclared: isDeclared)
        }
        let nodes = tree.items(ofType: BaseType.node).filter(isWanted).compactMap { item in
            ManagedNode(
                item, in: tree, cluster: item.path.parent?.parent, isApplied: isApplied(item), isDeclared: isDeclared)
        }
        return servers + nodes
    }

    package func node(at path: ItemPath) -> ManagedNode? { nodePositions[path].map { nodes[$0] } }

    /// The declared nodes of a cluster, in natural order.
    package func nodes(of cluster: ItemPath) -> [ManagedNode] {
        declared.childPaths(of: cluster.appending("nodes")).compactMap { node(at: $0) }
    }

    /// The HA manager that a cluster declares; nil when it has none, so that its nodes are never taken out of service.
    package func highAvailabilityManager(of cluster: ItemPath) -> String? {
        let manager = declared[cluster]?.text("ha_manager") ?? ""
        return manager.isEmpty || manager == "none" ? nil : manager
    }

    /// Whether an earlier plan made the instance true, in whatever form: with its whole service, or on its own when that plan was limited to a
    /// part of the site or did not come to its end. Such an instance may serve already.
    package func wasApplied(_ instance: ServiceInstance) -> Bool {
        appliedKeys.contains(instance.key) || carriedOut(VirtualMachineStep.definition(of: instance))
    }

    /// Whether the instance was made true with its whole service.
    package func wasAppliedWithService(_ instance: ServiceInstance) -> Bool { appliedKeys.contains(instance.key) }

    /// Whether an earlier plan carried the change out, in whatever form, and nothing has taken it away since.
    package func wasCarriedOut(_ step: StepIdentity) -> Bool { carriedOut(step) }

    /// The same over another applied tree.
    package func over(_ applied: ResolvedTree) -> PlanningContext {
        PlanningContext(declared: declared, applied: applied, secretVersions: secretVersions, carriedOut: carriedOut)
    }
}
