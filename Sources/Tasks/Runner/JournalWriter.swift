import Synchronization
import TaskKit

/// The journal as a run writes it: after the first record that could not be stored, it refuses every announcement, so that
/// nothing new is touched, but still takes what came of that which was begun.
final class JournalWriter: Sendable {
    private let journal: any RunJournal
    private let observe: @Sendable (RunNotice) -> Void
    // Written by the loop and by running tasks.
    private let first = Mutex<JournalFailure?>(nil)

    init(journal: any RunJournal, observe: @escaping @Sendable (RunNotice) -> Void) {
        self.journal = journal
        self.observe = observe
    }

    /// The first record that could not be stored.
    var failure: JournalFailure? { first.withLock { $0 } }

    /// Stores events before what they announce is begun.
    ///
    /// - Throws: ``JournalFailure``: then none of it must be begun.
    @discardableResult
    func announce(_ events: [RunEvent]) async throws(JournalFailure) -> [JournalEntry] {
        if let failure, let event = events.first { throw JournalFailure(event: event, message: failure.message) }
        return try await conclude(events)
    }

    /// Stores events about what has happened already.
    @discardableResult
    func conclude(_ events: [RunEvent]) async throws(JournalFailure) -> [JournalEntry] {
        guard let event = events.first else { return [] }
        do {
            let entries = try await journal.record(events)
            for entry in entries { observe(.recorded(entry)) }
            return entries
        } catch {
            let failure = JournalFailure(event: event, message: "\(error)")
            // A cancelled task cannot write; that says nothing about the journal.
            if !(error is CancellationError) { first.withLock { $0 = $0 ?? failure } }
            throw failure
        }
    }
}
