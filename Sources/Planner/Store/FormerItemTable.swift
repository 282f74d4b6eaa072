internal import GRDB
package import Model

/// What changed items were when the current plan was made: a row for each item that was changed since, written by triggers, so that no way
/// of writing the declared tree can pass it by. With it a stale plan says what has changed, and costs nothing when it is made.
enum FormerItemTable {
    /// `type` is null for an item that was not there. (`INSERT OR IGNORE` would not do: within a trigger the conflict clause of the
    /// statement outside counts, https://www.sqlite.org/lang_createtrigger.html.)
    static let schema = [
        """
        CREATE TABLE former_item (
            path TEXT PRIMARY KEY,
            type TEXT,
            source TEXT,
            properties TEXT
        ) STRICT, WITHOUT ROWID
        """,
        """
        CREATE TRIGGER declared_item_added AFTER INSERT ON declared_item WHEN EXISTS (SELECT 1 FROM plan)
        BEGIN
            INSERT INTO former_item (path)
                SELECT new.path WHERE NOT EXISTS (SELECT 1 FROM former_item WHERE path = new.path);
        END
        """,
        """
        CREATE TRIGGER declared_item_changed AFTER UPDATE ON declared_item
        WHEN EXISTS (SELECT 1 FROM plan)
            AND (old.type IS NOT new.type OR old.source IS NOT new.source OR old.properties IS NOT new.properties)
        BEGIN
            INSERT INTO former_item (path, type, source, properties)
                SELECT old.path, old.type, old.source, old.properties
                WHERE NOT EXISTS (SELECT 1 FROM former_item WHERE path = old.path);
        END
        """,
        """
        CREATE TRIGGER declared_item_removed AFTER DELETE ON declared_item WHEN EXISTS (SELECT 1 FROM plan)
        BEGIN
            INSERT INTO former_item (path, type, source, properties)
                SELECT old.path, old.type, old.source, old.properties
                WHERE NOT EXISTS (SELECT 1 FROM former_item WHERE path = old.path);
        END
        """,
    ]

    /// From now on the declared tree is what the newest plan was made from.
    static let clear = "DELETE FROM former_item"

    /// Only what is still different: an item that was changed back counts as what it was.
    static let select = """
        SELECT former.path, former.type, former.source, former.properties, item.type, item.source, item.properties
        FROM former_item AS former LEFT JOIN declared_item AS item ON item.path = former.path
        WHERE former.type IS NOT item.type OR former.source IS NOT item.source OR former.properties IS NOT item.properties
        """

    static func read(_ database: Database) throws -> [DeclaredDifference] {
        let rows = try Row.fetchCursor(database, sql: select)
        var differences: [DeclaredDifference] = []
        while let row = try rows.next() { differences.append(try difference(row)) }
        return differences.sorted { $0.path < $1.path }
    }

    private static func difference(_ row: Row) throws -> DeclaredDifference {
        let path = try ItemPath.stored(row[0])
        let formerType: String? = row[1]
        let type: String? = row[4]
        guard let formerType else { return DeclaredDifference(path: path, kind: .added) }
        guard let type else { return DeclaredDifference(path: path, kind: .removed) }
        let old = try PropertyText.properties(from: row[3])
        let new = try PropertyText.properties(from: row[6])
        let source: String? = row[5]
        let formerSource: String? = row[2]
        var changed = Set(old.keys).union(new.keys).filter { old[$0] != new[$0] }.sorted()
        if type != formerType { changed.insert("type", at: 0) }
        if source != formerSource { changed.insert("source", at: 0) }
        return DeclaredDifference(path: path, kind: .changed(changed))
    }
}

/// How a declared item differs from what it was when the current plan was made.
package struct DeclaredDifference: Hashable, Sendable {
    package enum Kind: Hashable, Sendable {
        case added
        case removed
        /// The names of its properties that differ, by name; `source` and `type` first, where those do.
        case changed([String])
    }

    package let path: ItemPath
    package let kind: Kind
}

extension Store {
    /// The declared items that are not what they were when the newest plan was made, in tree order. O(items changed since).
    package func declaredDifferences() throws(StoreError) -> [DeclaredDifference] { try read(FormerItemTable.read) }
}
