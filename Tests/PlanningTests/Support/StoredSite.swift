import CorePlugin
import Engine
import Model
import PluginKit
import Runner
import Store
import TaskKit
import TestSupport

@testable import Service

/// A site in a real store: plans are made by the use case that operators call, and what a run records means what the book of the run says.
/// Only the hosts are not there: what happens on them is decided by chance, and watched.
struct StoredSite {
    private let directory: TemporaryDirectory
    let site: Site
    private var generator: SeededGenerator
    private let holder = ProcessIdentity.current(command: "test")
    private(set) var problems: [String] = []

    /// Who has taken which node out of service on the hosts, whatever anybody has written down.
    private var out: [ItemPath: Set<String>] = [:]
    /// Companions whose triggers have begun and which have not been done since, with the node that they are about.
    private(set) var open: [StepIdentity: PlanTask] = [:]

    /// Whether anything takes nodes out of service at all.
    private let hasContributors: Bool

    init(_ plugin: TestPlugin, seed: UInt64) throws {
        hasContributors = !plugin.contributors.isEmpty
        directory = try TemporaryDirectory()
        generator = SeededGenerator(seed: seed)
        site = try Site(
            stateDirectory: directory.path + "/state", plugins: [CorePlugin(), plugin], plannerVersion: "test", now: { 0 })
    }

    func declare(_ tree: Tree) throws {
        let old = try site.store.declared()
        let removed = old.ordered.map(\.path).filter { tree[$0] == nil }
        try site.store.changeDeclared(inserting: tree.ordered, removing: removed)
    }

    /// The plan that makes all of the model true; nil when there is nothing to do.
    func plan(_ request: Site.PlanRequest = Site.PlanRequest()) throws -> StoredPlan? {
        guard case .created(let stored) = try site.createPlan(now: 0, request: request) else { return nil }
        return stored
    }

    // MARK: A run

    private struct Run {
        let plan: Plan
        let book: RunBook
        var done: Set<TaskID>
        var running: [PlanTask] = []
        let companions: [TaskID: [PlanTask]]
        let clusters: [ItemPath: ItemPath]
        let applied: Set<ItemPath>
        let outBefore: Set<ItemPath>
        var undoing: [StepScope: Set<TaskID>] = [:]
        /// How far earlier runs of the plan came.
        let progress: PlanProgress
    }

    /// Carries the plan out in any order that its edges allow, until a task fails, the process dies, or all is done.
    ///
    /// - Parameter survives: whether nothing goes wrong.
    mutating func run(_ stored: StoredPlan, survives: Bool = false) async throws {
        guard case .acquired = try site.store.acquireLease(holder, planSerial: stored.serial, now: 0) else {
            problems.append("somebody else holds the lease")
            return
        }
        var run = try begin(stored)
        _ = try await run.book.record(.runStarted(isResumed: !run.done.isEmpty, controller: "test"))
        let result = try await advance(&run, survives: survives)
        // Nil when the process died: then nothing more is written.
        if let result { _ = try await run.book.record(.runFinished(result: result)) }
        try site.store.release(holder)
    }

    private func begin(_ stored: StoredPlan) throws -> Run {
        let history = try site.store.journal(planSerial: stored.serial).map(\.event)
        let progress = try PlanProgress(of: stored.plan, history: history)
        let succeeded = Set(progress.tasks.filter(\.value.isSuccess).keys)
        let comparison = TreeComparison(declared: try site.declared().resolved, applied: try site.applied())
        let context = PlanningContext(declared: comparison.declared, applied: comparison.applied)
        let (stop, _) = AsyncStream.makeStream(of: Engine.StopRequest.self)
        let book = RunBook(
            store: site.store, plan: stored, holder: holder, succeeded: succeeded, debts: try site.store.owedSteps(),
            comparison: comparison,
            environment: Site.RunEnvironment(connector: NoHosts(), stop: stop, now: { 0 }, observe: { _ in }))
        var companions: [TaskID: [PlanTask]] = [:]
        for task in stored.plan.tasks { for trigger in task.accompanies { companions[trigger, default: []].append(task) } }
        var run = Run(
            plan: stored.plan, book: book, done: succeeded, companions: companions,
            clusters: Dictionary(
                context.nodes.compactMap { node in node.cluster.map { (node.path, $0) } }, uniquingKeysWith: { first, _ in first }
            ),
            applied: Set(context.nodes.filter(\.isApplied).map(\.path)),  // A plan that goes on has nodes out in their turn.
            outBefore: progress.wasStarted ? [] : Set(out.keys), progress: progress)
        for task in stored.plan.tasks where !succeeded.contains(task.id) {
            for scope in task.forgets { run.undoing[scope, default: []].insert(task.id) }
        }
        return run
    }

    private mutating func advance(_ run: inout Run, survives: Bool) async throws -> RunResult? {
        var attempts: [TaskID: Int] = [:]
        var hasFailed = false
        while true {
            let ready = hasFailed ? [] : self.ready(run)
            if ready.isEmpty, run.running.isEmpty { return hasFailed ? .failed : .successful }
            // The process dies: now and then, and rather early than late.
            if !survives, chance(3) { return nil }
            if !ready.isEmpty, run.running.isEmpty || chance(50) {
                let task = ready[Int.random(in: 0..<ready.count, using: &generator)]
                let attempt = nextAttempt(of: task, run)
                attempts[task.id] = attempt
                run.running.append(task)
                check(task, run)
                _ = try await run.book.record(.taskStarted(task: task.id, attempt: attempt))
                // What is true already is skipped and never begins.
                if chance(90) { try await apply(task, attempt, run) }
            } else {
                let task = run.running.remove(at: Int.random(in: 0..<run.running.count, using: &generator))
                let fails = !survives && chance(6)
                _ = try await run.book.record(
                    .taskFinished(
                        task: task.id, attempt: attempts[task.id] ?? 1, outcome: fails ? .failed : .changed, failure: nil,
                        milliseconds: 1))
                if fails { hasFailed = true } else { finish(task, &run) }
            }
        }
    }

    private mutating func apply(_ task: PlanTask, _ attempt: Int, _ run: Run) async throws {
        _ = try await run.book.record(.taskApplying(task: task.id, attempt: attempt))
        noteBegin(of: task, run)
    }

    /// What a task may have done on the hosts from now on.
    private mutating func noteBegin(of task: PlanTask, _ run: Run) {
        if case .takenOut(let name) = task.nodeChange, let node = task.identity.node { out[node, default: []].insert(name) }
        for companion in run.companions[task.id] ?? [] where !run.done.contains(companion.id) {
            open[companion.identity] = companion
        }
    }

    private mutating func finish(_ task: PlanTask, _ run: inout Run) {
        noteBegin(of: task, run)
        run.done.insert(task.id)
        open[task.identity] = nil
        putBack(task)
        for scope in task.forgets {
            run.undoing[scope]?.remove(task.id)
            guard run.undoing[scope]?.isEmpty == true else { continue }
            // What is gone needs nothing any more.
            for (identity, companion) in open where scope.contains(identity) {
                open[identity] = nil
                putBack(companion)
            }
        }
    }

    private mutating func putBack(_ task: PlanTask) {
        guard case .putBack(let name) = task.nodeChange, let node = task.identity.node else { return }
        out[node]?.remove(name)
        if out[node]?.isEmpty == true { out[node] = nil }
    }

    // MARK: What must hold

    private mutating func check(_ task: PlanTask, _ run: Run) {
        guard let node = task.identity.node else { return }
        if hasContributors, task.effect > .live, task.change != .create, task.group == .node, run.applied.contains(node),
            out[node] == nil
        {
            problems.append("'\(task.identity)' disturbs \(node.name), which is in service")
        }
        guard case .takenOut = task.nodeChange, out[node] == nil else { return }
        let cluster = run.clusters[node]
        let others = out.keys.filter { run.clusters[$0] == cluster }
        let limit = cluster.map { self.limit(of: node, in: $0) } ?? 1
        if others.count >= limit { problems.append("\(node.name) is taken out beside \(others.map(\.name))") }
        if others.contains(where: run.outBefore.contains) { problems.append("\(node.name) is touched before others are back") }
    }

    /// How many nodes may be out of service when this one is: as its pool says, else as the cluster does.
    private func limit(of node: ItemPath, in cluster: ItemPath) -> Int {
        guard let tree = try? site.declared().resolved else { return 1 }
        let pools = tree.children(of: cluster.appending("pools"))
        let policies = pools.filter { $0.list("node_list").contains(String(node.name)) } + [tree[cluster]].compactMap { $0 }
        return policies.lazy.compactMap { Int($0.text("max_unavailable")) }.first ?? 1
    }

    /// What must be so when all was carried out.
    func expectations() throws -> [String] {
        let facts = try site.store.nodeFacts()
        let owed = try site.store.owedSteps()
        return [
            open.isEmpty ? nil : "never done: \(open.keys.sorted())", out.isEmpty ? nil : "out of service: \(out)",
            facts.isEmpty ? nil : "facts are left: \(facts)", owed.isEmpty ? nil : "owed: \(owed.map(\.identity))",
        ].compactMap { $0 }
    }

    // MARK: Parts

    private func ready(_ run: Run) -> [PlanTask] {
        // A phase without tasks, which only waits, is over when what it comes after is.
        var incomplete: Set<Int> = []
        for phase in run.plan.phases
        where !phase.tasks.allSatisfy({ run.done.contains($0.id) }) || !incomplete.isDisjoint(with: phase.after) {
            incomplete.insert(phase.number)
        }
        let running = Set(run.running.map(\.id))
        return run.plan.phases.filter { incomplete.contains($0.number) && incomplete.isDisjoint(with: $0.after) }
            .flatMap(\.tasks).filter { !run.done.contains($0.id) && !running.contains($0.id) }
    }

    /// As the engine counts: an attempt that was interrupted is taken up again, one that has ended is followed by the next.
    private func nextAttempt(of task: PlanTask, _ run: Run) -> Int {
        switch run.progress.tasks[task.id] {
        case .checking(let attempt), .applying(let attempt), .detached(let attempt, _): return attempt
        case .failed(let attempt, _, _): return attempt + 1
        case .retrying(let attempt, _, _, let isDetached): return isDetached ? attempt : attempt + 1
        case .initial, .succeeded, nil: return 1
        }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
}

/// Nobody asks for a host: nothing is carried out.
private struct NoHosts: HostConnector {
    func host(
        at path: ItemPath, connection: HostConnection, secrets: any SecretSource
    ) async throws(TaskFailure) -> any TaskHost {
        throw TaskFailure(.unreachable, "there is no host")
    }

    func closeAll() async {}
}
