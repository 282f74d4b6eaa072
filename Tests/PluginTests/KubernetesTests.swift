import Foundation
import Model
import PluginKit
import TaskKit
import Testing
import Yams

@testable import KubernetesPlugin

@Suite("Kubernetes: what the director gets")
struct KubernetesArtifactTests {
    private func cluster(_ changes: [(String, String)] = []) throws -> KubernetesCluster {
        let context = try Sample.context(Sample.site(Sample.kubernetes, changes))
        let item = try #require(context.declared.items(ofType: "k8s-cluster").first)
        return try #require(KubernetesCluster(item, instances: context.instances, in: context.declared))
    }

    @Test("The inventory lists every member, masters as etcd members first")
    func inventory() throws {
        #expect(
            try cluster().inventory == """
                n1-master ansible_host=10.0.0.101 ansible_user=root
                n2-master ansible_host=10.0.0.102 ansible_user=root
                n3-master ansible_host=10.0.0.103 ansible_user=root
                n4-worker ansible_host=10.0.0.104 ansible_user=root
                n5-worker ansible_host=10.0.0.105 ansible_user=root
                n6-worker ansible_host=10.0.0.106 ansible_user=root

                [etcd]
                n1-master
                n2-master
                n3-master

                [master]
                n1-master
                n2-master
                n3-master

                [worker]
                n4-worker
                n5-worker
                n6-worker

                """)
    }

    @Test("Variables read back as they were set")
    func variables() throws {
        let settings = """
            { type: k8s-cluster, calico_ipv4pool_cidr: 10.1.0.0/16, docker_registry_host: "eccd-registry:5000", \
            helm_chart_loc_override: "http://h/charts?a=%20#b", setup_chrony: true, chrony_config_server: [10.0.0.10, time.example], \
            node_key_file: /root/.ssh/id_ed25519 }
            """
        let text = try cluster([("{ type: k8s-cluster }", settings)]).groupVariables
        let variables = try #require(try Yams.load(yaml: text) as? [String: Any])
        #expect(variables["calico_ipv4pool_cidr"] as? String == "10.1.0.0/16")
        #expect(variables["docker_registry_host"] as? String == "eccd-registry:5000")
        #expect(variables["helm_chart_loc_override"] as? String == "http://h/charts?a=%20#b")
        #expect(variables["setup_chrony"] as? Bool == true)
        #expect(variables["chrony_config_server"] as? [String] == ["10.0.0.10", "time.example"])
        #expect(variables["ansible_ssh_private_key_file"] as? String == "/root/.ssh/id_ed25519")
        #expect(variables.count == 7)
    }

    @Test("Variables that are not set are left out")
    func unset() throws {
        #expect(
            try cluster().groupVariables
                == "ansible_ssh_common_args: -o UserKnownHostsFile=/var/lib/eccd/inventory/known_hosts\n")
    }

    @Test("The address of a member is that on the network over which the director reaches it")
    func network() throws {
        let storage = """
            eth1: { device_name: eth1, host_device: br1, network_name: storage, ipaddresses: [10.9.0.1, 10.9.0.2, 10.9.0.3] }
            """
        let changes = [
            (
                "      services: { name: services",
                "      storage: { name: storage, subnet: 10.9.0.0/24 }\n      services: { name: services"
            ),
            ("10.0.0.102, 10.0.0.103] }", "10.0.0.102, 10.0.0.103] }\n        \(storage)"),
        ]
        #expect(try cluster(changes).members[1].address == "10.0.0.102")
        let onStorage = changes + [("{ type: k8s-cluster }", "{ type: k8s-cluster, network_name: storage }")]
        #expect(try cluster(onStorage).members[1].address == "10.9.0.2")
    }
}

@Suite("Kubernetes: plans")
struct KubernetesPlanTests {
    private let upgraded = Sample.site(Sample.kubernetes, [("checksum: \"0f", "checksum: \"1f")])

    private func rolled(_ plan: Plan?) -> [String] {
        var nodes: [String] = []
        for name in (plan?.phases ?? []).compactMap({ $0.node.map { String($0.name) } }) where nodes.last != name {
            nodes.append(name)
        }
        return nodes
    }

    @Test("Masters have their turn before workers, whatever the nodes are called")
    func ranks() throws {
        func swapped(_ text: String) -> String {
            Sample.site(
                text,
                [("node_list: [n1, n2, n3]", "node_list: [n6, n2, n5]"), ("node_list: [n4, n5, n6]", "node_list: [n1, n4, n3]")])
        }
        let plan = try Sample.plan(from: swapped(Sample.kubernetes), to: swapped(upgraded))
        #expect(rolled(plan) == ["n2", "n5", "n6", "n1", "n3", "n4"])
    }

    @Test("Masters go one at a time, however many nodes the cluster lets go at once")
    func mastersAlone() throws {
        func wide(_ text: String) -> String {
            Sample.site(text, [("        ha_manager: planner\n", "        ha_manager: planner\n        max_unavailable: 3\n")])
        }
        let plan = try #require(try Sample.plan(from: wide(Sample.kubernetes), to: wide(upgraded)))
        // The phase in which each node's block begins comes after these.
        var starts: [String: [Int]] = [:]
        for phase in plan.phases {
            if let node = phase.node.map({ String($0.name) }), starts[node] == nil { starts[node] = phase.after }
        }
        let beforeWorkers = try #require(starts["n4"])
        #expect(Set(["n1", "n2", "n3", "n4"].compactMap { starts[$0] }).count == 4)
        #expect(starts["n5"] == beforeWorkers && starts["n6"] == beforeWorkers)
    }

    @Test("A new image drains, deletes, locks, replaces, unlocks, rejoins and waits, node by node")
    func roll() throws {
        let plan = try #require(try Sample.plan(from: Sample.kubernetes, to: upgraded))
        let block = plan.phases.filter { $0.node?.name == "n4" }.flatMap(\.tasks).map(\.summary)
        #expect(
            block == [
                "copy group-vars to ms for n4-worker", "copy inventory to ms for n4-worker",
                "run playbook drain_worker_node.yml for n4-worker on ms",
                "run playbook delete_worker_node.yml for n4-worker on ms",
                "stop worker on n4", "write domain.xml of worker on n4", "write meta-data of worker on n4",
                "copy image node-1f0f0f0f0f0f0f0f.qcow2 to n4", "replace virtual machine worker on n4", "start worker on n4",
                "wait until n4-worker answers at 10.0.0.104", "copy group-vars to ms for n4-worker",
                "copy inventory to ms for n4-worker", "learn host key of n4-worker on ms",
                "wait until the first boot of n4-worker is over",
                "run playbook upgrade_rejoin_worker.yml for n4-worker on ms", "wait until n4-worker is a ready member",
            ])
        #expect(plan.phases.last?.group == .cluster)
    }

    @Test("A change that is none for the machines holds no Kubernetes task")
    func untouched() throws {
        let changed = Sample.site(Sample.kubernetes, [("source_uri: \"http://10.0.0.10", "source_uri: \"http://10.0.0.11")])
        #expect(try Sample.plan(from: Sample.kubernetes, to: changed) == nil)
    }

    @Test("A member that is no longer declared is drained and deleted before its machine is taken away")
    func contraction() throws {
        let smaller = Sample.site(
            Sample.kubernetes,
            [
                ("active: 3\n            node_list: [n4, n5, n6]", "active: 2\n            node_list: [n4, n5]"),
                (", 10.0.0.106]", "]"),
            ])
        let plan = try #require(try Sample.plan(from: Sample.kubernetes, to: smaller))
        #expect(
            plan.phases.map { $0.tasks.map(\.summary) } == [
                ["check that etcd has 3 healthy members", "check that 5 members are ready", "check that ms has 6 playbooks"],
                ["keep a snapshot of etcd in /var/lib/eccd/snapshots on ms"],
                ["run playbook drain_worker_node.yml for n6-worker on ms"],
                ["run playbook delete_worker_node.yml for n6-worker on ms"],
                ["remove virtual machine worker from n6"], ["remove unused images on n6"], ["copy inventory to ms"],
                [
                    "verify that all 5 members are ready", "verify that etcd has 3 healthy members",
                    "verify that the pods of the system run",
                ],
            ])
        #expect(plan.tasks.filter(\.isDestructive).map(\.identity.name) == ["leave-delete", "remove"])
    }

    @Test("A director that is built anew gets inventory and host keys back before any node is touched")
    func newDirector() throws {
        let plan = try #require(
            try Sample.plan(from: Self.withDirectorMachine(cpus: 2), to: Self.withDirectorMachine(cpus: 4)))
        let summaries = plan.summaries
        #expect(summaries.contains("copy inventory to ms-director"))
        #expect(summaries.last { $0.contains("host keys") } == "learn host keys of guests that answer on ms-director")
        #expect(!summaries.contains { $0.hasPrefix("run playbook") })
    }

    @Test("A worker that is added later joins the cluster")
    func expansion() throws {
        let smaller = Sample.site(
            Sample.kubernetes,
            [
                ("active: 3\n            node_list: [n4, n5, n6]", "active: 2\n            node_list: [n4, n5]"),
                (", 10.0.0.106]", "]"),
            ])
        let plan = try #require(try Sample.plan(from: smaller, to: Sample.kubernetes))
        #expect(plan.summaries.contains("define virtual machine worker on n6"))
        #expect(plan.summaries.contains("start worker on n6"))
        #expect(!plan.summaries.contains { $0.contains("n4") })
        #expect(plan.summaries.contains("run playbook upgrade_rejoin_worker.yml for n6-worker on ms"))
        #expect(plan.summaries.suffix(4).first == "wait until n6-worker is a ready member")
    }

    @Test("Members that leave go one after the other, workers before masters")
    func leavingInTurn() throws {
        let smaller = Sample.site(
            Sample.kubernetes,
            [
                ("active: 3\n            node_list: [n4, n5, n6]", "active: 1\n            node_list: [n4]"),
                ("[10.0.0.104, 10.0.0.105, 10.0.0.106]", "[10.0.0.104]"),
                ("active: 3\n            node_list: [n1, n2, n3]", "active: 1\n            node_list: [n1]"),
                ("[10.0.0.101, 10.0.0.102, 10.0.0.103]", "[10.0.0.101]"),
            ])
        let plan = try #require(try Sample.plan(from: Sample.kubernetes, to: smaller))
        let leaving = plan.phases.filter { $0.group == .preNodeCluster }.map { $0.tasks.map(\.summary) }
        func playbook(_ verb: String, _ role: String, _ node: String) -> [String] {
            ["run playbook \(verb)_\(role)_node.yml for \(node)-\(role) on ms"]
        }
        #expect(
            leaving == [
                playbook("drain", "worker", "n6"), playbook("delete", "worker", "n6"), playbook("drain", "worker", "n5"),
                playbook("delete", "worker", "n5"), ["check that etcd keeps its quorum without n3-master"],
                playbook("drain", "master", "n3"), playbook("delete", "master", "n3"),
                ["check that etcd keeps its quorum without n2-master"], playbook("drain", "master", "n2"),
                playbook("delete", "master", "n2"),
            ])
    }

    /// The sample with its director in a machine of its own on the management server.
    private static func withDirectorMachine(cpus: Int = 2) -> String {
        let director = """
            director:
                  type: k8s-vm-service
                  role: director
                  service_name: director
                  image_name: node
                  cpus: \(cpus)
                  vm_network_interfaces:
                    eth0: { device_name: eth0, host_device: br0, network_name: services, ipaddresses: [10.0.0.50] }
                master:
            """
        return Sample.site(
            Sample.kubernetes,
            [
                (
                    "director: { type: k8s-director, service_name: director }",
                    "director: { inherit: /software/services/director }"
                ),
                ("    master:\n      type: k8s-vm-service", "    \(director)\n      type: k8s-vm-service"),
            ])
    }

    @Test("A director in a machine of its own goes after the members that it takes out")
    func teardown() throws {
        let before = Self.withDirectorMachine()
        let start = try #require(
            before.range(of: "    services:\n      master:\n        type: vcs-cl")
                ?? before.range(of: "        services:\n          master:"))
        let nothing = String(before[..<start.lowerBound]).replacingOccurrences(
            of: "    director: { inherit: /software/services/director }", with: "    {}")
        let plan = try #require(try Sample.plan(from: before, to: nothing))
        let removal = try #require(plan.phases(of: "remove virtual machine director").first)
        #expect(plan.phases(of: "run playbook").allSatisfy { $0 < removal })
        #expect(plan.phases[removal - 1].group == .postCluster)
    }
}
