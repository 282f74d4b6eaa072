import Model
import PluginKit

/// Whether the members of a Kubernetes cluster reach what its variables name: time servers and the registry (M12, M17, M37, M39).
struct KubernetesReach {
    private let tree: ResolvedTree
    private let cluster: KubernetesCluster

    init(_ cluster: KubernetesCluster, in tree: ResolvedTree) {
        self.cluster = cluster
        self.tree = tree
    }

    /// One error or warning for each service that cannot reach something, and each thing that nobody knows.
    var diagnostics: [Diagnostic] {
        let services = memberServices
        return timeServers(from: services) + registry(from: services)
    }

    /// The machines of members, each service once, in the order of its first member.
    private var memberServices: [ResolvedItem] {
        var seen: Set<ItemPath> = []
        return cluster.members.compactMap { seen.insert($0.instance.service).inserted ? tree[$0.instance.service] : nil }
    }

    // MARK: Time servers

    /// Without a gateway a machine reaches the networks that it is on, and nothing else.
    private func timeServers(from services: [ResolvedItem]) -> [Diagnostic] {
        guard cluster.item.flag("setup_chrony") else { return [] }
        let networks = subnets
        return services.flatMap { service -> [Diagnostic] in
            let interfaces = tree.children(of: service.path.appending("vm_network_interfaces"))
            guard interfaces.allSatisfy({ $0["gateway"] == nil }) else { return [] }
            let reached = interfaces.compactMap { networks[$0.text("network_name")] }
            let names = aliases(of: service)
            return cluster.item.list("chrony_config_server").compactMap { server in
                guard !names.contains(server.lowercased()) else { return nil }
                let address = IPv4Address(server)
                if let address, reached.contains(where: { $0.contains(address) }) { return nil }
                return tree.breach(
                    by: cluster.item, "chrony_config_server",
                    "\(service.path.name) does not reach '\(server)': none of its interfaces has a gateway",
                    // A name may stand for an address in one of its networks; nobody can tell from here.
                    severity: address == nil ? .warning : .error, value: server,
                    rule: "a server in one of its networks, or a gateway",
                    nextStep: "add a gateway to an interface of \(service.source ?? service.path)")
            }
        }
    }

    private var subnets: [String: IPv4Network] {
        Dictionary(
            tree.items(ofType: BaseType.network).compactMap { network in
                IPv4Network(network.text("subnet")).map { (network.text("name"), $0) }
            }, uniquingKeysWith: { first, _ in first })
    }

    // MARK: Registry

    /// A name without a dot is known to a machine that has it as an alias, and hardly ever to another.
    private func registry(from services: [ResolvedItem]) -> [Diagnostic] {
        let registry = cluster.item.text("docker_registry_host")
        guard let host = registry.split(separator: ":").first.map(String.init), !host.contains(".") else { return [] }
        return services.compactMap { service in
            let names = aliases(of: service)
            guard !names.contains(host.lowercased()) else { return nil }
            return tree.breach(
                by: cluster.item, "docker_registry_host", "\(service.path.name) does not know '\(host)'", severity: .warning,
                rule: "an alias (vm_aliases) of every member, an address, or a name with its domain",
                nextStep: NearestWord.to(host, among: names).map { "did you mean '\($0)'?" }
                    ?? (names.isEmpty ? nil : "its aliases: " + names.joined(separator: ", ")))
        }
    }

    private func aliases(of service: ResolvedItem) -> [String] {
        tree.children(of: service.path.appending("vm_aliases")).flatMap { $0.list("alias_names") }.map { $0.lowercased() }
    }
}
