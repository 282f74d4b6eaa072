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

    static let select = "SELECT path, type, source, properties, places FROM declared_item ORDER BY path"

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
        let json = JSONText()
        let rows = try Row.fetchCursor(database, sql: select)
        var tree = Tree()
        while let row = try rows.next() {
            let source: String? = row[2]
            let places: String? = row[4]
            tree.insert(
                Item(
                    path: try json.path(row[0]), type: row[1], source: try source.map { try json.path($0) },
                    properties: try json.value([String: PropertyValue].self, from: row[3]),
                    places: try places.map { try json.value(Item.Places.self, from: $0) }))
        }
        return tree
    }

    static func write(_ items: [Item], _ database: Database) throws {
        let json = JSONText()
        let statement = try database.cachedStatement(sql: upsert)
        for item in items {
            try statement.execute(arguments: [
                item.path.text, item.type, item.source?.text, try json.text(item.properties),
                try item.places.map { try json.text($0) },
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
            let delete = try database.cachedStatement(sql: DeclaredItemTable.delete)
            for path in removing { try delete.execute(arguments: [path.text]) }
            try DeclaredItemTable.write(inserting, database)
        }
    }
}
