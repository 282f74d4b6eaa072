package import Store
import TaskKit

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
