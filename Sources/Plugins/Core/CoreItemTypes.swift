package import Model
import PluginKit

/// The base tree: deployments, clusters, nodes, the management server, networks and software, with LITP's names
/// (`reference/engine.md` 1.3).
package enum CoreItemTypes {
    package static let all: [ItemType] = site + hosts + services + configuration

    private static let site: [ItemType] = [
        ItemType(
            TypeRegistry.rootType, summary: "The whole site.", needsNoTask: true,
            fields: [
                .child("ms", BaseType.managementServer), .child("software", "software"),
                .child("infrastructure", "infrastructure"), .collection("deployments", "deployment", maximum: 99),
            ]),
        ItemType(
            "software", summary: "What is installed: images, services, packages.", needsNoTask: true, holdsDefinitions: true,
            fields: [
                .collection("images", BaseType.image), .collection("services", BaseType.service),
                .collection("items", "software-item"),
            ]),
        ItemType("software-item", summary: "A piece of software.", isAbstract: true),
        ItemType(BaseType.image, summary: "An image from which machines are made.", isAbstract: true),
        ItemType(
            "infrastructure", summary: "What the hosts stand on.", needsNoTask: true, fields: [.child("networking", "networking")]
        ),
        ItemType(
            "networking", summary: "Networks of the site.", needsNoTask: true, fields: [.collection("networks", BaseType.network)]
        ),
        ItemType(
            BaseType.network, summary: "A network that hosts and virtual machines are on.", needsNoTask: true,
            properties: [
                PropertyDefinition("name", "basic_string", required: true, updatable: false, summary: "Its name, unique."),
                PropertyDefinition("subnet", "network", siteSpecific: true, effect: .replace, summary: "Its addresses."),
                PropertyDefinition(
                    "gateway", "ipv4_address", siteSpecific: true, effect: .replace, summary: "The way out of it."),
                PropertyDefinition(
                    "litp_management", "basic_boolean", default: false, summary: "Whether hosts are managed over it."),
            ], rules: [.needs("gateway", "subnet"), gatewayIsInSubnet]),
        ItemType(
            "deployment", summary: "Clusters that belong together.", needsNoTask: true,
            fields: [.collection("clusters", BaseType.cluster, minimum: 1)]),
        ItemType(
            BaseType.cluster, summary: "Nodes with one rolling policy and one HA manager.", needsNoTask: true,
            properties: [
                PropertyDefinition(
                    "ha_manager", "ha_manager", default: "none",
                    summary: "What takes nodes out of service: 'planner' stops and starts virtual machines over SSH."),
                PropertyDefinition(
                    "dependency_list", "basic_list", default: [],
                    summary: "Clusters of the same deployment that are done before this one."),
                isProtected,
            ] + rollingPolicy(maximumUnavailable: "1"),
            fields: [
                .collection("nodes", BaseType.node, minimum: 1), .collection("pools", "node-pool"),
                .collection("services", BaseType.clusteredService, requires: ["software", "nodes"]),
                .referenceCollection("software", "software-item", requires: ["nodes"]),
                .collection("configs", "cluster-config", requires: ["nodes"]),
            ], rules: rollingRules),
        nodePool, ItemType("cluster-config", summary: "Configuration of a whole cluster.", isAbstract: true),
    ]

    private static let gatewayIsInSubnet = ItemRule("'gateway' is an address of 'subnet'") { network in
        guard let subnet = IPv4Network(network.text("subnet")), let gateway = IPv4Address(network.text("gateway")),
            !subnet.contains(gateway)
        else { return nil }
        return ItemRule.Breach(property: "gateway", rule: "'gateway' is an address of 'subnet', which is \(subnet)")
    }

    /// It has no default: an item that does not say it is the same item as before there was such a property.
    private static let isProtected = PropertyDefinition(
        "protected", "basic_boolean", configuration: false,
        summary: "Whether every plan is refused that would replace or remove it, or what is on it; 'false' when it is not said.")

    private static let hostFields: [Field] = [
        .child("ssh", "ssh-connection", required: true), .collection("network_interfaces", "network-interface"),
        .collection("configs", "node-config", requires: ["network_interfaces"]),
    ]

    private static let hosts: [ItemType] = [
        ItemType(
            BaseType.managementServer, summary: "The host from which the site is managed. It is never locked.", needsNoTask: true,
            properties: [PropertyDefinition("hostname", "hostname", default: "ms", summary: "Its host name.")],
            fields: hostFields + [.collection("services", BaseType.service, requires: ["configs"])]),
        ItemType(
            BaseType.node, summary: "A managed host of a cluster.", needsNoTask: true,
            properties: [
                PropertyDefinition(
                    "hostname", "hostname", required: true, updatable: false, siteSpecific: true,
                    summary: "Its host name, unique."),
                PropertyDefinition("domain", "domain", siteSpecific: true, summary: "Its domain."),
                PropertyDefinition("node_id", "node_id", summary: "Its number in the cluster."),
                isProtected,
            ],
            fields: hostFields + [
                .referenceCollection("services", BaseType.service, requires: ["configs"]),
                .referenceCollection("items", "software-item", requires: ["network_interfaces"]),
            ]),
        ItemType(
            "ssh-connection", summary: "How Planner reaches the host.", needsNoTask: true,
            properties: [
                PropertyDefinition("address", "address_or_name", required: true, siteSpecific: true, summary: "Address or name."),
                PropertyDefinition("port", "port", default: 22, summary: "Port of sshd."),
                PropertyDefinition("user", "basic_string", default: "root", summary: "Login name."),
                PropertyDefinition(
                    "jump", "jump_list",
                    summary: "The hosts through which it is reached, the first one first; an empty list: directly."),
                PropertyDefinition(
                    "identity_file", "path_string", siteSpecific: true,
                    summary: "The private key to log in with, on the machine on which plans are run."),
                PropertyDefinition("passphrase", "any_string", secret: true, summary: "What 'identity_file' is encrypted with."),
                PropertyDefinition(
                    "become", "become_method",
                    summary: "Whether tasks are carried out as another user; 'none' when it is not said."),
                PropertyDefinition("become_user", "posix_name", summary: "That user; 'root' when it is not said."),
                PropertyDefinition(
                    "become_password", "any_string", secret: true,
                    summary: "The password of 'user' that sudo asks for; without it sudo must not ask (NOPASSWD)."),
                PropertyDefinition(
                    "use_ssh_config", "basic_boolean",
                    summary: "Whether ~/.ssh/config says what the model leaves open; 'true' when it is not said."),
            ],
            rules: [
                .needs("passphrase", "identity_file"), .needs("become_user", "become"), .needs("become_password", "become"),
            ]),
        ItemType(
            "network-interface", summary: "An interface or bridge of the host.", needsNoTask: true,
            properties: [
                PropertyDefinition("device_name", "basic_string", required: true, summary: "Its name on the host: br0."),
                PropertyDefinition("network_name", "basic_string", required: true, summary: "The network that it is on."),
                PropertyDefinition(
                    "ipaddress", "ipv4_address", siteSpecific: true, summary: "The host's address on that network."),
            ]),
    ]

    private static let services: [ItemType] = [
        ItemType(
            BaseType.service, summary: "Something that runs and can be started and stopped.",
            properties: [
                PropertyDefinition(
                    "service_name", "hostname", required: true, updatable: false,
                    summary: "Its name on the hosts, unique on each."),
                isProtected,
            ]),
        ItemType(
            BaseType.clusteredService, summary: "A service on several nodes of a cluster.", needsNoTask: true,
            properties: [
                PropertyDefinition("name", "basic_string", required: true, updatable: false, summary: "Unique in the cluster."),
                PropertyDefinition("active", "positive_integer", required: true, summary: "How many instances serve."),
                PropertyDefinition("standby", "integer", default: 0, summary: "How many wait to take over."),
                PropertyDefinition(
                    "node_list", "basic_list_non_empty", required: true, summary: "The nodes that carry it, in order."),
                PropertyDefinition(
                    "dependency_list", "basic_list", default: [], summary: "Clustered services that are started before it."),
                PropertyDefinition(
                    "online_timeout", "seconds", default: 300, configuration: false,
                    summary: "Seconds that an instance may take to answer."),
                PropertyDefinition(
                    "offline_timeout", "seconds", default: 300, configuration: false,
                    summary: "Seconds that an instance may take to stop."),
                isProtected,
            ],
            fields: [.referenceCollection("applications", BaseType.service, minimum: 1)]),
    ]

    private static let configuration: [ItemType] = [
        ItemType("node-config", summary: "Configuration of one host.", isAbstract: true),
        ItemType(
            "managed-file", extends: "node-config", summary: "A file on the host, with its content.",
            properties: [
                PropertyDefinition("path", "path_string", required: true, updatable: false, summary: "Where it is."),
                PropertyDefinition("content", "any_string", summary: "What is in it."),
                PropertyDefinition(
                    "secret_content", "any_string", secret: true,
                    summary: "What is in it, when nobody else may know it; instead of 'content'."),
                // It has no default: an item that does not say it is the same item as before there was such a property.
                PropertyDefinition(
                    "template", "basic_boolean",
                    summary: "Whether '{{hostname}}', '{{ssh/address}}' or '{{/PATH/PROPERTY}}' in 'content' stand for properties."),
                PropertyDefinition("mode", "file_mode", default: "0644", summary: "Its permission bits."),
                PropertyDefinition("owner", "file_owner", default: "root:root", summary: "Its user and group."),
                PropertyDefinition(
                    "change_effect", "change_effect", default: "live",
                    summary: "What a change of it costs; 'restart' and 'replace' take the node out of service for it."),
                PropertyDefinition(
                    "restart_command", "secret_free_command", summary: "Runs after every change: systemctl restart chronyd."),
            ],
            rules: [ItemRule("exactly one of 'content' and 'secret_content' is set", CoreRules.contentBreach)]),
        ItemType(
            "command-lock", extends: "cluster-config",
            summary: "Takes a node out of service, and puts it back, by commands on the node: a load balancer, an alarm.",
            needsNoTask: true,
            properties: [
                PropertyDefinition("lock_command", "secret_free_command", required: true, summary: "Takes the node out."),
                PropertyDefinition("unlock_command", "secret_free_command", required: true, summary: "Puts it back."),
                PropertyDefinition(
                    "check_command", "secret_free_command", required: true,
                    summary: "Exit status 0: the node is out of service; 1: it is in service."),
                PropertyDefinition(
                    "priority", "integer", default: 50, configuration: false, summary: "Lower locks earlier and unlocks later."),
                PropertyDefinition(
                    "limit", "seconds", default: 300, configuration: false, summary: "Seconds that each command may take."),
            ]),
    ]
}
