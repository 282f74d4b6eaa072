import Model
import TestSupport
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
        Case(type: "become_method", good: ["sudo", "none"], bad: ["su", "", "Sudo"]),
        Case(
            type: "jump_list",
            good: ["/ms", "10.0.0.1", "admin@a.b:2222", "[fe80::1]:22", "u@[::1]", "/deployments/d/clusters/c/nodes/n"],
            bad: ["@a", "a:0", "a:b", "a b", "-oProxyCommand=x", "a;b", "[::1", "$(x)"]),
        Case(type: "change_effect", good: ["live", "restart", "replace"], bad: ["reboot", ""]),
        Case(type: "secret_free_command", good: ["true", "systemctl restart 'x y'"], bad: ["", "a\nb"]),
        Case(
            type: "ssh_public_key",
            good: ["ssh-ed25519 \(key)", "ssh-ed25519 \(key) a 'b' : # c", "ecdsa-sha2-nistp256 \(key)"],
            bad: [
                "", key, "ssh-ed25519", "ssh-dss \(key)", "ssh-ed25519 AAAA", "ssh-ed25519 \(key)\n",
                "-----BEGIN OPENSSH PRIVATE KEY-----", "ssh-ed25519 B\(key)", "ssh-ed25519 \(key)! x",
            ]),
        Case(
            type: "posix_name", good: ["root", "_x", "a-b", String(repeating: "a", count: 31)],
            bad: ["", "-a", "a.b", "a b", "ä", String(repeating: "a", count: 32)]),
        Case(
            type: "service_name", good: ["chronyd", "a.b_c-1", "network-x"],
            bad: ["", "sshd", "network", "NetworkManager", "a b", "a@b"]),
        Case(type: "disk_uuid", good: ["6000c29f", "_a-b"], bad: ["", "-a", "a b", "a.b", "a\n"]),
        Case(type: "kopts_post", good: ["console=ttyS0,115200", "a=b"], bad: ["", "a", "=b", "a=", "a=b=c", "a=b c=d"]),
        Case(type: "os_version", good: ["rhel7", "sles15"], bad: ["", "rhel", "RHEL7", "rhel77"]),
        Case(type: "k8s_provider", good: ["eccd", "kind"], bad: ["", "ECCD"]),
        Case(type: "date_format", good: ["", "%Y%m%d", "-%Y-%m-%d", "%s"], bad: ["Y", "%", "%q", "2024", "%Y %m"]),
        Case(
            type: "timestamp", good: ["0", "1700000000", "1700000000.25"],
            bad: ["", "None", "now", "1.", ".5", "-1", "1e9", "1.1234567890", "1234567890123"]),
    ]

    static let numbers = [
        Case(type: "integer", good: ["0", "1", "99999"], bad: ["-1", "1.0", "", "a", "1 "]),
        Case(type: "positive_integer", good: ["1", "7"], bad: ["0", "-1", ""]),
        Case(type: "digit", good: ["0", "9"], bad: ["10", "-1", "", "a"]),
        Case(type: "basic_percent", good: ["0", "100"], bad: ["101", "-1", "50%", "", "0.5"]),
        Case(type: "failure_budget", good: ["0", "20", "0%", "100%"], bad: ["101%", "-1", "%", "", "5 %", "none"]),
        Case(type: "wait_point", good: ["canary", "batch", "1", "25"], bad: ["0", "-1", "", "canaries", "50%", "+5"]),
        Case(type: "count_or_percent", good: ["1", "20", "1%", "100%"], bad: ["0", "0%", "101%", "-1", "%", "", "5 %", "+5%"]),
        Case(type: "status_interval", good: ["10", "3600"], bad: ["9", "3601", "10s"]),
        Case(type: "status_timeout", good: ["10", "3600"], bad: ["9", "3601", ""]),
        Case(
            type: "disk_size", good: ["1K", "40G", "1T", "1024M"],
            bad: ["", "0G", "01G", "G", "40", "40GB", "40g", "1.5G", "-1G", "1P", "99999999999T", "4 G"]),
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
            type: "ipv6_address", good: ["::", "2001:db8::42", "::ffff:1.2.3.4"],
            bad: ["", "fe80::1%eth0", "1.2.3.4", "::1/64", "1::2::3"]),
        Case(
            type: "ipv4_or_ipv6_address", good: ["10.0.0.1", "::1"], bad: ["", "host", "10.0.0.1/8", "::1%lo", "10.0.0"]),
        Case(
            type: "ipv6_address_and_mask", good: ["2001:db8::42/64", "::1/128", "::/1"],
            bad: ["", "2001:db8::42", "2001:db8::42/0", "2001:db8::42/129", "1.2.3.4/24", "fe80::1%eth0/64"]),
        Case(
            type: "ipv6_network", good: ["2001:db8::/64", "::/0"], bad: ["", "2001:db8::1/64", "2001:db8::", "10.0.0.0/8"]),
        Case(
            type: "mac_address", good: ["52:54:00:12:34:56", "AE:00:00:00:00:ff"],
            bad: [
                "", "52:54:00:12:34", "52-54-00-12-34-56", "53:54:00:12:34:56", "00:00:00:00:00:00", "ff:ff:ff:ff:ff:ff",
                "5:54:00:12:34:56",
            ]),
        Case(
            type: "hostname", good: ["a", "svc-1", "1a", name63],
            bad: ["", "-a", "a-", "a.b", "a_b", "12", name63 + "a", "ä", "a b"]),
        Case(type: "domain", good: ["a", "a.b", "x1.example.com", "1.a"], bad: ["", ".", "a..b", "a.", "1.2", "-a.b", "a.1"]),
        Case(type: "address_or_name", good: ["10.0.0.1", "a.example"], bad: ["", "10.0.0.256", "a b", "host:22"]),
        Case(
            type: "host_and_port", good: ["eccd-registry:5000", "10.0.0.1:1", "a.b:65535"],
            bad: ["a", "a:", ":1", "a:0", "a:65536", "a:1:2", "a b:1"]),
        Case(
            type: "url", good: ["http://a/b", "https://a.b:80/c?d=e%20f", "http://a", "http://10.0.0.1:8080/x"],
            bad: [
                "", "http://", "ftp://a/b", "http://u:p@a/b", "http://a/b c", "a/b", "http://a/ä", "http:///a", "http://a:/b",
                "http://a:0/b",
                "http://a:b/c", "http://10.0.0.256/b", "http://a/${x}", "http://a/b|c", "http://-a/b", "file:///a",
            ]),
        Case(type: "vm_device_name", good: ["eth0", "eth14"], bad: ["eth", "eth15", "eth01", "eth-1", "ens3", "eth+1"]),
        Case(
            type: "vm_mac_prefix", good: ["52:54:00", "02:00:5e", "AE:ff:00"],
            bad: ["", "52:54", "53:54:00", "00:16:3e", "52:54:00:01", "5:54:00", "52-54-00", "52:54:zz"]),
    ]

    static let files = [
        Case(
            type: "path_string", good: ["/etc/chrony.conf", "/a/.b/c-d_e+f#g@h:i"],
            bad: ["", "/", "etc", "/a b", "/a/../b", "/a'b", "/a\"b", "/a$b", "/a\n", "~/a"]),
        Case(type: "path_string_incl_root", good: ["/", "/etc"], bad: ["", "etc", "/a b", "/.."]),
        Case(
            type: "path_string_command", good: ["/bin/true", "/usr/bin/x --a=b c"],
            bad: ["", "/", "true", "/bin/x  a", "/bin/x ", "/bin/x;y", "/bin/x $a", "/bin/x 'a'", "/bin/../x"]),
        Case(type: "file_path_string", good: ["a/b", "/a", "a.b"], bad: ["", "a b", "../a", "a/../b", "a'b"]),
        Case(
            type: "checksum_hex_string", good: [String(repeating: "aF", count: 16)],
            bad: ["", String(repeating: "a", count: 31), String(repeating: "a", count: 33), String(repeating: "g", count: 32)]),
        Case(type: "file_mode", good: ["0644", "644", "4755"], bad: ["", "64", "0888", "06444", "rw-"]),
        Case(type: "file_owner", good: ["root:root", "a.b:c_d"], bad: ["root", "root:", ":root", "a:b:c", "a b:c"]),
        Case(
            type: "sha256", good: [String(repeating: "aF", count: 32)],
            bad: ["", String(repeating: "a", count: 63), String(repeating: "a", count: 65), String(repeating: "g", count: 64)]),
        Case(
            type: "playbook_name", good: ["install.yml", "a-b_c.yaml"],
            bad: ["", "install", "a/b.yml", "-e.yml", "a b.yml", "a'.yml", "a\".yml"]),
        Case(type: "k8s_role", good: ["director", "master", "worker"], bad: ["Master", "etcd"]),
        Case(type: "k8s_etcd", good: ["masters", "none"], bad: ["", "workers"]),
        Case(type: "k8s_version", good: ["v1.27.4", "1.15.3"], bad: ["", "1.27", "v1.27.4-rc1", "latest", "v1.27.4 "]),
        Case(
            type: "helm_name", good: ["a", "enm-app-2", String(repeating: "a", count: 53)],
            bad: ["", "A", "-a", "a-", "a.b", "a b", String(repeating: "a", count: 54)]),
        Case(
            type: "helm_chart", good: ["/var/lib/eccd/charts/a-1.0.tgz", "repo/chart", "oci://eccd-registry:5000/charts/a"],
            bad: ["", "-f", "--post-renderer=x", "a b", "a'b", "$HOME/a"]),
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
        Case(
            type: "directory_list", good: ["", "/etc/kubernetes,/var/lib/etcd"],
            bad: ["etc", "/", "/a/../b", "/a b", "/a,", "/a'b", "/$HOME"]),
        Case(type: "hostname_list", good: ["a,b"], bad: ["a,b.c"]),
        Case(type: "comma_separated_alias_names", good: ["a", "a.b,c"], bad: ["", "a,", "a:5000", "a b", "1.2.3.4", "a,,b"]),
        Case(
            type: "variable_list", good: ["", "a=b", "a_1=x y,_b=", "a=b=c"], bad: ["a", "=b", "1a=b", "a-b=c", "a b=c", "a=b,c"]),
        Case(type: "address_or_name_list", good: ["a.b,10.0.0.1"], bad: ["a b"]),
    ]

    @Test("Every entry of a list keeps the rule", arguments: lists)
    func entries(_ example: Case) throws { try scalars(example) }

    @Test("Every property type of every plugin is in a table of this suite")
    func complete() throws {
        let tested = Set((Self.texts + Self.numbers + Self.networks + Self.files + Self.lists).map(\.type))
        let known = Sample.plugins.flatMap(\.propertyTypes).map(\.name)
        #expect(Set(known).subtracting(tested) == [])
    }

    @Test("A mistyped choice is answered with the nearest word")
    func suggestion() throws {
        let type = try #require(try Sample.registry().propertyType("k8s_role"))
        #expect(throws: PropertyType.Violation(value: "mastr", rule: "one of director, master, worker", suggestion: "master")) {
            _ = try type.value(from: .scalar("mastr"))
        }
    }

    @Test(
        "What people mistype is answered with what to write",
        arguments: [
            ("memory_size", "5G", "write 5120M"), ("memory_size", "512", "the unit is missing: 512M?"),
            ("memory_size", "512m", "write 512M"),
            ("disk_size", "40GB", "write 40G"), ("disk_size", "40GiB", "write 40G"),
            ("disk_size", "40", "the unit is missing: 40M?"),
            ("network", "192.168.0.42/24", "the network that 192.168.0.42 is in is 192.168.0.0/24"),
            ("network", "10.0.0.0", "the prefix length is missing: 10.0.0.0/24?"),
            ("ipv4_address", "10.0.0.1/24", "without the prefix length: 10.0.0.1"),
            ("ipv4_address", "10.0.0.01", "some tools read numbers with a leading 0 as octal: write them without"),
            ("ipv6_address", "fe80::1%eth0", "a zone is known on one host only; write the address without it"),
            ("hostname", "a_b", "'_' is not allowed in host names (RFC 1123); '-' is"),
            ("hostname", "a.b", "only the first label: the domain is a property of its own"),
            ("host_and_port", "registry", "the port is missing: registry:5000?"),
            ("url", "/var/www/html/x", "hosts load it over HTTP: put it on a web server that they reach"),
            ("url", "http://u:p@a/b", "a name or password in it would be shown in plans"),
            ("path_string", "~/x", "'~' is known to shells only: write the whole path"),
            ("sha256", String(repeating: "a", count: 32), "this looks like an MD5 digest"),
            ("sha256", String(repeating: "a", count: 63), "it has 63 digits"),
            ("checksum_hex_string", String(repeating: "a", count: 64), "this looks like a SHA-256 digest"),
            ("service_name", "sshd", "'sshd' is how the host itself is managed"),
            ("basic_string", "svc-3|", "'|' cannot stand in it"),
            ("basic_string", "a b", "there is a blank in it"),
            ("basic_list", "a,\u{201C}b\u{201D}", "there is a quotation mark in it"),
            ("playbook_name", "a/b.yml", "its directory is a property of its own: playbook_directory"),
        ])
    func advice(_ name: String, _ value: String, _ advice: String) throws {
        let type = try #require(try Sample.registry().propertyType(name))
        do {
            _ = try type.value(from: .scalar(value))
            Issue.record("\(value) was taken")
        } catch {
            #expect(error.nextStep == advice)
        }
    }

    @Test("No text crashes a type, and what a type takes it takes again in the form in which it is kept", arguments: 0..<10)
    func anyText(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let registry = try Sample.registry()
        let types = registry.propertyTypeNames.compactMap { registry.propertyType($0) }
        let letters = [
            "a", "F", "0", "9", ".", ":", "::", "/", "-", "_", ",", " ", "\n", "%", "$", "{", "\u{0}", "ä", "\u{301}", "🙂", "eth",
            "@", "=", "G",
        ]
        for _ in 0..<100 {
            let count = Int.random(in: 0...12, using: &generator)
            let text = (0..<count).map { _ in letters.randomElement(using: &generator) ?? "" }.joined()
            for type in types {
                guard let value = try? type.value(from: .scalar(text)) else { continue }
                #expect(try type.value(from: value.written) == value, "seed \(seed): \(type.name) of \(text.debugDescription)")
            }
        }
    }
}
