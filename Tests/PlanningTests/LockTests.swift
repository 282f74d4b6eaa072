import Model
import Planning
import PluginKit
import TaskKit
import Testing

@Suite("Taking nodes out of service")
struct LockTests {
    private func declared(
        _ value: String, nodes: [String], effect: Effect = .restart, maxUnavailable: String = "1", canary: [String] = []
    ) -> Tree {
        site {
            cluster("c1", maxUnavailable: maxUnavailable, canary: canary) {
                nodes.map { name in node(name) { thing("a", value, effect: effect) } }
            }
        }
    }

    /// A site on which version 1 was applied, and version 2 is declared.
    private func changed(
        _ nodes: [String], _ plugin: TestPlugin, effect: Effect = .restart, maxUnavailable: String = "1",
        canary: [String] = []
    ) throws -> World {
        var world = try World(declared("1", nodes: nodes, effect: effect, maxUnavailable: maxUnavailable, canary: canary), plugin)
        try world.apply()
        world.declared = declared("2", nodes: nodes, effect: effect, maxUnavailable: maxUnavailable, canary: canary)
        return world
    }

    @Test("Contributors are locked by priority and unlocked in reverse, the steps of each in their own order")
    func priorities() throws {
        let world = try changed(["n1"], TestPlugin(contributors: ["second": 20, "first": 3, "third": 100]))
        #expect(
            try world.plan()?.lines == [
                "1 LOCK n1: lock-first", "2 LOCK n1 after 1: lock-second", "3 LOCK n1 after 2: lock-third",
                "4 NODE n1 after 3: apply a on n1", "5 UNLOCK n1 after 4: unlock-third", "6 UNLOCK n1 after 5: answer-third",
                "7 UNLOCK n1 after 6: unlock-second", "8 UNLOCK n1 after 7: answer-second",
                "9 UNLOCK n1 after 8: unlock-first", "10 UNLOCK n1 after 9: answer-first",
            ])
    }

    @Test("Locks say what they stand around, and what they mean for the node")
    func facts() throws {
        let plan = try #require(try changed(["n1"], TestPlugin(contributors: ["ha": 1])).plan())
        let change = try #require(plan.task("apply a on n1"))
        #expect(plan.task("lock-ha")?.reasons == [.accompanies([change.identity])])
        #expect(plan.task("lock-ha")?.nodeChange == .takenOut("ha"))
        #expect(plan.task("unlock-ha")?.nodeChange == nil)
        #expect(plan.task("answer-ha")?.nodeChange == .putBack("ha"))
        #expect(plan.task("unlock-ha")?.accompanies == plan.task("lock-ha").map { [$0.id] })
    }

    @Test("A change that disturbs nobody locks nothing")
    func live() throws {
        let world = try changed(["n1", "n2"], TestPlugin(contributors: ["ha": 1]), effect: .live)
        #expect(try world.plan()?.lines == ["1 NODE: apply a on n1, apply a on n2"])
    }

    @Test("Nodes that were never applied are changed all together, without locks")
    func newNodes() throws {
        let world = try World(declared("1", nodes: ["n1", "n2", "n3"]), TestPlugin(contributors: ["ha": 1]))
        #expect(try world.plan()?.lines == ["1 NODE: apply a on n1, apply a on n2, apply a on n3"])
    }

    @Test("A new node does not wait for the turn of another, and takes no lock")
    func newBesideOld() throws {
        var world = try changed(["n1"], TestPlugin(contributors: ["ha": 1]))
        world.declared = declared("2", nodes: ["n1", "n2"])
        #expect(
            try world.plan()?.lines == [
                "1 NODE n2: apply a on n2", "2 LOCK n1 after 1: lock-ha", "3 NODE n1 after 2: apply a on n1",
                "4 UNLOCK n1 after 3: unlock-ha", "5 UNLOCK n1 after 4: answer-ha",
            ])
    }

    @Test("Nodes have their turn one after the other")
    func oneByOne() throws {
        let world = try changed(["n1", "n2"], TestPlugin(contributors: ["ha": 1]))
        let plan = try #require(try world.plan())
        #expect(plan.phases.map(\.node?.name) == Array(repeating: "n1", count: 4) + Array(repeating: "n2", count: 4))
        #expect(plan.phases.dropFirst().allSatisfy { $0.after == [$0.number - 1] })
    }

    @Test("With max_unavailable 2, two nodes go side by side and the third waits for both")
    func width() throws {
        let world = try changed(["n1", "n2", "n3"], TestPlugin(contributors: ["ha": 1]), maxUnavailable: "2")
        let plan = try #require(try world.plan())
        let locks = plan.phases.filter { $0.group == .lock }
        #expect(locks.map(\.node?.name) == ["n1", "n2", "n3"])
        #expect(locks.map(\.after) == [[], [], [4, 8]])
    }

    @Test(
        "A percentage is of the nodes of the cluster, rounded down, and one node at least",
        arguments: [("25%", 1), ("50%", 2), ("75%", 3), ("100%", 4), ("1%", 1)])
    func percentage(width: String, together: Int) throws {
        let world = try changed(["n1", "n2", "n3", "n4"], TestPlugin(contributors: ["ha": 1]), maxUnavailable: width)
        let plan = try #require(try world.plan())
        let first = plan.phases.filter { $0.group == .lock && $0.after.isEmpty }
        #expect(first.count == together)
    }

    @Test("Canaries go first, each alone, in the order in which they are named") func canaries() throws {
        let world = try changed(
            ["n1", "n2", "n3", "n4"], TestPlugin(contributors: ["ha": 1]), maxUnavailable: "2", canary: ["n3", "n2"])
        let locks = try #require(try world.plan()).phases.filter { $0.group == .lock }
        #expect(locks.map(\.node?.name) == ["n3", "n2", "n1", "n4"])
        #expect(locks.map(\.after) == [[], [4], [8], [8]])
    }

    @Test("What stands around a locked section vanishes where there is none")
    func around() throws {
        let plugin = TestPlugin(
            extra: { context in
                context.nodes.flatMap { node -> [Step] in
                    let change = StepIdentity(item: node.path.appending("configs").appending("a"), node: node.path, name: "apply")
                    return [(DeploymentGroup.preNodeLock, "drain"), (.postNodeUnlock, "rejoin"), (.healthGate, "gate")].map {
                        .companion($0.1, of: [.step(change)], item: node.path, node: node.path, group: $0.0)
                    }
                }
            }, contributors: ["ha": 1])
        #expect(try World(declared("1", nodes: ["n1"]), plugin).plan()?.summaries == ["apply a on n1"])
        #expect(try changed(["n1"], plugin, effect: .live).plan()?.summaries == ["apply a on n1"])
        #expect(
            try changed(["n1"], plugin).plan()?.summaries == [
                "drain", "lock-ha", "apply a on n1", "unlock-ha", "answer-ha", "rejoin", "gate",
            ])
    }

    @Test("A start that the unlock does as well is left out where the node is locked")
    func covered() throws {
        let plugin = TestPlugin(
            extra: { context in
                let change = StepIdentity(item: Place.thing("a", on: "n1"), node: Place.node("n1"), name: "apply")
                return [
                    .companion(
                        "start", of: [.step(change)], item: change.item, node: change.node, group: .cluster,
                        isCoveredByUnlock: true)
                ]
            }, contributors: ["ha": 1])
        #expect(try World(declared("1", nodes: ["n1"]), plugin).plan()?.summaries == ["apply a on n1", "start"])
        #expect(try changed(["n1"], plugin).plan()?.summaries == ["lock-ha", "apply a on n1", "unlock-ha", "answer-ha"])
    }

    // MARK: Left out of service

    @Test("A node that was left locked is brought back before another is touched")
    func leftLocked() throws {
        var world = try changed(["n1", "n2"], TestPlugin(contributors: ["ha": 1]))
        let first = try #require(try world.plan())
        // The change of n2 is done, its unlock has not begun; then n1 changes again.
        world.run(first, until: { $0.summary == "unlock-ha" && $0.identity.node?.name == "n2" })
        world.declared = site {
            cluster("c1") {
                node("n1") { thing("a", "3", effect: .restart) }
                node("n2") { thing("a", "2", effect: .restart) }
            }
        }
        let plan = try #require(try world.plan())
        #expect(
            plan.lines == [
                "1 UNLOCK n2: unlock-ha", "2 UNLOCK n2 after 1: answer-ha", "3 LOCK n1 after 2: lock-ha",
                "4 NODE n1 after 3: apply a on n1", "5 UNLOCK n1 after 4: unlock-ha", "6 UNLOCK n1 after 5: answer-ha",
            ])
        #expect(plan.tasks.first?.reasons == [.owed(plan: first.id)])
    }

    @Test("A node that was left locked before its change is locked, changed and unlocked by the next plan")
    func leftLockedUnchanged() throws {
        var world = try changed(["n1"], TestPlugin(contributors: ["ha": 1]))
        let first = try #require(try world.plan())
        world.run(first, until: { $0.summary == "apply a on n1" })
        let second = try #require(try world.plan())
        #expect(second.summaries == ["lock-ha", "apply a on n1", "unlock-ha", "answer-ha"])
        #expect(second.task("unlock-ha")?.reasons.last == .owed(plan: first.id))
    }

    @Test("A node that owes its gate only is not taken out again while another is still out")
    func gateOwed() throws {
        let plugin = TestPlugin(
            extra: { context in
                context.nodes.map { node in
                    let change = StepIdentity(item: Place.thing("a", on: node.hostname), node: node.path, name: "apply")
                    return .companion("gate", of: [.step(change)], item: node.path, node: node.path, group: .healthGate)
                }
            }, contributors: ["ha": 1])
        var world = try changed(["n1", "n2"], plugin, maxUnavailable: "2")
        let first = try #require(try world.plan())
        for task in first.tasks {
            let isGate = task.summary == "gate" && task.identity.node == Place.node("n1")
            guard isGate || (task.group == .unlock && task.identity.node == Place.node("n2")) else { continue }
            world.owed[task.identity] = OwedTask(plan: first.id, cluster: Place.cluster("c1"), task: task)
        }
        #expect(try world.plan()?.phases.compactMap(\.node?.name).first == "n2")
    }

    @Test("Unlocks of a contributor that is gone keep their order, and put the node back at the end")
    func orphanOrder() throws {
        var world = try changed(["n1"], TestPlugin(contributors: ["ha": 1]))
        world.run(try #require(try world.plan()), until: { $0.summary == "unlock-ha" })
        world.plugins[1] = TestPlugin()
        #expect(try world.plan()?.lines == ["1 UNLOCK n1: unlock-ha", "2 UNLOCK n1 after 1: answer-ha"])
    }

    @Test("An unlock is not owed before its own lock has begun")
    func notYetLocked() throws {
        var world = try changed(["n1"], TestPlugin(contributors: ["first": 1, "second": 2]))
        world.run(try #require(try world.plan()), until: { $0.summary == "lock-first" })
        #expect(world.owed.values.map(\.task.summary).sorted() == ["answer-first", "unlock-first"])
    }

    @Test("An unlock of a contributor that is gone is carried out, and the others keep their order")
    func orphanUnlock() throws {
        var world = try changed(["n1"], TestPlugin(contributors: ["a": 1, "b": 5, "c": 2]))
        world.run(try #require(try world.plan()), until: { $0.summary == "unlock-c" })
        world.plugins[1] = TestPlugin(contributors: ["a": 1, "c": 2])
        #expect(
            try world.plan()?.summaries.filter { $0.hasPrefix("unlock") } == ["unlock-c", "unlock-a"])
        world.plugins[1] = TestPlugin(contributors: ["a": 2, "b": 5])
        #expect(Set(try world.plan()?.summaries ?? []) == ["unlock-a", "answer-a", "unlock-c", "answer-c"])
    }

    @Test("A node whose work is done counts as applied, though another part of the plan failed")
    func appliedNodeOfFailedPlan() throws {
        let item = Place.thing("z", of: "c1")
        let plugin = TestPlugin(
            extra: { _ in [.change("fails", item: item, node: nil, host: Place.node("n1"), group: .cluster)] },
            contributors: ["ha": 1])
        var world = try World(declared("1", nodes: ["n1", "n2"]), plugin)
        world.run(try #require(try world.plan()), until: { $0.summary == "fails" })
        world.declared = declared("2", nodes: ["n1", "n2"])
        #expect(
            try world.plan()?.summaries.filter { $0.hasPrefix("lock") } == ["lock-ha", "lock-ha"],
            "both nodes serve: they are taken out of service one after the other")
    }
}
