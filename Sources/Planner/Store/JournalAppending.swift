internal import GRDB
package import TaskKit

/// A record that is to be appended, and what becomes true with it.
package struct StoreRecord: Hashable, Sendable {
    package var event: RunEvent
    package var changes: StoreChanges
    /// Seconds since 1970.
    package var time: Double

    package init(_ event: RunEvent, changes: StoreChanges = StoreChanges(), time: Double) {
        self.event = event
        self.changes = changes
        self.time = time
    }
}

/// Appends records within one transaction.
struct JournalAppending {
    private let database: Database
    private let planSerial: Int
    private let insert: Statement
    private let json = JSONText()
    /// Whether anything of what is applied has changed.
    private var hasChanged = false

    init(_ database: Database, planSerial: Int) throws {
        self.database = database
        self.planSerial = planSerial
        insert = try database.cachedStatement(sql: JournalTable.insert)
    }

    mutating func append(_ record: StoreRecord) throws -> JournalEntry {
        let text = try JournalText.text(of: record.event) ?? json.text(record.event)
        try insert.execute(arguments: [record.time, planSerial, text])
        let sequence = Int(database.lastInsertedRowID)
        if case .runStarted = record.event { try StopRequestTable.clear(planSerial: planSerial, database) }
        if !record.changes.isEmpty { try apply(record.changes, now: record.time) }
        return JournalEntry(sequence: sequence, time: record.time, planSerial: planSerial, event: record.event)
    }

    /// Counts what has changed, once for all records of the transaction: nobody has seen a state in between.
    func finish() throws { if hasChanged { try StoreTable.countChange(database) } }

    private mutating func apply(_ changes: StoreChanges, now: Double) throws {
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
        if database.totalChangesCount != before { hasChanged = true }
    }
}
