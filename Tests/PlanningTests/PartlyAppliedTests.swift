import Model
import Planning
import PluginKit
import TaskKit
import Testing

/// What holds for machines that serve although the installation of their site has not come to its end.
@Suite("Machines of a site that is partly applied")
struct PartlyAppliedTests {
    private let nodes = ItemPath.root.appending("deployments").appending("lab").appending("clusters").appending("svc_cluster")
        .appending("nodes")

    /// Another image of all machines.
    private func upgrade(_ world: inout World) throws {
        try world.declared.update(
            ItemPath.root.appending("software").appending("images").appending("node-image"),
            properties: ["checksum": .scalar(String(repeating: "ab", count: 32))], deleting: [], registry: world.registry)
    }

    /// The steps of one node that tell how a machine is exchanged, in order.
    private func story(of node: String, in plan: Plan) -> [String] {
        let names: Set<String> = ["drain", "lock", "define", "unlock", "rejoin", "start", "join"]
        return plan.tasks.filter { $0.identity.node == nodes.appending(node) && names.contains($0.identity.name) }.map(
            \.identity.name)
    }

    @Test(
        "A machine that --only has brought up is taken out of service before it is replaced; the others are still built all together"
    )
    func onlyOneNode() throws {
        var world = try GoldenSite.lab.world()
        #expect(try world.apply(PlanTargets(only: [nodes.appending("svc-2")])) != nil)
        try upgrade(&world)
        let plan = try #require(try world.plan())
        #expect(story(of: "svc-2", in: plan) == ["lock", "define", "unlock"])
        #expect(story(of: "svc-3", in: plan) == ["define", "start"])
        let replacement = try #require(plan.task("replace virtual machine worker on svc-2"))
        #expect(replacement.effect == .replace && replacement.isDestructive)
        #expect(plan.task("define virtual machine worker on svc-3")?.effect == .live)
    }

    @Test("After an installation that failed at its end, machines that run are locked and replaced one after the other")
    func failedInstallation() throws {
        var world = try GoldenSite.lab.world()
        world.run(try #require(try world.plan())) { $0.identity.name == "install" }
        try upgrade(&world)
        let plan = try #require(try world.plan())
        for node in ["svc-1", "svc-2", "svc-3"] { #expect(story(of: node, in: plan) == ["lock", "define", "unlock"]) }
        let locks = plan.phases.filter { $0.group == .lock }
        #expect(locks.map(\.node?.name) == ["svc-1", "svc-2", "svc-3"])
        #expect(Set(locks.map(\.after)).count == 3)
    }

    @Test("Members of a cluster whose installation was not verified are drained before they are replaced, and rejoin")
    func unverified() throws {
        var world = try GoldenSite.lab.world()
        world.run(try #require(try world.plan())) { $0.identity.name == "verify" }
        try upgrade(&world)
        let plan = try #require(try world.plan())
        for node in ["svc-1", "svc-2", "svc-3"] {
            #expect(story(of: node, in: plan) == ["drain", "lock", "define", "unlock", "rejoin"])
        }
        try world.apply()
        #expect(try world.plan() == nil)
    }

    @Test("A machine that was built for a cluster and has not joined it has nothing to drain")
    func notJoined() throws {
        var world = try GoldenSite.lab.world()
        let services = nodes.parent?.appending("services") ?? nodes
        let list = services.appending("worker")
        func set(_ list: ItemPath, _ value: [String]) throws {
            try world.declared.update(
                list, properties: ["node_list": .scalar(value.joined(separator: ","))], deleting: [], registry: world.registry)
        }
        try set(list, ["svc-2"])
        try world.apply()
        try set(list, ["svc-2", "svc-3"])
        world.run(try #require(try world.plan())) { $0.identity.name == "join" }
        try upgrade(&world)
        let plan = try #require(try world.plan())
        #expect(!story(of: "svc-3", in: plan).contains("drain"))
        #expect(story(of: "svc-3", in: plan).contains("join"))
        #expect(story(of: "svc-2", in: plan) == ["drain", "lock", "define", "unlock", "rejoin"])
    }

    @Test("A machine whose replacement was interrupted still counts as one that serves")
    func interruptedReplacement() throws {
        var world = try GoldenSite.lab.world()
        world.run(try #require(try world.plan())) { $0.identity.name == "install" }
        try upgrade(&world)
        world.run(try #require(try world.plan())) { $0.summary == "replace virtual machine master on svc-1" }
        let plan = try #require(try world.plan())
        #expect(plan.task("replace virtual machine master on svc-1")?.effect == .replace)
        #expect(story(of: "svc-1", in: plan) == ["lock", "define", "unlock"])
    }

    @Test("Wherever an installation stops, no machine that was started is replaced without having been taken out of service")
    func anywhere() throws {
        let count = try #require(try GoldenSite.lab.world().plan()).taskCount
        for position in 0..<count {
            var world = try GoldenSite.lab.world()
            let installation = try #require(try world.plan())
            let last = installation.tasks[position].identity
            world.run(installation) { $0.identity == last }
            let done = installation.tasks[..<position].map(\.identity)
            try upgrade(&world)
            let plan = try #require(try world.plan())
            for start in done where start.name == "start" {
                let node = String(start.node?.name ?? "")
                #expect(
                    story(of: node, in: plan).prefix(2) == ["lock", "define"] || done.contains { $0.name == "install" }, "\(last)"
                )
            }
            if done.contains(where: { $0.name == "install" }) {
                #expect(story(of: "svc-1", in: plan) == ["drain", "lock", "define", "unlock", "rejoin"], "\(last)")
            }
            // What was never started is not taken out of anything.
            for node in ["svc-1", "svc-2", "svc-3"]
            where !done.contains(where: { $0.name == "define" && $0.node == nodes.appending(node) }) {
                #expect(!story(of: node, in: plan).contains("lock"), "\(last)")
            }
            try world.apply()
            #expect(try world.plan() == nil && world.owed.isEmpty, "\(last)")
        }
    }
}
