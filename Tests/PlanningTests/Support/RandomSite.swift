import Model
import PluginKit
import TaskKit
import TestSupport

/// A site of a seed, and what becomes of it: clusters, nodes and things that come, change and go.
struct RandomSite {
    struct Thing { var value: String, effect: Effect }
    struct Group {
        var maxUnavailable: Int
        var dependencies: [String]
        var nodes: [String: [String: Thing]]
        var policy: [String: PropertyValue] = [:]
        var pools: [Pool] = []

        /// A node leaves, and no policy names it any more.
        mutating func remove(_ node: String) {
            nodes[node] = nil
            policy = RandomSite.policy(policy, without: node)
            pools = pools.compactMap { pool in
                let rest = pool.nodes.filter { $0 != node }
                return rest.isEmpty
                    ? nil : Pool(name: pool.name, nodes: rest, policy: RandomSite.policy(pool.policy, without: node))
            }
            let names = pools.map(\.name)
            for index in pools.indices where !(pools[index].policy["dependency_list"]?.list ?? []).allSatisfy(names.contains) {
                pools[index].policy["dependency_list"] = nil
            }
        }
    }
    struct Pool { var name: String, nodes: [String], policy: [String: PropertyValue] }

    private(set) var clusters: [String: Group] = [:]
    let seed: UInt64
    private var generator: SeededGenerator

    /// The site before anything was applied. In every other one few edges lead from turn to turn: the others meet.
    var world: World {
        get throws {
            var world = try World(tree, plugin)
            if seed % 2 == 0 { world.maximumEdgesOfTurn = Int(seed / 2 % 4) }
            return world
        }
    }

    init(seed: UInt64) {
        self.seed = seed
        generator = SeededGenerator(seed: seed)
        for number in 1...random(1, 3) {
            let dependencies = (1..<number).map { "c\($0)" }.filter { _ in random(0, 2) == 0 }
            var group = Group(maxUnavailable: random(1, 3), dependencies: dependencies, nodes: [:])
            for index in 1...random(1, 5) { group.nodes["n\(number)-\(index)"] = things() }
            group.policy = policy(of: group.nodes.keys.sorted())
            group.pools = pools(of: group.nodes.keys.sorted())
            clusters["c\(number)"] = group
        }
    }

    private mutating func policy(of nodes: [String]) -> [String: PropertyValue] {
        var policy: [String: PropertyValue] = [:]
        let canaries = nodes.filter { _ in random(0, 3) == 0 }
        if !canaries.isEmpty { policy["canary"] = .list(canaries.shuffled(using: &generator)) }
        let points = ["batch", "1", "2", "3"] + (canaries.isEmpty ? [] : ["canary"])
        if random(0, 2) == 0 { policy["pause_after"] = .string(points[random(0, points.count - 1)]) }
        if random(0, 2) == 0 {
            policy["soak"] = .string(String(random(1, 600)))
            if random(0, 1) == 0 { policy["soak_after"] = .string(points[random(0, points.count - 1)]) }
        }
        if random(0, 2) == 0 { policy["max_failures"] = .string(["0", "1", "2", "50%"][random(0, 3)]) }
        if random(0, 3) == 0 { policy["node_order"] = .list(random(0, 1) == 0 ? ["natural"] : [nodes[nodes.count - 1]]) }
        return policy
    }

    private static func policy(_ policy: [String: PropertyValue], without node: String) -> [String: PropertyValue] {
        var policy = policy
        for name in ["canary", "node_order"] {
            guard let rest = policy[name]?.list?.filter({ $0 != node }) else { continue }
            policy[name] = rest.isEmpty ? nil : .list(rest)
        }
        if policy["canary"] == nil {
            for name in ["pause_after", "soak_after"] where policy[name] == .string("canary") { policy[name] = nil }
        }
        return policy
    }

    private mutating func pools(of nodes: [String]) -> [Pool] {
        guard random(0, 1) == 0 else { return [] }
        var members: [Int: [String]] = [:]
        for node in nodes { members[random(0, 2), default: []].append(node) }
        return members.filter { $0.key > 0 }.sorted { $0.key < $1.key }.map { number, nodes in
            var policy = policy(of: nodes)
            if random(0, 2) > 0 { policy["max_unavailable"] = .string(String(random(1, 3))) }
            if number == 1, members[2] != nil, random(0, 2) == 0 { policy["dependency_list"] = .list(["p2"]) }
            return Pool(name: "p\(number)", nodes: nodes, policy: policy)
        }
    }

    private mutating func random(_ low: Int, _ high: Int) -> Int { Int.random(in: low...high, using: &generator) }

    private mutating func things() -> [String: Thing] {
        var things: [String: Thing] = [:]
        for index in 0..<random(0, 3) { things["t\(index)"] = newThing() }
        return things
    }

    private mutating func newThing() -> Thing {
        Thing(value: String(random(0, 99)), effect: Effect.allCases[random(0, 2)])
    }

    /// Something that an operator might do: things change, come and go; a node comes or leaves.
    mutating func change() {
        for (name, group) in clusters.sorted(by: { $0.key < $1.key }) {
            var group = group
            for (node, things) in group.nodes.sorted(by: { $0.key < $1.key }) {
                var things = things
                for index in 0..<3 {
                    switch random(0, 5) {
                    case 0: things["t\(index)"] = newThing()
                    case 1: things["t\(index)"] = nil
                    default: break
                    }
                }
                group.nodes[node] = things
            }
            if random(0, 4) == 0 { group.nodes["new-\(random(0, 9))-\(name)"] = things() }
            if random(0, 5) == 0, group.nodes.count > 1 { group.remove(group.nodes.keys.sorted()[random(0, 1)]) }
            clusters[name] = group
        }
    }

    var tree: Tree {
        site {
            for (name, group) in clusters.sorted(by: { $0.key < $1.key }) {
                cluster(name, after: group.dependencies, maxUnavailable: String(group.maxUnavailable), policy: group.policy) {
                    for it in group.pools { pool(it.name, it.nodes, policy: it.policy) }
                    for (host, things) in group.nodes.sorted(by: { $0.key < $1.key }) {
                        node(host) {
                            for (id, it) in things.sorted(by: { $0.key < $1.key }) { thing(id, it.value, effect: it.effect) }
                        }
                    }
                }
            }
        }
    }

    /// The steps of the site: for each thing its change, further changes that require each other, and companions; all of it decided by
    /// the seed and the path, so that equal models give equal steps.
    var plugin: TestPlugin {
        var generator = SeededGenerator(seed: seed ^ 0xFEED)
        let names = ["ha", "lb", "alarm"].filter { _ in Bool.random(using: &generator) }
        let contributors = names.map { ($0, Int.random(in: 1...3, using: &generator)) }
        let seed = seed
        return TestPlugin(
            extra: { context in
                context.declared.items(ofType: "thing").flatMap { RandomSite.steps(around: $0, in: context, seed: seed) }
            },
            undo: { context in
                context.applied.items(ofType: "thing").filter { context.declared[$0.path] == nil }.flatMap { gone -> [Step] in
                    guard let node = gone.path.parent?.parent else { return [] }
                    let first = StepIdentity(item: gone.path, node: node, name: "leave")
                    return ["leave", "remove"].map { name in
                        .undo(
                            name, item: gone.path, node: node, forgetting: [StepScope(item: gone.path)],
                            requires: name == "leave" ? [] : [.step(first)])
                    }
                }
            },
            contributors: Dictionary(uniqueKeysWithValues: contributors),
            rank: { node in node.hostname.hasSuffix("2") ? 1 : nil })
    }

    private static func steps(around thing: ResolvedItem, in context: PlanningContext, seed: UInt64) -> [Step] {
        guard let node = thing.path.parent?.parent else { return [] }
        var generator = SeededGenerator(seed: seed ^ thing.path.text.utf8.reduce(1) { $0 &* 31 &+ UInt64($1) })
        func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
        let change = StepIdentity(item: thing.path, node: node, name: "apply")
        var known = [change]
        var steps: [Step] = []
        // Clusters are numbered, and none requires anything of one that comes after it.
        let cluster = node.parent?.parent
        let earlier = context.declared.items(ofType: BaseType.cluster).map(\.path).filter { other in
            cluster.map { other < $0 } == true
        }
        for index in 0..<Int.random(in: 0...3, using: &generator) {
            let needed = earlier.filter { _ in happens(20) }.map { Step.Requirement.items($0.appending("nodes")) }
            let step = Step.change(
                "extra-\(index)", item: thing.path, node: node, makesTrue: happens(50) ? thing.text("value") : "always",
                effect: Effect.allCases.randomElement(using: &generator) ?? .live,
                requires: known.filter { _ in happens(30) }.map { .step($0) } + needed)
            known.append(step.identity)
            steps.append(step)
        }
        func companion(_ name: String, _ group: DeploymentGroup?, of triggers: [StepIdentity], after: [StepIdentity]) {
            steps.append(
                .companion(
                    name, of: triggers.map { .step($0) }, item: thing.path, node: node, group: group,
                    requires: after.map { .step($0) }))
        }
        let trigger = known.randomElement(using: &generator) ?? change
        func identity(_ name: String) -> StepIdentity { StepIdentity(item: thing.path, node: node, name: name) }
        if happens(40) { companion("restart", nil, of: [trigger], after: [trigger]) }
        if happens(30) { companion("look", .cluster, of: [identity("restart"), trigger], after: []) }
        if happens(50), context.node(at: node)?.isApplied == true {
            companion("drain", .preNodeLock, of: [trigger], after: [])
            companion("files", .postNodeUnlock, of: [identity("drain"), trigger], after: [])
            companion("rejoin", .postNodeUnlock, of: [identity("drain"), trigger], after: [identity("files")])
            companion("gate", .healthGate, of: [identity("drain"), trigger], after: [])
        }
        return steps
    }
}
