package import Store
import Synchronization
package import TaskKit

/// The records of one plan, in the order of the journal, each once: what is there already, and what comes while somebody asks again.
///
/// Whoever shows a run reads the journal through this, in the process that runs the plan as in any other: so all show the same.
package struct RunFeed: Sendable {
    /// So many records are read at a time.
    private static let portion = 1_000

    private let store: Store
    private let serial: Int
    package let places: PlanPlaces
    /// The sequence of the last record that was given.
    package private(set) var last: Int

    init(store: Store, stored: StoredPlan, after sequence: Int) {
        self.store = store
        serial = stored.serial
        places = PlanPlaces(stored.plan)
        last = sequence
    }

    /// The records that have come since the last call; empty when there are none.
    package mutating func next() throws -> [RunRecord] {
        let entries = try ServiceError.wrapping {
            try store.journal(planSerial: serial, after: last, limit: RunFeed.portion)
        }
        if let entry = entries.last { last = entry.sequence }
        return entries.map { RunRecord($0, in: places) }
    }

    /// The same from what the run of this process has told of what it has written, without reading it again.
    ///
    /// - Returns: nil when something is missing between the records, or between them and the last that was given: the journal has it.
    package mutating func next(told entries: [JournalEntry]) -> [RunRecord]? {
        let new = entries.sorted { $0.sequence < $1.sequence }.drop { $0.sequence <= last }
        guard zip(new, (last + 1)...).allSatisfy({ $0.sequence == $1 }) else { return nil }
        if let entry = new.last { last = entry.sequence }
        return new.filter { $0.planSerial == serial }.map { RunRecord($0, in: places) }
    }
}

/// What a run of this process has told, until somebody shows it.
package final class ToldRecords: Sendable {
    /// Who does not come in time reads the journal instead.
    private static let most = 10_000

    private struct State {
        var entries: [JournalEntry] = []
        var isIncomplete = true
    }

    // Filled on any thread.
    private let state = Mutex(State())

    package init() {}

    package func add(_ entry: JournalEntry) {
        state.withLock { state in
            if state.entries.count >= ToldRecords.most { state = State() }
            if !state.isIncomplete { state.entries.append(entry) }
        }
    }

    /// - Returns: what was told since the last call; nil when that is not all, as at the first call.
    package func take() -> [JournalEntry]? {
        state.withLock { state in
            defer { state = State(isIncomplete: false) }
            return state.isIncomplete ? nil : state.entries
        }
    }
}

extension Site {
    /// The records of a plan that come after a sequence.
    package func feed(of stored: StoredPlan, after sequence: Int = 0) -> RunFeed {
        RunFeed(store: store, stored: stored, after: sequence)
    }

    /// The records of all plans that come after a sequence, a portion at a time; those of plans that this version cannot read are left out.
    package func records(after sequence: Int, each: (RunRecord) throws -> Void) throws {
        var last = sequence
        var known: [Int: PlanPlaces] = [:]
        while true {
            let entries = try ServiceError.wrapping { try store.journal(after: last, limit: 1_000) }
            guard let end = entries.last else { return }
            last = end.sequence
            for entry in entries {
                if known[entry.planSerial] == nil {
                    // One plan at a time is held: records of a plan stand together.
                    let stored = try ServiceError.wrapping { try store.plan(serial: entry.planSerial) }
                    known = stored.map { [entry.planSerial: PlanPlaces($0.plan)] } ?? [:]
                }
                if let places = known[entry.planSerial] { try each(RunRecord(entry, in: places)) }
            }
        }
    }
}
