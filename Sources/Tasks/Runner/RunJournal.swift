package import TaskKit

/// Where the events of a run are kept. Two users: the store, and a list in memory for tests.
package protocol RunJournal: Sendable {
    /// Appends an event to the journal of this plan. When it returns, a power cut no longer loses the event.
    ///
    /// - Throws: whatever kept it from being stored; nothing new is touched after that.
    func record(_ event: RunEvent) async throws -> JournalEntry
}

/// Says that the journal could not be written, and what it could not take.
package struct JournalFailure: Error, Hashable, Sendable {
    package var event: RunEvent
    /// What the journal said.
    package var message: String
}
