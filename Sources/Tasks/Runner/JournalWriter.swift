import Synchronization
import TaskKit

/// The journal as a run writes it: after the first record that could not be stored, it refuses every announcement, so that
/// nothing new is touched, but still takes what came of that which was begun.
final class JournalWriter: Sendable {
    private struct State {
        /// The first record that could not be stored.
        var failure: JournalFailure?
        /// What the journal has taken and not stored yet, in order.
        var unsaved: [RunEvent] = []
    }

    private let journal: any RunJournal
    private let observe: @Sendable (RunNotice) -> Void
    private let onFailure: @Sendable () -> Void
    // Written by the loop, by running tasks, and by the journal's thread.
    private let state = Mutex(State())

    /// - Parameter onFailure: called when something could not be stored for which nobody waits; from any thread.
    init(
        journal: any RunJournal, observe: @escaping @Sendable (RunNotice) -> Void,
        onFailure: @escaping @Sendable () -> Void = {}
    ) {
        self.journal = journal
        self.observe = observe
        self.onFailure = onFailure
    }

    /// The first record that could not be stored.
    var failure: JournalFailure? { state.withLock { $0.failure } }

    /// What was taken and is not stored. After a later event was stored, nothing is.
    var unsaved: [RunEvent] { state.withLock { $0.unsaved } }

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
            throw note(error, event)
        }
    }

    /// Hands over events that need not be stored before something else happens, but before whatever is stored after them.
    ///
    /// - Throws: ``JournalFailure`` when they are refused at once; what goes wrong later, `onFailure` and ``failure`` tell.
    func take(_ events: [RunEvent]) async throws(JournalFailure) {
        guard let event = events.first else { return }
        state.withLock { $0.unsaved += events }
        do {
            try await journal.take(events) { [self] result in
                switch result {
                case .success(let entries):
                    state.withLock { $0.unsaved.removeFirst(entries.count) }
                    for entry in entries { observe(.recorded(entry)) }
                case .failure(let error):
                    _ = note(error, event)
                    onFailure()
                }
            }
        } catch {
            state.withLock { $0.unsaved.removeLast(events.count) }
            throw note(error, event)
        }
    }

    private func note(_ error: any Error, _ event: RunEvent) -> JournalFailure {
        let failure = JournalFailure(event: event, message: "\(error)")
        // A cancelled task cannot write; that says nothing about the journal.
        if !(error is CancellationError) { state.withLock { $0.failure = $0.failure ?? failure } }
        return failure
    }
}
