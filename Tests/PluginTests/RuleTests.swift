import CorePlugin
import KubernetesPlugin
import LibvirtPlugin
import Model
import PluginKit
import Testing

/// Rules over several items: each with one model that breaks it. The model that breaks none is `Sample.kubernetes`.
@Suite("Rules over several items")
struct RuleTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let changes: [(String, String)]
        let problems: [String]

        init(_ name: String, _ changes: [(String, String)], _ problems: String...) {
            self.name = name
            self.changes = changes
            self.problems = problems
        }

        var testDescription: String { name }
    }

    private static let cluster = "/deployments/d/clusters/c1"
    private static let master = "/software/services/master"
    private static let used = cluster + "/services/master/applications/master"

    private func check(_ example: Case, _ plugin: any Plugin) throws {
        let problems = try Sample.problems(Sample.site(Sample.kubernetes, example.changes), of: plugin)
        #expect(problems == example.problems)
    }

    @Test("A model that breaks no rule has no problem")
    func passes() throws {
        for plugin in Sample.plugins { #expect(try Sample.problems(Sample.kubernetes, of: plugin) == []) }
    }

    // MARK: Core

    static let coreRules = [
        Case(
            "host names are unique, whatever their case", [("n2: { hostname: n2", "n2: { hostname: N1")],
            cluster + "/nodes/n2 hostname=N1: hostname 'N1' is used already, by \(cluster)/nodes/n1 "
                + "(host names are unique, whatever their case)"),
        Case(
            "jump names managed hosts", [("n2: { hostname: n2, ssh: { ", "n2: { hostname: n2, ssh: { jump: [/ms, /ms/none], ")],
            cluster
                + "/nodes/n2/ssh jump=/ms/none: jump names no managed host (the path of an item of type node or ms that has an "
                + "'ssh', or [user@]address[:port]) planner show -r -l / lists the paths"),
        Case(
            "no host is reached through itself",
            [
                ("n2: { hostname: n2, ssh: { ", "n2: { hostname: n2, ssh: { jump: [\(cluster)/nodes/n1], "),
                ("n1: { hostname: n1, ssh: { ", "n1: { hostname: n1, ssh: { jump: [\(cluster)/nodes/n2], "),
            ],
            cluster + "/nodes/n1/ssh jump=\(cluster)/nodes/n2: hosts are reached through each other "
                + "(\(cluster)/nodes/n1 -> \(cluster)/nodes/n2 -> \(cluster)/nodes/n1)"),
        Case(
            "network names are unique", [("    networks:\n", "    networks:\n      again: { name: services }\n")],
            "/infrastructure/networking/networks/services name=services: name 'services' is used already, by "
                + "/infrastructure/networking/networks/again (network names are unique)"),
        Case(
            "one item for a file of a host",
            [
                (
                    "n1: { hostname: n1, ",
                    "n1: { configs: { a: { type: managed-file, path: /etc/x, content: a }, b: { type: managed-file, path: /etc/x, "
                        + "content: b } }, hostname: n1, "
                )
            ],
            cluster + "/nodes/n1/configs/b path=/etc/x: path '/etc/x' is used already, by \(cluster)/nodes/n1/configs/a "
                + "(one item for a file of a host)"),
        Case(
            "node_list names nodes of the cluster", [("node_list: [n1, n2, n3]", "node_list: [n1, n2, n33]")],
            cluster + "/services/master node_list=n33: node_list names a node that is not in the cluster "
                + "(one of n1, n2, n3, n4, n5, n6) did you mean 'n3'?"),
        Case(
            "node_list names each node once", [("node_list: [n1, n2, n3]", "node_list: [n1, n2, n2]")],
            cluster + "/services/master node_list=n1,n2,n2: node_list names 'n2' more than once (each once)"),
        Case(
            "active and standby are the number of nodes", [("node_list: [n1, n2, n3]", "node_list: [n1, n2]")],
            cluster + "/services/master node_list=n1,n2: 2 nodes carry a service of 3 instances "
                + "(active + standby is the number of nodes in node_list)"),
        Case(
            "dependency_list of a service names other services of its cluster",
            [
                (
                    "name: master\n            active",
                    "name: master\n            dependency_list: [worke, master]\n            active"
                )
            ],
            cluster + "/services/master dependency_list=worke: dependency_list names no other clustered service of the cluster "
                + "(one of worker) did you mean 'worker'?",
            cluster
                + "/services/master dependency_list=master: dependency_list names the item itself (nothing can wait for itself)"),
        Case(
            "dependency_list of a cluster names other clusters", [("ha_manager: planner", "dependency_list: [c2]")],
            cluster + " dependency_list=c2: dependency_list names no other cluster of the deployment (there is none)"),
        Case(
            "clusters do not wait for each other",
            [
                (
                    "      c1:\n",
                    "      c0: { type: cluster, dependency_list: [c1], nodes: { m: { hostname: m, ssh: { address: m } } } }\n"
                        + "      c1:\n"
                ), ("ha_manager: planner", "dependency_list: [c0]"),
            ],
            "/deployments/d/clusters/c0 dependency_list=c1: clusters wait for each other (c0 -> c1 -> c0)"),
        Case(
            "names of clustered services are unique in a cluster",
            [("name: worker\n            active", "name: master\n            active")],
            cluster + "/services/worker name=master: name 'master' is used already, by \(cluster)/services/master "
                + "(names of clustered services are unique in a cluster)"),
        Case(
            "interfaces are on networks of the model",
            [
                (
                    "n1: { hostname: n1, ",
                    "n1: { network_interfaces: { b: { device_name: br0, network_name: service } }, hostname: n1, "
                )
            ],
            cluster
                + "/nodes/n1/network_interfaces/b network_name=service: network_name names a network that is not in the model "
                + "(one of services) did you mean 'services'?"),
    ]

    @Test("Core", arguments: coreRules)
    func core(_ example: Case) throws { try check(example, CorePlugin()) }

    // MARK: Libvirt

    static let libvirtRules = [
        Case(
            "image names are unique",
            [
                (
                    "    node: { type: vm-image",
                    "    more: { type: vm-image, name: node, source_uri: \"http://h/x\", checksum: \(String(repeating: "11", count: 32)) }\n"
                        + "    node: { type: vm-image"
                )
            ],
            "/software/images/node name=node: image name 'node' is used already, by /software/images/more (image names are unique)"
        ),
        Case(
            "image_name names an image",
            [("service_name: master\n      image_name: node", "service_name: master\n      image_name: nod")],
            master + " image_name=nod: image_name names no vm-image (one of node) did you mean 'node'?"),
        Case(
            "a device is there once",
            [
                (
                    "      eth0: { device_name: eth0, host_device: br0, network_name: services, ipaddresses: [10.0.0.101",
                    "      ethx: { device_name: eth0, host_device: br1, network_name: services }\n        eth0: { device_name: eth0, host_device: br0, network_name: services, ipaddresses: [10.0.0.101"
                )
            ],
            master + ": there is no interface eth1 (devices start at eth0 and leave no gap)",
            master + "/vm_network_interfaces/ethx device_name=eth0: device_name is used already, by eth0 (each device once)"),
        Case(
            "devices leave no gap",
            [
                (
                    "eth0, host_device: br0, network_name: services, ipaddresses: [10.0.0.101",
                    "eth1, host_device: br0, network_name: services, ipaddresses: [10.0.0.101"
                )
            ],
            master + ": there is no interface eth0 (devices start at eth0 and leave no gap)"),
        Case(
            "one default route",
            [
                (
                    "ipaddresses: [10.0.0.101, 10.0.0.102, 10.0.0.103] }",
                    "gateway: 10.0.0.1, ipaddresses: [10.0.0.101, 10.0.0.102, 10.0.0.103] }\n"
                        + "        eth1: { device_name: eth1, host_device: br1, network_name: services, gateway: 10.0.0.1 }"
                )
            ], master + ": more than one interface has a gateway (a guest has one default route)"),
        Case(
            "the network is in the model",
            [("network_name: services, ipaddresses: [10.0.0.101", "network_name: servics, ipaddresses: [10.0.0.101")],
            master + "/vm_network_interfaces/eth0 network_name=servics: network_name names no network (one of services) "
                + "did you mean 'services'?"),
        Case(
            "addresses are of the network", [("10.0.0.102,", "10.0.1.102,")],
            master + "/vm_network_interfaces/eth0 ipaddresses=10.0.0.101,10.0.1.102,10.0.0.103: 10.0.1.102 is not in the network "
                + "'services' (an address of 10.0.0.0/24)"),
        Case(
            "the gateway is of the network",
            [
                (
                    "network_name: services, ipaddresses: [10.0.0.101",
                    "network_name: services, gateway: 10.1.0.1, ipaddresses: [10.0.0.101"
                )
            ],
            master + "/vm_network_interfaces/eth0 gateway=10.1.0.1: 10.1.0.1 is not in the network 'services' "
                + "(an address of 10.0.0.0/24)"),
        Case(
            "an address for each instance", [(", 10.0.0.103]", "]")],
            used + "/vm_network_interfaces/eth0 ipaddresses=10.0.0.101,10.0.0.102: 2 addresses for 3 instances "
                + "(one address for each node of node_list, in its order)"),
        Case(
            "a host name for each instance", [("role: master", "role: master\n      hostnames: [a, b]")],
            used + " hostnames=a,b: 2 host names for 3 instances (one for each node of node_list, in its order)"),
        Case(
            "an address is used once", [("10.0.0.104,", "10.0.0.103,")],
            cluster + "/services/worker/applications/worker/vm_network_interfaces/eth0 ipaddresses=10.0.0.103: "
                + "10.0.0.103 is used already, by \(used) on n3 (an address is used once)"),
        Case(
            "service names are unique on a host",
            [
                ("node_list: [n4, n5, n6]", "node_list: [n1, n5, n6]"),
                ("service_name: worker", "service_name: master"),
            ],
            cluster + "/services/worker/applications/worker service_name=master: service_name is used already on n1, by \(used) "
                + "(unique on each host)"),
    ]

    @Test("Libvirt", arguments: libvirtRules)
    func libvirt(_ example: Case) throws { try check(example, LibvirtPlugin()) }

    // MARK: Kubernetes

    private static let config = cluster + "/configs/kubernetes"
    static let kubernetesRules = [
        Case(
            "one director", [("    director: { type: k8s-director, service_name: director }", "    {}")],
            config + ": 0 directors for one Kubernetes cluster "
                + "(exactly one: a k8s-vm-service with role director, or a k8s-director, under the management server)"),
        Case(
            "masters are odd in number",
            [
                ("active: 3\n            node_list: [n1, n2, n3]", "active: 2\n            node_list: [n1, n2]"),
                (", 10.0.0.103]", "]"),
            ],
            config
                + ": 2 masters (an odd number of 3 or more, so that etcd keeps its quorum) allow_small: true is for laboratories"),
        Case(
            "two workers or more",
            [
                ("active: 3\n            node_list: [n4, n5, n6]", "active: 1\n            node_list: [n4]"),
                ("[10.0.0.104, 10.0.0.105, 10.0.0.106]", "[10.0.0.104]"),
            ], config + ": 1 workers (2 or more) allow_small: true is for laboratories"),
        Case(
            "a laboratory may be small",
            [
                ("active: 3\n            node_list: [n4, n5, n6]", "active: 1\n            node_list: [n4]"),
                ("[10.0.0.104, 10.0.0.105, 10.0.0.106]", "[10.0.0.104]"),
                ("{ type: k8s-cluster }", "{ type: k8s-cluster, allow_small: true }"),
            ]),
        Case(
            "members have addresses over which the director reaches them",
            [
                ("{ type: k8s-cluster }", "{ type: k8s-cluster, network_name: storage }"),
                ("[10.0.0.104, 10.0.0.105, 10.0.0.106]", "[dhcp]"),
                ("      services: { name: services", "      storage: { name: storage }\n      services: { name: services"),
            ],
            used + ": n1-master has no address over which the director reaches it (a static address on network 'storage')",
            used + ": n2-master has no address over which the director reaches it (a static address on network 'storage')",
            used + ": n3-master has no address over which the director reaches it (a static address on network 'storage')",
            cluster + "/services/worker/applications/worker: n4-worker has no address over which the director reaches it "
                + "(a static address on network 'storage')",
            cluster + "/services/worker/applications/worker: n5-worker has no address over which the director reaches it "
                + "(a static address on network 'storage')",
            cluster + "/services/worker/applications/worker: n6-worker has no address over which the director reaches it "
                + "(a static address on network 'storage')"),
        Case(
            "names of members are in lower case", [("role: master", "role: master\n      hostnames: [a, B, c]")],
            used + " hostnames=a,B,c: 'B' cannot be the name of a Kubernetes node (lower case letters, digits and '-')"),
        Case(
            "members are not on standby",
            [
                (
                    "active: 3\n            node_list: [n1, n2, n3]",
                    "active: 2\n            standby: 1\n            node_list: [n1, n2, n3]"
                )
            ],
            cluster + "/services/master standby=1: Kubernetes nodes on standby (masters and workers all serve: standby is 0)"),
        Case(
            "addresses of pods are of no network",
            [("{ type: k8s-cluster }", "{ type: k8s-cluster, calico_ipv4pool_cidr: 10.0.0.0/16 }")],
            config
                + " calico_ipv4pool_cidr=10.0.0.0/16: the addresses of pods overlap network 'services' (apart from 10.0.0.0/24)"),
        Case(
            "time synchronization has servers", [("{ type: k8s-cluster }", "{ type: k8s-cluster, setup_chrony: true }")],
            config + " chrony_config_server=: setup_chrony without time servers (at least one server)"),
        Case(
            "a member has a cluster", [("        configs:\n          kubernetes: { type: k8s-cluster }\n", "")],
            used
                + " role=master: a master in a cluster without Kubernetes configuration (a k8s-cluster item under \(cluster)/configs)",
            cluster + "/services/worker/applications/worker role=worker: a worker in a cluster without Kubernetes configuration "
                + "(a k8s-cluster item under \(cluster)/configs)"),
    ]

    @Test("Kubernetes", arguments: kubernetesRules)
    func kubernetes(_ example: Case) throws { try check(example, KubernetesPlugin()) }
}
