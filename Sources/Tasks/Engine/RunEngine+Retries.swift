package import TaskKit

/// Attempts that follow another one within the same run. While a task waits for its next attempt it takes no room: others go on.
extension RunEngine {
    /// An attempt that ended without success.
    package struct FailedAttempt: Hashable, Sendable {
        package var task: TaskID
        package var attempt: Int
        package var outcome: Outcome
        package var failure: TaskFailure?
        /// Whether its host was lost after the intent, so that what was begun may go on there: the next attempt bears the same number and
        /// joins it.
        package var isDetached: Bool

        package init(task: TaskID, attempt: Int, outcome: Outcome, failure: TaskFailure?, isDetached: Bool) {
            self.task = task
            self.attempt = attempt
            self.outcome = outcome
            self.failure = failure
            self.isDetached = isDetached
        }

        /// What is recorded when no attempt follows after all.
        var end: RunEvent {
            .taskFinished(task: task, attempt: attempt, outcome: outcome, failure: failure, milliseconds: 0)
        }
    }

    /// The attempts of this run that were not the last.
    struct Retries: Sendable {
        /// Those whose task waits for its next attempt.
        private var waiting: [TaskID: FailedAttempt] = [:]
        /// Those whose wait is over: the task is in the queue.
        private var due: [TaskID: FailedAttempt] = [:]
        /// For each task, the latest of them: it says what the next attempt is.
        private var latest: [TaskID: FailedAttempt] = [:]

        var isEmpty: Bool { waiting.isEmpty }

        mutating func add(_ attempt: FailedAttempt) {
            waiting[attempt.task] = attempt
            latest[attempt.task] = attempt
        }

        /// - Returns: whether the task waited.
        mutating func makeDue(_ task: TaskID) -> Bool {
            guard let last = waiting.removeValue(forKey: task) else { return false }
            due[task] = last
            return true
        }

        /// Takes a task from the queue, to start it or to give it up.
        ///
        /// - Returns: the attempt before the one that is due; nil when the task has not been tried in this run.
        mutating func take(_ task: TaskID) -> FailedAttempt? { due.removeValue(forKey: task) }

        mutating func endAll() -> [FailedAttempt] {
            defer { (waiting, due) = ([:], [:]) }
            return (Array(waiting.values) + due.values).sorted { $0.task < $1.task }
        }

        func nextStart(of task: PlanTask) -> TaskStart? {
            latest[task.id].map { last in
                TaskStart(
                    task: task, attempt: last.isDetached ? last.attempt : last.attempt + 1, wasApplying: last.isDetached)
            }
        }
    }

    /// Whether new tasks and new attempts may start.
    package var isRunning: Bool {
        switch state {
        case .running: true
        case .ready, .draining, .finished: false
        }
    }

    mutating func awaitRetry(_ attempt: FailedAttempt) { retries.add(attempt) }

    /// - Returns: whether the task waited for it.
    mutating func beginRetry(_ task: TaskID) -> Bool {
        guard let place = graph.places[task], retries.makeDue(task) else { return false }
        queue.add(task, on: graph.task(at: place).host)
        return true
    }

    /// A run that starts nothing new does not wait for what it would start: the tasks end as their last attempt did.
    mutating func giveUpRetries(into actions: inout [Action]) {
        guard !isRunning else { return }
        for last in retries.endAll() { actions.append(.record(last.end)) }
    }
}
