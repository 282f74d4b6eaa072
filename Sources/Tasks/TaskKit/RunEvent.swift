package import Model

/// One record of the journal: what a run is about to do or has done. The journal is the audit trail, the progress stream and the
/// base of resume at once (DESIGN section 1).
package enum RunEvent: Hashable, Sendable, Codable {
    /// A run of the plan begins, for the first time or again.
    case runStarted(isResumed: Bool, controller: String)
    case phaseStarted(phase: Int)
    /// The check of the task is about to be asked; nothing is touched yet.
    case taskStarted(task: TaskID, attempt: Int)
    /// Intent: from here on the host may have been changed. Synced to disk before the side effect.
    case taskApplying(task: TaskID, attempt: Int)
    case taskFinished(task: TaskID, attempt: Int, outcome: Outcome, failure: TaskFailure?, milliseconds: Int)
    /// The attempt ended without success, and another follows in this run after `delayMilliseconds`; or an end of the same attempt, when
    /// the run is stopped before.
    case taskRetrying(
        task: TaskID, attempt: Int, outcome: Outcome, failure: TaskFailure?, milliseconds: Int, delayMilliseconds: Int)
    case phaseFinished(phase: Int)
    /// Somebody asked the run to stop: running tasks finish, or are cancelled.
    case stopRequested(cancelRunning: Bool, by: String)
    case runFinished(result: RunResult)
    /// The run begins no block of a node that would not be done by then, in seconds since 1970.
    case windowOpened(until: Double)
    /// What begins with this phase would not be done before the end of the window.
    case notStarted(phase: Int, needsMilliseconds: Int, leftMilliseconds: Int)
    /// The block of a node has failed, in a cluster or pool that allows some of its nodes to fail: so many have in this run.
    case nodeFailed(node: ItemPath, group: ItemPath, failures: Int, allowed: Int)
    /// Somebody has said that the run may go on after this phase, which waits for it.
    case approved(phase: Int, by: String)
    /// Somebody has put a node back into service by hand, and says so: what was owed to it is settled.
    case nodePutBack(node: ItemPath, contributors: [String], by: String, why: String?)
    /// Somebody has given up the unfinished plan; what is owed stays owed.
    case planGivenUp(by: String, why: String?)
}

/// How a run ended.
package enum RunResult: String, Codable, Sendable {
    case successful
    /// A task did not succeed; what ran beside it was finished.
    case failed
    /// Somebody asked for it, or its window has ended.
    case stopped
    /// It waits for approval; all that does not has been done.
    case paused
}

/// A record as it stands in the journal.
package struct JournalEntry: Hashable, Sendable, Codable {
    /// Gapless, from 1, over all runs of a store.
    package var sequence: Int
    /// Seconds since 1970.
    package var time: Double
    /// The stored plan that the run carries out (``Plan/id`` may repeat; this does not).
    package var planSerial: Int
    package var event: RunEvent

    package init(sequence: Int, time: Double, planSerial: Int, event: RunEvent) {
        self.sequence = sequence
        self.time = time
        self.planSerial = planSerial
        self.event = event
    }
}
