import Runner
import TaskKit

/// A journal in memory that can be full, or end with the controller, at a given record. A patient one stores what nobody waits for with the next
/// record that somebody waits for, and no sooner.
actor MemoryJournal: RunJournal {
    struct Full: Error {}

    private(set) var entries: [JournalEntry]
    /// What was written together.
    private(set) var writes: [[RunEvent]] = []
    private typealias Taken = (events: [RunEvent], tell: @Sendable (Result<[JournalEntry], any Error>) -> Void)

    private var recordsLeft: Int
    private let isPatient: Bool
    private var taken: [Taken] = []
    private var onLast: @Sendable () async -> Void

    /// - Parameter room: how many more records it takes; the next one throws, and so does every one after it.
    /// - Parameter onFull: called before a record is refused.
    init(
        _ entries: [JournalEntry] = [], room: Int = .max, isPatient: Bool = false,
        onFull: @escaping @Sendable () async -> Void = {}
    ) {
        self.entries = entries
        self.isPatient = isPatient
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
        writes.append(taken.flatMap(\.events) + events)
        while let (events, tell) = taken.first {
            let result: Result<[JournalEntry], any Error>
            do { result = .success(try await store(events)) } catch { result = .failure(error) }
            tell(result)
            _ = try result.get()
            taken.removeFirst()
        }
        return try await store(events)
    }

    func take(
        _ events: [RunEvent], tell: @escaping @Sendable (Result<[JournalEntry], any Error>) -> Void
    ) async throws {
        if isPatient { taken.append((events, tell)) } else { tell(.success(try await record(events))) }
    }

    private func store(_ events: [RunEvent]) async throws -> [JournalEntry] {
        var entries: [JournalEntry] = []
        for event in events { entries.append(try await record(event)) }
        return entries
    }

    var events: [RunEvent] { entries.map(\.event) }
}
