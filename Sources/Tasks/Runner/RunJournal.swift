package import TaskKit

/// Where the events of a run are kept. Two users: the store, and a list in memory for tests.
package protocol RunJournal: Sendable {
    /// Appends an event to the journal of this plan. When it returns, a power cut no longer loses the event.
    ///
    /// - Throws: whatever kept it from being stored; nothing new is touched after that.
    func record(_ event: RunEvent) async throws -> JournalEntry

    /// Appends events side by side, in their order: cheaper than one after the other, because they wait for the disk once.
    ///
    /// - Throws: whatever kept one of them from being stored; then none of them counts as stored.
    func record(_ events: [RunEvent]) async throws -> [JournalEntry]

    /// Takes events for which nobody waits. They are stored before long, and before every event that is handed over later; as long as that
    /// fails, it is tried again with each of those.
    ///
    /// - Parameter tell: called with the records once they are on the disk, and each time that they could not be written.
    /// - Throws: whatever lets the journal refuse them at once: then they are not stored, and `tell` is not called.
    func take(
        _ events: [RunEvent], tell: @escaping @Sendable (Result<[JournalEntry], any Error>) -> Void
    ) async throws
}

extension RunJournal {
    /// For a journal that is as quick either way.
    package func take(
        _ events: [RunEvent], tell: @escaping @Sendable (Result<[JournalEntry], any Error>) -> Void
    ) async throws {
        tell(.success(try await record(events)))
    }

    package func record(_ events: [RunEvent]) async throws -> [JournalEntry] {
        var entries: [JournalEntry] = []
        for event in events { entries.append(try await record(event)) }
        return entries
    }
}

/// Says that the journal could not be written, and what it could not take.
package struct JournalFailure: Error, Hashable, Sendable {
    /// The event, or the first of several.
    package var event: RunEvent
    /// What the journal said.
    package var message: String
}
