package import TaskKit

/// The run of a plan as a step function: it is told what happened and says what to do. No clock, no host, no journal.
///
/// The caller carries out the actions in their order, and tells the engine of every task that it started, exactly once, how it
/// ended (`taskFinished`, when that is in the journal) or that this could not be recorded (`taskAbandoned`).
package struct RunEngine: Sendable {
    /// What the caller tells.
    package enum Event: Hashable, Sendable {
        /// The task has ended, and the journal says so.
        case taskFinished(TaskID, Outcome)
        /// The task no longer runs, but the journal could not say how it ended: nothing new starts.
        case taskAbandoned(TaskID)
        /// The attempt ended without success, and the journal says that another one follows; only told while ``isRunning``.
        case taskRetrying(FailedAttempt)
        /// The wait before the next attempt of the task is over.
        case retryDue(TaskID)
        case stopRequested(StopRequest)
        /// The journal cannot be written: nothing new starts.
        case journalFailed
    }

    /// What the caller does.
    package enum Action: Hashable, Sendable {
        case record(RunEvent)
        case start(TaskStart)
        /// Cancels every running task; each still ends with an event.
        case cancelRunning
        /// Nothing runs any more, and nothing will. Comes once, last.
        case finish(RunResult)
    }

    /// A task that is to be started.
    package struct TaskStart: Hashable, Sendable {
        package var task: PlanTask
        /// Counts from 1. An interrupted attempt is taken up under its own number: its durable run bears it.
        package var attempt: Int
        /// Whether the attempt was interrupted after its intent: the host may have been changed already, and work may go on
        /// there.
        package var wasApplying: Bool
    }

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
    private(set) var state = State.ready
    /// For each phase, how many of its tasks have not succeeded.
    private var tasksLeft: [Int]
    /// For each phase, how many phases it waits for.
    private var phasesLeft: [Int]
    private var incompletePhases: Int
    var queue: ReadyQueue
    private var running: Set<TaskID> = []
    var retries = Retries()

    /// - Parameter history: every event of the earlier runs of this plan, in the order of the journal; empty for the first run.
    /// - Throws: ``PlanError`` when the plan is inconsistent, or the history is not one of it.
    package init(
        plan: Plan, history: some Sequence<RunEvent>, limits: RunLimits = RunLimits()
    ) throws(PlanError) {
        let progress = try PlanProgress(of: plan, history: history)
        self.history = progress
        graph = progress.graph
        tasksLeft = plan.phases.map { phase in phase.tasks.count { progress.tasks[$0.id]?.isSuccess != true } }
        phasesLeft = graph.predecessorCounts
        incompletePhases = plan.phases.count
        queue = ReadyQueue(limits: limits)
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
    package mutating func handle(_ event: Event) -> [Action] {
        var actions: [Action] = []
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
                drain(.failure)
            }
        case (.taskAbandoned(let task), _):
            guard end(task) != nil else { return [] }
            drain(.failure)
        case (.taskRetrying(let attempt), _):
            guard end(attempt.task) != nil else { return [] }
            awaitRetry(attempt)
        case (.retryDue(let task), _):
            guard beginRetry(task) else { return [] }
        case (.journalFailed, _): drain(.failure)
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

    private mutating func end(_ task: TaskID) -> PhaseGraph.Place? {
        guard running.remove(task) != nil, let place = graph.places[task] else { return nil }
        queue.release(graph.task(at: place).host)
        return place
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
            if tasksLeft[position] > 0 || (phase.tasks.isEmpty && isNew) {
                actions.append(.record(.phaseStarted(phase: phase.number)))
            }
            if tasksLeft[position] == 0 {
                pending += complete(position, into: &actions)
                continue
            }
            for task in phase.tasks where history.tasks[task.id]?.isSuccess != true {
                queue.add(task.id, on: task.host)
            }
        }
    }

    /// - Returns: the phases that may be opened now.
    private mutating func complete(_ position: Int, into actions: inout [Action]) -> [Int] {
        let number = graph.plan.phases[position].number
        // Missing when the controller died between the last task and this record.
        if !history.finishedPhases.contains(number) { actions.append(.record(.phaseFinished(phase: number))) }
        incompletePhases -= 1
        var free: [Int] = []
        for successor in graph.successors[position] {
            phasesLeft[successor] -= 1
            if phasesLeft[successor] == 0, case .running = state { free.append(successor) }
        }
        return free
    }

    /// Starts what has room, or ends the run when nothing runs and nothing will.
    private mutating func goOn(into actions: inout [Action]) {
        if case .running = state {
            while let task = queue.next() {
                guard let place = graph.places[task] else { continue }
                running.insert(task)
                actions.append(.start(taskStart(graph.task(at: place))))
            }
        }
        giveUpRetries(into: &actions)
        guard running.isEmpty, retries.isEmpty else { return }
        let result = self.result
        state = .finished
        actions.append(.record(.runFinished(result: result)))
        actions.append(.finish(result))
    }

    private var result: RunResult {
        switch state {
        case .draining(.failure, _): .failed
        case .draining(.request, _): incompletePhases == 0 ? .successful : .stopped
        case .ready, .running, .finished: incompletePhases == 0 ? .successful : .failed
        }
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
