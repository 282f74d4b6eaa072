internal import GRDB
package import TaskKit

/// The journal. The database itself refuses to change or remove a record.
enum JournalTable {
    static let schema = """
        CREATE TABLE journal (
            sequence INTEGER PRIMARY KEY,
            time REAL NOT NULL,
            plan_serial INTEGER NOT NULL,
            event TEXT NOT NULL
        ) STRICT;
        CREATE INDEX journal_of_plan ON journal (plan_serial, sequence);
        CREATE TRIGGER journal_keeps_records BEFORE DELETE ON journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
        CREATE TRIGGER journal_keeps_content BEFORE UPDATE ON journal
            BEGIN SELECT RAISE(ABORT, 'the journal is append-only'); END;
        """

    static let insert = """
        INSERT INTO journal (sequence, time, plan_serial, event)
        VALUES ((SELECT coalesce(max(sequence), 0) + 1 FROM journal), ?, ?, ?)
        """
    static let selectOfPlan = """
        SELECT sequence, time, plan_serial, event FROM journal WHERE plan_serial = ? AND sequence > ? ORDER BY sequence
        LIMIT ?
        """
    static let selectAll = """
        SELECT sequence, time, plan_serial, event FROM journal WHERE sequence > ? ORDER BY sequence LIMIT ?
        """
    static let selectLast = "SELECT coalesce(max(sequence), 0) FROM journal"

    static func entry(_ row: Row, _ json: JSONText) throws -> JournalEntry {
        let text: String = row[3]
        let event = try JournalText.event(from: text) ?? json.value(RunEvent.self, from: text)
        return JournalEntry(sequence: row[0], time: row[1], planSerial: row[2], event: event)
    }
}

extension Store {
    /// Appends a record and makes `changes` true, in one transaction: ``record(_:planSerial:holder:)`` of one.
    ///
    /// - Parameter now: seconds since 1970.
    package func record(
        _ event: RunEvent, planSerial: Int, changes: StoreChanges = StoreChanges(), now: Double, holder: LeaseHolder? = nil
    ) throws(StoreError) -> JournalEntry {
        let records = try record([StoreRecord(event, changes: changes, time: now)], planSerial: planSerial, holder: holder)
        return records[0]
    }

    /// Appends records in their order and makes true what they mean, in one transaction: all of it is on the disk when this returns,
    /// nothing when it throws. Records that come at the same time so wait for the disk once.
    ///
    /// The record that a run begins takes away what stop requests are left for its plan.
    ///
    /// - Parameter holder: who must hold the lease; a run that was taken over must not write into the run of its successor.
    /// - Returns: the records as they stand in the journal, one after the other.
    /// - Throws: ``StoreError`` `leaseLost` when another holds the lease.
    package func record(
        _ records: [StoreRecord], planSerial: Int, holder: LeaseHolder? = nil
    ) throws(StoreError) -> [JournalEntry] {
        try write { database in
            if let holder { try LeaseTable.require(holder, database) }
            var writer = try JournalAppending(database, planSerial: planSerial)
            let entries = try records.map { try writer.append($0) }
            try writer.finish()
            return entries
        }
    }

    /// The records of one plan, or of all, that come after a sequence, in order.
    ///
    /// - Parameter limit: at most so many; ask again after the last one for more.
    package func journal(
        planSerial: Int? = nil, after sequence: Int = 0, limit: Int = Int.max
    ) throws(StoreError) -> [JournalEntry] {
        try read { database in
            let json = JSONText()
            let rows =
                if let planSerial {
                    try Row.fetchCursor(
                        database.cachedStatement(sql: JournalTable.selectOfPlan), arguments: [planSerial, sequence, limit])
                } else {
                    try Row.fetchCursor(
                        database.cachedStatement(sql: JournalTable.selectAll), arguments: [sequence, limit])
                }
            var entries: [JournalEntry] = []
            while let row = try rows.next() { entries.append(try JournalTable.entry(row, json)) }
            return entries
        }
    }

    /// The sequence of the last record; 0 when there is none.
    package func lastSequence() throws(StoreError) -> Int {
        try read { database in try Int.fetchOne(database, sql: JournalTable.selectLast) ?? 0 }
    }
}
