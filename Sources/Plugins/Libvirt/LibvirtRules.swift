import Model
import PluginKit

/// The rules over several items that LITP's libvirt plugin checks before a plan (`reference/vm-and-ha.md` 1.18, V2 to V14).
struct LibvirtRules {
    private let tree: ResolvedTree
    private let context: PlanningContext
    private let imageNames: [String]
    private let knownImages: Set<String>
    private let networkNames: [String]
    private let networks: [String: ResolvedItem]
    private var errors: [Diagnostic] = []
    /// How many suggestions may still be looked for: each costs a look at every name that could be meant.
    private var suggestionsLeft = 20
    /// For each host, its interfaces by device; asked for once.
    private var interfacesOfHosts: [ItemPath: [String: ResolvedItem]] = [:]

    static func errors(in context: PlanningContext) -> [Diagnostic] {
        var rules = LibvirtRules(context)
        rules.checkImages()
        for service in context.declared.items(ofType: LibvirtTypes.service) { rules.checkService(service) }
        rules.checkInstances()
        return rules.errors
    }

    private init(_ context: PlanningContext) {
        self.context = context
        tree = context.declared
        let images = context.declared.items(ofType: LibvirtTypes.image).map { $0.text("name") }
        knownImages = Set(images)
        imageNames = images.sorted { NaturalOrder.isBefore($0, $1) }
        networks = Dictionary(
            context.declared.items(ofType: BaseType.network).map { ($0.text("name"), $0) },
            uniquingKeysWith: { first, _ in first })
        networkNames = networks.keys.sorted { NaturalOrder.isBefore($0, $1) }
    }

    private mutating func checkImages() {
        var names: [String: ItemPath] = [:]
        for image in tree.items(ofType: LibvirtTypes.image) {
            if let other = names.updateValue(image.path, forKey: image.text("name")) {
                report(
                    image, "name", "image name '\(image.text("name"))' is used already, by \(other)",
                    rule: "image names are unique")
            }
        }
    }

    private mutating func checkService(_ service: ResolvedItem) {
        // A machine that is seen in several places is checked where it was written.
        guard service.declaration != nil, service.source == nil else { return }
        if !knownImages.contains(service.text("image_name")) {
            reportUnknown(service, "image_name", "image_name names no vm-image", among: imageNames)
        }
        let interfaces = tree.children(of: service.path.appending("vm_network_interfaces"))
        var devices: [String: ItemPath] = [:]
        for interface in interfaces {
            if let other = devices.updateValue(interface.path, forKey: interface.text("device_name")) {
                report(interface, "device_name", "device_name is used already, by \(other.name)", rule: "each device once")
            }
            checkNetwork(of: interface)
        }
        for position in 0..<interfaces.count where devices["eth\(position)"] == nil {
            report(
                service, nil, "there is no interface eth\(position)", rule: "devices start at eth0 and leave no gap")
            break
        }
        if interfaces.filter({ $0["gateway"] != nil }).count > 1 {
            report(service, nil, "more than one interface has a gateway", rule: "a guest has one default route")
        }
    }

    private mutating func checkNetwork(of interface: ResolvedItem) {
        guard let network = networks[interface.text("network_name")] else {
            reportUnknown(interface, "network_name", "network_name names no network", among: networkNames)
            return
        }
        guard let subnet = IPv4Network(network.text("subnet")) else { return }
        for text in interface.list("ipaddresses") + [interface.text("gateway")] {
            guard let address = IPv4Address(text), !subnet.contains(address) else { continue }
            report(
                interface, text == interface.text("gateway") ? "gateway" : "ipaddresses",
                "\(address) is not in the network '\(network.text("name"))'", rule: "an address of \(subnet)")
        }
    }

    // MARK: Over all instances

    private mutating func checkInstances() {
        var addresses: [String: String] = [:]
        var names: [String: ItemPath] = [:]
        var counted: Set<ItemPath> = []
        for instance in context.instances where tree.registry.isKind(instance.type, of: LibvirtTypes.service) {
            guard let service = tree[instance.service] else { continue }
            let place = "\(instance.node) \(instance.serviceName(in: tree))"
            if let other = names.updateValue(service.path, forKey: place), other != service.path {
                report(
                    service, "service_name", "service_name is used already on \(instance.node.name), by \(other)",
                    rule: "unique on each host")
            }
            if counted.insert(service.path).inserted { checkCounts(of: service, instance) }
            checkBridges(of: service, on: instance.node)
            for interface in tree.children(of: service.path.appending("vm_network_interfaces")) {
                guard let address = instance.value(of: "ipaddresses", of: interface), address != "dhcp" else { continue }
                let owner = "\(service.path) on \(instance.node.name)"
                guard let other = addresses.updateValue(owner, forKey: address), other != owner else { continue }
                report(
                    interface, "ipaddresses", "\(address) is used already, by \(other)", value: address,
                    rule: "an address is used once")
            }
        }
    }

    /// One address and one host name for each instance (V9, V10).
    private mutating func checkCounts(of service: ResolvedItem, _ instance: ServiceInstance) {
        let clustered = instance.clusteredService.flatMap { tree[$0] }
        let count = clustered?.list("node_list").count ?? 1
        for interface in tree.children(of: service.path.appending("vm_network_interfaces")) {
            let addresses = interface.list("ipaddresses")
            guard !addresses.isEmpty, addresses != ["dhcp"], addresses.count != count else { continue }
            report(
                interface, "ipaddresses", "\(addresses.count) addresses for \(count) instances",
                rule: "one address for each node of node_list, in its order")
        }
        let hostnames = service.list("hostnames")
        if !hostnames.isEmpty, hostnames.count != count {
            report(
                service, "hostnames", "\(hostnames.count) host names for \(count) instances",
                rule: "one for each node of node_list, in its order")
        }
    }

    /// Each interface stands on a bridge that the host has, and that is on the interface's network (M13). A host that declares no
    /// interfaces says nothing about its bridges.
    private mutating func checkBridges(of service: ResolvedItem, on host: ItemPath) {
        let devices = interfaces(of: host)
        guard !devices.isEmpty else { return }
        for interface in tree.children(of: service.path.appending("vm_network_interfaces")) {
            let device = interface.text("host_device")
            guard let bridge = devices[device] else {
                let names = devices.keys.sorted { NaturalOrder.isBefore($0, $1) }
                report(
                    interface, "host_device", "'\(device)' is no interface of \(host.name)",
                    rule: "one of " + names.joined(separator: ", "))
                continue
            }
            guard bridge.text("network_name") != interface.text("network_name"), networks[interface.text("network_name")] != nil
            else { continue }
            report(
                interface, "host_device",
                "'\(device)' of \(host.name) is on network '\(bridge.text("network_name"))', the machine's interface is on "
                    + "'\(interface.text("network_name"))'", rule: "a bridge of the same network")
        }
    }

    private mutating func interfaces(of host: ItemPath) -> [String: ResolvedItem] {
        if let known = interfacesOfHosts[host] { return known }
        let devices = Dictionary(
            tree.children(of: host.appending("network_interfaces")).map { ($0.text("device_name"), $0) },
            uniquingKeysWith: { first, _ in first })
        interfacesOfHosts[host] = devices
        return devices
    }

    // MARK: Diagnostics

    private mutating func reportUnknown(
        _ item: ResolvedItem, _ property: String, _ summary: String, among names: [String]
    ) {
        suggestionsLeft -= 1
        let suggestion = suggestionsLeft >= 0 ? NearestWord.to(item.text(property), among: names) : nil
        let rule =
            names.count <= 6
            ? "one of " + names.joined(separator: ", ") : "one of \(names[0]) ... \(names[names.count - 1]) (\(names.count))"
        report(
            item, property, summary, rule: names.isEmpty ? "there is none" : rule,
            nextStep: suggestion.map { "did you mean '\($0)'?" })
    }

    private mutating func report(
        _ item: ResolvedItem, _ property: String?, _ summary: String, value: String? = nil, rule: String, nextStep: String? = nil
    ) {
        errors.append(tree.breach(by: item, property, summary, value: value, rule: rule, nextStep: nextStep))
    }
}
