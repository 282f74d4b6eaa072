package import Model
package import PluginKit
package import TaskKit

/// Kubernetes roles on virtual machines, through the playbooks of a provider on a director (`reference/kubernetes.md` 5).
///
/// Install: inventory and variables to the director, then the install playbook when every guest answers. Change of a member's machine:
/// drain and delete before the node is locked; upgrade and rejoin after it is unlocked; the next node only when the member is ready.
package struct KubernetesPlugin: Plugin {
    package let name = "kubernetes"
    package let version = "2"
    package let propertyTypes = KubernetesTypes.propertyTypes
    package let itemTypes = KubernetesTypes.itemTypes
    package let scripts = [playbookScript, memberScript, hostKeyScript]

    static let playbookScript = Script(name: "kubernetes/playbook", content: PackageResources.playbook_sh)
    static let memberScript = Script(name: "kubernetes/member", content: PackageResources.member_sh)
    static let hostKeyScript = Script(name: "kubernetes/host-key", content: PackageResources.host_key_sh)

    package init() {}

    package func validate(_ context: PlanningContext) -> [Diagnostic] { KubernetesRules.errors(in: context) }

    /// A director that is a virtual machine is a host of its own.
    package func hosts(in context: PlanningContext) -> [ItemPath: HostConnection] {
        var hosts: [ItemPath: HostConnection] = [:]
        for (tree, instances) in [
            (context.applied, context.appliedInstances), (context.declared, context.instances),
        ] {
            for instance in instances {
                guard let service = tree[instance.service], tree.isKind(service, of: KubernetesTypes.service),
                    service.text("role") == "director"
                else { continue }
                let addresses = instance.addresses(in: tree)
                let network = service.text("ssh_network")
                guard let address = addresses.first(where: { $0.network == network }) ?? addresses.first else { continue }
                hosts[instance.service] = HostConnection(
                    hostname: instance.hostname(in: tree), address: address.address, user: service.text("ssh_user"))
            }
        }
        return hosts
    }

    package func steps(in context: PlanningContext) -> [Step] {
        clusters(in: context.declared, context.instances).flatMap { cluster -> [Step] in
            guard let steps = KubernetesSteps(cluster, in: context) else { return [] }
            // The install playbook was for those that were there then; whoever comes later joins.
            let isInstalled = context.applied[cluster.item.path] != nil
            return steps.install + steps.restoreDirector(in: context)
                + cluster.members.flatMap { member -> [Step] in
                    if context.wasApplied(member.instance) { return steps.roll(member) }
                    return isInstalled ? steps.join(member) : []
                }
        }
    }

    /// Members that are no longer declared leave the cluster before their machines go.
    package func undoSteps(in context: PlanningContext) -> [Step] {
        let declared = Set(context.instances.map(\.key))
        return clusters(in: context.applied, context.appliedInstances).flatMap { applied -> [Step] in
            let current = clusters(in: context.declared, context.instances).first { $0.path == applied.path } ?? applied
            guard let steps = KubernetesSteps(current, in: context) else { return [] }
            // Workers before masters, and the last of each first: the control plane stays for as long as anything needs it.
            return steps.leave(applied.members.filter { !declared.contains($0.instance.key) }.reversed())
        }
    }

    /// Masters before workers, whatever the nodes are called (R65).
    package func rank(of node: ManagedNode, in context: PlanningContext) -> Int? {
        let roles = context.instances.compactMap { instance -> String? in
            guard instance.node == node.path, let service = context.declared[instance.service],
                context.declared.isKind(service, of: KubernetesTypes.service)
            else { return nil }
            return service.text("role")
        }
        return roles.map { $0 == "director" ? 0 : $0 == "master" ? 1 : 2 }.min()
    }

    private func clusters(in tree: ResolvedTree, _ instances: [ServiceInstance]) -> [KubernetesCluster] {
        tree.items(ofType: KubernetesTypes.cluster).compactMap { KubernetesCluster($0, instances: instances, in: tree) }
    }
}
