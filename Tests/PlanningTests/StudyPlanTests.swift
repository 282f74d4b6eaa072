import Model
import Planning
import TaskKit
import Testing

/// The expected plans of the ECCD study (`reference/kubernetes.md` 4.4 and 4.5), row by row, against those of `models/eccd`.
@Suite("The plans of the study")
struct StudyPlanTests {
    private static let masters = ["svc-1", "svc-2", "svc-3"]
    private static let workers = ["svc-4", "svc-5", "svc-6"]
    private static let nodes = masters + workers
    private static let addresses = [
        "svc-1": "192.168.0.164", "svc-2": "192.168.0.165", "svc-3": "192.168.0.124", "svc-4": "192.168.0.128",
        "svc-5": "192.168.0.135", "svc-6": "192.168.0.127",
    ]

    private static func role(of node: String) -> String { masters.contains(node) ? "master" : "worker" }

    private static func online(_ node: String) -> [String] {
        let role = role(of: node)
        return ["start \(role) on \(node)", "wait until \(node)-\(role) answers at \(addresses[node] ?? "")"]
    }

    private static let verification = [
        "verify that etcd has 3 healthy members", "verify that the pods of the system run",
    ]

    // MARK: 4.4, installation

    private static let install = [
        StudyRow(
            "P1", .managementServer, on: "ms",
            [
                "check libvirt and br0, br1, br3 on ms", "copy image eccd-director-image-5f0c2a0e8d4b6b1f.qcow2 to ms",
                "write domain.xml of director on ms", "write meta-data of director on ms",
                "write network-config of director on ms", "write user-data of director on ms",
                "define virtual machine director on ms",
            ], because: "no adaptor: libvirt itself is asked, and config.json is libvirt's domain.xml"),
        StudyRow(
            "P3", .managementServer, on: "ms", ["start director on ms", "wait until ms-director answers at 192.168.0.153"]),
        StudyRow(
            "P2", .managementServer, on: "ms", ["remove unused images on ms"],
            because: "after P3: the image of before stays for as long as the new machine has not answered"),
        StudyRow(
            "P4", .preCluster, on: "eccd_director", ["wait until the first boot of ms-director is over"],
            because: "ssh, cloud-init and shares are one question"),
        StudyRow(
            "P5", .preCluster, on: "eccd_director",
            [
                "write certificate of registry to ms-director", "write key of registry to ms-director",
                "write configuration of registry to ms-director", "write trusted certificate of registry to ms-director",
                "run 'systemctl restart docker-distribution' on ms-director",
                "wait until registry eccd-registry:5000 serves on ms-director",
            ]),
        StudyRow(
            "P6", .preCluster, on: "eccd_director", ["copy images of ms-director into registry eccd-registry:5000"]),
        StudyRow(
            "P7", .node,
            nodes.flatMap { node in
                [
                    "check libvirt and br0, br2, br3 on \(node)", "copy image eccd-node-image-9b1d4e7a2c5f8036.qcow2 to \(node)",
                    "define virtual machine \(role(of: node)) on \(node)",
                ]
                    + ["domain.xml", "meta-data", "network-config", "user-data"].map {
                        "write \($0) of \(role(of: node)) on \(node)"
                    }
            },
            because: "no HA software and no adaptor on hosts; engine and bridges (P8 to P10) are checked before anything is made"),
        StudyRow("P8", .cluster, nodes.map { "remove unused images on \($0)" }),
        .none("P9", .cluster, because: "the bridge br2 is checked in P7"),
        .none("P10", .cluster, because: "the bridge br0 is checked in P7"),
        .none("P11", .cluster, because: "the agentless HA manager keeps no service group on hosts"),
        .none("P12", .cluster, because: "the agentless HA manager keeps no resource on hosts"),
        StudyRow("P13", .cluster, masters.flatMap(online)),
        .none("P14", .cluster, because: "as P11"),
        .none("P15", .cluster, because: "as P12"),
        StudyRow("P16", .cluster, workers.flatMap(online)),
        StudyRow(
            "P17", .cluster, on: "eccd_director",
            ["learn host keys of 6 guests on ms-director"]
                + nodes.map { "wait until the first boot of \($0)-\(role(of: $0)) is over" },
            because: "the director asks, with checked host keys (R87), which it learns first"),
        StudyRow(
            "P18, P19", .cluster, on: "eccd_director", ["copy group-vars to ms-director", "copy inventory to ms-director"],
            because: "made from the model when the plan is; what is left to do is to copy them"),
        StudyRow("P20", .cluster, on: "eccd_director", ["run playbook install.yml on ms-director"]),
        StudyRow(
            "P21", .cluster, on: "eccd_director", ["verify that all 6 members are ready at v1.15.3"] + verification),
        StudyRow(
            "P22", .postCluster, on: "eccd_director",
            ["load package enm to ms-director", "push images of package enm into registry eccd-registry:5000"]),
        StudyRow(
            "P23", .postCluster, on: "eccd_director",
            [
                "check that all 6 members are ready for applications", "helm install ingress 1.6.0 in ingress",
                "write values of enm to ms-director", "helm install enm 0.9.2 in enm",
            ]),
    ]

    @Test("4.4: the installation on a new cluster")
    func installation() throws {
        StudyRow.expect(try #require(try GoldenScenario.install.plan(of: .eccd)), is: Self.install)
    }

    @Test("4.4, variant: on nodes that are applied the same, without a lock, for nothing that serves is touched")
    func installationOnAppliedNodes() throws {
        var world = try GoldenSite.eccd.world()
        let declared = world.declared
        world.declared = try GoldenScenario.removal.world(of: .eccd).declared
        try world.apply()
        world.declared = declared
        let plan = try #require(try world.plan())
        StudyRow.expect(plan, is: Self.install)
        #expect(world.appliedItems.keys.contains { $0.name == "svc-1" })
        #expect(Set(plan.phases.map(\.group)).isDisjoint(with: [.preNodeLock, .lock, .unlock, .postNodeUnlock, .healthGate]))
    }

    // MARK: 4.5, a new release

    private static let beforeNodes = [
        StudyRow(
            "P1", .managementServer, on: "ms",
            [
                "copy image eccd-director-image-cdcdcdcdcdcdcdcd.qcow2 to ms", "write domain.xml of director on ms",
                "write meta-data of director on ms", "replace virtual machine director on ms",
            ]),
        StudyRow(
            "P2", .managementServer, on: "ms", ["start director on ms", "wait until ms-director answers at 192.168.0.153"]),
        StudyRow("P3", .managementServer, on: "ms", ["remove unused images on ms"]),
        StudyRow(
            "P4", .preCluster, on: "eccd_director",
            [
                "wait until the first boot of ms-director is over", "wait until ms-director reaches the API of Kubernetes",
                "copy group-vars to ms-director", "copy inventory to ms-director",
                "learn host keys of guests that answer on ms-director",
            ], because: "what Planner had put on the disk of the director is put there again"),
        StudyRow(
            "P5", .preCluster, on: "eccd_director",
            [
                "write certificate of registry to ms-director", "write key of registry to ms-director",
                "write configuration of registry to ms-director", "write trusted certificate of registry to ms-director",
                "run 'systemctl restart docker-distribution' on ms-director",
                "wait until registry eccd-registry:5000 serves on ms-director",
            ]),
        StudyRow(
            "P6", .preCluster, on: "eccd_director", ["copy images of ms-director into registry eccd-registry:5000"]),
        StudyRow(
            "P7", .preCluster, on: "eccd_director",
            [
                "check that ms-director has 6 playbooks", "check that 6 members are ready",
                "check that 6 members may go to v1.16.2", "check that etcd has 3 healthy members",
                "keep a snapshot of etcd in /var/lib/eccd/snapshots on ms-director",
            ]),
    ]

    /// The eleven phases of one member, of which P`first` is the first.
    private static func member(_ node: String, from first: Int) -> [StudyRow] {
        let role = role(of: node)
        let name = "\(node)-\(role)"
        let files = ["copy group-vars to ms-director for \(name)", "copy inventory to ms-director for \(name)"]
        let isMaster = role == "master"
        func playbook(_ verb: String) -> [String] { ["run playbook \(verb) for \(name) on ms-director"] }
        return [
            StudyRow(
                "P\(first), P\(first + 1)", .preNodeLock, on: "eccd_director",
                files + (isMaster ? ["check that etcd keeps its quorum without \(name)"] : []),
                because: isMaster ? "R67: a master goes only when the others carry etcd" : nil),
            StudyRow("P\(first + 2)", .preNodeLock, on: "eccd_director", playbook("drain_\(role)_node.yml")),
            StudyRow("P\(first + 3)", .preNodeLock, on: "eccd_director", playbook("delete_\(role)_node.yml")),
            StudyRow("P\(first + 4)", .lock, on: node, ["stop \(role) on \(node)"]),
            StudyRow(
                "P\(first + 5)", .node, on: node,
                [
                    "copy image eccd-node-image-abababababababab.qcow2 to \(node)", "write domain.xml of \(role) on \(node)",
                    "write meta-data of \(role) on \(node)", "replace virtual machine \(role) on \(node)",
                ], because: "the machine is rebuilt while the node is locked, not by its unlock"),
            StudyRow("P\(first + 6)", .unlock, on: node, online(node)),
            StudyRow("P\(first + 7), P\(first + 8)", .postNodeUnlock, on: "eccd_director", files),
            StudyRow(
                "P\(first + 9)", .postNodeUnlock, on: "eccd_director",
                ["learn host key of \(name) on ms-director", "wait until the first boot of \(name) is over"]
                    + playbook("upgrade_rejoin_\(role).yml")),
            StudyRow(
                "P\(first + 10)", .healthGate, on: "eccd_director",
                ["wait until \(name) is a ready member at v1.16.2"]
                    + (isMaster ? ["check that etcd has 3 healthy members"] : [])),
        ]
    }

    private static let afterNodes = [
        StudyRow("P74", .cluster, nodes.map { "remove unused images on \($0)" }),
        StudyRow(
            "P75", .cluster, on: "eccd_director", ["verify that all 6 members are ready at v1.16.2"] + verification),
        StudyRow(
            "P76", .postCluster, on: "eccd_director",
            ["check that all 6 members are ready for applications", "helm upgrade enm 0.10.0 in enm"],
            because: "ingress is as it was"),
    ]

    private static let upgrade =
        beforeNodes + zip(nodes, stride(from: 8, through: 63, by: 11)).flatMap { member($0, from: $1) } + afterNodes

    @Test("4.5: a new release of director, nodes and applications")
    func release() throws {
        let plan = try #require(try GoldenScenario.releaseUpgrade.plan(of: .eccd))
        StudyRow.expect(plan, is: Self.upgrade)
        #expect(Self.upgrade.count == 7 + 6 * 9 + 3)
    }

    @Test("A step too few, one too many and a wrong order are noticed")
    func deviations() throws {
        let plan = try #require(try GoldenScenario.install.plan(of: .eccd))
        withKnownIssue { StudyRow.expect(plan, is: Array(Self.install.dropLast())) }
        withKnownIssue { StudyRow.expect(plan, is: Self.install + [StudyRow("P24", .postCluster, ["helm test enm"])]) }
        withKnownIssue { StudyRow.expect(plan, is: Self.install.reversed()) }
    }

    @Test("4.5: never two masters in work, masters before workers, whatever the nodes are called and the cluster allows")
    func order() throws {
        var world = try GoldenSite.eccd.world()
        let renamed = [
            ("node_list: [svc-1, svc-2, svc-3]", "node_list: [svc-6, svc-2, svc-4]"),
            ("node_list: [svc-4, svc-5, svc-6]", "node_list: [svc-1, svc-5, svc-3]"),
            ("        ha_manager: planner\n", "        ha_manager: planner\n        max_unavailable: 3\n"),
        ]
        world.declared = try GoldenSite.eccd.tree(renamed, registry: world.registry)
        try world.apply()
        world.declared = try GoldenSite.eccd.tree(renamed + GoldenSite.eccd.newImage, registry: world.registry)
        let plan = try #require(try world.plan())
        var blocks: [(node: String, phases: [Int])] = []
        for phase in plan.phases {
            guard let node = phase.node.map({ String($0.name) }) else { continue }
            if blocks.last?.node == node {
                blocks[blocks.count - 1].phases.append(phase.number)
            } else {
                blocks.append((node, [phase.number]))
            }
        }
        #expect(blocks.map(\.node) == ["svc-2", "svc-4", "svc-6", "svc-1", "svc-3", "svc-5"])
        // Each master begins when the one before it is done; the workers begin together when the last master is.
        for (master, next) in zip(blocks, blocks.dropFirst()).prefix(3) {
            let first = try #require(plan.phases.first { $0.number == next.phases.first })
            #expect(first.after == master.phases.suffix(1))
        }
        let starts = blocks.dropFirst(3).map { block in plan.phases.first { $0.number == block.phases.first }?.after }
        #expect(Set(starts).count == 1)
    }
}
