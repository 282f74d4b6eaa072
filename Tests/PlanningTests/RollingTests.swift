import Model
import Planning
import TaskKit
import Testing

/// Nodes that take turns by the policy of their cluster or pool: who goes when, where the run waits, and what may fail.
@Suite("Rolling through clusters and pools")
struct RollingTests {
    private static let plugin = TestPlugin(rank: { ["m1": 1, "m2": 1][$0.hostname] })

    /// The plan that changes each node of a cluster, without locks: every block is one phase.
    private func plan(
        _ nodes: [String], width: String = "1", policy: [String: PropertyValue] = [:], pools: [Part] = [],
        things: [String] = [], maximumEdges: Int = 10_000
    ) throws -> Plan {
        func declared(_ value: String) -> Tree {
            site {
                cluster("c1", maxUnavailable: width, policy: policy) {
                    pools
                    things.map { thing($0, value) }
                    nodes.map { name in node(name) { thing("a", value, effect: .restart) } }
                }
            }
        }
        var world = try World(declared("1"), Self.plugin)
        try world.apply()
        world.declared = declared("2")
        world.maximumEdgesOfTurn = maximumEdges
        return try #require(try world.plan())
    }

    /// The nodes and waits in order: `n1`, `approval 1/4`.
    private func order(_ plan: Plan) -> [String] {
        plan.phases.map { phase in
            switch phase.wait?.kind {
            case .approval: "approval \(phase.wait?.doneNodes ?? 0)/\(phase.wait?.nodeCount ?? 0)"
            case .soak(let seconds): "soak \(seconds) \(phase.wait?.doneNodes ?? 0)/\(phase.wait?.nodeCount ?? 0)"
            case nil: phase.node.map { String($0.name) } ?? (phase.isJoint ? "joint" : phase.group.rawValue)
            }
        }
    }

    // MARK: Waits

    @Test(
        "The run waits where the policy says, and never after the last node",
        arguments: [
            (["pause_after": "canary", "canary": ["n2"]], ["n2", "approval 1/4", "n1", "n3", "n4"]),
            (["pause_after": "batch"], ["n1", "approval 1/4", "n2", "approval 2/4", "n3", "approval 3/4", "n4"]),
            (
                ["pause_after": "batch", "canary": ["n4", "n3"]],
                ["n4", "n3", "approval 2/4", "n1", "approval 3/4", "n2"]
            ),
            (["pause_after": "2"], ["n1", "n2", "approval 2/4", "n3", "n4"]),
            (["pause_after": "3", "canary": ["n4"]], ["n4", "n1", "n2", "approval 3/4", "n3"]),
            (["soak": "60", "soak_after": "2"], ["n1", "n2", "soak 60 2/4", "n3", "n4"]),
            (["soak": "60", "soak_after": "3", "pause_after": "3"], ["n1", "n2", "n3", "soak 60 3/4", "approval 3/4", "n4"]),
            (["soak": "9", "canary": ["n1"], "soak_after": "canary"], ["n1", "soak 9 1/4", "n2", "n3", "n4"]),
        ] as [([String: PropertyValue], [String])])
    func waits(_ policy: [String: PropertyValue], _ expected: [String]) throws {
        let plan = try plan(["n1", "n2", "n3", "n4"], policy: policy)
        #expect(order(plan) == expected)
        #expect(plan.phases.dropFirst().allSatisfy { $0.after == [$0.number - 1] })
    }

    @Test("A batch ends where a wait after a number of nodes comes")
    func batchesEndAtWaits() throws {
        let plan = try plan(["n1", "n2", "n3", "n4"], width: "2", policy: ["pause_after": "3"])
        #expect(order(plan) == ["n1", "n2", "n3", "approval 3/4", "n4"])
        #expect(plan.phases.map(\.after) == [[], [], [1, 2], [3], [4]])
    }

    @Test("A canary that the plan does not touch brings no wait about")
    func absentCanary() throws {
        func declared(_ value: String) -> Tree {
            site {
                cluster("c1", canary: ["n1"], policy: ["pause_after": "canary"]) {
                    node("n1") { thing("a", effect: .restart) }
                    ["n2", "n3"].map { name in node(name) { thing("a", value, effect: .restart) } }
                }
            }
        }
        var world = try World(declared("1"))
        try world.apply()
        world.declared = declared("2")
        let plan = try #require(try world.plan())
        #expect(order(plan) == ["n2", "n3"])
        #expect(plan.rolling?.first?.pauseAfter == nil)
    }

    // MARK: Order

    @Test(
        "Nodes follow by role, by nature, or as they are named",
        arguments: [
            ([], ["m1", "m2", "a1", "a2"]), (["role"], ["m1", "m2", "a1", "a2"]), (["natural"], ["a1", "a2", "m1", "m2"]),
            (["a2", "m2"], ["a2", "m2", "m1", "a1"]),
        ])
    func nodeOrder(_ given: [String], _ expected: [String]) throws {
        let policy: [String: PropertyValue] = given.isEmpty ? [:] : ["node_order": .list(given)]
        #expect(order(try plan(["a1", "a2", "m1", "m2"], policy: policy)) == expected)
    }

    @Test("Pools take turns by the role of their nodes, then by name, and the nodes in no pool follow")
    func poolOrder() throws {
        let plan = try plan(
            ["m1", "m2", "n1", "n2", "x1"], policy: ["canary": ["n2"]],
            pools: [pool("a", ["n1", "n2"], policy: ["max_unavailable": "2"]), pool("z", ["m2"])])
        // m1 in no pool has the role of m2, so the pool z goes first, then the rest of the cluster, then a.
        #expect(order(plan) == ["m2", "m1", "x1", "n2", "n1"])
        #expect(plan.rolling?.map(\.path.name) == ["z", "c1", "a"])
        #expect(plan.rolling?.map(\.maximumUnavailable) == [1, 1, 2])
        #expect(plan.rolling?.last?.canaries == [Place.node("n2")])
    }

    @Test("A pool comes after those in its dependency_list")
    func poolDependencies() throws {
        let plan = try plan(["n1", "n2", "n3"], pools: [pool("a", ["n1"], after: ["b"]), pool("b", ["n2"]), pool("c", ["n3"])])
        #expect(order(plan) == ["n2", "n1", "n3"])
    }

    @Test("What a pool does not say is as the cluster says; a percentage is of its own nodes")
    func inheritance() throws {
        let plan = try plan(
            ["n1", "n2", "n3", "n4", "n5"], width: "50%", policy: ["pause_after": "batch"],
            pools: [pool("a", ["n1", "n2", "n3", "n4"])])
        #expect(order(plan) == ["n1", "n2", "approval 2/4", "n3", "n4", "n5"])
        #expect(plan.rolling?.map(\.maximumUnavailable) == [2, 1])
    }

    // MARK: Failures

    @Test("Without a budget everything waits for success")
    func noBudget() throws {
        let plan = try plan(["n1", "n2", "n3"], things: ["t"])
        #expect(plan.phases.allSatisfy { $0.tolerates == nil && $0.turn == nil })
    }

    @Test("With a budget the next batch waits for the end of the former, and what follows the nodes for the success of all")
    func budget() throws {
        let plan = try plan(["n1", "n2", "n3", "n4"], width: "2", policy: ["max_failures": "1"], things: ["t"])
        #expect(order(plan) == ["n1", "n2", "n3", "n4", "CLUSTER"])
        #expect(plan.phases.map(\.after) == [[], [], [1, 2], [1, 2], [1, 2, 3, 4]])
        #expect(plan.phases.map(\.tolerates) == [nil, nil, [1, 2], [1, 2], nil])
        #expect(plan.phases.map(\.turn?.name) == ["c1", "c1", "c1", "c1", nil])
    }

    @Test(
        "A percentage of failures is of the nodes of the whole plan, rounded down", arguments: [("50%", 2), ("24%", 0), ("5", 5)])
    func percentage(_ text: String, _ count: Int) throws {
        let plan = try plan(["n1", "n2", "n3", "n4"], policy: ["max_failures": .string(text)])
        #expect(plan.rolling?.first?.maximumFailures == count)
    }

    @Test("After a canary, and where a pool names another, success is asked for whatever the budget")
    func strict() throws {
        let budget: [String: PropertyValue] = ["max_failures": "1"]
        let canary = try plan(["n1", "n2", "n3"], policy: budget.merging(["canary": ["n1"]]) { $1 })
        #expect(canary.phases.map(\.tolerates) == [nil, nil, [2]])
        let pools = [pool("a", ["n1", "n2"], policy: budget), pool("b", ["n3"], after: ["a"]), pool("c", ["n4"])]
        let plan = try plan(["n1", "n2", "n3", "n4", "n5"], pools: pools, things: ["t"])
        #expect(order(plan) == ["n1", "n2", "n3", "n4", "n5", "CLUSTER"])
        #expect(plan.phases.map(\.after) == [[], [1], [1, 2], [3], [4], [1, 2, 5]])
        #expect(plan.phases.map(\.tolerates) == [nil, [1], nil, nil, nil, nil])
    }

    @Test("A pause within the budget waits for the end of its batch, and the next batch for the pause")
    func pauseInBudget() throws {
        let plan = try plan(["n1", "n2", "n3"], policy: ["max_failures": "1", "pause_after": "2"])
        #expect(order(plan) == ["n1", "n2", "approval 2/3", "n3"])
        #expect(plan.phases.map(\.tolerates) == [nil, [1], [2], nil])
    }

    // MARK: Wide batches

    @Test("Where many nodes would wait for many others, all wait for one phase that waits for all") func joint() throws {
        let plan = try plan(["n1", "n2", "n3", "n4", "n5"], width: "2", things: ["t"], maximumEdges: 3)
        #expect(order(plan) == ["n1", "n2", "joint", "n3", "n4", "n5", "CLUSTER"])
        #expect(plan.phases.map(\.after) == [[], [], [1, 2], [3], [3], [4, 5], [6]])
        #expect(plan.phases.allSatisfy { $0.tolerates == nil })
    }

    @Test("Within a budget such a phase waits for the end of its batch, and for the success of the pools that were named")
    func jointInBudget() throws {
        let budget: [String: PropertyValue] = ["max_failures": "1", "max_unavailable": "2"]
        let pools = [pool("a", ["n1", "n2"], policy: budget), pool("b", ["n3", "n4"], policy: budget)]
        let free = try plan(["n1", "n2", "n3", "n4"], pools: pools, maximumEdges: 3)
        #expect(order(free) == ["n1", "n2", "joint", "n3", "n4"])
        #expect(free.phases.map(\.tolerates) == [nil, nil, [1, 2], nil, nil])
        let bound = [pools[0], pool("b", ["n3", "n4"], after: ["a"], policy: budget)]
        let strict = try plan(["n1", "n2", "n3", "n4"], pools: bound, maximumEdges: 3)
        #expect(strict.phases.map(\.after) == [[], [], [1, 2], [3], [3]])
        #expect(strict.phases.allSatisfy { $0.tolerates == nil })
    }

    @Test("The edges of a plan grow with its nodes, however many go at once", arguments: ["1", "50%", "100%"])
    func edges(_ width: String) throws {
        func count(_ nodes: Int) throws -> Int {
            try plan((1...nodes).map { "n\($0)" }, width: width).phases.reduce(0) { $0 + $1.after.count }
        }
        #expect(try count(400) <= 3 * 400)
    }
}
