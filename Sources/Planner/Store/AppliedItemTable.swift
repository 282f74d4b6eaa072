internal import GRDB
package import Model

/// The applied tree, as plans have made it true: effective values, so that it stays what it was when a source changes.
enum AppliedItemTable {
    static let schema = """
        CREATE TABLE applied_item (
            path TEXT PRIMARY KEY,
            type TEXT NOT NULL,
            source TEXT,
            declaration TEXT,
            properties TEXT NOT NULL
        ) STRICT, WITHOUT ROWID
        """

    static let select = "SELECT path, type, source, declaration, properties FROM applied_item ORDER BY path"

    static let upsert = """
        INSERT INTO applied_item (path, type, source, declaration, properties) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (path) DO UPDATE
            SET type = excluded.type, source = excluded.source, declaration = excluded.declaration,
                properties = excluded.properties
            WHERE type IS NOT excluded.type OR source IS NOT excluded.source OR declaration IS NOT excluded.declaration
                OR properties IS NOT excluded.properties
        """

    static let delete = "DELETE FROM applied_item WHERE path = ?"

    static func read(_ database: Database) throws -> [ResolvedItem] {
        let json = JSONText()
        let rows = try Row.fetchCursor(database, sql: select)
        var items: [ResolvedItem] = []
        while let row = try rows.next() {
            let source: String? = row[2]
            let declaration: String? = row[3]
            items.append(
                ResolvedItem(
                    path: try json.path(row[0]), type: row[1], source: try source.map { try json.path($0) },
                    declaration: try declaration.map { try json.value(Item.self, from: $0) },
                    properties: try json.value([String: PropertyValue].self, from: row[4])))
        }
        // Paths compare by component: parents first, siblings in natural order.
        return items.sorted { $0.path < $1.path }
    }

    static func write(_ items: [ResolvedItem], _ database: Database) throws {
        let json = JSONText()
        let statement = try database.cachedStatement(sql: upsert)
        for item in items {
            try statement.execute(arguments: [
                item.path.text, item.type, item.source?.text, try item.declaration.map { try json.text($0) },
                try json.text(item.properties),
            ])
        }
    }

    static func remove(_ paths: [ItemPath], _ database: Database) throws {
        let statement = try database.cachedStatement(sql: delete)
        for path in paths { try statement.execute(arguments: [path.text]) }
    }
}

extension Store {
    /// Changes the applied tree outside of a run, for items that no step depends on.
    ///
    /// - Parameter inserting: items that are new, or that replace the item at their path.
    /// - Parameter removing: each item that goes, also those below others.
    package func changeApplied(inserting: [ResolvedItem], removing: [ItemPath]) throws(StoreError) {
        try write { database in
            try AppliedItemTable.remove(removing, database)
            try AppliedItemTable.write(inserting, database)
            try StoreTable.countChange(database)
        }
    }

    /// The tree that plans have made true. O(items).
    package func applied(registry: TypeRegistry) throws(StoreError) -> ResolvedTree {
        ResolvedTree(ordered: try read(AppliedItemTable.read), registry: registry)
    }
}
