package import TaskKit

/// Where one task of a plan stands, as the journal tells it.
package enum TaskState: Hashable, Sendable {
    /// Never started. Next: `checking`.
    case initial
    /// Its check was asked, nothing was touched. Next: `applying` (intent), `succeeded`, `failed`; or, when the run that started
    /// it is gone, `checking` again under the same attempt.
    case checking(attempt: Int)
    /// The host may have been changed. Next: `succeeded`, `failed`; or, when the run is gone, it stays and is decided by its
    /// durable run or its check under the same attempt.
    case applying(attempt: Int)
    /// True now. Nothing follows: it is never started again.
    case succeeded(attempt: Int, Outcome)
    /// Not true. Next: `checking` with the attempt after this one, when the plan is resumed.
    case failed(attempt: Int, Outcome, TaskFailure?)
    /// The host was lost after the intent: what was begun may go on there. Next: `applying` under the same attempt, when the plan
    /// is resumed: a new attempt would begin the work a second time beside the first.
    case detached(attempt: Int, TaskFailure?)
    /// An attempt ended without success, and the run waits to begin another one. Next: `checking` with the attempt after this one, or, when
    /// the host was lost after the intent, `applying` under the same; `failed` or `detached` when the run is stopped before.
    case retrying(attempt: Int, Outcome, TaskFailure?, isDetached: Bool)

    package var isInFlight: Bool {
        switch self {
        case .checking, .applying, .retrying: true
        case .initial, .succeeded, .failed, .detached: false
        }
    }

    package var isSuccess: Bool {
        switch self {
        case .succeeded: true
        case .initial, .checking, .applying, .failed, .detached, .retrying: false
        }
    }

    package var isFailure: Bool {
        switch self {
        case .failed, .detached: true
        case .initial, .checking, .applying, .succeeded, .retrying: false
        }
    }
}

extension TaskState {
    /// What follows from the end of the attempt that is in flight.
    func ended(_ attempt: Int, _ outcome: Outcome, _ failure: TaskFailure?) -> TaskState {
        if outcome.isSuccess { return .succeeded(attempt: attempt, outcome) }
        if isDetached(by: outcome, failure) { return .detached(attempt: attempt, failure) }
        return .failed(attempt: attempt, outcome, failure)
    }

    /// What follows from the end of the attempt that is in flight, when another one was announced.
    func awaitingRetry(_ attempt: Int, _ outcome: Outcome, _ failure: TaskFailure?) -> TaskState {
        .retrying(attempt: attempt, outcome, failure, isDetached: isDetached(by: outcome, failure))
    }

    private func isDetached(by outcome: Outcome, _ failure: TaskFailure?) -> Bool {
        switch self {
        case .applying: failure?.mayLeaveWork ?? (outcome == .unreachable)
        case .retrying(_, _, _, let isDetached): isDetached
        case .initial, .checking, .succeeded, .failed, .detached: false
        }
    }
}

/// Where one phase stands: made from the states of its tasks, never stored.
package enum PhaseState: String, Hashable, Sendable {
    /// None of its tasks was started.
    case initial
    /// Some task was started, and not all have succeeded.
    case running
    case succeeded
    /// A task of it has failed, and none is running.
    case failed
}
