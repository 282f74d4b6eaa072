package import TaskKit

/// The journal of a plan, folded: the state of every task and every phase. What `show_plan` prints, and where a run goes on.
package struct PlanProgress: Sendable {
    /// The state of every task of the plan.
    package private(set) var tasks: [TaskID: TaskState]
    /// The numbers of the phases whose end is in the journal.
    package private(set) var finishedPhases: Set<Int> = []
    /// Whether any run of the plan has begun.
    package private(set) var wasStarted = false
    /// How the latest run ended; nil while it goes on, or when it was interrupted.
    package private(set) var latestResult: RunResult?

    /// The numbers of the phases at which a run has waited, or waits.
    package private(set) var reachedWaits: Set<Int> = []
    /// Who approved the phases that wait for it, by number.
    package private(set) var approvals: [Int: String] = [:]

    let graph: PhaseGraph

    /// - Parameter history: every event of every run of this plan, in the order of the journal.
    /// - Throws: ``PlanError`` when the plan cannot be carried out at all, or the journal is not one of this plan.
    /// - Complexity: O(tasks + events).
    package init(of plan: Plan, history: some Sequence<RunEvent>) throws(PlanError) {
        graph = try PhaseGraph(plan)
        tasks = Dictionary(uniqueKeysWithValues: graph.places.keys.map { ($0, .initial) })
        for event in history { try record(event) }
    }

    /// The state of every phase, by number.
    package var phases: [Int: PhaseState] {
        Dictionary(uniqueKeysWithValues: graph.plan.phases.map { ($0.number, state(of: $0)) })
    }

    /// Takes one more event, as it was recorded.
    package mutating func record(_ event: RunEvent) throws(PlanError) {
        switch event {
        case .runStarted:
            wasStarted = true
            latestResult = nil
        case .runFinished(let result): latestResult = result
        case .stopRequested, .windowOpened, .nodeFailed, .nodePutBack, .planGivenUp: break
        case .notStarted(let number, _, _):
            guard graph.positions[number] != nil else { throw .unknownPhase(number) }
        case .phaseStarted(let number):
            guard let position = graph.positions[number] else { throw .unknownPhase(number) }
            if graph.plan.phases[position].wait != nil { reachedWaits.insert(number) }
        case .approved(let number, let by):
            guard let position = graph.positions[number] else { throw .unknownPhase(number) }
            guard graph.plan.phases[position].wait?.kind == .approval else { throw .inconsistentPhase(number) }
            approvals[number] = by
        case .phaseFinished(let number): try finishPhase(number)
        case .taskStarted(let task, let attempt):
            try move(task, by: "its start") { state in
                switch state {
                case .initial: attempt == 1 ? .checking(attempt: 1) : nil
                // Taken up again by a later run; what it may have touched stays known.
                case .checking(attempt), .applying(attempt): state
                case .detached(attempt, _): .applying(attempt: attempt)
                case .failed(let last, _, _): attempt == last + 1 ? .checking(attempt: attempt) : nil
                case .retrying(let last, _, _, let isDetached):
                    switch (isDetached, attempt) {
                    case (true, last): .applying(attempt: attempt)
                    case (false, last + 1): .checking(attempt: attempt)
                    default: nil
                    }
                case .checking, .applying, .succeeded, .detached: nil
                }
            }
        case .taskApplying(let task, let attempt):
            try move(task, by: "its intent") { state in
                switch state {
                case .checking(attempt), .applying(attempt): .applying(attempt: attempt)
                case .initial, .checking, .applying, .succeeded, .failed, .detached, .retrying: nil
                }
            }
        case .taskRetrying(let task, let attempt, let outcome, let failure, _, _):
            try move(task, by: "its retry") { state in
                switch state {
                case .checking(attempt), .applying(attempt):
                    outcome.isSuccess ? nil : state.awaitingRetry(attempt, outcome, failure)
                case .initial, .checking, .applying, .succeeded, .failed, .detached, .retrying: nil
                }
            }
        case .taskFinished(let task, let attempt, let outcome, let failure, _):
            try move(task, by: "its end") { state in
                switch state {
                case .checking(attempt), .applying(attempt): state.ended(attempt, outcome, failure)
                // The run was stopped before the next attempt.
                case .retrying(attempt, _, _, _): outcome.isSuccess ? nil : state.ended(attempt, outcome, failure)
                case .initial, .checking, .applying, .succeeded, .failed, .detached, .retrying: nil
                }
            }
        }
    }

    /// - Parameter next: the state that follows; nil when the event cannot follow.
    private mutating func move(_ task: TaskID, by event: String, _ next: (TaskState) -> TaskState?) throws(PlanError) {
        guard let state = tasks[task] else { throw .unknownTask(task) }
        guard let following = next(state) else { throw .inconsistentTask(task, state: state, event: event) }
        tasks[task] = following
    }

    private mutating func finishPhase(_ number: Int) throws(PlanError) {
        guard let position = graph.positions[number] else { throw .unknownPhase(number) }
        guard isComplete(graph.plan.phases[position]), finishedPhases.insert(number).inserted else {
            throw .inconsistentPhase(number)
        }
    }

    func isComplete(_ phase: Phase) -> Bool {
        if phase.wait?.kind == .approval, approvals[phase.number] == nil { return false }
        return phase.tasks.allSatisfy { tasks[$0.id]?.isSuccess == true }
    }

    private func state(of phase: Phase) -> PhaseState {
        let states = phase.tasks.compactMap { tasks[$0.id] }
        if states.isEmpty {
            if finishedPhases.contains(phase.number) { return .succeeded }
            return reachedWaits.contains(phase.number) ? .running : .initial
        }
        if states.allSatisfy(\.isSuccess) { return .succeeded }
        if states.contains(where: \.isInFlight) { return .running }
        if states.contains(where: \.isFailure) { return .failed }
        return states.contains(where: \.isSuccess) ? .running : .initial
    }
}
