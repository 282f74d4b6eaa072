import Model
import Planning
import PluginKit
import TaskKit
import Testing

@Suite("The order of nodes and clusters")
struct DeploymentOrderTests {
    private func rolling(_ nodes: [String], rank: @escaping @Sendable (ManagedNode) -> Int?) throws -> [String] {
        func declared(_ value: String) -> Tree {
            site { cluster("c1") { nodes.map { name in node(name) { thing("a", value, effect: .restart) } } } }
        }
        var world = try World(declared("1"), TestPlugin(rank: rank))
        try world.apply()
        world.declared = declared("2")
        return try world.plan()?.phases.compactMap { $0.node.map { String($0.name) } } ?? []
    }

    @Test("Nodes come in natural order: svc-2 before svc-10")
    func natural() throws {
        #expect(try rolling(["svc-10", "svc-2", "svc-1"], rank: { _ in nil }) == ["svc-1", "svc-2", "svc-10"])
    }

    @Test("What a plugin ranks comes first, by rank and then in natural order")
    func ranks() throws {
        let order = try rolling(["n1", "n2", "n3", "n10"]) { ["n2": 2, "n3": 1, "n10": 1][$0.hostname] }
        #expect(order == ["n3", "n10", "n2", "n1"])
    }

    private func clusters(_ dependencies: [String: [String]]) throws -> [String] {
        let tree = site {
            managementServer { thing("m") }
            dependencies.keys.sorted().map { name in
                cluster(name, after: dependencies[name] ?? []) { node("\(name)-n") { thing("a") } }
            }
        }
        let last = StepIdentity(item: Place.server, node: nil, name: "last")
        let plugin = TestPlugin(extra: { _ in
            [.change("last", item: last.item, node: nil, group: .postCluster)]
        })
        return try World(tree, plugin).plan()?.lines ?? []
    }

    @Test("Clusters that do not depend on each other may go side by side, and POST_CLUSTER waits for all")
    func sideBySide() throws {
        #expect(
            try clusters(["a": [], "b": []]) == [
                "1 MS: apply m on ms", "2 NODE a-n after 1: apply a on a-n", "3 NODE b-n after 1: apply a on b-n",
                "4 POST_CLUSTER after 2 3: last",
            ])
    }

    @Test("A cluster comes after those in its dependency_list")
    func dependencies() throws {
        #expect(
            try clusters(["a": ["c"], "b": [], "c": []]) == [
                "1 MS: apply m on ms", "2 NODE c-n after 1: apply a on c-n", "3 NODE a-n after 2: apply a on a-n",
                "4 NODE b-n after 1: apply a on b-n", "5 POST_CLUSTER after 2 3 4: last",
            ])
    }

    @Test("A cluster waits for what its dependency waits for, when the dependency has nothing to do")
    func throughUnchanged() throws {
        func declared(_ value: String) -> Tree {
            site {
                cluster("a") { node("a-n") { thing("a", value) } }
                cluster("b", after: ["a"]) { node("b-n") { thing("a") } }
                cluster("c", after: ["b"]) { node("c-n") { thing("a", value) } }
            }
        }
        var world = try World(declared("1"))
        try world.apply()
        world.declared = declared("2")
        #expect(try world.plan()?.lines == ["1 NODE a-n: apply a on a-n", "2 NODE c-n after 1: apply a on c-n"])
    }

    @Test("Clusters that wait for each other are named")
    func clusterCycle() throws {
        #expect {
            _ = try clusters(["a": ["b"], "b": ["c"], "c": ["b"]])
        } throws: { error in
            "\(error)".hasSuffix(
                "clusters wait for each other: /deployments/d/clusters/b -> /deployments/d/clusters/c -> /deployments/d/clusters/b"
            )
        }
    }
}

@Suite("The order of steps in a group")
struct LayerTests {
    private let n1 = Place.node("n1")

    private func identity(_ name: String) -> StepIdentity { StepIdentity(item: n1, node: n1, name: name) }

    /// A plan of steps on one node, each with what it requires.
    private func lines(_ steps: [String: [String]], group: DeploymentGroup? = nil) throws -> [String] {
        let plugin = TestPlugin(extra: { _ in
            steps.map { name, required in
                .change(name, item: n1, node: n1, group: group, requires: required.map { .step(identity($0)) })
            }
        })
        return try World(site { cluster("c1") { node("n1") } }, plugin).plan()?.lines ?? []
    }

    @Test("A step comes after those that it requires; what nothing separates runs together, in natural order")
    func explicit() throws {
        #expect(
            try lines(["s1": [], "s2": ["s1"], "s10": ["s1"], "s3": ["s2", "s10"], "s4": []]) == [
                "1 NODE n1: s1, s4", "2 NODE n1 after 1: s2, s10", "3 NODE n1 after 2: s3",
            ])
    }

    @Test("A requirement that is not in the plan is no requirement")
    func absent() throws { #expect(try lines(["s1": ["nothing"]]) == ["1 NODE n1: s1"]) }

    @Test("Steps that wait for each other are printed in a circle")
    func cycle() throws {
        #expect {
            _ = try lines(["a": ["b"], "b": ["c"], "c": ["a"], "d": []])
        } throws: { error in
            "\(error)" == """
                steps wait for each other:
                    a of \(n1) on n1
                    requires b of \(n1) on n1
                    requires c of \(n1) on n1
                    requires a of \(n1) on n1
                """
        }
    }

    @Test("The cycle that is printed is a shortest one")
    func shortCycle() throws {
        #expect {
            _ = try lines(["a": ["b"], "b": ["c", "a"], "c": ["a"]])
        } throws: { error in
            error as? PlanningError == .cycle([identity("a"), identity("b"), identity("a")])
        }
    }

    @Test("What requires an item comes after every step of it and of what is below it")
    func items() throws {
        let plugin = TestPlugin(extra: { _ in
            [.change("after all", item: Place.cluster("c1"), node: n1, requires: [.items(Place.thing("a", on: "n1"))])]
        })
        let tree = site { cluster("c1") { node("n1") { [thing("a"), thing("ab")] } } }
        #expect(
            try World(tree, plugin).plan()?.lines == [
                "1 NODE n1: apply a on n1, apply ab on n1", "2 NODE n1 after 1: after all",
            ])
    }

    @Test("Sibling fields order the steps of their items, and in reverse the steps that take them away")
    func fields() throws {
        let interface = n1.appending("network_interfaces").appending("br0")
        let item = Place.thing("a", on: "n1")
        let plugin = TestPlugin(
            extra: { context in
                context.declared[item] == nil ? [] : [.change("interface", item: interface, node: n1)]
            },
            undo: { context in
                guard context.declared[item] == nil else { return [] }
                return [
                    .undo("undo interface", item: interface, node: n1, forgetting: [StepScope(item: interface)]),
                    .undo("undo thing", item: item, node: n1, forgetting: [StepScope(item: item)]),
                ]
            })
        var world = try World(site { cluster("c1") { node("n1") { thing("a") } } }, plugin)
        #expect(try world.apply()?.lines == ["1 NODE n1: interface", "2 NODE n1 after 1: apply a on n1"])
        world.declared = site { cluster("c1") { node("n1") } }
        #expect(try world.plan()?.lines == ["1 NODE n1: undo thing", "2 NODE n1 after 1: undo interface"])
    }

    @Test("A step that requires one of a later group is a contradiction, which names both and their groups")
    func contradiction() throws {
        let plugin = TestPlugin(extra: { _ in
            [
                .change("early", item: n1, node: n1, group: .preNodeCluster, requires: [.step(identity("late"))]),
                .change("late", item: n1, node: n1),
            ]
        })
        let world = try World(site { cluster("c1") { node("n1") } }, plugin)
        #expect {
            _ = try world.plan()
        } throws: { error in
            "\(error)" == "'early of \(n1) on n1' (group PRE_NODE_CLUSTER in cluster c1) requires 'late of \(n1) on n1', "
                + "which comes later (group NODE of n1 in cluster c1): group PRE_NODE_CLUSTER comes before group NODE"
        }
    }

    @Test("A step that is declared twice names both owners")
    func duplicates() throws {
        let step = Step.change("same", item: n1, node: n1)
        let plugins: [TestPlugin] = ["one", "two"].map { TestPlugin(name: $0, extra: { _ in [step] }) }
        var world = try World(site { cluster("c1") { node("n1") } }, plugins[0])
        world.plugins.append(plugins[1])
        #expect(throws: PlanningError.duplicateStep(step.identity, owners: ["one", "two"])) { _ = try world.plan() }
    }

    @Test("A lock that has the identity of another step is declared twice as well")
    func duplicateLock() throws {
        let lock = TestPlugin.lock(named: "ha", priority: 1, of: n1).lock
        let plugin = TestPlugin(
            extra: { _ in [.change(lock.identity.name, item: n1, node: n1)] }, contributors: ["ha": 1])
        let world = try World(site { cluster("c1") { node("n1") } }, plugin)
        #expect(throws: PlanningError.duplicateStep(lock.identity, owners: ["test", "test"])) { _ = try world.plan() }
    }

    @Test("A step on something that is no managed host names it")
    func unknownHost() throws {
        let host = ItemPath.root.appending("nowhere")
        let plugin = TestPlugin(extra: { _ in [.change("lost", item: n1, node: n1, host: host)] })
        let world = try World(site { cluster("c1") { node("n1") } }, plugin)
        #expect(throws: PlanningError.unknownHost(identity("lost"), host: host)) { _ = try world.plan() }
    }
}
