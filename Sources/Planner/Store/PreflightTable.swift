internal import GRDB
package import TaskKit

/// What hosts have said before a plan is run: the last time of each plan. Beside the plan and not in it: a plan never changes.
enum PreflightTable {
    /// From schema 7 on.
    static let schema = """
        CREATE TABLE preflight (
            plan_serial INTEGER PRIMARY KEY,
            asked_at REAL NOT NULL,
            asked_by TEXT NOT NULL,
            report TEXT NOT NULL
        ) STRICT
        """

    static let select = "SELECT plan_serial, asked_at, asked_by, report FROM preflight WHERE plan_serial = ?"

    /// The one before says nothing any more.
    static let write = """
        INSERT INTO preflight (plan_serial, asked_at, asked_by, report) VALUES (?, ?, ?, ?)
        ON CONFLICT (plan_serial) DO UPDATE
            SET asked_at = excluded.asked_at, asked_by = excluded.asked_by, report = excluded.report
        """
}

/// A report, when it was made and for whom.
package struct StoredPreflight: Hashable, Sendable {
    package let planSerial: Int
    /// Seconds since 1970.
    package let askedAt: Double
    /// `alice@ops1`
    package let askedBy: String
    package let report: PreflightReport

    package init(planSerial: Int, askedAt: Double, askedBy: String, report: PreflightReport) {
        self.planSerial = planSerial
        self.askedAt = askedAt
        self.askedBy = askedBy
        self.report = report
    }
}

extension Store {
    /// Keeps what hosts have said of a plan, in place of what they said before.
    package func savePreflight(_ preflight: StoredPreflight) throws(StoreError) {
        let text = try encoding { try JSONText().text(preflight.report) }
        try write { database in
            try database.execute(
                sql: PreflightTable.write,
                arguments: [preflight.planSerial, preflight.askedAt, preflight.askedBy, text])
        }
    }

    /// What hosts have said last of a plan; nil when they were never asked.
    package func preflight(planSerial: Int) throws(StoreError) -> StoredPreflight? {
        try read { database in
            guard let row = try Row.fetchOne(database, sql: PreflightTable.select, arguments: [planSerial]) else { return nil }
            return StoredPreflight(
                planSerial: row[0], askedAt: row[1], askedBy: row[2],
                report: try JSONText().value(PreflightReport.self, from: row[3]))
        }
    }
}
