internal import GRDB

/// What operators asked of a run, from another process: a row for each plan.
enum StopRequestTable {
    static let schema = """
        CREATE TABLE stop_request (
            plan_serial INTEGER PRIMARY KEY,
            level INTEGER NOT NULL,
            requested_by TEXT NOT NULL,
            time REAL NOT NULL
        ) STRICT
        """

    static let select = "SELECT level, requested_by, time FROM stop_request WHERE plan_serial = ?"

    /// A request is never weakened by a later one.
    static let raise = """
        INSERT INTO stop_request (plan_serial, level, requested_by, time) VALUES (?, ?, ?, ?)
        ON CONFLICT (plan_serial) DO UPDATE
            SET level = excluded.level, requested_by = excluded.requested_by, time = excluded.time
            WHERE excluded.level > level
        """

    static let delete = "DELETE FROM stop_request WHERE plan_serial = ?"

    static func clear(planSerial: Int, _ database: Database) throws {
        try database.cachedStatement(sql: delete).execute(arguments: [planSerial])
    }
}

/// How urgent a stop is (DESIGN section 5).
package enum StopLevel: Int, Hashable, Sendable, Comparable {
    /// Running tasks finish, no other begins.
    case finishRunning = 1
    /// Running tasks are cancelled at their next safe point.
    case cancelRunning = 2
    /// The controller leaves at once; what runs on hosts is found again on resume.
    case leave = 3

    package static func < (left: StopLevel, right: StopLevel) -> Bool { left.rawValue < right.rawValue }
}

/// A stop that somebody asked for.
package struct StopRequest: Hashable, Sendable {
    package var level: StopLevel
    package var by: String
    /// Seconds since 1970.
    package var time: Double
}

extension Store {
    /// Asks the run of a plan to stop. A lower level than one that was asked for before changes nothing.
    ///
    /// - Parameter now: seconds since 1970.
    package func requestStop(
        planSerial: Int, level: StopLevel, by operatorName: String, now: Double
    ) throws(StoreError) {
        try write { database in
            try database.execute(
                sql: StopRequestTable.raise, arguments: [planSerial, level.rawValue, operatorName, now])
        }
    }

    /// What was asked of the run of a plan; nil when nothing was since it started.
    package func stopRequest(planSerial: Int) throws(StoreError) -> StopRequest? {
        try read { database in
            guard let row = try Row.fetchOne(database, sql: StopRequestTable.select, arguments: [planSerial]) else {
                return nil
            }
            guard let level = StopLevel(rawValue: row[0]) else {
                throw UnreadableRecord(description: "no level of a stop request is \(row[0] as Int)")
            }
            return StopRequest(level: level, by: row[1], time: row[2])
        }
    }

    package func clearStopRequest(planSerial: Int) throws(StoreError) {
        try write { database in try StopRequestTable.clear(planSerial: planSerial, database) }
    }
}
