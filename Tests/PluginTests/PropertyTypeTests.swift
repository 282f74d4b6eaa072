import Model
import Testing

/// What each property type takes and refuses: the boundaries, and what people mistype.
@Suite("Property types")
struct PropertyTypeTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let type: String
        let good: [String]
        let bad: [String]

        var testDescription: String { type }
    }

    private static let name63 = String(repeating: "a", count: 63)
    private static let key = "AAAAC3NzaC1lZDI1NTE5AAAAIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f"

    static let texts = [
        Case(type: "any_string", good: ["", "a\nb", "ä"], bad: []),
        Case(type: "basic_string", good: ["a", "A-b_c.9"], bad: ["", "a b", "a/b", "ä", "a\n", "a'"]),
        Case(type: "basic_boolean", good: ["true", "false"], bad: ["True", "yes", "1", ""]),
        Case(type: "ha_manager", good: ["planner", "none"], bad: ["vcs", "", "Planner"]),
        Case(type: "change_effect", good: ["live", "restart", "replace"], bad: ["reboot", ""]),
        Case(type: "secret_free_command", good: ["true", "systemctl restart 'x y'"], bad: ["", "a\nb"]),
        Case(
            type: "ssh_public_key",
            good: ["ssh-ed25519 \(key)", "ssh-ed25519 \(key) a 'b' : # c", "ecdsa-sha2-nistp256 \(key)"],
            bad: [
                "", key, "ssh-ed25519", "ssh-dss \(key)", "ssh-ed25519 AAAA", "ssh-ed25519 \(key)\n",
                "-----BEGIN OPENSSH PRIVATE KEY-----", "ssh-ed25519 B\(key)", "ssh-ed25519 \(key)! x",
            ]),
    ]

    static let numbers = [
        Case(type: "integer", good: ["0", "1", "99999"], bad: ["-1", "1.0", "", "a", "1 "]),
        Case(type: "positive_integer", good: ["1", "7"], bad: ["0", "-1", ""]),
        Case(type: "port", good: ["1", "22", "65535"], bad: ["0", "65536", "ssh", ""]),
        Case(type: "node_id", good: ["1", "2047"], bad: ["0", "2048"]),
        Case(type: "seconds", good: ["1", "86400"], bad: ["0", "86401", "5s"]),
        Case(type: "memory_size", good: ["32M", "5120M"], bad: ["31M", "5G", "5120", "M", "-32M", "32 M", "32m"]),
    ]

    static let networks = [
        Case(
            type: "ipv4_address", good: ["0.0.0.0", "192.168.0.42", "255.255.255.255"],
            bad: ["", "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.4 ", "1.2.3.+4", "dhcp", "::1"]),
        Case(
            type: "network", good: ["10.0.0.0/8", "192.168.0.0/24", "0.0.0.0/0", "10.0.0.1/32"],
            bad: ["10.0.0.1/8", "10.0.0.0", "10.0.0.0/33", "10.0.0.0/08", "10.0.0.0/-1", "/8"]),
        Case(
            type: "hostname", good: ["a", "svc-1", "1a", name63],
            bad: ["", "-a", "a-", "a.b", "a_b", "12", name63 + "a", "ä", "a b"]),
        Case(type: "domain", good: ["a", "a.b", "x1.example.com"], bad: ["", ".", "a..b", "a.", "1.2", "-a.b"]),
        Case(type: "address_or_name", good: ["10.0.0.1", "a.example"], bad: ["", "10.0.0.256", "a b", "host:22"]),
        Case(
            type: "host_and_port", good: ["eccd-registry:5000", "10.0.0.1:1", "a.b:65535"],
            bad: ["a", "a:", ":1", "a:0", "a:65536", "a:1:2", "a b:1"]),
        Case(
            type: "url", good: ["http://a/b", "https://a.b:80/c?d=e%20f", "http://a"],
            bad: ["", "http://", "ftp://a/b", "http://u:p@a/b", "http://a/b c", "a/b", "http://a/ä"]),
        Case(type: "vm_device_name", good: ["eth0", "eth14"], bad: ["eth", "eth15", "eth01", "eth-1", "ens3", "eth+1"]),
        Case(
            type: "vm_mac_prefix", good: ["52:54:00", "02:00:5e", "AE:ff:00"],
            bad: ["", "52:54", "53:54:00", "00:16:3e", "52:54:00:01", "5:54:00", "52-54-00", "52:54:zz"]),
    ]

    static let files = [
        Case(
            type: "path_string", good: ["/", "/etc/chrony.conf", "/a/.b/c-d_e+f#g@h:i"],
            bad: ["", "etc", "/a b", "/a/../b", "/a'b", "/a\"b", "/a$b", "/a\n"]),
        Case(type: "file_mode", good: ["0644", "644", "4755"], bad: ["", "64", "0888", "06444", "rw-"]),
        Case(type: "file_owner", good: ["root:root", "a.b:c_d"], bad: ["root", "root:", ":root", "a:b:c", "a b:c"]),
        Case(
            type: "sha256", good: [String(repeating: "aF", count: 32)],
            bad: ["", String(repeating: "a", count: 63), String(repeating: "a", count: 65), String(repeating: "g", count: 64)]),
        Case(
            type: "playbook_name", good: ["install.yml", "a-b_c.yaml"],
            bad: ["", "install", "a/b.yml", "-e.yml", "a b.yml", "a'.yml", "a\".yml"]),
        Case(type: "k8s_role", good: ["director", "master", "worker"], bad: ["Master", "etcd"]),
        Case(type: "vm_domain_type", good: ["kvm", "qemu"], bad: ["xen"]),
        Case(type: "vm_status_check", good: ["on", "off"], bad: ["true"]),
    ]

    @Test("A value that keeps the rule of its type is taken, any other is refused", arguments: texts + numbers + networks + files)
    func scalars(_ example: Case) throws {
        let type = try #require(try Sample.registry().propertyType(example.type))
        for value in example.good {
            #expect(throws: Never.self, "\(value)") { _ = try type.value(from: .scalar(value)) }
        }
        for value in example.bad {
            #expect(throws: PropertyType.Violation.self, "\(value) was taken") { _ = try type.value(from: .scalar(value)) }
        }
    }

    static let lists = [
        Case(type: "basic_list", good: ["", "a", "a,b-1"], bad: ["a,", "a b", ",a"]),
        Case(type: "basic_list_non_empty", good: ["a,b"], bad: ["", "svc-1,svc-3|"]),
        Case(type: "ipv4_address_list", good: ["", "dhcp", "10.0.0.1,10.0.0.2"], bad: ["10.0.0.1,x", "10.0.0.1, 10.0.0.2"]),
        Case(type: "hostname_list", good: ["a,b"], bad: ["a,b.c"]),
        Case(type: "address_or_name_list", good: ["a.b,10.0.0.1"], bad: ["a b"]),
    ]

    @Test("Every entry of a list keeps the rule", arguments: lists)
    func entries(_ example: Case) throws { try scalars(example) }

    @Test("Every property type of every plugin is in a table of this suite")
    func complete() throws {
        let tested = Set((Self.texts + Self.numbers + Self.networks + Self.files + Self.lists).map(\.type))
        let known = Sample.plugins.flatMap(\.propertyTypes).map(\.name)
        #expect(Set(known).subtracting(tested).subtracting(["k8s_provider"]) == [])
    }

    @Test("A mistyped choice is answered with the nearest word")
    func suggestion() throws {
        let type = try #require(try Sample.registry().propertyType("k8s_role"))
        #expect(throws: PropertyType.Violation(value: "mastr", rule: "one of director, master, worker", suggestion: "master")) {
            _ = try type.value(from: .scalar("mastr"))
        }
    }
}
