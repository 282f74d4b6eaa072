import Model
import Planning
import PluginKit
import TaskKit
import Testing

@Suite("What is dangerous in a plan")
struct RiskTests {
    private func risks(maxUnavailable: String = "1", nodes: [String] = ["n1", "n2", "n3"], effect: Effect = .restart) throws
        -> [PlanRisk]
    {
        func declared(_ value: String) -> Tree {
            site {
                cluster("c1", maxUnavailable: maxUnavailable) {
                    nodes.map { name in node(name) { thing("a", value, effect: effect) } }
                }
            }
        }
        var world = try World(declared("1"), TestPlugin(contributors: ["ha": 1]))
        try world.apply()
        world.declared = declared("2")
        return try world.plan()?.risks ?? []
    }

    @Test("All nodes of a cluster may be out at the same time: when max_unavailable says so, or when it has one node")
    func wholeCluster() throws {
        let cluster = Place.cluster("c1")
        #expect(try risks(maxUnavailable: "2").isEmpty)
        #expect(try risks(maxUnavailable: "3") == [.wholeClusterOut(cluster: cluster, nodes: 3)])
        #expect(try risks(maxUnavailable: "100%") == [.wholeClusterOut(cluster: cluster, nodes: 3)])
        #expect(try risks(nodes: ["n1"]) == [.wholeClusterOut(cluster: cluster, nodes: 1)])
    }

    @Test("Something is built anew on every node of a cluster")
    func everyNode() throws {
        #expect(try risks(effect: .replace) == [.everyNodeReplaced(cluster: Place.cluster("c1"), nodes: 3)])
        #expect(try risks(effect: .live).isEmpty)
    }

    @Test("The only instance of a service is stopped")
    func outage() throws {
        var world = try GoldenSite.lab.world()
        #expect(try world.plan()?.risks == nil, "what is built for the first time serves nobody yet")
        try world.apply()
        try world.declared.update(
            ItemPath.root.appending("software").appending("services").appending("master"), properties: ["ram": .scalar("192M")],
            deleting: [], registry: world.registry)
        let cluster = ItemPath.root.appending("deployments").appending("lab").appending("clusters").appending("svc_cluster")
        #expect(
            try world.plan()?.risks == [
                .outage(
                    service: cluster.appending("services").appending("master"),
                    node: cluster.appending("nodes").appending("svc-1"))
            ])
    }

    @Test("A protected item that is disturbed, and neither replaced nor removed, is named with what disturbs it")
    func protected() throws {
        func declared(_ value: String) throws -> Tree {
            var tree = site { cluster("c1") { ["n1", "n2"].map { name in node(name) { thing("a", value, effect: .restart) } } } }
            try tree.update(Place.node("n2"), properties: ["protected": .scalar("true")], deleting: [], registry: registry())
            return tree
        }
        var world = try World(try declared("1"), TestPlugin(contributors: ["ha": 1]))
        try world.apply()
        world.declared = try declared("2")
        #expect(try world.plan()?.risks == [.protectedDisturbed(item: Place.node("n2"), by: "lock-ha")])
    }

    private func registry() throws -> TypeRegistry { try World(Tree()).registry }

    @Test("A node that is out of service, and that nothing in the plan puts back, is named with who took it out")
    func leftOut() throws {
        let world = try World(site { cluster("c1") { node("n1") { thing("a") } } }, TestPlugin())
        var input = PlanningInput(context: world.context, plugins: world.plugins, plannerVersion: "test")
        input.outOfService = [Place.node("n1"): ["ha", "alarm"]]
        #expect(try PlanMaker.plan(for: input)?.risks == [.leftOut(node: Place.node("n1"), by: ["alarm", "ha"])])
    }

    @Test("What takes a node out and has nothing that puts it back is refused, whether or not it is used")
    func missingUnlock() throws {
        let world = try World(site { cluster("c1") { node("n1") { thing("a") } } }, plugins: [OneWay()] + World(Tree()).plugins)
        #expect {
            _ = try world.plan()
        } throws: { error in
            "\(error)".hasSuffix("nothing puts it back: plugin one-way gives no unlock for 'alarm'")
        }
    }

    /// Locks, and never unlocks.
    private struct OneWay: Plugin {
        let name = "one-way"
        let version = "1"

        func locks(in context: PlanningContext) -> [NodeLock] {
            context.nodes.map { node in
                NodeLock(
                    name: "alarm", node: node.path, priority: 1,
                    lock: .companion("silence", of: [], item: node.path, node: node.path), unlock: [])
            }
        }
    }
}
