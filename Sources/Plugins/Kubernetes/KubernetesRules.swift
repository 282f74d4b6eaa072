import Model
import PluginKit

/// What must hold for a Kubernetes cluster before any plan (R8, R11, R13 to R15, R38).
struct KubernetesRules {
    private let context: PlanningContext
    private var tree: ResolvedTree { context.declared }
    private var errors: [Diagnostic] = []

    static func errors(in context: PlanningContext) -> [Diagnostic] {
        var rules = KubernetesRules(context: context)
        for item in context.declared.items(ofType: KubernetesTypes.cluster) { rules.check(item) }
        rules.checkMembersHaveClusters()
        return rules.errors
    }

    private init(context: PlanningContext) { self.context = context }

    private mutating func check(_ item: ResolvedItem) {
        guard let cluster = KubernetesCluster(item, instances: context.instances, in: tree) else { return }
        let directors = KubernetesCluster.directors(in: tree, cluster: cluster.path, instances: context.instances)
        if directors.count != 1 {
            report(
                item, nil, "\(directors.count) directors for one Kubernetes cluster",
                rule: "exactly one: a k8s-vm-service with role director, or a k8s-director, under the management server")
        }
        checkCounts(of: cluster)
        checkMembers(of: cluster)
        checkClusteredServices(of: cluster)
        checkPodNetwork(of: item)
        errors += KubernetesReach(cluster, in: tree).diagnostics
        errors += HelmRules.errors(of: item.path, in: tree)
        if item.flag("setup_chrony"), item.list("chrony_config_server").isEmpty {
            report(item, "chrony_config_server", "setup_chrony without time servers", rule: "at least one server")
        }
    }

    private mutating func checkCounts(of cluster: KubernetesCluster) {
        guard !cluster.item.flag("allow_small"), namesKnownNodes(cluster) else { return }
        let masters = cluster.members.filter { $0.role == .master }.count
        let workers = cluster.members.filter { $0.role == .worker }.count
        if masters < 3 || masters % 2 == 0 {
            report(
                cluster.item, nil, "\(masters) masters", rule: "an odd number of 3 or more, so that etcd keeps its quorum",
                nextStep: "allow_small: true is for laboratories")
        }
        if workers < 2 {
            report(
                cluster.item, nil, "\(workers) workers", rule: "2 or more", nextStep: "allow_small: true is for laboratories")
        }
    }

    /// Whether every service of the cluster names nodes that are there; else what is missing is said already, and members are too few.
    private func namesKnownNodes(_ cluster: KubernetesCluster) -> Bool {
        let nodes = Set(tree.childNames(of: cluster.path.appending("nodes")))
        return tree.children(of: cluster.path.appending("services")).allSatisfy { nodes.isSuperset(of: $0.list("node_list")) }
    }

    private mutating func checkMembers(of cluster: KubernetesCluster) {
        for member in cluster.members {
            guard let service = tree[member.instance.service] else { continue }
            if member.address.isEmpty {
                report(
                    service, nil, "\(member.name) has no address over which the director reaches it",
                    rule: cluster.item["network_name"] == nil
                        ? "a static address on its first network"
                        : "a static address on network '\(cluster.item.text("network_name"))'")
            }
            if member.name != member.name.lowercased() {
                report(
                    service, "hostnames", "'\(member.name)' cannot be the name of a Kubernetes node",
                    rule: "lower case letters, digits and '-'")
            }
        }
    }

    private mutating func checkClusteredServices(of cluster: KubernetesCluster) {
        for service in tree.children(of: cluster.path.appending("services")) {
            let members = tree.children(of: service.path.appending("applications")).filter {
                tree.isKind($0, of: KubernetesTypes.service)
            }
            guard !members.isEmpty else { continue }
            if service.integer("standby") != 0 {
                report(service, "standby", "Kubernetes nodes on standby", rule: "masters and workers all serve: standby is 0")
            }
            if !tree.isWritten("online_timeout", in: service) {
                report(
                    service, "online_timeout", "online_timeout is not set", severity: .warning,
                    rule: "\(service.text("online_timeout")) s must be enough for image copy, boot, cloud-init and packages",
                    nextStep: "set it to what a first boot takes here: online_timeout: 900")
            }
            for member in members where member.text("internal_status_check") == "off" {
                report(
                    member, "internal_status_check", "\(member.path.name) counts as up when libvirt says that it runs",
                    severity: .warning, rule: "with 'on' an unlock waits until the guest answers, long before kubelet can be up",
                    nextStep: "leave the property out")
            }
        }
    }

    private mutating func checkPodNetwork(of item: ResolvedItem) {
        guard let pods = IPv4Network(item.text("calico_ipv4pool_cidr")) else { return }
        for network in tree.items(ofType: BaseType.network) {
            guard let subnet = IPv4Network(network.text("subnet")), subnet.overlaps(pods) else { continue }
            report(
                item, "calico_ipv4pool_cidr", "the addresses of pods overlap network '\(network.text("name"))'",
                rule: "apart from \(subnet)")
        }
    }

    private mutating func checkMembersHaveClusters() {
        let clusters = Set(tree.items(ofType: KubernetesTypes.cluster).compactMap { $0.path.parent?.parent })
        var reported: Set<ItemPath> = []
        for instance in context.instances {
            guard let service = tree[instance.service], tree.isKind(service, of: KubernetesTypes.service),
                service.text("role") != "director", let cluster = tree.nearest(BaseType.cluster, at: service.path),
                !clusters.contains(cluster.path), reported.insert(service.path).inserted
            else { continue }
            report(
                service, "role", "a \(service.text("role")) in a cluster without Kubernetes configuration",
                rule: "a k8s-cluster item under \(cluster.path)/configs")
        }
    }

    private mutating func report(
        _ item: ResolvedItem, _ property: String?, _ summary: String, severity: Diagnostic.Severity = .error, rule: String,
        nextStep: String? = nil
    ) {
        errors.append(tree.breach(by: item, property, summary, severity: severity, rule: rule, nextStep: nextStep))
    }
}
