import Model
import PluginKit
import TaskKit

/// A virtual machine as it should be on its host: everything that libvirt and cloud-init get to see.
struct VirtualMachine {
    /// One network interface of the guest.
    struct Interface {
        let item: ResolvedItem
        let device: String
        let bridge: String
        let macAddress: String
        /// Nil for DHCP.
        let address: IPv4Address?
        let prefixLength: Int
        let gateway: IPv4Address?
    }

    let instance: ServiceInstance
    let item: ResolvedItem
    let image: ResolvedItem
    let name: String
    let hostname: String
    let interfaces: [Interface]
    /// What cloud-init is told of the guest.
    let userData: FileContent
    /// Network configuration version 2: interfaces are found by hardware address and named as the model says.
    let networkConfiguration: String
    /// The items whose values go into the machine, beside its own.
    let inputs: [ItemPath]
    /// A digest of all that makes this machine what it is; a new one means a new machine.
    private(set) var fingerprint = ""
    /// See ``PlanningContext/secretVersions``.
    private var secretVersions: [String: String]

    /// Nil when the model does not say enough; validation reports what is missing.
    init?(
        _ instance: ServiceInstance, in tree: ResolvedTree, images: [String: ResolvedItem], networks: [String: IPv4Network],
        secretVersions: [String: String] = [:]
    ) {
        guard let item = tree[instance.service], let image = images[item.text("image_name")] else { return nil }
        self.instance = instance
        self.item = item
        self.image = image
        self.secretVersions = secretVersions
        name = instance.serviceName(in: tree)
        hostname = instance.hostname(in: tree)
        interfaces = tree.children(of: item.path.appending("vm_network_interfaces")).map { interface in
            Interface(
                item: interface, device: interface.text("device_name"), bridge: interface.text("host_device"),
                macAddress: VirtualMachine.macAddress(of: interface, for: instance),
                address: instance.value(of: "ipaddresses", of: interface).flatMap { IPv4Address($0) },
                prefixLength: networks[interface.text("network_name")]?.prefixLength ?? 24,
                gateway: IPv4Address(interface.text("gateway")))
        }
        userData = VirtualMachine.userData(of: item, hostname: hostname, in: tree)
        networkConfiguration = VirtualMachine.networkConfiguration(of: interfaces)
        inputs = tree.subtree(of: item.path).map(\.path).filter { $0 != item.path } + [image.path]
        fingerprint = digest
    }

    /// The same for the same machine and interface, for ever: a machine that is built anew keeps its hardware addresses.
    private static func macAddress(of interface: ResolvedItem, for instance: ServiceInstance) -> String {
        let digest = Digest.hexadecimal(of: "\(instance.node) \(instance.service) \(interface.text("device_name"))")
        let digits = Array(digest.prefix(6))
        let octets = stride(from: 0, to: 6, by: 2).map { String(digits[$0...$0 + 1]) }
        return ([interface.text("mac_prefix")] + octets).joined(separator: ":")
    }

    // MARK: Places on the host

    static let imageDirectory = "/var/lib/libvirt/images/planner"
    var directory: String { "/var/lib/libvirt/instances/\(name)" }
    /// Named by content: an image is never changed under a machine that is made from it.
    var imageFile: String { VirtualMachine.imageFile(of: image) }
    var imagePath: String { "\(VirtualMachine.imageDirectory)/\(imageFile)" }

    static func imageFile(of image: ResolvedItem) -> String {
        "\(image.text("name"))-\(image.text("checksum").lowercased().prefix(16)).qcow2"
    }

    // MARK: What cloud-init reads

    /// What ``fingerprint`` is of the values that the machine has now.
    private var digest: String {
        let parts = [
            userData.text, networkConfiguration, image.text("checksum").lowercased(), domain(fingerprint: "", instanceID: ""),
        ]
        // cloud-init sets a password once: another one means another machine.
        let versions = userData.secrets.compactMap { secret in
            if case .stored(let name) = secret { secretVersions[name] } else { nil }
        }
        return Digest.hexadecimal(of: (parts + versions).joined(separator: "\n"))
    }

    /// The machine as it is declared, whatever values its secrets have at this time.
    var declared: VirtualMachine {
        guard !userData.secrets.isEmpty else { return self }
        var machine = self
        machine.secretVersions = [:]
        machine.fingerprint = machine.digest
        return machine
    }

    /// New with each definition, so that cloud-init treats the guest as a new one even where a disk were kept.
    var instanceID: String { "\(hostname)-\(fingerprint.prefix(12))" }

    var metaData: String {
        YAMLValue.mapping([("instance-id", .text(instanceID)), ("local-hostname", .text(hostname))]).document
    }

    private static func networkConfiguration(of interfaces: [Interface]) -> String {
        let ethernets = interfaces.map { interface -> (String, YAMLValue) in
            var settings: [(String, YAMLValue)] = [
                ("match", .mapping([("macaddress", .text(interface.macAddress))])), ("set-name", .text(interface.device)),
            ]
            if let address = interface.address {
                settings.append(("addresses", .sequence([.text("\(address)/\(interface.prefixLength)")])))
                if let gateway = interface.gateway {
                    settings.append(
                        ("routes", .sequence([.mapping([("to", .text("default")), ("via", .text("\(gateway)"))])])))
                }
            } else {
                settings.append(("dhcp4", .boolean(true)))
            }
            return (interface.device, .mapping(settings))
        }
        return YAMLValue.mapping([("version", .integer(2)), ("ethernets", .mapping(ethernets))]).document
    }

    private static func userData(of item: ResolvedItem, hostname: String, in tree: ResolvedTree) -> FileContent {
        func children(_ collection: String) -> [ResolvedItem] { tree.children(of: item.path.appending(collection)) }
        func texts(_ collection: String, _ property: String) -> [String] { children(collection).map { $0.text(property) } }
        var content: [(String, YAMLValue)] = [("hostname", .text(hostname))]
        let keys = texts("vm_ssh_keys", "ssh_key")
        if !keys.isEmpty {
            content.append(("disable_root", .boolean(false)))
            content.append(("ssh_authorized_keys", .sequence(keys.map { .text($0) })))
        }
        let packages = texts("vm_packages", "name")
        if !packages.isEmpty { content.append(("packages", .sequence(packages.map { .text($0) }))) }
        let aliases = children("vm_aliases")
        if !aliases.isEmpty { content.append(("bootcmd", .sequence(aliases.map(VirtualMachine.hostsEntry)))) }
        let repositories = children("vm_zypper_repos")
        if !repositories.isEmpty {
            content.append(("write_files", .sequence(repositories.map(VirtualMachine.repositoryFile))))
        }
        let text = "#cloud-config\n" + YAMLValue.mapping(content).document
        guard let password = item.secret("root_password") else { return FileContent(text) }
        let block = VirtualMachine.passwordBlock
        return FileContent([.text(text + block.before), .quoted(password), .text(block.after)])
    }

    /// What stands around the password of root.
    private static let passwordBlock: (before: String, after: String) = {
        let gap = "PASSWORD"
        let root: YAMLValue = .mapping([("name", .text("root")), ("type", .text("text")), ("password", .text(gap))])
        let block = YAMLValue.mapping([("chpasswd", .mapping([("expire", .boolean(false)), ("users", .sequence([root]))]))])
        let parts = block.document.split(separator: gap, maxSplits: 1).map(String.init)
        return (parts.first ?? "", parts.last ?? "")
    }()

    /// Once for each instance, as a list: cloud-init runs it without a shell's eyes on names and addresses.
    private static func hostsEntry(_ alias: ResolvedItem) -> YAMLValue {
        let line = ([alias.text("address")] + alias.list("alias_names")).joined(separator: " ")
        return .sequence([
            .text("cloud-init-per"), .text("instance"), .text("alias-\(alias.path.name)"), .text("sh"), .text("-c"),
            .text("echo \"$1\" >> /etc/hosts"), .text("alias"), .text(line),
        ])
    }

    private static func repositoryFile(_ repository: ResolvedItem) -> YAMLValue {
        let name = repository.text("name")
        let content = """
            [\(name)]
            name=\(name)
            baseurl=\(repository.text("base_url"))
            enabled=1
            autorefresh=0
            gpgcheck=0

            """
        return .mapping([
            ("path", .text("/etc/zypp/repos.d/\(name).repo")), ("owner", .text("root:root")),
            ("permissions", .text("0644")), ("content", .text(content)),
        ])
    }
}
