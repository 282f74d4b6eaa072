internal import GRDB

/// The one row about the store itself.
enum StoreTable {
    static let schema = """
        CREATE TABLE store (
            id INTEGER PRIMARY KEY CHECK (id = 1),
            lineage TEXT NOT NULL,
            applied_serial INTEGER NOT NULL
        ) STRICT
        """

    /// From schema 2 on.
    static let declaredSerial = "ALTER TABLE store ADD COLUMN declared_serial INTEGER NOT NULL DEFAULT 0"

    /// From schema 6 on: by which rules every declared value was checked; empty when that is not known.
    static let checkedBy = "ALTER TABLE store ADD COLUMN checked_by TEXT NOT NULL DEFAULT ''"

    static func initialise(_ database: Database) throws {
        let number = UInt32.random(in: 0 ... .max)
        let digits = String(number, radix: 16)
        try database.execute(
            sql: "INSERT INTO store (id, lineage, applied_serial) VALUES (1, ?, 0)",
            arguments: [String(repeating: "0", count: 8 - digits.count) + digits])
    }

    static func lineage(_ database: Database) throws -> String {
        guard let lineage = try String.fetchOne(database, sql: "SELECT lineage FROM store") else {
            throw UnreadableRecord(description: "the table 'store' is empty")
        }
        return lineage
    }

    static func appliedSerial(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT applied_serial FROM store") ?? 0
    }

    static func declaredSerial(_ database: Database) throws -> Int {
        try Int.fetchOne(database, sql: "SELECT declared_serial FROM store") ?? 0
    }

    static func countDeclaredChange(_ check: ValueCheck, by rules: String, _ database: Database) throws {
        let checkedBy =
            switch check {
            case .none: "''"
            case .changes: "CASE WHEN checked_by = :rules THEN checked_by ELSE '' END"
            case .all: ":rules"
            }
        try database.execute(
            sql: "UPDATE store SET declared_serial = declared_serial + 1, checked_by = \(checkedBy)",
            arguments: check == .none ? [] : ["rules": rules])
    }

    static func areValuesChecked(by rules: String, _ database: Database) throws -> Bool {
        try !rules.isEmpty && String.fetchOne(database, sql: "SELECT checked_by FROM store") == rules
    }

    static func countChange(_ database: Database) throws {
        try database.cachedStatement(sql: "UPDATE store SET applied_serial = applied_serial + 1").execute()
    }
}

/// How far the values of the declared tree were checked before they are stored.
package enum ValueCheck: Hashable, Sendable {
    /// Not at all, or nobody knows.
    case none
    /// Those that are written.
    case changes
    /// Those of the whole tree.
    case all
}

extension Store {
    /// Notes that every declared value keeps the rules of whoever uses the store, unless somebody has changed one since `serial`.
    package func noteCheckedValues(declaredSerial serial: Int) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: "UPDATE store SET checked_by = :rules WHERE declared_serial = :serial",
                arguments: ["rules": rules, "serial": serial])
        }
    }

    /// Eight hexadecimal digits made by chance when the store was made. Names on hosts carry it, so that two stores never meet.
    package var lineage: String {
        get throws(StoreError) { try read(StoreTable.lineage) }
    }

    /// Counts every change of what is declared.
    package var declaredSerial: Int {
        get throws(StoreError) { try read(StoreTable.declaredSerial) }
    }

    /// Counts every change of what is applied: items, steps, owed steps and node facts.
    package var appliedSerial: Int {
        get throws(StoreError) { try read(StoreTable.appliedSerial) }
    }
}
