import Model
import Planning
import TaskKit
import Testing

@testable import PlannerCommandLine

@Suite("What a plan costs")
struct PlanSummaryTests {
    private func world(_ value: String, effect: Effect = .replace, locks: [String: Int] = ["a": 1]) -> Tree {
        site {
            cluster("c1") {
                node("n1") { thing("disk", value, effect: effect) }
                node("n2") { thing("disk", value, effect: effect) }
            }
        }
    }

    /// The plan of a change on two nodes that are applied.
    private func change(effect: Effect, locks: [String: Int] = ["a": 1]) throws -> Plan {
        var world = try World(world("1", effect: effect), TestPlugin(contributors: locks))
        try world.apply()
        world.declared = self.world("2", effect: effect)
        return try #require(try world.plan())
    }

    @Test("What was never there is created, whatever a change of it would cost, and interrupts nothing")
    func creation() throws {
        let plan = try #require(try World(world("1"), TestPlugin(contributors: ["a": 1])).plan())
        let summary = PlanSummary(plan)
        #expect(summary.changes == [.create: 2])
        #expect(summary.disruptedNodes == [])
    }

    @Test("Changes count once for each thing on each node, by their effect", arguments: Effect.allCases)
    func effects(_ effect: Effect) throws {
        let summary = PlanSummary(try change(effect: effect))
        let kind: PlanChange = effect == .live ? .update : effect == .restart ? .restart : .replace
        #expect(summary.changes == [kind: 2])
        #expect(summary.disruptedNodes == (effect == .live ? [] : [Place.node("n1"), Place.node("n2")]))
    }

    @Test("A node whose service is stopped while nothing takes it out of service is warned of")
    func notTakenOut() throws {
        #expect(PlanSummary(try change(effect: .restart)).warnings == [])
        #expect(
            PlanSummary(try change(effect: .restart, locks: [:])).warnings
                == [.notTakenOut(nodes: [Place.node("n1"), Place.node("n2")], cluster: Place.cluster("c1"))])
    }

    @Test("A node that an earlier plan left out of service is warned of")
    func stillOut() throws {
        var world = try World(world("1"), TestPlugin(contributors: ["a": 1]))
        try world.apply()
        world.declared = self.world("2")
        let failed = try #require(try world.plan())
        world.run(failed) { $0.identity.name == "apply" }
        let plan = try #require(try world.plan())
        #expect(PlanSummary(plan).warnings.first == .stillOut(nodes: [Place.node("n1")], plan: failed.id))
    }
}

@Suite("Protected items")
struct ProtectedItemTests {
    /// Two nodes, and what one of them says.
    private func tree(_ value: String = "1", protecting path: ItemPath?, isProtected: Bool = true, hasSecond: Bool = true) -> Tree
    {
        let tree = site {
            cluster("c1") {
                node("n1") { thing("disk", value, effect: .replace) }
                if hasSecond { node("n2") { thing("disk", value, effect: .replace) } }
            }
        }
        return Tree(
            items: tree.items.values.map { item in
                guard item.path == path else { return item }
                var item = item
                item.properties["protected"] = .boolean(isProtected)
                return item
            })
    }

    private func breaches(from old: Tree, to new: Tree) throws -> [Diagnostic] {
        var world = try World(old, TestPlugin(contributors: ["a": 1]))
        try world.apply()
        world.declared = new
        return ProtectedItems.breaches(of: try world.plan(), in: world.context)
    }

    @Test("A change that would replace what is on a protected node is refused, and names the property that brings it about")
    func replacement() throws {
        let node = Place.node("n2")
        let found = try breaches(from: tree(protecting: node), to: tree("2", protecting: node))
        #expect(found.map(\.path) == [node])
        #expect(
            found.first?.summary
                == "n2 is protected and would be replaced: apply disk on n2 (value of \(node)/configs/disk changed)")
    }

    @Test("A protected cluster protects all of its nodes, and is named once")
    func protectedCluster() throws {
        let cluster = Place.cluster("c1")
        #expect(try breaches(from: tree(protecting: cluster), to: tree("2", protecting: cluster)).map(\.path) == [cluster])
    }

    @Test("What is created, and what is changed without being replaced, is no breach of protection")
    func harmless() throws {
        let world = try World(tree(protecting: Place.node("n1")), TestPlugin())
        #expect(ProtectedItems.breaches(of: try world.plan(), in: world.context) == [])
    }

    @Test("A protected node that is taken out of the model is refused, also when no step would be needed")
    func removal() throws {
        let node = Place.node("n2")
        let found = try breaches(from: tree(protecting: node), to: tree(protecting: nil, hasSecond: false))
        #expect(found.map(\.path) == [node])
        #expect(found.first?.nextStep?.contains("restore_model") == true)
    }

    @Test("A node that is not protected any more is not refused")
    func lifted() throws {
        let node = Place.node("n2")
        let found = try breaches(from: tree(protecting: node), to: tree("2", protecting: node, isProtected: false))
        #expect(found == [])
    }
}

@Suite("How long a plan takes")
struct DurationEstimateTests {
    private func plan() throws -> Plan {
        let tree = site {
            cluster("c1") { for name in ["n1", "n2", "n3"] { node(name) { thing("disk", "2", effect: .replace) } } }
        }
        var world = try World(tree, TestPlugin())
        try world.apply()
        world.declared = site {
            cluster("c1") { for name in ["n1", "n2", "n3"] { node(name) { thing("disk", "3", effect: .replace) } } }
        }
        return try #require(try world.plan())
    }

    @Test("Tasks one after the other take the sum of their medians; one that never ran takes what its like takes")
    func sum() throws {
        let plan = try plan()
        let ids = plan.tasks.map(\.id)
        try #require(ids.count == 3)
        let history = DurationHistory(milliseconds: [ids[0]: [1000, 9000, 2000], ids[1]: [4000]], runCount: 3)
        let estimate = try #require(DurationEstimate(of: plan, from: history, width: 50))
        // The third like the lower median of 2 s and 4 s.
        #expect(estimate.milliseconds == 2000 + 4000 + 2000)
        #expect(estimate.unknownTasks == 0)
        #expect(PlanHeading.text(of: estimate) == "est. 8 s (from 3 earlier runs)")
    }

    @Test("Nothing is said when nothing is known")
    func unknown() throws {
        let plan = try plan()
        #expect(DurationEstimate(of: plan, from: DurationHistory(milliseconds: [:], runCount: 0), width: 50) == nil)
        let others = DurationHistory(milliseconds: [TaskID("none"): [5]], runCount: 1)
        #expect(DurationEstimate(of: plan, from: others, width: 50) == nil)
    }
}
