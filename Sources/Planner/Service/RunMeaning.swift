import Model
import Store
import TaskKit

/// What each record of a run means for what is stored: applied steps, owed companions, node facts, applied items. Told of every event in the
/// order of the journal.
struct RunMeaning {
    private let stored: StoredPlan
    private let comparison: TreeComparison
    private let tasks: [TaskID: PlanTask]
    private let companions: [TaskID: [PlanTask]]
    private let clusters: [TaskID: ItemPath]
    private let itemsOfTask: [TaskID: [ItemPath]]
    /// For every item that is not yet as declared: the tasks that it waits for.
    private var waiting: [ItemPath: Set<TaskID>]
    /// For everything that is taken away: the tasks that take it away. What was recorded of it is void when the last of them is done, not
    /// before: else a plan that fails half-way would leave nothing by which the next one knows that there is more to take away.
    private var undoing: [StepScope: Set<TaskID>] = [:]
    private var succeeded: Set<TaskID>
    /// What is owed at this moment, by this plan and by earlier ones.
    private var debts: [StepIdentity: PlanTask]

    init(
        of stored: StoredPlan, succeeded: Set<TaskID>, debts: [OwedStep], comparison: TreeComparison
    ) {
        self.stored = stored
        self.comparison = comparison
        self.succeeded = succeeded
        self.debts = Dictionary(debts.map { ($0.identity, $0.task) }, uniquingKeysWith: { first, _ in first })
        let plan = stored.plan
        tasks = Dictionary(plan.tasks.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
        var companions: [TaskID: [PlanTask]] = [:]
        var clusters: [TaskID: ItemPath] = [:]
        for phase in plan.phases {
            for task in phase.tasks {
                clusters[task.id] = phase.cluster
                for trigger in task.accompanies { companions[trigger, default: []].append(task) }
            }
        }
        self.companions = companions
        self.clusters = clusters
        waiting = plan.completions.mapValues { Set($0).subtracting(succeeded) }
        var items: [TaskID: [ItemPath]] = [:]
        for (path, ids) in plan.completions {
            for id in ids { items[id, default: []].append(path) }
        }
        itemsOfTask = items
        for task in plan.tasks where !succeeded.contains(task.id) {
            for scope in task.forgets { undoing[scope, default: []].insert(task.id) }
        }
    }

    /// What must be known to take an event back whose record was not stored.
    struct Undo {
        fileprivate let task: PlanTask?
        fileprivate let debts: [(identity: StepIdentity, task: PlanTask?)]
    }

    /// What becomes true with the record of an event.
    mutating func take(_ event: RunEvent) -> (changes: StoreChanges, undo: Undo) {
        let changes = changes(for: event)
        let touched = changes.settle + changes.owe.map(\.identity)
        let undo = Undo(task: successful(event), debts: touched.map { ($0, debts[$0]) })
        for identity in changes.settle { debts[identity] = nil }
        for step in changes.owe { debts[step.identity] = step.task }
        return (changes, undo)
    }

    /// Makes as if the latest event had not come.
    mutating func takeBack(_ undo: Undo) {
        for (identity, task) in undo.debts { debts[identity] = task }
        guard let task = undo.task else { return }
        succeeded.remove(task.id)
        for scope in task.forgets { undoing[scope]?.insert(task.id) }
        for path in itemsOfTask[task.id] ?? [] { waiting[path]?.insert(task.id) }
    }

    /// The task of which the event tells that it has succeeded.
    private func successful(_ event: RunEvent) -> PlanTask? {
        guard case .taskFinished(let id, _, let outcome, _, _) = event, outcome.isSuccess else { return nil }
        return tasks[id]
    }

    private mutating func changes(for event: RunEvent) -> StoreChanges {
        var changes = StoreChanges()
        switch event {
        case .runStarted:
            changes.planState = .running
            changes.keepAttempts = stored.basis.attempts
            changes.attempt = comparison.changed.compactMap { path, state in
                state == .initial || state == .updated ? comparison.declared[path] : nil
            }
        case .taskApplying(let id, _):
            changes.owe = owed(because: id)
            // From now on until its end nobody knows what is true, yet something may be there.
            if let task = tasks[id], task.fingerprint != nil {
                changes.recordSteps.append(RecordedStep(task.identity, fingerprint: ""))
            }
        case .taskFinished:
            if let task = successful(event) { finish(task, &changes) }
        case .runFinished(let result):
            switch result {
            case .successful:
                changes.planState = .successful
                applyTheRest(&changes)
                changes.isComplete = stored.plan.selection == nil
            case .failed: changes.planState = .failed
            case .stopped, .paused: changes.planState = .stopped
            }
        case .phaseStarted, .phaseFinished, .taskStarted, .taskRetrying, .stopRequested, .windowOpened, .notStarted, .nodeFailed,
            .approved, .nodePutBack, .planGivenUp:
            break
        }
        return changes
    }

    private mutating func finish(_ task: PlanTask, _ changes: inout StoreChanges) {
        succeeded.insert(task.id)
        // Also when nothing had to be touched: what was out of service already has to be put back all the same.
        changes.owe = owed(because: task.id)
        if let fingerprint = task.fingerprint {
            changes.recordSteps.append(RecordedStep(task.identity, fingerprint: fingerprint))
        }
        if debts[task.identity] != nil { changes.settle.append(task.identity) }
        note(task, &changes)
        for scope in task.forgets {
            undoing[scope]?.remove(task.id)
            if undoing[scope]?.isEmpty == true { forget(scope, &changes) }
        }
        for path in itemsOfTask[task.id] ?? [] {
            waiting[path]?.remove(task.id)
            if waiting[path]?.isEmpty == true { apply(path, &changes) }
        }
    }

    /// What the end of a task says about its node.
    private func note(_ task: PlanTask, _ changes: inout StoreChanges) {
        guard let node = task.identity.node else { return }
        switch task.nodeChange {
        case .takenOut(let contributor): changes.takeOut.append(NodeContributor(node: node, contributor: contributor))
        case .putBack(let contributor): changes.putBack.append(NodeContributor(node: node, contributor: contributor))
        case nil: break
        }
    }

    /// Makes void what was recorded of something that is gone. It needs nothing any more, and keeps no node out of service.
    private func forget(_ scope: StepScope, _ changes: inout StoreChanges) {
        changes.forget.append(scope)
        for (identity, debt) in debts where scope.contains(identity) {
            changes.settle.append(identity)
            if case .putBack = debt.nodeChange { note(debt, &changes) }
        }
    }

    /// The companions of a task that have not been done in this plan.
    private func owed(because id: TaskID) -> [OwedStep] {
        (companions[id] ?? []).filter { !succeeded.contains($0.id) }.map { task in
            OwedStep(
                identity: task.identity, planID: stored.plan.id, planSerial: stored.serial, cluster: clusters[task.id],
                node: task.identity.node, task: task)
        }
    }

    private func apply(_ path: ItemPath, _ changes: inout StoreChanges) {
        if let item = comparison.declared[path] {
            changes.applyItems.append(item)
        } else {
            changes.removeItems.append(path)
        }
    }

    /// When all of a plan is done, everything is as declared that it was made for: also what needed no task. What wants a task and has none
    /// is not.
    private func applyTheRest(_ changes: inout StoreChanges) {
        if let selection = stored.plan.selection {
            for path in selection.completes { apply(path, &changes) }
            return
        }
        let unhandled = Set(stored.plan.unhandled ?? [])
        for (path, state) in comparison.changed where waiting[path]?.isEmpty != true {
            guard state == .forRemoval || !unhandled.contains(path) else { continue }
            apply(path, &changes)
        }
    }
}
