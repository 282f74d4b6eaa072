import Foundation
import Model
import Planning
import PluginKit
import TaskKit
import TestSupport
import Testing

@Suite("Plans of a part of the model")
struct SelectionTests {
    private func targets(_ world: World, only: [String] = [], exclude: [String] = []) throws -> PlanTargets {
        let names = TargetNames(world.context)
        return PlanTargets(
            only: try names.items(only, option: "--only"), excluded: try names.items(exclude, option: "--exclude"))
    }

    private let declared = site {
        cluster("c1") {
            [node("n1") { thing("a") }, node("n2") { thing("b") }]
        }
        cluster("c2") { node("n3") { thing("c") } }
    }

    @Test("A cluster has its own plan, and the rest comes with the next")
    func ofCluster() throws {
        var world = try World(declared)
        let first = try #require(try world.apply(targets(world, only: ["c1"])))
        #expect(first.summaries == ["apply a on n1", "apply b on n2"])
        #expect(first.selection?.leftOut == 1)
        #expect(world.appliedItems[Place.cluster("c1")] != nil)
        #expect(world.appliedItems[Place.cluster("c2")] == nil)
        #expect(world.appliedItems[Place.deployment] == nil)
        #expect(try world.apply()?.summaries == ["apply c on n3"])
        #expect(world.appliedItems[Place.deployment] != nil)
        #expect(try world.plan() == nil)
    }

    @Test(
        "A node, an item, and several of them",
        arguments: [
            (["n2"], ["apply b on n2"]), (["/deployments/d/clusters/c1/nodes/n1/configs/a"], ["apply a on n1"]),
            (["n1,n3"], ["apply a on n1", "apply c on n3"]),
        ])
    func ofNode(_ only: [String], _ expected: [String]) throws {
        let world = try World(declared)
        #expect(try world.outcome(targets(world, only: only)).plan?.summaries == expected)
    }

    @Test("A node is applied with its plan, its cluster is not")
    func itemsOfNode() throws {
        var world = try World(declared)
        try world.apply(targets(world, only: ["n1"]))
        #expect(world.appliedItems[Place.node("n1")] != nil)
        #expect(world.appliedItems[Place.cluster("c1")] == nil)
    }

    @Test("What is excluded is left for later")
    func excluded() throws {
        var world = try World(declared)
        #expect(try world.apply(targets(world, exclude: ["n1"]))?.summaries == ["apply b on n2", "apply c on n3"])
        #expect(try world.plan()?.summaries == ["apply a on n1"])
    }

    /// Thing a on n1 requires thing b on n1; a companion goes with b.
    private var chained: TestPlugin {
        @Sendable func identity(_ name: String) -> StepIdentity {
            StepIdentity(item: Place.thing(name, on: "n1"), node: Place.node("n1"), name: "more-\(name)")
        }
        return TestPlugin(extra: { _ in
            [
                .change("more-a", item: identity("a").item, node: Place.node("n1"), requires: [.step(identity("b"))]),
                .change("more-b", item: identity("b").item, node: Place.node("n1")),
                .companion("restart", of: [.step(identity("b"))], item: identity("b").item, node: Place.node("n1")),
            ]
        })
    }
    private let two = site { cluster("c1") { node("n1") { [thing("a"), thing("b")] } } }

    @Test("What a selected step requires comes along with its companions, and says why")
    func closure() throws {
        let world = try World(two, chained)
        let plan = try #require(try world.outcome(targets(world, only: [Place.thing("a", on: "n1").text])).plan)
        #expect(Set(plan.summaries) == ["apply a on n1", "more-a", "more-b", "restart"])
        let additions = plan.selection?.additions ?? []
        #expect(
            additions.map { "\($0.summary) \($0.link) \($0.becauseSummary)" } == [
                "more-b required more-a", "restart companion more-b",
            ])
    }

    @Test("Excluding what a selected step requires names both")
    func contradiction() throws {
        let world = try World(two, chained)
        let targets = try targets(world, exclude: [Place.thing("b", on: "n1").text])
        let error = #expect(throws: PlanningError.self) { try world.outcome(targets) }
        #expect(
            error?.description
                == "'more-a' requires 'more-b', which --exclude /deployments/d/clusters/c1/nodes/n1/configs/b leaves out")
    }

    @Test("A word that names nothing gets the nearest one that does")
    func unknown() throws {
        let world = try World(declared)
        let error = #expect(throws: ModelError.self) { try targets(world, only: ["n11", "/deployments/d/clusters/c4"]) }
        #expect(
            error?.diagnostics.compactMap(\.nextStep).sorted() == [
                "did you mean '/deployments/d/clusters/c1'?", "did you mean 'n1'?",
            ])
    }

    @Test("A node that was left locked is unlocked before another of its cluster is touched, though only that one was asked for")
    func owed() throws {
        let declared = { (value: String) in
            site {
                cluster("c1") {
                    [node("n1") { thing("a", value, effect: .restart) }, node("n2") { thing("b", value, effect: .restart) }]
                }
            }
        }
        var world = try World(declared("1"), TestPlugin(contributors: ["ha": 1]))
        try world.apply()
        world.declared = declared("2")
        world.run(try #require(try world.plan())) { $0.group == .node }
        let plan = try #require(try world.outcome(targets(world, only: ["n2"])).plan)
        #expect(plan.tasks.first?.summary == "unlock-ha")
        #expect(plan.tasks.first?.identity.node == Place.node("n1"))
        #expect(plan.selection?.additions.contains { $0.link == .owed } == true)
        #expect(!plan.summaries.contains("apply a on n1"))
    }

    @Test("A part, then the rest, come to the same applied steps as the whole; no part lacks what it requires")
    func partsAndWhole() throws {
        let base = UInt64.random(in: 0..<1 << 32)
        let given = ProcessInfo.processInfo.environment["SEED"].flatMap { UInt64($0) }
        for seed in given.map({ $0..<$0 + 1 }) ?? base..<base + 40 {
            var random = RandomSite(seed: seed)
            var generator = SeededGenerator(seed: seed ^ 0xBEEF)
            var whole = try World(random.tree, random.plugin)
            if seed % 2 == 0 {
                try whole.apply()
                random.change()
                whole.declared = random.tree
            }
            var parts = whole
            guard let plan = try whole.apply() else { continue }
            let nodes = parts.context.nodes.map(\.path)
            let places = nodes + nodes.compactMap(\.parent?.parent) + plan.tasks.map(\.identity.item)
            for _ in 0..<2 {
                guard let only = places.randomElement(using: &generator) else { continue }
                guard let part = try parts.outcome(PlanTargets(only: [only])).plan else { continue }
                let present = Set(part.tasks.map(\.identity))
                let needed = Set(try parts.plan()?.tasks.map(\.identity) ?? [])
                for plugin in parts.plugins {
                    for step in plugin.steps(in: parts.context) + plugin.undoSteps(in: parts.context)
                    where present.contains(step.identity) {
                        for case .step(let required) in step.requires where needed.contains(required) {
                            #expect(present.contains(required), "SEED=\(seed): '\(step.identity)' lacks '\(required)'")
                        }
                    }
                }
                try parts.apply(PlanTargets(only: [only]))
            }
            try parts.apply()
            #expect(parts.appliedSteps == whole.appliedSteps, "SEED=\(seed)")
            #expect(Set(parts.appliedItems.keys) == Set(whole.appliedItems.keys), "SEED=\(seed)")
            #expect(parts.owed.isEmpty, "SEED=\(seed)")
            #expect(try parts.plan() == nil, "SEED=\(seed)")
        }
    }
}

@Suite("A part of a rolling upgrade of Kubernetes")
struct UpgradeSelectionTests {
    /// The laboratory, installed, with a new image.
    private func world() throws -> World {
        var world = try GoldenSite.lab.world()
        try world.apply()
        try world.declared.update(
            ItemPath.root.appending("software").appending("images").appending("node-image"),
            properties: ["checksum": .scalar(String(repeating: "ab", count: 32))], deleting: [], registry: world.registry)
        return world
    }

    @Test("One node goes through its whole block, the next plan has the others, and no node has two")
    func oneNode() throws {
        var world = try world()
        let whole = Set(try #require(try world.plan()).tasks.map(\.identity))
        let node = try #require(world.context.nodes.last { !$0.isManagementServer })
        let part = try #require(try world.apply(PlanTargets(only: [node.path])))
        let groups = Set(part.tasks.map(\.group))
        #expect(groups.isSuperset(of: [.preNodeLock, .lock, .node, .unlock, .postNodeUnlock, .healthGate]))
        #expect(Set(part.tasks.filter { $0.group.isPerNode }.compactMap(\.identity.node)) == [node.path])
        let rest = try #require(try world.apply())
        #expect(Set(part.tasks.map(\.identity)).union(rest.tasks.map(\.identity)) == whole)
        #expect(!rest.tasks.contains { $0.identity.node == node.path && $0.group.isPerNode })
        #expect(try world.plan() == nil)
    }

    @Test("Without locks a machine is started before its node is brought back into Kubernetes")
    func withoutLocks() throws {
        var world = try world()
        world.locking = LockPolicy(unlocked: .all)
        let plan = try #require(try world.plan())
        #expect(!plan.tasks.contains { $0.group == .lock || $0.group == .unlock })
        let node = try #require(plan.tasks.first { $0.identity.name == "rejoin" }?.identity.node)
        let names = plan.tasks.filter { $0.identity.node == node }.map(\.identity.name)
        let order = ["drain", "define", "start", "answer", "rejoin", "gate"].compactMap { names.firstIndex(of: $0) }
        #expect(order.count == 6 && order == order.sorted(), "\(names)")
    }
}

@Suite("Which nodes are locked, as the operator says")
struct LockPolicyTests {
    private func declared(_ value: String, more: Bool = false) -> Tree {
        site {
            cluster("c1") {
                [node("n1") { thing("a", value, effect: .restart) }, node("n2") { thing("b", value, effect: .restart) }]
                    + (more ? [node("n3") { thing("c", value) }] : [])
            }
            cluster("c2") { node("m1") { thing("a", value, effect: .restart) } }
        }
    }

    private func world() throws -> World {
        var world = try World(declared("1"), TestPlugin(contributors: ["ha": 1]))
        try world.apply()
        world.declared = declared("2")
        return world
    }

    private func lockedNodes(_ world: World) throws -> [String] {
        try world.plan()?.tasks.filter { $0.group == .lock }.compactMap { $0.identity.node.map { String($0.name) } } ?? []
    }

    @Test("Without locks, nodes are changed one after the other and none is locked")
    func none() throws {
        var world = try world()
        world.locking = LockPolicy(unlocked: .all)
        #expect(try lockedNodes(world) == [])
        #expect(
            try world.plan()?.lines == [
                "1 NODE n1: apply a on n1", "2 NODE n2 after 1: apply b on n2", "3 NODE m1: apply a on m1",
            ])
    }

    @Test("Without locks of one cluster, those of the others are locked")
    func oneCluster() throws {
        var world = try world()
        world.locking = LockPolicy(unlocked: .clusters([Place.cluster("c1")]))
        #expect(try lockedNodes(world) == ["m1"])
    }

    @Test("What the unlock would have done is done without it, before the node's block ends")
    func covered() throws {
        var world = try world()
        let trigger = StepIdentity(item: Place.thing("a", on: "n1"), node: Place.node("n1"), name: "apply")
        world.plugins[1] = TestPlugin(
            extra: { _ in
                [
                    .companion(
                        "start", of: [.step(trigger)], item: trigger.item, node: trigger.node, group: .cluster,
                        requires: [.step(trigger)], isCoveredByUnlock: true)
                ]
            }, contributors: ["ha": 1])
        #expect(try world.plan()?.summaries.contains("start") == false)
        world.locking = LockPolicy(unlocked: .all)
        #expect(try world.plan()?.lines.prefix(2) == ["1 NODE n1: apply a on n1", "2 NODE n1 after 1: start"])
    }

    @Test("An unlock that is owed is in the plan whatever the operator says of locks")
    func owed() throws {
        var world = try world()
        world.run(try #require(try world.plan())) { $0.group == .node }
        world.locking = LockPolicy(unlocked: .all)
        #expect(try world.plan()?.tasks.contains { $0.summary == "unlock-ha" && $0.identity.node == Place.node("n1") } == true)
    }

    @Test("A node that comes to a cluster in service is locked only when the operator asks for it")
    func initial() throws {
        var world = try world()
        world.declared = declared("1", more: true)
        #expect(try lockedNodes(world) == [])
        world.locking = LockPolicy(locksInitialNodes: true)
        #expect(try lockedNodes(world) == ["n3"])
        world.locking = LockPolicy(unlocked: .all, locksInitialNodes: true)
        #expect(try lockedNodes(world) == [])
    }
}
