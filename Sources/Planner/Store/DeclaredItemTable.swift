internal import GRDB
package import Model

/// The declared tree: a row for each item.
enum DeclaredItemTable {
    static let schema = """
        CREATE TABLE declared_item (
            path TEXT PRIMARY KEY,
            type TEXT NOT NULL,
            source TEXT,
            properties TEXT NOT NULL,
            places TEXT
        ) STRICT, WITHOUT ROWID
        """

    /// From schema 2 on: who inherits is found without reading the tree. Places had another form before; the next load writes them anew.
    static let indexOfSources = [
        "CREATE INDEX declared_item_source ON declared_item (source) WHERE source IS NOT NULL",
        "UPDATE declared_item SET places = NULL",
    ]

    static let columns = "path, type, source, properties, places"
    static let select = "SELECT \(columns) FROM declared_item ORDER BY path"
    static func select(where condition: String) -> String { "SELECT \(columns) FROM declared_item WHERE \(condition)" }

    /// Touches a row only if it says something else.
    static let upsert = """
        INSERT INTO declared_item (path, type, source, properties, places) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (path) DO UPDATE
            SET type = excluded.type, source = excluded.source, properties = excluded.properties, places = excluded.places
            WHERE type IS NOT excluded.type OR source IS NOT excluded.source OR properties IS NOT excluded.properties
                OR places IS NOT excluded.places
        """

    static let delete = "DELETE FROM declared_item WHERE path = ?"

    static func read(_ database: Database) throws -> Tree {
        let rows = try Row.fetchCursor(database, sql: select)
        var items: [Item] = []
        var paths = ItemPathReader()
        while let row = try rows.next() { items.append(try item(row, &paths)) }
        return Tree(items: items)
    }

    /// The item of a row of ``columns``.
    static func item(_ row: Row) throws -> Item {
        var paths = ItemPathReader()
        return try item(row, &paths)
    }

    private static func item(_ row: Row, _ paths: inout ItemPathReader) throws -> Item {
        let source: String? = row[2]
        let places: String? = row[4]
        return Item(
            path: try paths.stored(row[0]), type: row[1], source: try source.map { try .stored($0) },
            properties: try PropertyText.properties(from: row[3]), places: places.map { Item.Places(stored: $0) })
    }

    /// Removals go first, so that an item in both lists stays.
    static func apply(_ changes: DeclaredChanges, by rules: String, _ database: Database) throws {
        let before = database.totalChangesCount
        let delete = try database.cachedStatement(sql: delete)
        for path in changes.removing { try delete.execute(arguments: [path.text]) }
        try write(changes.inserting, database)
        if database.totalChangesCount != before { try StoreTable.countDeclaredChange(changes.check, by: rules, database) }
    }

    static func write(_ items: [Item], _ database: Database) throws {
        let statement = try database.cachedStatement(sql: upsert)
        for item in items {
            try statement.execute(arguments: [
                item.path.text, item.type, item.source?.text, PropertyText.text(of: item.properties),
                item.places?.text,
            ])
        }
    }
}

extension Store {
    /// The tree that the operator wants. O(items).
    package func declared() throws(StoreError) -> Tree { try read(DeclaredItemTable.read) }

    /// Changes the declared tree in one transaction; writes what changes and nothing else.
    ///
    /// - Parameter inserting: items that are new, or that replace the item at their path.
    /// - Parameter removing: each item that goes, also those below others. They go first, so that an item in both lists stays.
    package func changeDeclared(inserting: [Item], removing: [ItemPath]) throws(StoreError) {
        try write { database in
            try DeclaredItemTable.apply(DeclaredChanges(inserting: inserting, removing: removing), by: rules, database)
        }
    }
}
