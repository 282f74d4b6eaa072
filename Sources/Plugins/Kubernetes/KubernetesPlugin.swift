package import Model
package import PluginKit
package import TaskKit

/// Kubernetes roles on virtual machines, through the playbooks of a provider on a director (`reference/kubernetes.md` 5).
///
/// Install: inventory and variables to the director, then the install playbook when every guest is there. Change of a member's machine:
/// what must hold is checked, then drain and delete before the node is locked; upgrade and rejoin after it is unlocked; the next node only
/// when the member is ready. Applications come after all of it.
package struct KubernetesPlugin: Plugin {
    package let name = "kubernetes"
    package let version = "2"
    package let propertyTypes = KubernetesTypes.propertyTypes
    package let itemTypes = KubernetesTypes.itemTypes
    package let scripts = [
        playbookScript, memberScript, hostKeyScript, guestScript, preflightScript, versionSkewScript, etcdScript, askScript,
        helmScript, inventoryScript, registryScript, registryImagesScript, csarScript, membersScript, surveyScript,
    ]

    static let playbookScript = Script(name: "kubernetes/playbook", content: PackageResources.playbook_sh)
    static let memberScript = Script(name: "kubernetes/member", content: PackageResources.member_sh)
    static let hostKeyScript = Script(name: "kubernetes/host-key", content: PackageResources.host_key_sh)
    static let guestScript = Script(name: "kubernetes/guest", content: PackageResources.guest_sh)
    static let preflightScript = Script(name: "kubernetes/preflight", content: PackageResources.preflight_sh)
    static let versionSkewScript = Script(name: "kubernetes/version-skew", content: PackageResources.version_skew_sh)
    static let etcdScript = Script(name: "kubernetes/etcd", content: PackageResources.etcd_sh)
    static let askScript = Script(name: "kubernetes/ask", content: PackageResources.ask_sh)
    static let helmScript = Script(name: "kubernetes/helm", content: PackageResources.helm_sh)
    static let inventoryScript = Script(name: "kubernetes/inventory", content: PackageResources.inventory_sh)
    static let registryScript = Script(name: "kubernetes/registry", content: PackageResources.registry_sh)
    static let registryImagesScript = Script(name: "kubernetes/registry-images", content: PackageResources.registry_images_sh)
    static let membersScript = Script(name: "kubernetes/members", content: PackageResources.members_sh)
    static let surveyScript = Script(name: "kubernetes/cluster-survey", content: PackageResources.cluster_survey_sh)
    static let csarScript = Script(name: "kubernetes/csar", content: PackageResources.csar_sh)

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
            let leaving = leavingMembers(of: cluster, in: context)
            return steps.directorReady + steps.restoreDirector + (ContainerRegistry(of: steps)?.all ?? [])
                + steps.preflight(leaving: leaving)
                + steps.leavingQuorum(leaving) + steps.install
                + cluster.members.flatMap { member -> [Step] in
                    guard steps.isInstalled else { return [] }
                    return steps.isMember(member) ? steps.roll(member) : steps.join(member)
                } + steps.verification(leaving: leaving) + steps.releases
        }
    }

    /// Members that are no longer declared leave the cluster before their machines go; applications go before either.
    package func undoSteps(in context: PlanningContext) -> [Step] {
        clusters(in: context.applied, context.appliedInstances).flatMap { applied -> [Step] in
            let current = clusters(in: context.declared, context.instances).first { $0.item.path == applied.item.path }
            guard let steps = KubernetesSteps(current ?? applied, in: context) else { return [] }
            let applications = uninstallations(of: applied, steps, in: context)
            guard current != nil else { return applications + [steps.removal] }
            return applications + steps.leave(leavingMembers(of: applied, in: context))
        }
    }

    func leavingMembers(of cluster: KubernetesCluster, in context: PlanningContext) -> [KubernetesCluster.Member] {
        guard let item = context.applied[cluster.item.path],
            let applied = KubernetesCluster(item, instances: context.appliedInstances, in: context.applied)
        else { return [] }
        let declared = Set(context.instances.map(\.key))
        return applied.members.filter { !declared.contains($0.instance.key) }
    }

    /// Releases in the reverse order of their installation, then the packages from which they came.
    private func uninstallations(
        of cluster: KubernetesCluster, _ steps: KubernetesSteps, in context: PlanningContext
    ) -> [Step] {
        var uninstallations: [Step] = []
        for release in HelmRelease.all(of: cluster.item.path, in: context.applied).reversed()
        where context.declared[release.path] == nil {
            uninstallations.append(
                release.uninstallation(on: steps.director.host, requires: uninstallations.suffix(1).map(\.identity)))
        }
        let packages = ApplicationPackage.all(of: cluster.item.path, in: context.applied).filter {
            context.declared[$0.item.path] == nil
        }
        return uninstallations
            + packages.map {
                $0.removal(on: steps.director.host, steps.directorName, after: uninstallations.map(\.identity))
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

    /// Two masters out of service at once would cost etcd its quorum, whatever the cluster allows for its workers.
    package func goesAlone(_ node: ManagedNode, in context: PlanningContext) -> Bool {
        context.instances.contains { instance in
            guard instance.node == node.path, let service = context.declared[instance.service] else { return false }
            return context.declared.isKind(service, of: KubernetesTypes.service) && service.text("role") == "master"
        }
    }

    func clusters(in tree: ResolvedTree, _ instances: [ServiceInstance]) -> [KubernetesCluster] {
        tree.items(ofType: KubernetesTypes.cluster).compactMap { KubernetesCluster($0, instances: instances, in: tree) }
    }
}
