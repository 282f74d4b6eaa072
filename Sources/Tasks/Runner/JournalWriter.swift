import TaskKit

/// The journal as a run writes it: after the first record that could not be stored, it refuses every announcement, so that
/// nothing new is touched, but still takes what came of that which was begun.
actor JournalWriter {
    private let journal: any RunJournal
    private let observe: @Sendable (RunNotice) -> Void
    /// The first record that could not be stored.
    private(set) var failure: JournalFailure?

    init(journal: any RunJournal, observe: @escaping @Sendable (RunNotice) -> Void) {
        self.journal = journal
        self.observe = observe
    }

    /// Stores an event before what it announces is begun.
    ///
    /// - Throws: ``JournalFailure``: then it must not be begun.
    @discardableResult
    func announce(_ event: RunEvent) async throws(JournalFailure) -> JournalEntry {
        if let failure { throw JournalFailure(event: event, message: failure.message) }
        return try await conclude(event)
    }

    /// Stores an event about what has happened already.
    @discardableResult
    func conclude(_ event: RunEvent) async throws(JournalFailure) -> JournalEntry {
        do {
            let entry = try await journal.record(event)
            observe(.recorded(entry))
            return entry
        } catch {
            let failure = JournalFailure(event: event, message: "\(error)")
            // A cancelled task cannot write; that says nothing about the journal.
            if !(error is CancellationError), self.failure == nil { self.failure = failure }
            throw failure
        }
    }
}
