internal import GRDB
package import Model

/// Both trees of a store, read item by item within one transaction, so that an edit costs what it touches.
package struct StoredItems: DeclaredItems, AppliedItems {
    private let database: Database

    init(_ database: Database) { self.database = database }

    // MARK: What is declared

    package func item(at path: ItemPath) throws -> Item? {
        try Row.fetchOne(
            database.cachedStatement(sql: DeclaredItemTable.select(where: "path = ?")), arguments: [path.text]
        ).map(DeclaredItemTable.item)
    }

    package func items(within path: ItemPath) throws -> [Item] {
        try fetch(DeclaredItemTable.select(where: StoredItems.within("path")), StoredItems.range(of: path))
            .map(DeclaredItemTable.item).sorted { $0.path < $1.path }
    }

    package func heirs(of path: ItemPath) throws -> [Item] {
        try fetch(DeclaredItemTable.select(where: "source = ?"), [path.text]).map(DeclaredItemTable.item)
    }

    package func heirs(within path: ItemPath) throws -> [Item] {
        try fetch(DeclaredItemTable.select(where: StoredItems.within("source")), StoredItems.range(of: path))
            .map(DeclaredItemTable.item)
    }

    package func names(below path: ItemPath, limit: Int) throws -> [String] {
        try names(below: path, limit: limit, in: "declared_item")
    }

    private func names(below path: ItemPath, limit: Int, in table: String) throws -> [String] {
        let statement = try database.cachedStatement(
            sql: "SELECT path FROM \(table) WHERE path >= ? AND path < ? ORDER BY path LIMIT 1")
        let bounds = StoredItems.bounds(below: path)
        var names: Set<String> = []
        var next = bounds.lower + "!"
        while names.count < limit, let text = try String.fetchOne(statement, arguments: [next, bounds.upper]) {
            let rest = text.utf8.dropFirst(bounds.lower.utf8.count)
            let name = Substring(rest.prefix { $0 != UInt8(ascii: "/") })
            names.insert(String(name))
            // Behind an item come siblings such as `a-b`, then what is below it, which need not be read. `!` stands before all that ids have.
            next = name.utf8.count == rest.count ? text + "!" : StoredItems.bounds(below: path.appending(name)).upper
        }
        return names.sorted { NaturalOrder.isBefore($0, $1) }
    }

    // MARK: What was applied

    package func appliedItem(at path: ItemPath) throws -> ResolvedItem? {
        try Row.fetchOne(database.cachedStatement(sql: AppliedItemTable.select(where: "path = ?")), arguments: [path.text])
            .map(AppliedItemTable.item)
    }

    package func appliedItems(within path: ItemPath) throws -> [ResolvedItem] {
        try fetch(AppliedItemTable.select(where: StoredItems.within("path")), StoredItems.range(of: path))
            .map(AppliedItemTable.item).sorted { $0.path < $1.path }
    }

    package func appliedNames(below path: ItemPath, limit: Int) throws -> [String] {
        try names(below: path, limit: limit, in: "applied_item")
    }

    // MARK: The store

    /// Counts every change of what is declared.
    package var declaredSerial: Int {
        get throws { try StoreTable.declaredSerial(database) }
    }

    /// The lease as it stands, whether its holder lives or not.
    package func leaseHolder() throws -> Lease? { try LeaseTable.read(database) }

    // MARK: Ranges of paths

    /// A path and everything below it, as an index finds it.
    static func within(_ column: String) -> String {
        "\(column) = ?1 OR \(column) > ?2 AND \(column) < ?3"
    }

    private static func range(of path: ItemPath) -> StatementArguments {
        let bounds = bounds(below: path)
        return [path.text, bounds.lower, bounds.upper]
    }

    /// Every path below `path` lies between these two: `/` is followed by `0` among the bytes.
    private static func bounds(below path: ItemPath) -> (lower: String, upper: String) {
        path.isRoot ? ("/", "0") : (path.text + "/", path.text + "0")
    }

    private func fetch(_ sql: String, _ arguments: StatementArguments) throws -> [Row] {
        try Row.fetchAll(database.cachedStatement(sql: sql), arguments: arguments)
    }
}

/// What an edit writes.
package struct DeclaredChanges: Sendable {
    /// Items that are new, or that replace the item at their path.
    package var inserting: [Item]
    /// Each item that goes, also those below others.
    package var removing: [ItemPath]
    package var check: ValueCheck

    package init(inserting: [Item] = [], removing: [ItemPath] = [], check: ValueCheck = .none) {
        self.inserting = inserting
        self.removing = removing
        self.check = check
    }

    package var isEmpty: Bool { inserting.isEmpty && removing.isEmpty }
}

extension Store {
    /// Reads what an edit depends on and writes what it changes, in one transaction: no other process edits in between.
    ///
    /// - Parameter edit: reads single items, and says what to write. What it throws goes on as it is, and nothing is written.
    /// - Parameter confirm: called when all is written and nothing is committed. Gives what counts as applied at once, and the result; when
    ///   it throws, nothing was written.
    /// - Throws: ``StoreError``, or what the closures throw.
    package func editDeclared<Value>(
        _ edit: (StoredItems) throws -> DeclaredChanges,
        confirming confirm: () throws -> (appliedAtOnce: [ResolvedItem], value: Value)
    ) throws -> Value {
        var refusal: (any Error)?
        func passing<Result>(_ body: () throws -> Result) throws -> Result {
            do {
                return try body()
            } catch {
                if !(error is DatabaseError), !(error is UnreadableRecord) { refusal = error }
                throw error
            }
        }
        do {
            return try write { database in
                try DeclaredItemTable.apply(try passing { try edit(StoredItems(database)) }, by: rules, database)
                let (appliedAtOnce, value) = try passing(confirm)
                if !appliedAtOnce.isEmpty {
                    try AppliedItemTable.write(appliedAtOnce, database)
                    try StoreTable.countChange(database)
                }
                return value
            }
        } catch {
            throw refusal ?? error
        }
    }

    /// Reads single items of both trees, as they are at one moment.
    package func readItems<Value>(_ body: (StoredItems) throws -> Value) throws(StoreError) -> Value {
        try read { try body(StoredItems($0)) }
    }
}
