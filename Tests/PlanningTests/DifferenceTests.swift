import Model
import Planning
import PluginKit
import TaskKit
import Testing

@Suite("A plan holds the difference")
struct DifferenceTests {
    @Test("Nothing changed: no plan")
    func nothing() throws {
        var world = try World(site { cluster("c1") { node("n1") { thing("a") } } })
        try world.apply()
        #expect(try world.plan() == nil)
    }

    @Test("A step whose recorded fingerprint is equal is dropped, one whose is not returns")
    func fingerprints() throws {
        var world = try World(site { cluster("c1") { node("n1") { [thing("a"), thing("b")] } } })
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") { [thing("a"), thing("b", "2")] } } }
        #expect(try world.plan()?.lines == ["1 NODE n1: apply b on n1"])
    }

    @Test("A change says which property went from what to what")
    func reasons() throws {
        var world = try World(site { cluster("c1") { node("n1") { thing("a", "old") } } })
        #expect(try world.plan()?.tasks.first?.reasons == [.created(Place.thing("a", on: "n1"))])
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") { thing("a", "new") } } }
        #expect(
            try world.plan()?.tasks.first?.reasons == [
                .changed(Place.thing("a", on: "n1"), property: "value", old: "old", new: "new")
            ])
    }

    @Test("A change of another item that goes into a step is its reason too")
    func inputs() throws {
        let source = Place.thing("source", on: "n1")
        func declared(_ value: String) -> Tree {
            site { cluster("c1") { node("n1") { [thing("source", value), thing("user", value, inputs: [source])] } } }
        }
        var world = try World(declared("1"))
        try world.apply()
        world.declared = declared("2")
        let reasons = try world.plan()?.task("apply user on n1")?.reasons
        #expect(
            reasons == [
                .changed(Place.thing("user", on: "n1"), property: "value", old: "1", new: "2"),
                .changed(source, property: "value", old: "1", new: "2"),
            ])
    }

    @Test("A step that was never finished though its item is applied says so")
    func notApplied() throws {
        var world = try World(site { cluster("c1") { node("n1") { thing("a") } } })
        try world.apply()
        world.appliedSteps = [:]
        #expect(try world.plan()?.tasks.first?.reasons == [.notApplied(Place.thing("a", on: "n1"))])
    }

    @Test("A step of a new node has the node as its reason")
    func newNode() throws {
        let item = Place.thing("shared", of: "c1")
        let plugin = TestPlugin(extra: { context in
            context.nodes.map { .change("use shared on \($0.hostname)", item: item, node: $0.path) }
        })
        var world = try World(site { cluster("c1") { [node("n1"), thing("shared")] } }, plugin)
        try world.apply()
        world.declared = site { cluster("c1") { [node("n1"), node("n2"), thing("shared")] } }
        let plan = try world.plan()
        #expect(plan?.summaries == ["use shared on n2"])
        #expect(plan?.tasks.first?.reasons == [.created(Place.node("n2"))])
    }

    @Test("An undo is in the plan as long as any step that it takes away is recorded")
    func undo() throws {
        let gone = Place.thing("a", on: "n1")
        let plugin = TestPlugin(undo: { context in
            guard context.declared[gone] == nil else { return [] }
            return [.undo("take a away", item: gone, node: Place.node("n1"), forgetting: [StepScope(item: gone)])]
        })
        var world = try World(site { cluster("c1") { node("n1") { thing("a") } } }, plugin)
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") } }
        let plan = try #require(try world.apply())
        #expect(plan.summaries == ["take a away"])
        #expect(plan.tasks.first?.reasons == [.removed(gone)])
        #expect(plan.completions[gone] == plan.tasks.map(\.id))
        #expect(world.appliedItems[gone] == nil)
        #expect(try world.plan() == nil)
    }
}

@Suite("What accompanies changes")
struct CompanionTests {
    private let trigger = StepIdentity(item: Place.thing("a", on: "n1"), node: Place.node("n1"), name: "apply")

    /// `restart` accompanies the change of thing a, `look` accompanies `restart`.
    private var plugin: TestPlugin {
        let trigger = trigger
        let restart = StepIdentity(item: trigger.item, node: trigger.node, name: "restart")
        return TestPlugin(extra: { _ in
            [
                .companion(
                    "restart", of: [.step(trigger)], item: trigger.item, node: trigger.node, requires: [.step(trigger)]),
                .companion(
                    "look", of: [.step(restart)], item: trigger.item, node: trigger.node, requires: [.step(restart)]),
            ]
        })
    }

    private func declared(_ value: String) -> Tree {
        site { cluster("c1") { node("n1") { [thing("a", value), thing("b", value)] } } }
    }

    @Test("Companions are in the plan with their trigger, and theirs with them")
    func withTrigger() throws {
        let world = try World(declared("1"), plugin)
        let plan = try #require(try world.plan())
        #expect(
            plan.lines == ["1 NODE n1: apply a on n1, apply b on n1", "2 NODE n1 after 1: restart", "3 NODE n1 after 2: look"])
        #expect(plan.task("restart")?.reasons == [.accompanies([trigger])])
        #expect(plan.task("restart")?.accompanies == plan.task("apply a on n1").map { [$0.id] })
        #expect(plan.task("restart")?.fingerprint == nil)
    }

    @Test("Companions are not in the plan without their trigger")
    func withoutTrigger() throws {
        var world = try World(declared("1"), plugin)
        try world.apply()
        world.declared = site { cluster("c1") { node("n1") { [thing("a"), thing("b", "2")] } } }
        #expect(try world.plan()?.summaries == ["apply b on n1"])
    }

    @Test("An owed companion comes back though its trigger is done, and says which plan owes it")
    func owed() throws {
        var world = try World(declared("1"), plugin)
        let first = try #require(try world.plan())
        world.run(first, until: { $0.summary == "restart" })
        let second = try #require(try world.plan())
        #expect(second.lines == ["1 NODE n1: restart", "2 NODE n1 after 1: look"])
        #expect(second.task("restart")?.reasons == [.owed(plan: first.id)])
        try world.apply()
        #expect(world.owed.isEmpty)
        #expect(try world.plan() == nil)
    }

    @Test("A companion that is owed and triggered again has both reasons")
    func owedAndTriggered() throws {
        var world = try World(declared("1"), plugin)
        let first = try #require(try world.plan())
        world.run(first, until: { $0.summary == "restart" })
        world.declared = declared("2")
        #expect(try world.plan()?.task("restart")?.reasons == [.accompanies([trigger]), .owed(plan: first.id)])
    }

    @Test("A companion that no plugin declares any more is carried out as it was owed")
    func orphan() throws {
        var world = try World(declared("1"), plugin)
        let first = try #require(try world.plan())
        world.run(first, until: { $0.summary == "restart" })
        world.plugins = [world.plugins[0], TestPlugin()]
        let second = try #require(try world.plan())
        #expect(second.lines == ["1 NODE n1: restart", "2 NODE n1 after 1: look"])
        #expect(second.tasks.first?.action == first.task("restart")?.action)
        #expect(second.tasks.first?.id == first.task("restart")?.id)
        try world.apply()
        #expect(try world.plan() == nil)
    }

    @Test("What is owed to something that is taken away in the same plan is not carried out, then or later")
    func owedToRemoved() throws {
        let gone = trigger.item
        var plugin = plugin
        plugin.undo = { context in
            guard context.declared[gone] == nil else { return [] }
            return [.undo("take a away", item: gone, node: Place.node("n1"), forgetting: [StepScope(item: gone)])]
        }
        var world = try World(declared("1"), plugin)
        try world.apply()
        world.declared = declared("2")
        world.run(try #require(try world.plan()), until: { $0.summary == "restart" })
        plugin.extra = { _ in [] }
        world.plugins[1] = plugin
        world.declared = site { cluster("c1") { node("n1") { thing("b", "2") } } }
        #expect(try world.apply()?.summaries == ["take a away"])
        #expect(world.owed.isEmpty)
        #expect(try world.plan() == nil)
    }

    @Test("What is owed on a host that is neither declared nor applied any more is left alone")
    func owedOnLostHost() throws {
        var world = try World(declared("1"), plugin)
        world.run(try #require(try world.plan()), until: { $0.summary == "restart" })
        world.plugins[1] = TestPlugin()
        world.declared = site { cluster("c1") { node("n2") { thing("b") } } }
        #expect(try world.plan()?.summaries == ["apply b on n2"])
    }
}
