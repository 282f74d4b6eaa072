internal import GRDB

/// What Planner remembers between commands: both trees, what was applied, plans, the journal, and who is running (DESIGN section 6).
///
/// One SQLite file in write-ahead mode; several processes may use it at once. Every method blocks for the time of one short
/// transaction (a few milliseconds, at most the busy timeout of five seconds), and what it wrote is on the disk when it returns.
///
/// ```swift
/// let store = try Store(directory: "/var/lib/planner")
/// try store.changeDeclared(inserting: items, removing: [])
/// ```
package final class Store: Sendable {
    /// The name of the database file.
    package let file: String
    /// By which rules whoever uses the store checks what he declares: another text for every version of them.
    let rules: String
    private let pool: DatabasePool

    /// Opens the store in a directory; makes both when they are not there, for the owner only (0700, 0600).
    ///
    /// - Parameter rules: by which rules the values that are declared were checked, when ``ValueCheck`` says so; empty: by none.
    /// - Throws: ``StoreError`` `cannotOpen`, `notADatabase`, `newerSchema`, `diskFull`, `busy` or `corrupted`.
    package convenience init(directory: String, rules: String = "") throws(StoreError) {
        try self.init(directory: directory, rules: rules, busyTimeout: 5)
    }

    /// - Parameter busyTimeout: how many seconds a command waits for another process that writes.
    init(directory: String, rules: String = "", busyTimeout: Double) throws(StoreError) {
        self.rules = rules
        let file = try StoreFiles.prepare(directory: directory)
        self.file = file
        var configuration = Configuration()
        configuration.label = "planner.store"
        configuration.busyMode = .timeout(busyTimeout)
        configuration.foreignKeysEnabled = true
        configuration.maximumReaderCount = 4
        do {
            pool = try StoreFiles.alone(in: directory) {
                let pool = try DatabasePool(path: file, configuration: configuration)
                // A record of the journal must survive a power cut. GRDB sets NORMAL when it turns on write-ahead mode, after all that can
                // be configured; that may lose the last records.
                try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
                try Schema.check(pool, file: file)
                try Schema.migrator.migrate(pool)
                return pool
            }
        } catch {
            throw StoreError(error, file: file)
        }
    }

    /// Moves everything into the one file and closes the connections. Everything after it fails; without it they are closed with the
    /// last reference, and the next command finds what is in the write-ahead file.
    package func close() throws(StoreError) {
        do {
            // Busy is no error here: another process still uses the store, and will do it.
            _ = try? pool.writeWithoutTransaction { try $0.checkpoint(.truncate) }
            try pool.close()
        } catch {
            throw StoreError(error, file: file)
        }
    }

    // MARK: Transactions

    /// One transaction that sees one state of the store, whatever others write meanwhile.
    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.read(body) } catch { throw StoreError(error, file: file) }
    }

    /// One transaction: all of it is on the disk when this returns, or nothing when it throws.
    func write<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.write(body) } catch { throw StoreError(error, file: file) }
    }

    /// Turns values into text or back, outside of any transaction.
    func encoding<Value>(_ body: () throws -> Value) throws(StoreError) -> Value {
        do { return try body() } catch { throw StoreError(error, file: file) }
    }
}
