internal import GRDB
package import TaskKit

/// What the journal says about many runs at once. SQLite reads the records; they are not decoded one by one.
enum JournalFacts {
    /// Newest records first, so that what was long ago does not outweigh today.
    static let durations = """
        SELECT json_extract(event, '$.taskFinished.task'), json_extract(event, '$.taskFinished.milliseconds'), plan_serial
        FROM journal
        WHERE sequence > (SELECT coalesce(max(sequence), 0) FROM journal) - ?1 AND plan_serial <> ?2
            AND json_extract(event, '$.taskFinished.outcome') IN ('ok', 'changed')
        ORDER BY sequence
        """

    static let runs = """
        SELECT plan_serial, min(time), max(time),
            count(DISTINCT CASE WHEN json_extract(event, '$.taskFinished.outcome') IN ('ok', 'changed', 'skipped')
                THEN json_extract(event, '$.taskFinished.task') END),
            count(json_extract(event, '$.runStarted.controller'))
        FROM journal WHERE plan_serial >= ? GROUP BY plan_serial
        """

    static let controllers = """
        SELECT plan_serial, json_extract(event, '$.runStarted.controller') FROM journal
        WHERE plan_serial >= ? AND json_extract(event, '$.runStarted.controller') IS NOT NULL ORDER BY sequence
        """
}

/// What the journal says about the runs of one plan.
package struct RunFacts: Hashable, Sendable {
    /// Seconds since 1970: of the first and of the last record.
    package var began: Double
    package var ended: Double
    /// Tasks that succeeded, each once.
    package var doneTasks: Int
    package var runCount: Int
    /// Who ran it, each once, in order.
    package var controllers: [String]
}

extension Store {
    /// How long tasks took that did something, in the newest records.
    ///
    /// - Parameters:
    ///   - records: how far back to look.
    ///   - excluded: the plan that is asked for; what it did itself is no earlier run.
    package func taskDurations(
        inLast records: Int, excluding excluded: Int
    ) throws(StoreError) -> [(task: TaskID, milliseconds: Int, planSerial: Int)] {
        try read { database in
            try Row.fetchAll(database, sql: JournalFacts.durations, arguments: [records, excluded]).map { row in
                (TaskID(row[0]), row[1], row[2])
            }
        }
    }

    /// What came of each plan from a serial on that was run.
    package func runFacts(from serial: Int) throws(StoreError) -> [Int: RunFacts] {
        try read { database in
            var facts: [Int: RunFacts] = [:]
            for row in try Row.fetchAll(database, sql: JournalFacts.runs, arguments: [serial]) {
                facts[row[0]] = RunFacts(began: row[1], ended: row[2], doneTasks: row[3], runCount: row[4], controllers: [])
            }
            for row in try Row.fetchAll(database, sql: JournalFacts.controllers, arguments: [serial]) {
                let name: String = row[1]
                if facts[row[0]]?.controllers.contains(name) == false { facts[row[0]]?.controllers.append(name) }
            }
            return facts
        }
    }
}
