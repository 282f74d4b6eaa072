import Foundation
import FoundationXML
import Model
import PluginKit
import Testing
import Yams

@testable import LibvirtPlugin

/// What libvirt and cloud-init get to see, read back by parsers that are not ours.
@Suite("Artifacts of virtual machines")
struct LibvirtArtifactTests {
    private func machine(_ text: String = Sample.kubernetes, _ service: String = "master", node: String = "n1") throws
        -> VirtualMachine
    {
        let tree = try Sample.read(text)
        return try machine(in: tree, service, node: node)
    }

    private func machine(in tree: ResolvedTree, _ service: String = "master", node: String = "n1") throws -> VirtualMachine {
        let images = Dictionary(uniqueKeysWithValues: tree.items(ofType: "vm-image").map { ($0.text("name"), $0) })
        let networks = Dictionary(
            uniqueKeysWithValues: tree.items(ofType: "network").compactMap { item in
                IPv4Network(item.text("subnet")).map { (item.text("name"), $0) }
            })
        let instance = try #require(
            ServiceInstance.all(in: tree).first { $0.service.name == service[...] && $0.node.name == node[...] })
        return try #require(VirtualMachine(instance, in: tree, images: images, networks: networks))
    }

    /// The model with texts in it that break careless writers.
    private func hostile() throws -> VirtualMachine {
        let tree = try Sample.read(Sample.kubernetes)
        var items = tree.ordered
        let position = try #require(
            items.firstIndex { $0.path.name == "master" && $0.type == "k8s-vm-service" && $0.path.text.contains("applications") })
        let path = items[position].path
        func item(_ place: [String], _ type: String, _ properties: [String: PropertyValue]) -> ResolvedItem {
            ResolvedItem(
                path: place.reduce(path) { $0.appending($1) }, type: type, source: nil, declaration: nil, properties: properties)
        }
        items += [
            item(["vm_ssh_keys", "k"], "vm-ssh-key", ["ssh_key": .string(LibvirtArtifactTests.hostileKey)]),
            item(["vm_aliases", "a"], "vm-alias", ["alias_names": ["no", "1e3"], "address": "10.0.0.9"]),
            item(["vm_packages", "p"], "vm-package", ["name": "1.10"]),
            item(["vm_packages", "q"], "vm-package", ["name": "null"]),
            item(["vm_zypper_repos", "r"], "vm-zypper-repo", ["name": "yes", "base_url": "http://h/a?b=%20#c: d"]),
        ]
        return try machine(in: ResolvedTree(ordered: items.sorted { $0.path < $1.path }, registry: tree.registry))
    }

    private static let hostileKey = #"ssh-ed25519 AAAAC3Nz it's "mine": # no comment, {a: b} & <c> %d \n"#

    private func yaml(_ text: String) throws -> [String: Any] { try #require(try Yams.load(yaml: text) as? [String: Any]) }

    // MARK: cloud-init

    @Test("meta-data names the host and the instance")
    func metaData() throws {
        let machine = try machine()
        let content = try yaml(machine.metaData)
        #expect(content["local-hostname"] as? String == "n1-master")
        #expect(content["instance-id"] as? String == machine.instanceID)
        #expect(content.count == 2)
    }

    @Test("Each instance has the address of its place in node_list, found by its hardware address")
    func networkConfiguration() throws {
        let text = Sample.site(
            Sample.kubernetes,
            [
                (
                    "network_name: services, ipaddresses: [10.0.0.101",
                    "network_name: services, gateway: 10.0.0.254, ipaddresses: [10.0.0.101"
                )
            ])
        let machine = try machine(text, node: "n2")
        let content = try yaml(machine.networkConfiguration)
        #expect(content["version"] as? Int == 2)
        let interface = try #require((content["ethernets"] as? [String: Any])?["eth0"] as? [String: Any])
        #expect((interface["match"] as? [String: Any])?["macaddress"] as? String == machine.interfaces[0].macAddress)
        #expect(interface["set-name"] as? String == "eth0")
        #expect(interface["addresses"] as? [String] == ["10.0.0.102/24"])
        let routes = try #require(interface["routes"] as? [[String: String]])
        #expect(routes == [["to": "default", "via": "10.0.0.254"]])
        #expect(interface["dhcp4"] == nil)
    }

    @Test("An interface without addresses asks for them")
    func dhcp() throws {
        let machine = try machine(Sample.site(Sample.kubernetes, [("[10.0.0.101, 10.0.0.102, 10.0.0.103]", "[dhcp]")]))
        let content = try yaml(machine.networkConfiguration)
        let interface = try #require((content["ethernets"] as? [String: Any])?["eth0"] as? [String: Any])
        #expect(interface["dhcp4"] as? Bool == true)
        #expect(interface["addresses"] == nil)
    }

    @Test("user-data reads back as it was meant, whatever the values contain")
    func userData() throws {
        let machine = try hostile()
        #expect(machine.userData.text.hasPrefix("#cloud-config\n"))
        let content = try yaml(machine.userData.text)
        #expect(content["hostname"] as? String == "n1-master")
        #expect(content["disable_root"] as? Bool == false)
        #expect(content["ssh_authorized_keys"] as? [String] == [LibvirtArtifactTests.hostileKey])
        #expect(content["packages"] as? [String] == ["1.10", "null"])
        #expect(
            content["bootcmd"] as? [[String]] == [
                [
                    "cloud-init-per", "instance", "alias-a", "sh", "-c", "echo \"$1\" >> /etc/hosts", "alias", "10.0.0.9 no 1e3",
                ]
            ])
        let file = try #require((content["write_files"] as? [[String: String]])?.first)
        #expect(file["path"] == "/etc/zypp/repos.d/yes.repo")
        #expect(file["permissions"] == "0644")
        #expect(
            file["content"]
                == "[yes]\nname=yes\nbaseurl=http://h/a?b=%20#c: d\nenabled=1\nautorefresh=0\ngpgcheck=0\n")
    }

    @Test("user-data says nothing of what the model does not")
    func plainUserData() throws { #expect(try machine().userData.text == "#cloud-config\nhostname: n1-master\n") }

    @Test(
        "A text that looks like something else stays a text",
        arguments: [
            "true", "no", "null", "~", "0x1f", "0777", "1e3", "1.5", "12:30:45", "52:54:00:12:34:56", "2001-01-01", "- a", "? b",
            "a: b",
            "a #b", "#a", "&a", "*a", "!a", "|", ">", "'", "\"", "%a", "@a", "`a", "", " a ", "a\nb", "a\n", "\n", "a\\b", "ä",
            "\t", "=", "<<", "Yes", "FALSE", "October", "falsehood", "nullable", "longer: text", "longer #text", "longer:",
            "longer ", "/a: b",
        ])
    func scalars(_ text: String) throws {
        let document = YAMLValue.mapping([("key", .text(text)), (text, .text("value"))]).document
        let content = try yaml(document)
        #expect(content["key"] as? String == text, "\(document)")
        #expect(content[text] as? String == "value", "\(document)")
    }

    // MARK: Identities

    @Test("A hardware address is made from node, service and device, and never changes")
    func hardwareAddresses() throws {
        let addresses = try ["n1", "n2", "n3"].map { try machine(node: $0).interfaces[0].macAddress }
        #expect(Set(addresses).count == 3)
        #expect(addresses.allSatisfy { $0.hasPrefix("52:54:00:") && $0.utf8.count == 17 })
        let changed = Sample.site(Sample.kubernetes, [("role: master", "role: master\n      cpus: 7")])
        #expect(try machine(changed).interfaces[0].macAddress == addresses[0])
        let prefixed = Sample.site(
            Sample.kubernetes,
            [
                (
                    "network_name: services, ipaddresses: [10.0.0.101",
                    "mac_prefix: \"06:00:01\", network_name: services, ipaddresses: [10.0.0.101"
                )
            ])
        #expect(try machine(prefixed).interfaces[0].macAddress == "06:00:01" + addresses[0].dropFirst(8))
    }

    @Test(
        "What makes another machine gives another fingerprint and another instance-id",
        arguments: [
            ("checksum: \"0f", "checksum: \"1f"), ("role: master", "role: master\n      cpus: 2"),
            ("role: master", "role: master\n      ram: 512M"), ("role: master", "role: master\n      domain_type: qemu"),
            ("role: master", "role: master\n      hostnames: [a, b, c]"), ("[10.0.0.101", "[10.0.0.99"),
            (
                "host_device: br0, network_name: services, ipaddresses: [10.0.0.101",
                "host_device: br9, network_name: services, ipaddresses: [10.0.0.101"
            ),
        ])
    func fingerprints(_ old: String, _ new: String) throws {
        let before = try machine()
        let after = try machine(Sample.site(Sample.kubernetes, [(old, new)]))
        #expect(before.fingerprint != after.fingerprint)
        #expect(before.instanceID != after.instanceID)
    }

    @Test(
        "What does not make another machine leaves its fingerprint alone",
        arguments: [
            ("source_uri: \"http://10.0.0.10/node.qcow2\"", "source_uri: \"http://mirror/node.qcow2\""),
            ("role: master", "role: master\n      stop_timeout: 7"),
            ("role: master", "role: master\n      internal_status_check: off"),
            ("10.0.0.102,", "10.0.0.99,"), ("checksum: \"0f", "checksum: \"0F"),
        ])
    func sameFingerprint(_ old: String, _ new: String) throws {
        #expect(try machine().fingerprint == machine(Sample.site(Sample.kubernetes, [(old, new)])).fingerprint)
    }

    // MARK: The domain

    @Test("The domain is well-formed and says what the model says")
    func domain() throws {
        let machine = try machine(
            Sample.site(Sample.kubernetes, [("role: master", "role: master\n      cpus: 3\n      ram: 640M")]))
        let document = try XMLDocument(xmlString: machine.domainDefinition)
        func value(_ path: String) throws -> String? { try document.nodes(forXPath: path).first?.stringValue }
        #expect(try value("/domain/@type") == "kvm")
        #expect(try value("/domain/name") == "master")
        #expect(try value("/domain/memory[@unit='MiB']") == "640")
        #expect(try value("/domain/vcpu") == "3")
        #expect(try value("/domain/cpu/@mode") == "host-passthrough")
        #expect(try value("//disk[@device='disk']/source/@file") == "/var/lib/libvirt/instances/master/disk.qcow2")
        #expect(try value("//interface/mac/@address") == machine.interfaces[0].macAddress)
        #expect(try value("//interface/source/@bridge") == "br0")
        #expect(machine.domainDefinition.contains("fingerprint='\(machine.fingerprint)'"))
    }

    @Test("Names that are no XML are escaped", arguments: ["a'b", "a\"b", "<a>", "a&b", "&amp;", "]]>"])
    func escaping(_ text: String) throws {
        let document = try XMLDocument(
            xmlString: "<a b='\(XMLText.escape(text))' c=\"\(XMLText.escape(text))\">\(XMLText.escape(text))</a>")
        let element = try #require(document.rootElement())
        #expect(element.stringValue == text)
        #expect(element.attribute(forName: "b")?.stringValue == text)
        #expect(element.attribute(forName: "c")?.stringValue == text)
    }
}
