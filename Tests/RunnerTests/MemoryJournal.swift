import Runner
import TaskKit

/// A journal in memory that can be full, or end with the controller, at a given record.
actor MemoryJournal: RunJournal {
    struct Full: Error {}

    private(set) var entries: [JournalEntry]
    /// What was written together.
    private(set) var writes: [[RunEvent]] = []
    private var recordsLeft: Int
    private var onLast: @Sendable () async -> Void

    /// - Parameter room: how many more records it takes; the next one throws, and so does every one after it.
    /// - Parameter onFull: called before a record is refused.
    init(_ entries: [JournalEntry] = [], room: Int = .max, onFull: @escaping @Sendable () async -> Void = {}) {
        self.entries = entries
        recordsLeft = room
        onLast = onFull
    }

    func record(_ event: RunEvent) async throws -> JournalEntry {
        guard recordsLeft > 0 else {
            await onLast()
            throw Full()
        }
        recordsLeft -= 1
        let entry = JournalEntry(sequence: entries.count + 1, time: 0, planSerial: 1, event: event)
        entries.append(entry)
        return entry
    }

    func record(_ events: [RunEvent]) async throws -> [JournalEntry] {
        writes.append(events)
        var entries: [JournalEntry] = []
        for event in events { entries.append(try await record(event)) }
        return entries
    }

    var events: [RunEvent] { entries.map(\.event) }
}
