package import Model

/// One service on one host: a clustered service gives one for each node of its `node_list`, a service under a host gives one there.
///
/// Values that differ from node to node are lists in the model and taken by position: the third address belongs to the third node of
/// `node_list`.
package struct ServiceInstance: Hashable, Sendable {
    /// What an instance is, whatever its values.
    package struct Key: Hashable, Sendable {
        package let service: ItemPath
        package let node: ItemPath

        package init(service: ItemPath, node: ItemPath) {
            self.service = service
            self.node = node
        }
    }

    /// The service item, seen where it is used: below its clustered service or below its host.
    package let service: ItemPath
    /// The clustered service around it; nil for a service of one host.
    package let clusteredService: ItemPath?
    package let node: ItemPath
    /// The place of the node in `node_list`, from 0.
    package let position: Int
    /// The item type of the service.
    package let type: String

    package var key: Key { Key(service: service, node: node) }

    /// All instances of a tree: those of hosts first, then cluster by cluster, service by service, in `node_list` order.
    package static func all(in tree: ResolvedTree) -> [ServiceInstance] {
        let ofHosts = (tree.items(ofType: BaseType.managementServer) + tree.items(ofType: BaseType.node)).flatMap { host in
            tree.children(of: host.path.appending("services")).map { service in
                ServiceInstance(
                    service: service.path, clusteredService: nil, node: host.path, position: 0, type: service.type)
            }
        }
        let ofClusters = tree.items(ofType: BaseType.clusteredService).flatMap { clustered -> [ServiceInstance] in
            guard let cluster = clustered.path.parent?.parent else { return [] }
            let nodes = clustered.list("node_list").map { cluster.appending("nodes").appending($0) }
            return tree.children(of: clustered.path.appending("applications")).flatMap { service in
                nodes.enumerated().compactMap { position, node in
                    guard tree[node] != nil else { return nil }
                    return ServiceInstance(
                        service: service.path, clusteredService: clustered.path, node: node, position: position,
                        type: service.type)
                }
            }
        }
        return ofHosts + ofClusters
    }

    /// The value of a property that is given for each instance: the entry at this instance's position, or nil.
    package func value(of property: String, of item: ResolvedItem) -> String? {
        let values = item.list(property)
        return values.indices.contains(position) ? values[position] : nil
    }

    /// The name under which the virtual machine is known to its host: `service_name`, which is unique on a host.
    package func serviceName(in tree: ResolvedTree) -> String { tree[service]?.text("service_name") ?? "" }

    /// The host name inside the virtual machine: its entry of `hostnames`, else `<node>-<service_name>` (`svc-2-master`).
    package func hostname(in tree: ResolvedTree) -> String {
        if let item = tree[service], let given = value(of: "hostnames", of: item) { return given }
        let node = node.name.isEmpty ? "ms" : node.name.replacing("_", with: "-")
        return "\(node)-\(serviceName(in: tree))"
    }

    /// The instance's address on each network of its virtual machine, in the order of its interfaces; only static IPv4 addresses.
    package func addresses(in tree: ResolvedTree) -> [(network: String, address: String)] {
        tree.children(of: service.appending("vm_network_interfaces")).compactMap { interface in
            guard let address = value(of: "ipaddresses", of: interface), address != "dhcp" else { return nil }
            return (interface.text("network_name"), address)
        }
    }
}
