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
    case phaseFinished(phase: Int)
    /// Somebody asked the run to stop: running tasks finish, or are cancelled.
    case stopRequested(cancelRunning: Bool, by: String)
    case runFinished(result: RunResult)
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
    /// Somebody asked for it.
    case stopped
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
