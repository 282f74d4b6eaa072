package import TaskKit

/// What the caller of an engine tells it, and what it is told to do.
extension RunEngine {
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
        /// The time that `soak` asked for has gone.
        case soaked(phase: Int)
        /// The phase was approved, and the journal says so.
        case approved(phase: Int)
        /// The window of the run has come to its end.
        case windowEnded
        /// The journal cannot be written: nothing new starts.
        case journalFailed
    }

    /// What the caller does.
    package enum Action: Hashable, Sendable {
        case record(RunEvent)
        case start(TaskStart)
        /// Cancels every running task; each still ends with an event.
        case cancelRunning
        /// Waits until so many seconds have gone since the journal first said that the phase has started, and tells (`soaked`).
        case soak(phase: Int, seconds: Int)
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
}
