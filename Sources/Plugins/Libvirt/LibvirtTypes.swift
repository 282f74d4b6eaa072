import Model
import PluginKit

/// Virtual machines, their images and what is inside them, with the names of LITP's libvirt extension (`reference/vm-and-ha.md` 1).
enum LibvirtTypes {
    static let service = "vm-service"
    static let image = "vm-image"

    static let propertyTypes: [PropertyType] = [
        PropertyType("vm_device_name", rule: "eth0 to eth14", pattern: "eth([0-9]|1[0-4])"),
        PropertyType(
            "vm_mac_prefix", rule: "three octets of a locally administered unicast address, such as 52:54:00",
            isValid: isLocalPrefix),
        .choice("vm_domain_type", ["kvm", "qemu"]),
        .choice("vm_status_check", ["on", "off"]),
    ]

    private static func isLocalPrefix(_ text: String) -> Bool {
        let octets = text.split(separator: ":", omittingEmptySubsequences: false).map { octet in
            octet.utf8.count == 2 ? UInt8(octet, radix: 16) : nil
        }
        guard octets.count == 3, !octets.contains(nil), let first = octets[0] else { return false }
        return first & 0b11 == 0b10
    }

    static let itemTypes: [ItemType] = [imageType, serviceType, interfaceType] + contentTypes

    private static let imageType = ItemType(
        image, extends: BaseType.image, summary: "A disk image from which virtual machines are made.",
        properties: [
            PropertyDefinition("name", "basic_string", required: true, updatable: false, summary: "Its name, unique."),
            PropertyDefinition(
                "source_uri", "url", required: true, effect: .live, summary: "Where hosts load it from."),
            PropertyDefinition(
                "checksum", "sha256", required: true, effect: .replace,
                summary: "SHA-256 of the file: what makes two images the same or not."),
        ])

    private static let serviceType = ItemType(
        service, extends: BaseType.service, summary: "A virtual machine.",
        properties: [
            PropertyDefinition(
                "image_name", "basic_string", required: true, effect: .replace, summary: "The name of its vm-image."),
            PropertyDefinition("ram", "memory_size", default: "256M", effect: .replace, summary: "Its memory."),
            PropertyDefinition("cpus", "positive_integer", default: 1, effect: .replace, summary: "Its virtual processors."),
            PropertyDefinition(
                "hostnames", "hostname_list", effect: .replace,
                summary: "Host names inside, one for each instance; else NODE-SERVICE."),
            PropertyDefinition(
                "internal_status_check", "vm_status_check", default: "on",
                summary: "Whether it is up only when its sshd answers; 'off': when libvirt says that it runs."),
            PropertyDefinition(
                "domain_type", "vm_domain_type", default: "kvm", effect: .replace,
                summary: "'qemu' where the host has no hardware virtualization."),
            PropertyDefinition(
                "stop_timeout", "seconds", default: 120, configuration: false,
                summary: "Seconds that it may take to shut down, before it is destroyed."
            ),
        ],
        fields: [
            .collection("vm_network_interfaces", "vm-network-interface", maximum: 15),
            .collection("vm_ssh_keys", "vm-ssh-key"), .collection("vm_aliases", "vm-alias"),
            .collection("vm_packages", "vm-package"), .collection("vm_zypper_repos", "vm-zypper-repo"),
        ])

    private static let interfaceType = ItemType(
        "vm-network-interface", summary: "A network interface of a virtual machine.",
        properties: [
            PropertyDefinition("network_name", "basic_string", required: true, effect: .replace, summary: "Its network."),
            PropertyDefinition(
                "device_name", "vm_device_name", required: true, effect: .replace, summary: "Its name in the guest: eth0."),
            PropertyDefinition(
                "host_device", "basic_string", required: true, effect: .replace, summary: "The bridge of the host: br0."),
            PropertyDefinition(
                "ipaddresses", "ipv4_address_list", siteSpecific: true, effect: .replace,
                summary: "One address for each instance, or dhcp."),
            PropertyDefinition(
                "gateway", "ipv4_address", siteSpecific: true, effect: .replace, summary: "The guest's default route."),
            PropertyDefinition(
                "mac_prefix", "vm_mac_prefix", default: "52:54:00", effect: .replace, summary: "How its hardware addresses begin."
            ),
        ])

    private static let contentTypes: [ItemType] = [
        ItemType(
            "vm-ssh-key", summary: "A key that may log in to the guest as root.",
            properties: [
                PropertyDefinition("ssh_key", "ssh_public_key", required: true, effect: .replace, summary: "The public key.")
            ]),
        ItemType(
            "vm-alias", summary: "Names that the guest knows without asking a name server.",
            properties: [
                PropertyDefinition(
                    "alias_names", "comma_separated_alias_names", required: true, effect: .replace, summary: "The names."),
                PropertyDefinition(
                    "address", "ipv4_address", required: true, siteSpecific: true, effect: .replace,
                    summary: "What they stand for."),
            ]),
        ItemType(
            "vm-package", summary: "A package that cloud-init installs in the guest.",
            properties: [PropertyDefinition("name", "basic_string", required: true, effect: .replace, summary: "Its name.")]),
        ItemType(
            "vm-zypper-repo", summary: "A package repository of the guest.",
            properties: [
                PropertyDefinition("name", "basic_string", required: true, updatable: false, summary: "Its name."),
                PropertyDefinition("base_url", "url", required: true, effect: .replace, summary: "Where it is."),
            ]),
    ]
}
