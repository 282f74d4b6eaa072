internal import GRDB
package import TaskKit

/// Every plan that was ever stored; the newest is the current one, until it is removed.
enum PlanTable {
    static let schema = """
        CREATE TABLE plan (
            serial INTEGER PRIMARY KEY AUTOINCREMENT,
            plan_id TEXT NOT NULL,
            state TEXT NOT NULL,
            created_at REAL NOT NULL,
            document TEXT NOT NULL
        ) STRICT
        """

    static let insert = "INSERT INTO plan (plan_id, state, created_at, document) VALUES (?, ?, ?, ?)"
    static let supersede = """
        UPDATE plan SET state = 'superseded' WHERE serial = (SELECT max(serial) FROM plan) AND state <> 'removed'
        """
    static let selectNewest = """
        SELECT serial, plan_id, state, created_at, document FROM plan ORDER BY serial DESC LIMIT 1
        """
    static let selectOne = "SELECT serial, plan_id, state, created_at, document FROM plan WHERE serial = ?"
    static let selectHeads = "SELECT serial, plan_id, state, created_at FROM plan ORDER BY serial"
    static let updateState = "UPDATE plan SET state = :state WHERE serial = :serial AND state <> :state"

    static func head(_ row: Row) throws -> PlanHead {
        let text: String = row[2]
        guard let state = PlanState(rawValue: text) else {
            throw UnreadableRecord(description: "no state of a plan is called '\(text)'")
        }
        return PlanHead(serial: row[0], id: row[1], state: state, createdAt: row[3])
    }

    static func outline(_ row: Row) throws -> PlanOutline { try document(row).outline(try head(row)) }

    /// The plan of a row, with its contents still as text.
    static func unread(_ row: Row, _ database: Database) throws -> UnreadPlan {
        let head = try head(row)
        return UnreadPlan(
            head: head, document: try document(row), parts: try PlanPartTable.read(serial: head.serial, database))
    }

    private static func document(_ row: Row) throws -> PlanDocument { try JSONText().value(PlanDocument.self, from: row[4]) }

    /// The row of the current plan.
    static func current(_ database: Database) throws -> Row? {
        guard let row = try Row.fetchOne(database, sql: selectNewest), try head(row).state != .removed else { return nil }
        return row
    }

    /// What was read in a transaction, and is understood outside of it.
    struct UnreadPlan: Sendable {
        let head: PlanHead
        let document: PlanDocument
        let parts: [PlanPart]

        var stored: StoredPlan {
            get throws {
                StoredPlan(
                    serial: head.serial, plan: try document.plan(parts), state: head.state, createdAt: head.createdAt,
                    basis: document.basis ?? PlanBasis())
            }
        }
    }

    static func setState(_ state: PlanState, serial: Int, _ database: Database) throws {
        try database.cachedStatement(sql: updateState).execute(arguments: ["state": state.rawValue, "serial": serial])
    }
}

/// How far a stored plan has come. That a run is stopping is not stored: it is running, and there is a ``StopRequest``.
package enum PlanState: String, Codable, Hashable, Sendable, CaseIterable {
    case initial, running, failed, stopped, successful
    /// Somebody removed it; kept because the journal speaks of it.
    case removed
    /// A newer plan took its place.
    case superseded
}

/// A stored plan without its document; ``PlanOutline`` says more.
package struct PlanHead: Hashable, Sendable {
    package let serial: Int
    /// The ``TaskKit/Plan/id``.
    package let id: String
    package let state: PlanState
    /// Seconds since 1970.
    package let createdAt: Double
}

/// A plan as the store keeps it.
package struct StoredPlan: Hashable, Sendable {
    /// Counts the plans of the store from 1; never used twice.
    package let serial: Int
    package let plan: Plan
    package let state: PlanState
    /// Seconds since 1970.
    package let createdAt: Double
    package let basis: PlanBasis

    package var head: PlanHead { PlanHead(serial: serial, id: plan.id, state: state, createdAt: createdAt) }

    /// The same without the tasks.
    package var outline: PlanOutline {
        PlanOutline(
            serial: serial, id: plan.id, state: state, createdAt: createdAt, modelFingerprint: plan.modelFingerprint,
            appliedSerial: plan.appliedSerial, versions: plan.versions, counts: PlanCounts(of: plan),
            unhandled: plan.unhandled ?? [], basis: basis)
    }
}

extension Store {
    /// Keeps a plan and makes it the current one; the former current plan becomes `superseded`.
    ///
    /// - Parameters:
    ///   - basis: what it was made from. When the declared tree was changed meanwhile, its serial is not noted.
    ///   - now: seconds since 1970.
    package func savePlan(_ plan: Plan, basis: PlanBasis = PlanBasis(), now: Double) throws(StoreError) -> StoredPlan {
        // Nobody waits for the store while the plan is put into words.
        let parts = try encoding { try PlanPart.parts(of: plan) }
        return try write { database in
            var basis = basis
            if basis.declaredSerial != (try StoreTable.declaredSerial(database)) { basis.declaredSerial = nil }
            let document = try JSONText().text(PlanDocument(plan, basis: basis))
            try database.execute(sql: PlanTable.supersede)
            try database.execute(
                sql: PlanTable.insert, arguments: [plan.id, PlanState.initial.rawValue, now, document])
            let serial = Int(database.lastInsertedRowID)
            try PlanPartTable.write(parts, serial: serial, database)
            try database.execute(sql: FormerItemTable.clear)
            return StoredPlan(serial: serial, plan: plan, state: .initial, createdAt: now, basis: basis)
        }
    }

    /// The newest plan; nil when there is none, or when it was removed.
    ///
    /// - Parameter known: a plan that was read before. What is in a plan never changes, so of the same one only its state is read again.
    package func currentPlan(knowing known: StoredPlan? = nil) throws(StoreError) -> StoredPlan? {
        if let known, let outline = try currentPlanOutline(), outline.serial == known.serial {
            return StoredPlan(
                serial: known.serial, plan: known.plan, state: outline.state, createdAt: known.createdAt, basis: known.basis)
        }
        let unread = try read { database in
            try PlanTable.current(database).map { try PlanTable.unread($0, database) }
        }
        return try encoding { try unread?.stored }
    }

    /// The newest plan without its tasks; nil when there is none, or when it was removed. O(1).
    package func currentPlanOutline() throws(StoreError) -> PlanOutline? {
        try read { database in try PlanTable.current(database).map(PlanTable.outline) }
    }

    package func plan(serial: Int) throws(StoreError) -> StoredPlan? {
        let unread = try read { database in
            try Row.fetchOne(database, sql: PlanTable.selectOne, arguments: [serial]).map { try PlanTable.unread($0, database) }
        }
        return try encoding { try unread?.stored }
    }

    /// Every plan, oldest first, without their documents.
    package func planHeads() throws(StoreError) -> [PlanHead] {
        try read { database in try Row.fetchAll(database, sql: PlanTable.selectHeads).map(PlanTable.head) }
    }

    /// Changes the state of a plan outside of a run: `remove_plan`. A run does it with its journal record.
    package func setPlanState(_ state: PlanState, serial: Int) throws(StoreError) {
        try write { database in try PlanTable.setState(state, serial: serial, database) }
    }
}
