import Model
import PluginKit
import TaskKit

/// A Kubernetes cluster of the model: its director, and its nodes in the order in which they are changed.
struct KubernetesCluster {
    enum Role: String { case master, worker }

    /// A master or worker.
    struct Member {
        let instance: ServiceInstance
        let role: Role
        let name: String
        let address: String
        let user: String

        /// As ssh takes it.
        var login: String { "\(user)@\(address)" }
    }

    /// The configuration item, below the `configs` of a cluster.
    let item: ResolvedItem
    let path: ItemPath
    /// Nil when the model declares none; validation says so.
    let director: Director?
    /// Masters in `node_list` order, then workers (R38).
    let members: [Member]

    /// Where playbooks run.
    struct Director {
        let host: ItemPath
        /// Nil when the director is a managed host itself.
        let instance: ServiceInstance?
    }

    init?(_ item: ResolvedItem, instances: [ServiceInstance], in tree: ResolvedTree) {
        guard let path = item.path.parent?.parent else { return nil }
        self.item = item
        self.path = path
        let network = item.text("network_name")
        func members(_ role: Role) -> [Member] {
            instances.compactMap { instance in
                guard instance.service.isWithin(path), let service = tree[instance.service],
                    tree.isKind(service, of: KubernetesTypes.service), service.text("role") == role.rawValue
                else { return nil }
                let addresses = instance.addresses(in: tree)
                let address = addresses.first { $0.network == network } ?? (network.isEmpty ? addresses.first : nil)
                return Member(
                    instance: instance, role: role, name: instance.hostname(in: tree), address: address?.address ?? "",
                    user: service.text("ssh_user"))
            }
        }
        self.members = members(.master) + members(.worker)
        director = KubernetesCluster.directors(in: tree, cluster: path, instances: instances).first
    }

    /// The directors that can serve a cluster: those in it, else those of the management server.
    static func directors(in tree: ResolvedTree, cluster: ItemPath, instances: [ServiceInstance]) -> [Director] {
        let candidates = instances.compactMap { instance -> Director? in
            guard let service = tree[instance.service] else { return nil }
            if tree.isKind(service, of: KubernetesTypes.director) { return Director(host: instance.node, instance: nil) }
            guard tree.isKind(service, of: KubernetesTypes.service), service.text("role") == "director" else { return nil }
            return Director(host: instance.service, instance: instance)
        }
        let own = candidates.filter { $0.host.isWithin(cluster) }
        return own.isEmpty ? candidates.filter { tree.nearest(BaseType.cluster, at: $0.host) == nil } : own
    }

    // MARK: What the director gets

    var inventoryDirectory: String { item.text("inventory_directory") }
    var hostKeyFile: String { "\(inventoryDirectory)/known_hosts" }
    var masters: [Member] { members.filter { $0.role == .master } }
    var hasEtcd: Bool { item.text("etcd") != "none" }

    /// The inventory (R37): all hosts, then the groups; etcd runs on the masters.
    ///
    /// Names and addresses are checked types (host names, IPv4), so nothing needs quoting here.
    var inventory: String {
        let masters = members.filter { $0.role == .master }.map(\.name)
        let workers = members.filter { $0.role == .worker }.map(\.name)
        let lines =
            members.map { "\($0.name) ansible_host=\($0.address) ansible_user=\($0.user)" } + ["", "[etcd]"] + masters
            + ["", "[master]"] + masters + ["", "[worker]"] + workers
        return lines.joined(separator: "\n") + "\n"
    }

    /// The variables (R40, R41): what is not set is left out.
    var groupVariables: String {
        var variables: [(String, YAMLValue)] = []
        for name in ["calico_ipv4pool_cidr", "docker_registry_host", "helm_chart_loc_override"] where item[name] != nil {
            variables.append((name, .text(item.text(name))))
        }
        if item["setup_chrony"] != nil { variables.append(("setup_chrony", .boolean(item.flag("setup_chrony")))) }
        let servers = item.list("chrony_config_server")
        if !servers.isEmpty { variables.append(("chrony_config_server", .sequence(servers.map { .text($0) }))) }
        if item["node_key_file"] != nil {
            variables.append(("ansible_ssh_private_key_file", .text(item.text("node_key_file"))))
        }
        variables.append(("ansible_ssh_common_args", .text("-o UserKnownHostsFile=\(hostKeyFile)")))
        return YAMLValue.mapping(variables).document
    }

    func playbook(_ name: String) -> String { item.text("\(name)_playbook") }
    func playbook(_ verb: String, _ role: Role) -> String { playbook("\(verb)_\(role.rawValue)_node") }
    func rejoinPlaybook(_ role: Role) -> String { playbook("upgrade_rejoin_\(role.rawValue)") }
}
