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
        JournalEntry(
            sequence: row[0], time: row[1], planSerial: row[2], event: try json.value(RunEvent.self, from: row[3]))
    }
}

extension Store {
    /// Appends a record and makes `changes` true, in one transaction. Both are on the disk when this returns, neither when it throws.
    ///
    /// The record that a run begins takes away what stop requests are left for its plan.
    ///
    /// - Parameter now: seconds since 1970.
    /// - Parameter holder: who must hold the lease; a run that was taken over must not write into the run of its successor.
    /// - Throws: ``StoreError`` `leaseLost` when another holds the lease.
    package func record(
        _ event: RunEvent, planSerial: Int, changes: StoreChanges = StoreChanges(), now: Double,
        holder: LeaseHolder? = nil
    ) throws(StoreError) -> JournalEntry {
        try write { database in
            if let holder { try LeaseTable.require(holder, database) }
            let text = try JSONText().text(event)
            try database.cachedStatement(sql: JournalTable.insert).execute(arguments: [now, planSerial, text])
            let sequence = Int(database.lastInsertedRowID)
            if case .runStarted = event { try StopRequestTable.clear(planSerial: planSerial, database) }
            try Store.apply(changes, planSerial: planSerial, now: now, database)
            return JournalEntry(sequence: sequence, time: now, planSerial: planSerial, event: event)
        }
    }

    private static func apply(_ changes: StoreChanges, planSerial: Int, now: Double, _ database: Database) throws {
        if let state = changes.planState { try PlanTable.setState(state, serial: planSerial, database) }
        if changes.isComplete { try database.execute(sql: AttemptedItemTable.clear) }
        if let kept = changes.keepAttempts { try AttemptedItemTable.keep(kept + [planSerial], database) }
        try AttemptedItemTable.write(changes.attempt, planSerial: planSerial, database)
        let before = database.totalChangesCount
        try AppliedStepTable.forget(changes.forget, database)
        try AppliedStepTable.write(changes.recordSteps, planSerial: planSerial, database)
        try OwedStepTable.settle(changes.settle, database)
        try OwedStepTable.write(changes.owe, database)
        try NodeFactTable.write(changes, planSerial: planSerial, now: now, database)
        try AppliedItemTable.remove(changes.removeItems, database)
        try AppliedItemTable.write(changes.applyItems, database)
        if database.totalChangesCount != before { try StoreTable.countChange(database) }
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
                        database, sql: JournalTable.selectOfPlan, arguments: [planSerial, sequence, limit])
                } else {
                    try Row.fetchCursor(database, sql: JournalTable.selectAll, arguments: [sequence, limit])
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
