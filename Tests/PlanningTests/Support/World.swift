import CorePlugin
import Model
import Planning
import PluginKit
import TaskKit

/// A site with what was applied to it: plans are made from it and carried out on it, as the service does with the store
/// (`Service/RunBook.swift`), without a store and without hosts.
struct World {
    var declared: Tree
    var plugins: [any Plugin]
    var appliedItems: [ItemPath: ResolvedItem] = [:]
    var appliedSteps: [StepIdentity: String] = [:]
    /// What was true once and was not taken away since.
    var carriedOut: Set<StepIdentity> = []
    var owed: [StepIdentity: OwedTask] = [:]
    /// What plans that did not come to their end have set out to make.
    var attempts: [[ResolvedItem]] = []
    var appliedSerial = 0
    var locking = LockPolicy()
    /// ``Planning/PlanningInput/maximumEdgesOfTurn``
    var maximumEdgesOfTurn = 10_000
    let registry: TypeRegistry

    init(_ declared: Tree, _ plugin: TestPlugin = TestPlugin()) throws {
        try self.init(declared, plugins: [CorePlugin(), plugin])
    }

    init(_ declared: Tree, plugins: [any Plugin]) throws {
        self.declared = declared
        self.plugins = plugins
        registry = try TypeRegistry(plugins.map(\.declarations))
    }

    var context: PlanningContext {
        let carriedOut = carriedOut
        return PlanningContext(
            declared: ResolvedTree.resolving(declared, registry: registry).tree,
            applied: ResolvedTree(ordered: appliedItems.values.sorted { $0.path < $1.path }, registry: registry),
            carriedOut: carriedOut.contains)
    }

    func plan() throws(PlanningError) -> Plan? { try outcome().plan }

    func outcome(_ targets: PlanTargets = PlanTargets()) throws(PlanningError) -> PlanOutcome {
        var input = PlanningInput(
            context: context, plugins: plugins, appliedSteps: appliedSteps,
            owed: owed.values.sorted { $0.task.identity < $1.task.identity }, attempts: attempts,
            appliedSerial: appliedSerial, plannerVersion: "test", locking: locking)
        input.maximumEdgesOfTurn = maximumEdgesOfTurn
        return try PlanMaker.outcome(for: input, targets: targets)
    }

    /// Makes a plan and carries all of it out.
    @discardableResult
    mutating func apply(_ targets: PlanTargets = PlanTargets()) throws -> Plan? {
        let outcome = try outcome(targets)
        guard let plan = outcome.plan else {
            if targets.isEmpty { recordItemsWithoutTasks(except: outcome.unhandled) }
            return nil
        }
        var run = WorldRun(of: plan, in: self)
        for phase in plan.phases {
            for task in phase.tasks {
                run.begin(task, in: &self)
                run.finish(task, in: &self)
            }
        }
        run.end(in: &self)
        return plan
    }

    private mutating func recordItemsWithoutTasks(except unhandled: [UnhandledItem]) {
        let comparison = context.comparison
        let staying = Set(unhandled.filter { !$0.isRemoved }.map(\.path))
        for (path, state) in comparison.states where state != .applied && !staying.contains(path) {
            appliedItems[path] = comparison.declared[path]
        }
        attempts = []
    }

    /// Carries a plan out up to a task, which is begun and not finished.
    mutating func run(_ plan: Plan, until isLast: (PlanTask) -> Bool) {
        var run = WorldRun(of: plan, in: self)
        for task in plan.tasks {
            run.begin(task, in: &self)
            if isLast(task) { return }
            run.finish(task, in: &self)
        }
        run.end(in: &self)
    }
}

/// One run of a plan: what each record of its journal means for what is stored.
struct WorldRun {
    private let plan: Plan
    private let companions: [TaskID: [PlanTask]]
    private let clusters: [TaskID: ItemPath]
    private let comparison: TreeComparison
    private var waiting: [ItemPath: Set<TaskID>]
    private var succeeded: Set<TaskID> = []
    private var hasBegun = false
    /// For everything that is taken away: the tasks that take it away.
    private var undoing: [StepScope: Set<TaskID>] = [:]
    /// What all of them have taken away.
    private(set) var forgotten: [StepScope] = []

    init(of plan: Plan, in world: World) {
        self.plan = plan
        comparison = world.context.comparison
        waiting = plan.completions.mapValues(Set.init)
        var companions: [TaskID: [PlanTask]] = [:]
        var clusters: [TaskID: ItemPath] = [:]
        for phase in plan.phases {
            for task in phase.tasks {
                clusters[task.id] = phase.cluster
                for scope in task.forgets { undoing[scope, default: []].insert(task.id) }
                for trigger in task.accompanies { companions[trigger, default: []].append(task) }
            }
        }
        self.companions = companions
        self.clusters = clusters
    }

    mutating func begin(_ task: PlanTask, in world: inout World) {
        if !hasBegun {
            hasBegun = true
            world.attempts.append(
                comparison.states.compactMap { path, state in
                    state == .initial || state == .updated ? comparison.declared[path] : nil
                })
        }
        owe(because: task, in: &world)
        if task.fingerprint != nil { world.appliedSteps[task.identity] = "" }
    }

    mutating func finish(_ task: PlanTask, in world: inout World) {
        succeeded.insert(task.id)
        owe(because: task, in: &world)
        for scope in task.forgets {
            undoing[scope]?.remove(task.id)
            guard undoing[scope]?.isEmpty == true else { continue }
            forgotten.append(scope)
            world.appliedSteps = world.appliedSteps.filter { !scope.contains($0.key) }
            world.carriedOut = world.carriedOut.filter { !scope.contains($0) }
            world.owed = world.owed.filter { !scope.contains($0.key) }
        }
        if let fingerprint = task.fingerprint {
            world.appliedSteps[task.identity] = fingerprint
            world.carriedOut.insert(task.identity)
        }
        world.owed[task.identity] = nil
        for path in waiting.filter({ $0.value.contains(task.id) }).keys {
            waiting[path]?.remove(task.id)
            if waiting[path]?.isEmpty == true { apply(path, in: &world) }
        }
    }

    /// Everything was done: also what needed no task is as declared.
    func end(in world: inout World) {
        if let selection = plan.selection {
            for path in selection.completes { apply(path, in: &world) }
            return
        }
        world.attempts = []
        let unhandled = Set(plan.unhandled ?? [])
        for (path, state) in comparison.states where state != .applied && waiting[path]?.isEmpty != true {
            guard state == .forRemoval || !unhandled.contains(path) else { continue }
            apply(path, in: &world)
        }
    }

    private func owe(because task: PlanTask, in world: inout World) {
        for companion in companions[task.id] ?? [] where !succeeded.contains(companion.id) {
            world.owed[companion.identity] = OwedTask(plan: plan.id, cluster: clusters[companion.id], task: companion)
        }
    }

    private func apply(_ path: ItemPath, in world: inout World) {
        world.appliedItems[path] = comparison.declared[path]
        world.appliedSerial += 1
    }
}

extension Plan {
    /// Every phase on a line: `3 NODE n1 after 2: apply a on n1, apply b on n1`.
    var lines: [String] {
        phases.map { phase in
            let place = [phase.group.rawValue, phase.node.map { String($0.name) } ?? ""].filter { !$0.isEmpty }
            let after = phase.after.isEmpty ? "" : " after " + phase.after.map(String.init).joined(separator: " ")
            return "\(phase.number) \(place.joined(separator: " "))\(after): "
                + (phase.wait.map { "\($0.kind) \($0.doneNodes)/\($0.nodeCount)" }
                    ?? phase.tasks.map(\.summary).joined(separator: ", "))
        }
    }

    var summaries: [String] { tasks.map(\.summary) }

    func task(_ summary: String) -> PlanTask? { tasks.first { $0.summary == summary } }
}
