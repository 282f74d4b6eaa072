import Model
package import TaskKit

/// The run of a plan as a step function: it is told what happened and says what to do. No clock, no host, no journal.
///
/// The caller carries out the actions in their order, and tells the engine of every task that it started, exactly once, how it
/// ended (`taskFinished`, when that is in the journal; of a success also before, if it is there before anything that follows) or that this
/// could not be recorded (`taskAbandoned`).
package struct RunEngine: Sendable {
    enum State {
        /// Before `start`. Next: any other.
        case ready
        /// Whatever may start is started. Next: `draining`, `finished`.
        case running
        /// Nothing new starts; the running tasks are awaited. Next: `finished`.
        case draining(Cause, isCancelling: Bool)
        /// Nothing follows.
        case finished
    }

    /// Why nothing new starts. A failure weighs more than a wish.
    enum Cause { case failure, request }

    let graph: PhaseGraph
    private let history: PlanProgress
    private let policy: RunPolicy
    private(set) var state = State.ready
    /// For each phase, how many of its tasks have not succeeded.
    private var tasksLeft: [Int]
    /// For each phase, how many phases it waits for.
    private var phasesLeft: [Int]
    private var incompletePhases: Int
    var queue: ReadyQueue
    private var running: Set<TaskID> = []
    private var blocks: NodeBlocks
    /// Phases for which nothing that may have failed is awaited any more, because an earlier run has begun them.
    private var begunPhases: Set<Int> = []
    /// Whether any task of this run has failed.
    private var hasFailures = false
    /// Clusters of which nothing new starts, while others go on.
    private var haltedClusters: Set<ItemPath> = []
    /// The numbers of the phases for which the caller waits: soaks, and approvals.
    private var waits: Set<Int> = []
    /// The numbers of the phases that want an approval for which the caller does not wait.
    private var pauses: Set<Int> = []
    /// What the window has kept from starting.
    private var isHeld = false
    private var isWindowClosed = false
    /// Since the start of the run.
    private var elapsed = Duration.zero
    var retries = Retries()

    /// - Parameter history: every event of the earlier runs of this plan, in the order of the journal; empty for the first run.
    /// - Throws: ``PlanError`` when the plan is inconsistent, or the history is not one of it.
    package init(
        plan: Plan, history: some Sequence<RunEvent>, limits: RunLimits = RunLimits(), policy: RunPolicy = RunPolicy()
    ) throws(PlanError) {
        let progress = try PlanProgress(of: plan, history: history)
        self.history = progress
        self.policy = policy
        graph = progress.graph
        tasksLeft = plan.phases.map { phase in phase.tasks.count { progress.tasks[$0.id]?.isSuccess != true } }
        phasesLeft = graph.predecessorCounts
        incompletePhases = plan.phases.count
        queue = ReadyQueue(limits: limits)
        blocks = NodeBlocks(progress)
        takeUpBegun(progress)
    }

    /// A node that is half-way goes on at once: it does not wait until one that failed before it has been tried again.
    private mutating func takeUpBegun(_ progress: PlanProgress) {
        for (position, tolerated) in graph.tolerated {
            let phase = graph.plan.phases[position]
            let ofBlock = blocks.block(of: position).map { blocks.blocks[$0].phases } ?? []
            let hasBegun = ofBlock.contains { place in
                graph.plan.phases[place].tasks.contains { (progress.tasks[$0.id] ?? .initial) != .initial }
            }
            guard hasBegun || progress.finishedPhases.contains(phase.number) else { continue }
            begunPhases.insert(position)
            phasesLeft[position] -= tolerated.count
        }
    }

    /// The first actions. Called once; a second call does nothing.
    package mutating func start() -> [Action] {
        guard case .ready = state else { return [] }
        state = .running
        var actions: [Action] = []
        open(phasesLeft.indices.filter { phasesLeft[$0] == 0 }, into: &actions)
        goOn(into: &actions)
        return actions
    }

    /// What follows from an event. An event about a task that does not run, or after the end, changes nothing.
    ///
    /// - Parameter time: since the start of the run, as far as the caller looks at a clock; a window needs it.
    package mutating func handle(_ event: Event, at time: Duration = .zero) -> [Action] {
        var actions: [Action] = []
        elapsed = max(elapsed, time)
        switch (event, state) {
        case (_, .ready), (_, .finished): return []
        case (.taskFinished(let task, let outcome), _):
            guard let place = end(task) else { return [] }
            if outcome.isSuccess {
                tasksLeft[place.phase] -= 1
                if tasksLeft[place.phase] == 0 { open(complete(place.phase, into: &actions), into: &actions) }
            } else if outcome == .cancelled, case .draining = state {
                // It was asked for; whether the run has failed is decided by others.
            } else {
                fail(place.phase, outcome, into: &actions)
            }
            settle(place.phase, into: &actions)
        case (.taskAbandoned(let task), _):
            guard end(task) != nil else { return [] }
            drain(.failure)
        case (.taskRetrying(let attempt), _):
            guard end(attempt.task, isFinal: false) != nil else { return [] }
            awaitRetry(attempt)
        case (.retryDue(let task), _):
            guard beginRetry(task) else { return [] }
        case (.journalFailed, _): drain(.failure)
        case (.soaked(let number), _), (.approved(let number), _):
            guard waits.remove(number) ?? pauses.remove(number) != nil, let position = graph.positions[number] else { return [] }
            open(complete(position, into: &actions), into: &actions)
        case (.windowEnded, _): closeWindow()
        case (.stopRequested(let request), .running):
            actions.append(.record(.stopRequested(cancelRunning: request.cancelRunning, by: request.by)))
            state = .draining(.request, isCancelling: request.cancelRunning)
            if request.cancelRunning { actions.append(.cancelRunning) }
        case (.stopRequested(let request), .draining(let cause, let isCancelling)):
            guard request.cancelRunning, !isCancelling else { return [] }
            actions.append(.record(.stopRequested(cancelRunning: true, by: request.by)))
            actions.append(.cancelRunning)
            state = .draining(cause, isCancelling: true)
        }
        goOn(into: &actions)
        return actions
    }

    // MARK: - Steps

    /// - Parameter isFinal: whether no other attempt follows; else the task is still one that its node's block waits for.
    private mutating func end(_ task: TaskID, isFinal: Bool = true) -> PhaseGraph.Place? {
        guard running.remove(task) != nil, let place = graph.places[task] else { return nil }
        queue.release(graph.task(at: place).host)
        if isFinal { blocks.end(in: place.phase) }
        return place
    }

    private mutating func fail(_ position: Int, _ outcome: Outcome, into actions: inout [Action]) {
        hasFailures = true
        switch blocks.fail(in: position, outcome) {
        case .known: return
        case .new(let event, let isAllowed):
            actions.append(.record(event))
            if isAllowed { return }
        case .counts: break
        }
        if policy.keepsGoing, let cluster = graph.plan.phases[position].cluster {
            haltedClusters.insert(cluster)
        } else {
            drain(.failure)
        }
    }

    /// When a block has failed as a whole: what may follow also then has its turn.
    private mutating func settle(_ position: Int, into actions: inout [Action]) {
        guard let ended = blocks.settle(position), case .running = state else { return }
        var free: [Int] = []
        for phase in ended.phases {
            for successor in graph.successors[phase] where isTolerated(phase, by: successor) {
                phasesLeft[successor] -= 1
                if phasesLeft[successor] == 0 { free.append(successor) }
            }
        }
        open(free + ended.freed, into: &actions)
    }

    /// Whether a phase still waits for another that may have failed instead.
    private func isTolerated(_ position: Int, by successor: Int) -> Bool {
        graph.tolerated[successor]?.contains(position) == true && !begunPhases.contains(successor)
    }

    private mutating func drain(_ cause: Cause) {
        switch state {
        case .draining(_, let isCancelling): state = .draining(cause, isCancelling: isCancelling)
        case .ready, .running: state = .draining(cause, isCancelling: false)
        case .finished: break
        }
    }

    /// All phases before these are complete: their tasks may start, or they are complete themselves. Not recursive: a plan that
    /// is resumed near its end passes thousands of complete phases here.
    private mutating func open(_ positions: [Int], into actions: inout [Action]) {
        var pending = positions
        var next = 0
        while next < pending.count {
            let position = pending[next]
            next += 1
            let phase = graph.plan.phases[position]
            let isNew = !history.finishedPhases.contains(phase.number)
            let isDone = tasksLeft[position] == 0 && (phase.wait == nil || !isNew || isApproved(phase))
            guard isDone || admits(phase, at: position, into: &actions) else { continue }
            if tasksLeft[position] > 0 || (phase.tasks.isEmpty && isNew && !isApproved(phase)) {
                actions.append(.record(.phaseStarted(phase: phase.number)))
            }
            if isDone {
                pending += complete(position, into: &actions)
            } else if let wait = phase.wait {
                begin(wait, phase.number, into: &actions)
            } else {
                for task in phase.tasks where history.tasks[task.id]?.isSuccess != true { queue.add(task.id, on: task.host) }
            }
        }
    }

    private func isApproved(_ phase: Phase) -> Bool {
        phase.wait?.kind == .approval && history.approvals[phase.number] != nil
    }

    /// - Returns: the phases that may be opened now.
    private mutating func complete(_ position: Int, into actions: inout [Action]) -> [Int] {
        let number = graph.plan.phases[position].number
        // Missing when the controller died between the last task and this record.
        if !history.finishedPhases.contains(number) { actions.append(.record(.phaseFinished(phase: number))) }
        incompletePhases -= 1
        var free: [Int] = blocks.complete(position)
        for successor in graph.successors[position] {
            // It was not waited for.
            if begunPhases.contains(successor), graph.tolerated[successor]?.contains(position) == true { continue }
            phasesLeft[successor] -= 1
            if phasesLeft[successor] == 0 { free.append(successor) }
        }
        if case .running = state { return free }
        return []
    }

    /// Starts what has room, or ends the run when nothing runs and nothing will.
    private mutating func goOn(into actions: inout [Action]) {
        if case .running = state {
            while let task = queue.next() {
                guard let place = graph.places[task] else { continue }
                let planned = graph.task(at: place)
                let last = retries.take(task)
                guard mayStart(place.phase) else {
                    queue.release(planned.host)
                    if let last { giveUp(last, in: place.phase, into: &actions) }
                    continue
                }
                running.insert(task)
                // A task that is tried again is one that its block waits for already.
                if last == nil { blocks.start(planned, in: place.phase) }
                actions.append(.start(taskStart(planned)))
            }
            if !waits.isEmpty { return }
        }
        giveUpRetries(into: &actions)
        guard running.isEmpty, retries.isEmpty else { return }
        let result = self.result
        state = .finished
        actions.append(.record(.runFinished(result: result)))
        actions.append(.finish(result))
    }

    /// Where nothing new starts, no further attempt does: the task ends as its last one did.
    private mutating func giveUp(_ last: FailedAttempt, in phase: Int, into actions: inout [Action]) {
        actions.append(.record(last.end))
        // It says nothing new but that the host may be out of reach: then the node counts as out of service.
        _ = blocks.fail(in: phase, last.outcome)
        blocks.end(in: phase)
        settle(phase, into: &actions)
    }

    private var result: RunResult {
        switch state {
        case .draining(.failure, _): .failed
        case .draining(.request, _): incompletePhases == 0 ? .successful : hasFailures ? .failed : .stopped
        case .ready, .running, .finished: resultOfAll
        }
    }

    /// How a run ends that nobody has stopped, when nothing more may start.
    private var resultOfAll: RunResult {
        if incompletePhases == 0 { return .successful }
        if hasFailures { return .failed }
        if !pauses.isEmpty { return .paused }
        return isHeld ? .stopped : .failed
    }

    private func taskStart(_ task: PlanTask) -> TaskStart {
        if let next = retries.nextStart(of: task) { return next }
        return switch history.tasks[task.id] {
        case .checking(let attempt): TaskStart(task: task, attempt: attempt, wasApplying: false)
        case .applying(let attempt), .detached(let attempt, _):
            TaskStart(task: task, attempt: attempt, wasApplying: true)
        case .failed(let attempt, _, _): TaskStart(task: task, attempt: attempt + 1, wasApplying: false)
        case .retrying(let attempt, _, _, let isDetached):
            TaskStart(task: task, attempt: isDetached ? attempt : attempt + 1, wasApplying: isDetached)
        case .initial, .succeeded, nil: TaskStart(task: task, attempt: 1, wasApplying: false)
        }
    }
}

// MARK: - Waits and windows

extension RunEngine {
    /// Whether the phase may begin, as far as failures, seats and the window allow it.
    private mutating func admits(_ phase: Phase, at position: Int, into actions: inout [Action]) -> Bool {
        if let cluster = phase.cluster, haltedClusters.contains(cluster) { return false }
        guard phase.wait == nil else { return true }
        guard let block = blocks.block(of: position) else { return fits([position], phase, into: &actions) }
        if blocks.blocks[block].hasFailed { return false }
        if blocks.blocks[block].hasBegun { return true }
        guard blocks.hasRoom(block, for: position), fits(blocks.blocks[block].phases, phase, into: &actions) else { return false }
        blocks.begin(block)
        return true
    }

    /// Whether what is left of these phases is done before the window ends.
    private mutating func fits(_ positions: [Int], _ phase: Phase, into actions: inout [Action]) -> Bool {
        guard let window = policy.window else { return true }
        let open = positions.filter { tasksLeft[$0] > 0 }.map { graph.plan.phases[$0].number }
        let needed = open.reduce(Duration.zero) { $0 + (window.phases[$1] ?? .zero) }
        let left = window.length - elapsed
        if needed <= left, !isWindowClosed { return true }
        isHeld = true
        actions.append(
            .record(
                .notStarted(
                    phase: phase.number, needsMilliseconds: needed.wholeMilliseconds,
                    leftMilliseconds: max(0, left.wholeMilliseconds))))
        return false
    }

    /// Whether a task that has waited for room may still start.
    private func mayStart(_ position: Int) -> Bool {
        if let cluster = graph.plan.phases[position].cluster, haltedClusters.contains(cluster) { return false }
        return blocks.block(of: position).map { !blocks.blocks[$0].hasFailed } ?? true
    }

    private mutating func begin(_ wait: PhaseWait, _ number: Int, into actions: inout [Action]) {
        switch wait.kind {
        case .approval where policy.waitsForApproval && !isWindowClosed: waits.insert(number)
        case .approval: pauses.insert(number)
        // Its time runs all the same; the next run finds it in the journal.
        case .soak where isWindowClosed: isHeld = true
        case .soak(let seconds):
            waits.insert(number)
            actions.append(.soak(phase: number, seconds: seconds))
        }
    }

    private mutating func closeWindow() {
        isWindowClosed = true
        for number in waits {
            guard let position = graph.positions[number] else { continue }
            if graph.plan.phases[position].wait?.kind == .approval { pauses.insert(number) } else { isHeld = true }
        }
        waits = []
    }
}
