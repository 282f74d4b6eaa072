import Foundation
import Model
import Planning
import PluginKit
import TaskKit
import Testing

@Suite("Names and digests of plans")
struct IdentityTests {
    private func declared(_ value: String = "1", nodes: Int = 2) -> Tree {
        site { cluster("c1") { (1...nodes).map { node("n\($0)") { thing("a", value) } } } }
    }

    @Test("The same input gives the same plan, byte for byte, and so the same id")
    func deterministic() throws {
        let plans = try (0..<2).map { _ in try #require(try World(declared()).plan()) }
        #expect(plans[0] == plans[1])
        #expect(plans[0].id.count == 8)
        #expect(plans[0].id.allSatisfy { $0.isHexDigit })
        #expect(try encoded(plans[0]) == encoded(plans[1]))
    }

    @Test("Another model gives another id")
    func differs() throws { #expect(try World(declared("1")).plan()?.id != World(declared("2")).plan()?.id) }

    @Test("A task has the same id in every plan that contains its step")
    func stable() throws {
        var world = try World(declared())
        let first = try #require(try world.apply())
        world.declared = declared("2", nodes: 3)
        let second = try #require(try world.plan())
        #expect(first.task("apply a on n1")?.id == second.task("apply a on n1")?.id)
        #expect(first.id != second.id)
    }

    @Test("Ids are unique in a plan of ten thousand tasks")
    func unique() throws {
        let items = Place.node("n1")
        let plugin = TestPlugin(extra: { _ in
            (0..<10_000).map { .change("s\($0)", item: items, node: items) }
        })
        let plan = try #require(try World(site { cluster("c1") { node("n1") } }, plugin).plan())
        #expect(Set(plan.tasks.map(\.id)).count == 10_000)
    }

    @Test("A plan names the versions of planner and plugins, and only the hosts that it touches")
    func header() throws {
        var world = try World(declared("1", nodes: 2))
        try world.apply()
        world.declared = site {
            cluster("c1") { [node("n1") { thing("a") }, node("n2") { thing("a", "2") }] }
        }
        let plan = try #require(try world.plan())
        #expect(plan.versions == ["planner": "test", "core": "1", "test": "1"])
        #expect(plan.hosts.keys.map(\.name) == ["n2"])
        #expect(plan.hosts[Place.node("n2")]?.address == "n2.test")
        #expect(plan.appliedSerial == world.appliedSerial)
    }

    @Test("A plan reads back from JSON as it was")
    func codable() throws {
        let plan = try #require(try World(declared()).plan())
        #expect(try JSONDecoder().decode(Plan.self, from: encoded(plan)) == plan)
    }

    private func encoded(_ plan: Plan) throws -> Data {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        return try encoder.encode(plan)
    }
}

@Suite("When an item is applied")
struct CompletionTests {
    @Test("After its own steps, their companions, and those into which its values go")
    func items() throws {
        let source = Place.thing("source", on: "n1")
        let plugin = TestPlugin(extra: { _ in
            let change = StepIdentity(item: source, node: Place.node("n1"), name: "apply")
            return [.companion("restart", of: [.step(change)], item: source, node: change.node)]
        })
        let tree = site { cluster("c1") { node("n1") { [thing("source"), thing("user", inputs: [source])] } } }
        let plan = try #require(try World(tree, plugin).plan())
        let ids = ["apply source on n1", "restart", "apply user on n1"].compactMap { plan.task($0)?.id }
        #expect(plan.completions[source] == ids.sorted())
        #expect(plan.completions[Place.thing("user", on: "n1")] == plan.task("apply user on n1").map { [$0.id] })
    }

    @Test("An item without a step has no entry: it is applied when all is done")
    func none() throws {
        let plan = try #require(try World(site { cluster("c1") { node("n1") { thing("a") } } }).plan())
        #expect(plan.completions[Place.cluster("c1")] == nil)
    }

    @Test("A node is applied when all is done that is done for it")
    func hosts() throws {
        let tree = site { cluster("c1") { [node("n1") { thing("a") }, node("n2") { thing("a") }] } }
        let plan = try #require(try World(tree).plan())
        #expect(plan.completions[Place.node("n1")] == plan.task("apply a on n1").map { [$0.id] })
    }

    @Test("What is no longer declared is gone when what took it away, or what is above it, is done")
    func removed() throws {
        let above = Place.thing("a", on: "n1").parent ?? Place.node("n1")
        let plugin = TestPlugin(undo: { context in
            guard context.declared.childNames(of: above).isEmpty else { return [] }
            return [.undo("take all away", item: above, node: Place.node("n1"), forgetting: [StepScope(item: above)])]
        })
        var world = try World(site { cluster("c1") { node("n1") { [thing("a"), thing("b")] } } }, plugin)
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") } }
        let plan = try #require(try world.plan())
        #expect(plan.completions[Place.thing("a", on: "n1")] == plan.tasks.map(\.id))
        #expect(plan.completions[Place.thing("b", on: "n1")] == plan.tasks.map(\.id))
    }
}
