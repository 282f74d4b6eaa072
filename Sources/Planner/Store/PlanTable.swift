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

    static func stored(_ row: Row) throws -> StoredPlan {
        let head = try head(row)
        return StoredPlan(
            serial: head.serial, plan: try JSONText().value(Plan.self, from: row[4]), state: head.state,
            createdAt: head.createdAt)
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

/// A stored plan without its document.
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
}

extension Store {
    /// Keeps a plan and makes it the current one; the former current plan becomes `superseded`.
    ///
    /// - Parameter now: seconds since 1970.
    package func savePlan(_ plan: Plan, now: Double) throws(StoreError) -> StoredPlan {
        try write { database in
            let document = try JSONText().text(plan)
            try database.execute(sql: PlanTable.supersede)
            try database.execute(
                sql: PlanTable.insert, arguments: [plan.id, PlanState.initial.rawValue, now, document])
            return StoredPlan(
                serial: Int(database.lastInsertedRowID), plan: plan, state: .initial, createdAt: now)
        }
    }

    /// The newest plan; nil when there is none, or when it was removed.
    package func currentPlan() throws(StoreError) -> StoredPlan? {
        try read { database in
            guard let row = try Row.fetchOne(database, sql: PlanTable.selectNewest),
                try PlanTable.head(row).state != .removed
            else { return nil }
            return try PlanTable.stored(row)
        }
    }

    package func plan(serial: Int) throws(StoreError) -> StoredPlan? {
        try read { database in
            try Row.fetchOne(database, sql: PlanTable.selectOne, arguments: [serial]).map(PlanTable.stored)
        }
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
