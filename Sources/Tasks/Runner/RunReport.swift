package import TaskKit

/// What came of one run.
package struct RunReport: Hashable, Sendable {
    package var result: RunResult
    /// How the tasks of this run ended, as far as the journal could say.
    package var outcomes: [TaskID: Outcome]
    package var failures: [TaskID: TaskFailure]
    /// Why the run ended early, when the journal could not be written. What ran then is decided by the next run.
    package var journalFailure: JournalFailure?
}

/// What a run tells whoever renders it.
package enum RunNotice: Hashable, Sendable {
    /// A record, after it was stored. Records of tasks that run side by side may come out of the order of their sequence.
    case recorded(JournalEntry)
    /// What the task says while it runs: its last line of output.
    case progress(TaskID, String)
    /// Whole lines of what the task says, each with its end, without secrets: all of it, in order.
    case output(TaskID, attempt: Int, String)
}
