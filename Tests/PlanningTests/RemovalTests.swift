import CorePlugin
import Formats
import HighAvailabilityPlugin
import LibvirtPlugin
import Model
import Planning
import PluginKit
import TaskKit
import Testing

@Suite("Taking away what was made")
struct RemovalTests {
    private func plugin(requiring pairs: [(String, String)] = []) -> TestPlugin {
        @Sendable func step(_ name: String) -> StepIdentity {
            StepIdentity(item: Place.thing(name, on: "n1"), node: Place.node("n1"), name: "more")
        }
        return TestPlugin(
            extra: { context in
                context.declared.items(ofType: "thing").map { item in
                    let needed = pairs.filter { $0.0 == item.path.name }.map { Step.Requirement.step(step($0.1)) }
                    return .change("more", item: item.path, node: Place.node("n1"), requires: needed)
                }
            },
            undo: { context in
                context.comparison.removed.filter { $0.type == "thing" }.map { gone in
                    .undo(
                        "remove \(gone.path.name)", item: gone.path, node: Place.node("n1"),
                        forgetting: [StepScope(item: gone.path)])
                }
            })
    }

    @Test("What requires another is taken away before it, whatever the names")
    func explicitOrder() throws {
        let plugin = plugin(requiring: [("a", "b"), ("c", "a")])
        var world = try World(site { cluster("c1") { node("n1") { [thing("a"), thing("b"), thing("c")] } } }, plugin)
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") } }
        #expect(
            try world.plan()?.lines == ["1 NODE n1: remove c", "2 NODE n1 after 1: remove a", "3 NODE n1 after 2: remove b"])
    }

    @Test("Where one field requires another, what is in it is taken away first")
    func fieldOrder() throws {
        let plugin = TestPlugin(undo: { context in
            context.comparison.removed.filter { $0.type == "thing" || $0.type == "network-interface" }.map { gone in
                .undo(
                    "remove \(gone.path.name)", item: gone.path, node: Place.node("n1"),
                    forgetting: [StepScope(item: Place.node("n1"))])
            }
        })
        let interface = Item(
            path: Place.node("n1").appending("network_interfaces").appending("eth0"), type: "network-interface",
            properties: ["device_name": .string("eth0"), "network_name": .string("x")])
        var world = try World(
            site { cluster("c1") { node("n1") { [thing("a"), Part { _ in [interface] }] } } }, plugin)
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") } }
        #expect(try world.plan()?.summaries == ["remove a", "remove eth0"])
    }

    @Test("What a plugin says about the order of undoing is not contradicted")
    func pluginWins() throws {
        var plugin = plugin(requiring: [("a", "b")])
        plugin.undo = { context in
            let gone = context.comparison.removed.filter { $0.type == "thing" }.map(\.path)
            func identity(_ name: String) -> StepIdentity {
                StepIdentity(item: Place.thing(name, on: "n1"), node: Place.node("n1"), name: "remove \(name)")
            }
            return gone.map { path in
                .undo(
                    "remove \(path.name)", item: path, node: Place.node("n1"), forgetting: [StepScope(item: path)],
                    requires: path.name == "a" ? [.step(identity("b"))] : [])
            }
        }
        var world = try World(site { cluster("c1") { node("n1") { [thing("a"), thing("b")] } } }, plugin)
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") } }
        #expect(try world.plan()?.summaries == ["remove b", "remove a"])
    }

    @Test("What a plan began and did not finish is taken away when it is not wanted any more")
    func attempted() throws {
        var world = try World(site { cluster("c1") { node("n1") { [thing("a"), thing("b")] } } }, plugin())
        world.run(try #require(try world.plan())) { $0.summary == "apply b on n1" }
        #expect(world.appliedItems[Place.thing("b", on: "n1")] == nil)
        world.declared = site { cluster("c1") { node("n1") } }
        let plan = try #require(try world.apply())
        #expect(Set(plan.summaries) == ["remove a", "remove b"])
        #expect(world.attempts.isEmpty && world.appliedSteps.isEmpty)
        #expect(try world.plan() == nil)
    }

    @Test("A step that was begun is not taken for applied when the model goes back to what was there before")
    func begunChange() throws {
        var world = try World(site { cluster("c1") { node("n1") { thing("a", "old") } } })
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") { thing("a", "new") } } }
        world.run(try #require(try world.plan())) { _ in true }
        world.declared = site { cluster("c1") { node("n1") { thing("a", "old") } } }
        #expect(try world.plan()?.summaries == ["apply a on n1"])
    }
}

@Suite("Virtual machines that are not wanted any more")
struct MachineRemovalTests {
    private static let plugins: [any Plugin] = [CorePlugin(), HighAvailabilityPlugin(), LibvirtPlugin()]

    /// Two nodes; a virtual machine on those of `nodes`, or none.
    private func model(_ nodes: String?) -> String {
        """
        software:
          images:
            i: { type: vm-image, name: i, source_uri: "http://10.0.0.10/i", checksum: "\(String(repeating: "0f", count: 32))" }
          services:
            web: { type: vm-service, service_name: web, image_name: i }
        deployments:
          d:
            clusters:
              c1:
                type: vcs-cluster
                ha_manager: planner
                nodes:
                  n1: { hostname: n1, ssh: { address: 10.0.0.1 } }
                  n2: { hostname: n2, ssh: { address: 10.0.0.2 } }

        """
            + (nodes.map {
                """
                        services:
                          web:
                            type: vcs-clustered-service
                            name: web
                            active: 1
                            node_list: [\($0)]
                            applications: { web: { inherit: /software/services/web } }

                """
            } ?? "")
    }

    private func world(_ text: String) throws -> World {
        var world = try World(Tree(), plugins: MachineRemovalTests.plugins)
        try declare(text, in: &world)
        return world
    }

    private func declare(_ text: String, in world: inout World) throws {
        let reading = YAMLModelReader(registry: world.registry).read([(name: "site.yaml", text: text)])
        #expect(reading.errors.map(\.summary) == [])
        world.declared = reading.tree
    }

    @Test(
        "A machine whose first plan failed half-way is taken away when it is no longer declared", arguments: ["write-", "define"])
    func halfMade(_ last: String) throws {
        var world = try world(model("n1, n2"))
        world.run(try #require(try world.plan())) { $0.identity.name.hasPrefix(last) && $0.identity.node == Place.node("n2") }
        #expect(world.context.appliedInstances.isEmpty)
        try declare(model(nil), in: &world)
        let plan = try #require(try world.plan())
        let nodes = plan.tasks.filter { $0.summary.hasPrefix("remove virtual machine web") }.compactMap(\.identity.node?.name)
        #expect(nodes == ["n1", "n2"])
        try world.apply()
        #expect(try world.plan() == nil)
        #expect(!world.appliedSteps.keys.contains { $0.item.name == "web" })
    }

    @Test("A machine on one more node, begun and given up, is taken away there and nowhere else")
    func oneMoreNode() throws {
        var world = try world(model("n1"))
        try world.apply()
        try declare(model("n1, n2"), in: &world)
        world.run(try #require(try world.plan())) { $0.identity.name == "define" }
        try declare(model("n1"), in: &world)
        let plan = try #require(try world.plan())
        let removals = plan.tasks.filter { $0.identity.name == "remove" }
        #expect(removals.map(\.identity.node) == [Place.node("n2")])
        #expect(removals.first?.reasons == [.removedFrom(removals[0].identity.item, node: Place.node("n2"))])
    }

    @Test("A machine that leaves two sites of a service that was begun twice is found on both")
    func twoAttempts() throws {
        var world = try world(model("n1"))
        world.run(try #require(try world.plan())) { $0.identity.name == "define" }
        try declare(model("n2"), in: &world)
        world.run(try #require(try world.plan())) { $0.identity.name == "define" && $0.identity.node == Place.node("n2") }
        try declare(model(nil), in: &world)
        let removals = try world.plan()?.tasks.filter { $0.identity.name == "remove" }.compactMap(\.identity.node?.name)
        #expect(Set(removals ?? []).isSuperset(of: ["n2"]))
        try world.apply()
        #expect(!world.appliedSteps.keys.contains { $0.item.name == "web" })
    }
}

@Suite("Items that no plugin handles")
struct UnhandledTests {
    private let lone = Item(
        path: Place.server.appending("services").appending("x"), type: "service", properties: ["service_name": .string("x")])

    @Test("An item without a step, of a type that wants one, is named and does not count as applied")
    func named() throws {
        let lone = lone
        var world = try World(site { [managementServer { Part { _ in [lone] } }, cluster("c1") { node("n1") { thing("a") } }] })
        let outcome = try world.outcome()
        #expect(outcome.unhandled == [UnhandledItem(path: lone.path, type: "service", isRemoved: false)])
        #expect(outcome.unhandled.diagnostics.first?.summary == "no plugin has a step for this item of type 'service'")
        try world.apply()
        #expect(world.appliedItems[lone.path] == nil)
        #expect(world.appliedItems[Place.server] != nil)
        #expect(try world.outcome().unhandled.map(\.path) == [lone.path])
    }

    @Test("Something that is no longer declared and that no plugin takes away is named once")
    func removed() throws {
        var world = try World(site { cluster("c1") { node("n1") { [thing("a"), thing("b")] } } })
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") { thing("b", "2") } } }
        #expect(
            try world.outcome().unhandled == [UnhandledItem(path: Place.thing("a", on: "n1"), type: "thing", isRemoved: true)])
        try world.apply()
        #expect(try world.outcome().unhandled.isEmpty)
    }

    @Test(
        "In the models of this repository every item is handled, at the installation and when all is taken away",
        arguments: GoldenSite.allCases)
    func models(_ site: GoldenSite) throws {
        var world = try site.world()
        #expect(try world.outcome().unhandled.isEmpty)
        try world.apply()
        let declared = world.declared
        world.declared = Tree()
        let left = try world.outcome().unhandled
        #expect(left.allSatisfy { $0.isRemoved && ["managed-file", "k8s-cluster", "vm-image"].contains($0.type) }, "\(left)")
        world.declared = declared
    }

    @Test("Of many items of one type the first ten are named")
    func many() {
        let items = (1...30).map { UnhandledItem(path: Place.thing("t\($0)", on: "n1"), type: "thing", isRemoved: false) }
        #expect(items.diagnostics.count == 11)
        #expect(items.diagnostics.last?.summary.contains("19 more") == true)
    }
}
