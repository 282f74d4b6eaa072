internal import GRDB
package import Model

/// What plans have set out to make true, as it was declared for each of them: what a plan that failed half-way may have left on hosts is
/// found by it when the model has gone another way since. Void when everything is as declared.
enum AttemptedItemTable {
    /// From schema 3 on. The columns of items are those of ``AppliedItemTable``.
    static let schema = """
        CREATE TABLE attempted_item (
            plan_serial INTEGER NOT NULL,
            path TEXT NOT NULL,
            type TEXT NOT NULL,
            source TEXT,
            properties TEXT NOT NULL,
            own TEXT,
            inherits TEXT,
            PRIMARY KEY (plan_serial, path)
        ) STRICT, WITHOUT ROWID
        """

    static let select = "SELECT \(AppliedItemTable.columns), plan_serial FROM attempted_item ORDER BY plan_serial"

    /// What a plan that is resumed has set out to make is known already.
    static let insert = """
        INSERT OR IGNORE INTO attempted_item (path, type, source, properties, own, inherits, plan_serial)
        VALUES (?, ?, ?, ?, ?, ?, ?)
        """

    static let clear = "DELETE FROM attempted_item"
    static let clearOthers = "DELETE FROM attempted_item WHERE plan_serial NOT IN (SELECT value FROM json_each(?))"

    static func read(_ database: Database) throws -> [Attempt] {
        let rows = try Row.fetchCursor(database, sql: select)
        var attempts: [Attempt] = []
        var paths = ItemPathReader()
        while let row = try rows.next() {
            let serial: Int = row[6]
            if attempts.last?.planSerial != serial { attempts.append(Attempt(planSerial: serial)) }
            attempts[attempts.count - 1].items.append(try AppliedItemTable.item(row, &paths))
        }
        return attempts
    }

    /// Forgets the attempts of all plans but these: else every plan of an unfinished site would leave a copy of it.
    static func keep(_ serials: [Int], _ database: Database) throws {
        let list = "[" + serials.map(String.init).joined(separator: ",") + "]"
        try database.execute(sql: clearOthers, arguments: [list])
    }

    static func write(_ items: [ResolvedItem], planSerial: Int, _ database: Database) throws {
        guard !items.isEmpty else { return }
        let statement = try database.cachedStatement(sql: insert)
        for item in items { try statement.execute(arguments: AppliedItemTable.arguments(item) + [planSerial]) }
    }
}

/// The items that one plan has set out to make true, as they were declared then.
package struct Attempt: Hashable, Sendable {
    package var planSerial: Int
    package var items: [ResolvedItem] = []
}
