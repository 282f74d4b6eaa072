import Model
import Planning
import PluginKit
import TaskKit
import Testing

@Suite("What steps require of other groups, nodes and clusters")
struct RequirementTests {
    private func text(of error: any Error) -> String { "\(error)" }

    /// Two clusters that do not depend on each other, a node and a thing in each.
    private func twoClusters(_ extra: @escaping @Sendable (PlanningContext) -> [Step]) throws -> World {
        try World(
            site {
                cluster("c1") { node("n1") { thing("a") } }
                cluster("c2") { node("n2") { thing("b") } }
            }, TestPlugin(extra: extra))
    }

    private let n2 = Place.node("n2", in: "c2")

    @Test(
        "Independent clusters stand side by side; one that requires items of the other comes after them, and says so by an edge")
    func acrossClusters() throws {
        let item = Place.thing("a", on: "n1")
        let things = Place.node("n2", in: "c2").appending("configs")
        #expect(
            try twoClusters { _ in [] }.plan()?.lines == ["1 NODE n1: apply a on n1", "2 NODE n2: apply b on n2"])
        let world = try twoClusters { _ in
            [.change("needs c2", item: item, node: Place.node("n1"), requires: [.items(things)])]
        }
        #expect(
            try world.plan()?.lines == [
                "1 NODE n2: apply b on n2", "2 NODE n1 after 1: apply a on n1, needs c2",
            ])
    }

    @Test("A required step of a cluster beside it comes first, and what was ordered stays in its order")
    func stepAcrossClusters() throws {
        let item = Place.cluster("c1")
        let late = StepIdentity(item: Place.cluster("c2"), node: nil, name: "late")
        let world = try twoClusters { _ in
            [
                .change("early", item: item, node: nil, host: Place.node("n1"), group: .preNodeCluster, requires: [.step(late)]),
                .change("late", item: late.item, node: nil, host: Place.node("n2", in: "c2")),
            ]
        }
        #expect(
            try world.plan()?.lines == [
                "1 NODE n2: apply b on n2", "2 CLUSTER after 1: late", "3 PRE_NODE_CLUSTER after 2: early",
                "4 NODE n1 after 3: apply a on n1",
            ])
    }

    @Test("Clusters whose steps require each other cannot be ordered; the circle is printed with its steps")
    func circle() throws {
        let first = StepIdentity(item: Place.cluster("c1"), node: nil, name: "first")
        let second = StepIdentity(item: Place.cluster("c2"), node: nil, name: "second")
        let world = try twoClusters { _ in
            [
                .change("first", item: first.item, node: nil, host: Place.node("n1"), requires: [.step(second)]),
                .change("second", item: second.item, node: nil, host: Place.node("n2", in: "c2"), requires: [.items(first.item)]),
            ]
        }
        #expect {
            _ = try world.plan()
        } throws: { error in
            text(of: error) == """
                sections of the plan wait for each other:
                    group CLUSTER in cluster c1: '\(first)'
                        requires '\(second)' in group CLUSTER in cluster c2
                    group CLUSTER in cluster c2: '\(second)'
                        requires '\(first)' in group CLUSTER in cluster c1
                """
        }
    }

    @Test("A step that requires items whose steps come with a later group is a contradiction that names both")
    func laterGroup() throws {
        let things = Place.node("n1").appending("configs")
        let world = try twoClusters { _ in
            [.change("early", item: Place.server, node: nil, host: Place.node("n1"), group: .boot, requires: [.items(things)])]
        }
        #expect {
            _ = try world.plan()
        } throws: { error in
            text(of: error)
                == "'early of /ms' (group BOOT) requires 'apply of \(things.appending("a")) on n1', which comes later "
                + "(group NODE of n1 in cluster c1): group BOOT comes before group NODE"
        }
    }

    @Test("A cluster that others depend on cannot require what is done for them")
    func dependentCluster() throws {
        let things = Place.node("n2", in: "c2").appending("configs")
        let plugin = TestPlugin(extra: { _ in
            [.change("early", item: Place.cluster("c1"), node: nil, host: Place.node("n1"), requires: [.items(things)])]
        })
        let world = try World(
            site {
                cluster("c1") { node("n1") { thing("a") } }
                cluster("c2", after: ["c1"]) { node("n2") { thing("b") } }
            }, plugin)
        #expect {
            _ = try world.plan()
        } throws: { error in
            text(of: error).hasSuffix("cluster c1 comes before cluster c2 (dependency_list)")
        }
    }

    @Test("Items are meant by the components of their path, never by its letters")
    func components() throws {
        let world = try World(
            site {
                cluster("c1") { node("n1") { thing("a") } }
                cluster("c2") { node("n") { thing("b") } }
                cluster("c3") { node("n2") { thing("b") } }
            },
            TestPlugin(extra: { _ in
                [
                    .change(
                        "needs n", item: Place.thing("a", on: "n1"), node: Place.node("n1"),
                        requires: [.items(Place.cluster("c2").appending("nodes").appending("n"))]),
                    .change(
                        "needs nothing", item: Place.thing("a", on: "n1"), node: Place.node("n1"),
                        requires: [.items(Place.cluster("c").appending("nodes"))]),
                ]
            }))
        #expect(
            try world.plan()?.lines == [
                "1 NODE n: apply b on n", "2 NODE n1 after 1: apply a on n1, needs n, needs nothing", "3 NODE n2: apply b on n2",
            ])
    }

    // MARK: Nodes

    /// Two nodes of a cluster whose things have changed, and a step on the one that requires the things of the other.
    private func nodes(_ needing: String, requiresThingsOf required: String, maxUnavailable: String) throws -> Plan? {
        func declared(_ value: String) -> Tree {
            site {
                cluster("c1", maxUnavailable: maxUnavailable) {
                    ["n1", "n2"].map { name in node(name) { thing("a", value, effect: .restart) } }
                }
            }
        }
        let plugin = TestPlugin(
            extra: { context in
                [
                    .change(
                        "needs", item: Place.node(needing), node: Place.node(needing),
                        makesTrue: context.declared[Place.thing("a", on: needing)]?.text("value") ?? "",
                        requires: [.items(Place.node(required).appending("configs"))])
                ]
            }, contributors: ["ha": 1])
        var world = try World(declared("1"), plugin)
        try world.apply()
        world.declared = declared("2")
        return try world.plan()
    }

    @Test("Nodes that have their turn together wait for each other where a step requires it")
    func sameTurn() throws {
        let plan = try #require(try nodes("n1", requiresThingsOf: "n2", maxUnavailable: "2"))
        let change = try #require(plan.phases.first { $0.tasks.contains { $0.summary == "needs" } })
        let required = try #require(plan.phases.first { $0.tasks.contains { $0.summary == "apply a on n2" } })
        #expect(change.after.contains(required.number))
        #expect(plan.phases.allSatisfy { phase in phase.after.allSatisfy { $0 < phase.number } })
    }

    @Test("A node whose turn comes earlier cannot require what is done on a later one")
    func earlierTurn() throws {
        #expect(try nodes("n2", requiresThingsOf: "n1", maxUnavailable: "1") != nil)
        #expect {
            _ = try nodes("n1", requiresThingsOf: "n2", maxUnavailable: "1")
        } throws: { error in
            text(of: error).hasSuffix("node n1 has its turn before node n2")
        }
    }

    // MARK: Taking away

    @Test("Clusters are taken away in the reverse of the order in which they were made")
    func removedClusters() throws {
        let plugin = TestPlugin(undo: { context in
            context.applied.items(ofType: "thing").filter { context.declared[$0.path] == nil }.compactMap { gone in
                guard let node = gone.path.parent?.parent else { return nil }
                return .undo("undo \(gone.path.name)", item: gone.path, node: node, forgetting: [StepScope(item: gone.path)])
            }
        })
        var world = try World(
            site {
                cluster("c1") { node("n1") { thing("a") } }
                cluster("c2", after: ["c1"]) { node("n2") { thing("b") } }
                cluster("c3") { node("n3") { thing("c") } }
            }, plugin)
        #expect(
            try world.apply()?.lines == [
                "1 NODE n1: apply a on n1", "2 NODE n2 after 1: apply b on n2", "3 NODE n3: apply c on n3",
            ])
        world.declared = site { cluster("c3") { node("n3") { thing("c") } } }
        #expect(try world.plan()?.lines == ["1 NODE n2: undo b", "2 NODE n1 after 1: undo a"])
    }
}
