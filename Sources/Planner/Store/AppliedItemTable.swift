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

    /// From schema 2 on. `own` are the names of the properties that the item was declared with, `inherits` is what its declaration named
    /// as its source; `own` is null where the item was only seen because something above it inherits.
    static let columnsOfDeclaration = [
        "ALTER TABLE applied_item ADD COLUMN own TEXT",
        "ALTER TABLE applied_item ADD COLUMN inherits TEXT",
        """
        UPDATE applied_item SET
            own = (SELECT json_group_array(key) FROM json_each(declaration, '$.properties')),
            inherits = json_extract(declaration, '$.source')
        WHERE declaration IS NOT NULL
        """,
        "ALTER TABLE applied_item DROP COLUMN declaration",
    ]

    static let columns = "path, type, source, properties, own, inherits"
    static let select = "SELECT \(columns) FROM applied_item ORDER BY path"
    static func select(where condition: String) -> String { "SELECT \(columns) FROM applied_item WHERE \(condition)" }

    static let upsert = """
        INSERT INTO applied_item (path, type, source, properties, own, inherits) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (path) DO UPDATE
            SET type = excluded.type, source = excluded.source, properties = excluded.properties, own = excluded.own,
                inherits = excluded.inherits
            WHERE type IS NOT excluded.type OR source IS NOT excluded.source OR properties IS NOT excluded.properties
                OR own IS NOT excluded.own OR inherits IS NOT excluded.inherits
        """

    static let delete = "DELETE FROM applied_item WHERE path = ?"

    /// The items in the order of the bytes of their paths.
    static func rows(_ database: Database) throws -> [ResolvedItem] {
        let rows = try Row.fetchCursor(database, sql: select)
        var items: [ResolvedItem] = []
        var paths = ItemPathReader()
        while let row = try rows.next() { items.append(try item(row, &paths)) }
        return items
    }

    /// The item of a row of ``columns``.
    static func item(_ row: Row) throws -> ResolvedItem {
        var paths = ItemPathReader()
        return try item(row, &paths)
    }

    static func item(_ row: Row, _ paths: inout ItemPathReader) throws -> ResolvedItem {
        let source: String? = row[2]
        let own: String? = row[4]
        let inherits: String? = row[5]
        let path = try paths.stored(row[0])
        let type: String = row[1]
        let properties = try PropertyText.properties(from: row[3])
        let declaration = try own.map { text in
            let names = try PropertyText.names(from: text)
            return Item(
                path: path, type: type, source: try inherits.map { try .stored($0) },
                properties: names.count == properties.count
                    ? properties : properties.filter { names.contains($0.key) })
        }
        return ResolvedItem(
            path: path, type: type, source: try source.map { try .stored($0) }, declaration: declaration,
            properties: properties)
    }

    static func write(_ items: [ResolvedItem], _ database: Database) throws {
        guard !items.isEmpty else { return }
        let statement = try database.cachedStatement(sql: upsert)
        for item in items {
            try statement.execute(arguments: arguments(item))
        }
    }

    /// The values of ``columns``.
    static func arguments(_ item: ResolvedItem) -> StatementArguments {
        [
            item.path.text, item.type, item.source?.text, PropertyText.text(of: item.properties),
            item.declaration.map { PropertyText.text(of: $0.properties.keys.sorted()) }, item.declaration?.source?.text,
        ]
    }

    static func remove(_ paths: [ItemPath], _ database: Database) throws {
        guard !paths.isEmpty else { return }
        let statement = try database.cachedStatement(sql: delete)
        for path in paths { try statement.execute(arguments: [path.text]) }
    }
}

extension Store {
    /// Changes the applied tree outside of a run, for items that no step depends on.
    ///
    /// - Parameter inserting: items that are new, or that replace the item at their path.
    /// - Parameter removing: each item that goes, also those below others.
    /// - Parameter isComplete: whether all is as declared then, so that no attempt of an earlier plan is of use any more.
    package func changeApplied(
        inserting: [ResolvedItem], removing: [ItemPath], isComplete: Bool = false
    ) throws(StoreError) {
        try write { database in
            if isComplete { try database.execute(sql: AttemptedItemTable.clear) }
            try AppliedItemTable.remove(removing, database)
            try AppliedItemTable.write(inserting, database)
            try StoreTable.countChange(database)
        }
    }

    /// The tree that plans have made true. O(items).
    package func applied(registry: TypeRegistry) throws(StoreError) -> ResolvedTree {
        ResolvedTree(try read(AppliedItemTable.rows), registry: registry)
    }
}
