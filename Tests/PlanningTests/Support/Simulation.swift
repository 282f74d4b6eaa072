import Model
import Planning
import PluginKit
import TaskKit
import TestSupport

/// Carries plans out in any order that their `after` edges allow, many tasks at once, and watches what must never happen.
struct Simulation {
    var world: World
    var generator: SeededGenerator
    /// Who has taken which node out of service.
    private(set) var out: [ItemPath: Set<String>] = [:]
    private(set) var problems: [String] = []

    init(_ world: World, seed: UInt64) {
        self.world = world
        generator = SeededGenerator(seed: seed)
    }

    private struct Progress {
        var waiting: [Int: Set<Int>] = [:]
        var open: [Int: [PlanTask]] = [:]
        var unfinished: [Int: Int] = [:]
        var ready: [(phase: Int, task: PlanTask)] = []
        var running: [(phase: Int, task: PlanTask)] = []
        var done: Set<StepIdentity> = []
    }

    /// Carries `plan` out until `limit` events have happened (a task starts, a task ends), or to its end.
    ///
    /// - Returns: whether it came to its end.
    mutating func run(_ plan: Plan, limit: Int = Int.max) -> Bool {
        let requires = requirements(in: plan)
        let outBefore = Set(out.keys)
        var run = WorldRun(of: plan, in: world)
        var progress = Progress()
        for phase in plan.phases {
            progress.waiting[phase.number] = Set(phase.after)
            progress.open[phase.number] = phase.tasks
            progress.unfinished[phase.number] = phase.tasks.count
        }
        open(&progress)
        var events = 0
        while !progress.ready.isEmpty || !progress.running.isEmpty {
            if events >= limit { return false }
            events += 1
            let canStart = !progress.ready.isEmpty
            if canStart, progress.running.isEmpty || Bool.random(using: &generator) {
                let next = progress.ready.remove(at: Int.random(in: 0..<progress.ready.count, using: &generator))
                check(next.task, requires, progress, outBefore)
                run.begin(next.task, in: &world)
                progress.running.append(next)
            } else {
                let next = progress.running.remove(at: Int.random(in: 0..<progress.running.count, using: &generator))
                let before = world.owed
                run.finish(next.task, in: &world)
                if case .putBack(let name) = next.task.nodeChange, let node = next.task.identity.node { putBack(node, name) }
                for scope in run.forgotten { forgive(scope, before) }
                progress.done.insert(next.task.identity)
                progress.unfinished[next.phase, default: 1] -= 1
                if progress.unfinished[next.phase] == 0 { complete(next.phase, &progress) }
            }
        }
        if progress.done.count != plan.taskCount { problems.append("\(plan.taskCount - progress.done.count) tasks never ran") }
        run.end(in: &world)
        if !out.isEmpty { problems.append("out of service after all was done: \(out)") }
        return true
    }

    private func open(_ progress: inout Progress) {
        for (number, waiting) in progress.waiting.sorted(by: { $0.key < $1.key }) where waiting.isEmpty {
            guard progress.waiting.removeValue(forKey: number) != nil else { continue }
            let tasks = progress.open[number] ?? []
            progress.ready += tasks.map { (number, $0) }
            if tasks.isEmpty { complete(number, &progress) }
        }
    }

    private func complete(_ phase: Int, _ progress: inout Progress) {
        for number in progress.waiting.keys { progress.waiting[number]?.remove(phase) }
        open(&progress)
    }

    private mutating func putBack(_ node: ItemPath, _ name: String) {
        out[node]?.remove(name)
        if out[node]?.isEmpty == true { out[node] = nil }
    }

    /// What was taken away keeps no node out of service.
    private mutating func forgive(_ scope: StepScope, _ owed: [StepIdentity: OwedTask]) {
        for (identity, debt) in owed where scope.contains(identity) {
            if case .putBack(let name) = debt.task.nodeChange, let node = identity.node { putBack(node, name) }
        }
    }

    // MARK: What must hold whenever a task starts

    private mutating func check(
        _ task: PlanTask, _ requires: [StepIdentity: [StepIdentity]], _ progress: Progress, _ outBefore: Set<ItemPath>
    ) {
        for required in requires[task.identity] ?? [] where !progress.done.contains(required) {
            problems.append("'\(task.identity)' started before '\(required)'")
        }
        guard case .takenOut(let name) = task.nodeChange, let node = task.identity.node else { return }
        let context = world.context
        let cluster = context.node(at: node)?.cluster
        let isOfCluster = { (path: ItemPath) in path.parent?.parent == cluster }
        if out[node] == nil, !outBefore.contains(node) {
            let left = out.keys.filter { outBefore.contains($0) && isOfCluster($0) }
            if !left.isEmpty { problems.append("\(node.name) was touched before \(left.map(\.name)) was brought back") }
        }
        out[node, default: []].insert(name)
        guard let section = RollingMembers(context.declared).section(of: node) else { return }
        let limit =
            [section, cluster].compactMap { $0 }.lazy.compactMap { Int(context.declared[$0]?.text("max_unavailable") ?? "") }
            .first ?? 1
        let members = RollingMembers(context.declared)
        let count = out.keys.count { members.section(of: $0) == section }
        if count > limit { problems.append("\(count) nodes of \(section) out of service, \(limit) may be") }
    }

    /// What each step of the plan requires of the plan's others.
    private func requirements(in plan: Plan) -> [StepIdentity: [StepIdentity]] {
        let identities = Set(plan.tasks.map(\.identity))
        let made = plan.tasks.filter(\.forgets.isEmpty).map(\.identity)
        var requires: [StepIdentity: [StepIdentity]] = [:]
        for plugin in world.plugins {
            for step in plugin.steps(in: world.context) {
                requires[step.identity] = step.requires.flatMap { requirement -> [StepIdentity] in
                    switch requirement {
                    case .step(let identity): identities.contains(identity) ? [identity] : []
                    case .items(let path): made.filter { $0.item.isWithin(path) && $0 != step.identity }
                    }
                }
            }
        }
        return requires
    }
}

/// Which nodes take turns together: as the model says it, not as the planner does.
struct RollingMembers {
    private var pools: [ItemPath: ItemPath] = [:]

    init(_ tree: ResolvedTree) {
        for pool in tree.items(ofType: "node-pool") {
            guard let cluster = pool.path.parent?.parent else { continue }
            for name in pool.list("node_list") { pools[cluster.appending("nodes").appending(name)] = pool.path }
        }
    }

    /// The pool of a node, else its cluster.
    func section(of node: ItemPath) -> ItemPath? { pools[node] ?? node.parent?.parent }
}
