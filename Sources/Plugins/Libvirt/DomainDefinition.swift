import Model
import PluginKit

extension VirtualMachine {
    /// The domain as libvirt takes it. The fingerprint stands in its metadata: `virsh metadata` says which definition a host has.
    var domainDefinition: String { domain(fingerprint: fingerprint, instanceID: instanceID) }

    func domain(fingerprint: String, instanceID: String) -> String {
        let megabytes = item.text("ram").dropLast()
        var lines = [
            "<domain type='\(XMLText.escape(item.text("domain_type")))'>",
            "  <name>\(XMLText.escape(name))</name>",
            "  <metadata>",
            "    <planner:definition xmlns:planner='urn:planner:definition' fingerprint='\(fingerprint)'"
                + " instance='\(XMLText.escape(instanceID))'/>",
            "  </metadata>",
            "  <memory unit='MiB'>\(megabytes)</memory>",
            "  <vcpu placement='static'>\(item.integer("cpus") ?? 1)</vcpu>",
            "  <os>",
            "    <type arch='x86_64' machine='pc'>hvm</type>",
            "    <boot dev='hd'/>",
            "  </os>",
            "  <features><acpi/><apic/></features>",
        ]
        if item.text("domain_type") == "kvm" { lines.append("  <cpu mode='host-passthrough'/>") }
        lines += [
            "  <clock offset='utc'/>",
            "  <on_poweroff>destroy</on_poweroff>",
            "  <on_reboot>restart</on_reboot>",
            "  <on_crash>restart</on_crash>",
            "  <devices>",
            "    <disk type='file' device='disk'>",
            "      <driver name='qemu' type='qcow2' cache='none'/>",
            "      <source file='\(XMLText.escape(directory))/disk.qcow2'/>",
            "      <target dev='vda' bus='virtio'/>",
            "    </disk>",
            "    <disk type='file' device='cdrom'>",
            "      <driver name='qemu' type='raw'/>",
            "      <source file='\(XMLText.escape(directory))/seed.iso'/>",
            "      <target dev='hda' bus='ide'/>",
            "      <readonly/>",
            "    </disk>",
        ]
        for interface in interfaces {
            lines += [
                "    <interface type='bridge'>",
                "      <mac address='\(interface.macAddress)'/>",
                "      <source bridge='\(XMLText.escape(interface.bridge))'/>",
                "      <model type='virtio'/>",
                "    </interface>",
            ]
        }
        lines += [
            "    <serial type='pty'><target port='0'/></serial>",
            "    <console type='pty'><target type='serial' port='0'/></console>",
            "    <memballoon model='none'/>",
            "    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>",
            "  </devices>",
            "</domain>",
            "",
        ]
        return lines.joined(separator: "\n")
    }
}

/// Text inside XML.
enum XMLText {
    /// `text` for an attribute in either kind of quotes, or for element content.
    static func escape(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "'": escaped += "&apos;"
            case "\"": escaped += "&quot;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
