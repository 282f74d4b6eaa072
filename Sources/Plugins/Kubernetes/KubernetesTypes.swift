import Model
import PluginKit

/// The role of a virtual machine in a Kubernetes cluster, and the cluster itself (seed 004 lines 365 to 384, R1 to R7).
enum KubernetesTypes {
    static let service = "k8s-vm-service"
    static let director = "k8s-director"
    static let cluster = "k8s-cluster"

    static let propertyTypes: [PropertyType] =
        HelmRelease.propertyTypes + [
            .choice("k8s_role", ["director", "master", "worker"]),
            .choice("k8s_provider", ["eccd", "kind"]),
            PropertyType(
                "playbook_name", rule: "the file name of a playbook, such as install.yml",
                advice: { $0.contains("/") ? "its directory is a property of its own: playbook_directory" : nil }
            ) { text in
                !text.isEmpty && !text.contains("/") && (text.hasSuffix(".yml") || text.hasSuffix(".yaml"))
                    && text.utf8.allSatisfy { $0 > 32 && $0 < 127 && $0 != UInt8(ascii: "'") && $0 != UInt8(ascii: "\"") }
                    && !text.hasPrefix("-")
            },
            .choice("k8s_etcd", ["masters", "none"]),
            PropertyType(
                "k8s_version", rule: "a version of Kubernetes such as v1.27.4", pattern: #"v?[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}"#),
            PropertyType("directory_list", .list, rule: "absolute paths without blanks, quotes and '..'") { text in
                text.utf8.first == UInt8(ascii: "/") && text != "/" && !text.split(separator: "/").contains("..")
                    && text.utf8.allSatisfy { byte in
                        switch byte {
                        case 48...57, 65...90, 97...122: true
                        default: "-./:@_+#".utf8.contains(byte)
                        }
                    }
            },
        ]

    static let itemTypes: [ItemType] = [
        ItemType(
            service, extends: "vm-service", summary: "A virtual machine with a role in a Kubernetes cluster.",
            properties: [
                PropertyDefinition("role", "k8s_role", required: true, updatable: false, summary: "Its role."),
                PropertyDefinition(
                    "provider", "k8s_provider", default: "eccd", required: true, updatable: false,
                    summary: "Whose playbooks manage the cluster."),
                PropertyDefinition(
                    "ssh_user", "basic_string", default: "root", summary: "The login on the guest."),
                PropertyDefinition(
                    "ssh_network", "basic_string", summary: "The network over which it is managed; else its first."),
                PropertyDefinition(
                    "persistent_directories", "directory_list", configuration: false,
                    summary: "What its image or its first boot mounts from outside: its first boot is over when each is there."),
            ], rules: [directoriesDoNotNest]),
        ItemType(
            director, extends: BaseType.service,
            summary: "The director role on a host itself, without a virtual machine: ansible-playbook runs there.",
            needsNoTask: true,
            properties: [
                PropertyDefinition(
                    "provider", "k8s_provider", default: "eccd", required: true, updatable: false,
                    summary: "Whose playbooks manage the cluster.")
            ]),
        clusterType,
        ContainerRegistry.type, ApplicationPackage.type, HelmRelease.type,
    ]

    private static let clusterType = ItemType(
        cluster, extends: "cluster-config", summary: "A Kubernetes cluster on the virtual machines of this cluster.",
        properties: directories + questions + etcd + playbooks + variables,
        fields: [
            .child("registry", ContainerRegistry.typeName),
            .collection("packages", ApplicationPackage.typeName, requires: ["registry"]),
            .collection("releases", HelmRelease.typeName, requires: ["packages"]),
        ],
        rules: [registryHasAddress])

    private static let registryHasAddress = ItemRule(
        "a registry, and packages for it, have its address in 'docker_registry_host'",
        inTree: { cluster, tree in
            guard
                tree[cluster.path.appending("registry")] != nil || !tree.children(of: cluster.path.appending("packages")).isEmpty,
                cluster["docker_registry_host"] == nil
            else { return nil }
            return ItemRule.Breach(
                property: "docker_registry_host",
                rule: "the address under which nodes reach the registry, such as eccd-registry:5000",
                identifier: .missingRequiredProperty)
        })

    private static let directoriesDoNotNest = ItemRule("none of 'persistent_directories' is inside another") { service in
        let directories = service.list("persistent_directories")
        for inner in directories {
            guard let outer = directories.first(where: { inner.hasPrefix($0 + "/") }) else { continue }
            return ItemRule.Breach(
                property: "persistent_directories",
                rule: "none is inside another: \(inner) is inside \(outer)")
        }
        return nil
    }

    private static let directories: [PropertyDefinition] = [
        PropertyDefinition(
            "playbook_directory", "path_string", default: "/var/lib/eccd/playbooks",
            summary: "Where the director has the playbooks."),
        PropertyDefinition(
            "inventory_directory", "path_string", default: "/var/lib/eccd/inventory",
            summary: "Where Planner puts inventory and group_vars on the director."),
        PropertyDefinition(
            "node_key_file", "path_string", summary: "The private key on the director with which it reaches the nodes."),
        PropertyDefinition(
            "network_name", "basic_string", summary: "The network over which the director reaches the nodes; else their first."),
        PropertyDefinition("node_user", "basic_string", default: "root", summary: "The director's login on the nodes."),
        PropertyDefinition(
            "playbook_timeout", "seconds", default: 3600, configuration: false, summary: "Seconds that one playbook may take."),
        PropertyDefinition(
            "allow_small", "basic_boolean", default: false,
            summary: "Whether fewer than three masters or two workers are fine: a laboratory."),
    ]

    private static let playbooks: [PropertyDefinition] = [
        ("install", "sets the cluster up"), ("drain_master_node", "moves the load off a master"),
        ("delete_master_node", "takes a master out of the cluster"),
        ("upgrade_rejoin_master", "brings a new master in"), ("drain_worker_node", "moves the load off a worker"),
        ("delete_worker_node", "takes a worker out of the cluster"), ("upgrade_rejoin_worker", "brings a new worker in"),
    ].map { name, purpose in
        PropertyDefinition(
            "\(name)_playbook", "playbook_name", default: .string("\(name).yml"), summary: "The playbook that \(purpose).")
    }

    private static let variables: [PropertyDefinition] = [
        PropertyDefinition("calico_ipv4pool_cidr", "network", summary: "The addresses of pods."),
        PropertyDefinition("docker_registry_host", "host_and_port", summary: "The registry that nodes pull from."),
        PropertyDefinition("helm_chart_loc_override", "url", summary: "Where charts are loaded from."),
        PropertyDefinition("setup_chrony", "basic_boolean", summary: "Whether the playbooks set up time synchronization."),
        PropertyDefinition(
            "chrony_config_server", "address_or_name_list", summary: "The time servers, with setup_chrony."),
    ]
}
