internal import GRDB
package import TaskKit

/// Where runs begin and end in the journal.
enum JournalRuns {
    /// Records of runs begin so; the text is compared, not understood, so that long journals are passed quickly.
    static let starts = """
        SELECT sequence, time, plan_serial, event FROM journal WHERE event GLOB '{"runStarted"*' ORDER BY sequence DESC LIMIT ?
        """
    static let end = """
        SELECT event FROM journal WHERE sequence BETWEEN ? AND ? AND event GLOB '{"runFinished"*' ORDER BY sequence DESC LIMIT 1
        """
    static let lastOfPlan = """
        SELECT max(sequence), max(time) FROM journal
        WHERE plan_serial = ? AND sequence BETWEEN ? AND ? AND event NOT GLOB '{"planGivenUp"*' AND event NOT GLOB '{"nodePutBack"*'
        """
    static let outcomes = """
        SELECT json_extract(event, '$.taskFinished.outcome'), count(*) FROM journal
        WHERE sequence BETWEEN ? AND ? AND event GLOB '{"taskFinished"*' GROUP BY 1
        """
}

/// One run, as the journal bounds it.
package struct RunBounds: Hashable, Sendable {
    package var planSerial: Int
    package var first: Int
    package var last: Int
    /// Seconds since 1970.
    package var began: Double
    package var ended: Double
    package var controller: String
    package var isResumed: Bool
    /// Nil when the journal has no end of it.
    package var result: RunResult?
}

extension Store {
    /// The newest runs, newest first.
    package func runBounds(newest limit: Int) throws(StoreError) -> [RunBounds] {
        try read { database in
            let json = JSONText()
            let rows = try Row.fetchAll(database, sql: JournalRuns.starts, arguments: [limit])
            var end = try Int.fetchOne(database, sql: JournalTable.selectLast) ?? 0
            return try rows.compactMap { row -> RunBounds? in
                let entry = try JournalTable.entry(row, json)
                guard case .runStarted(let isResumed, let controller) = entry.event else { return nil }
                let first = entry.sequence
                let last = try Row.fetchOne(
                    database, sql: JournalRuns.lastOfPlan, arguments: [entry.planSerial, first, end])
                let result = try String.fetchOne(database, sql: JournalRuns.end, arguments: [first, end])
                    .map { try json.value(RunEvent.self, from: $0) }
                end = first - 1
                var bounds = RunBounds(
                    planSerial: entry.planSerial, first: first, last: last?[0] ?? first, began: entry.time,
                    ended: last?[1] ?? entry.time, controller: controller, isResumed: isResumed)
                if case .runFinished(let word) = result { bounds.result = word }
                return bounds
            }
        }
    }

    /// How often tasks ended how, among some records.
    package func outcomes(in records: ClosedRange<Int>) throws(StoreError) -> [Outcome: Int] {
        try read { database in
            let rows = try Row.fetchAll(
                database, sql: JournalRuns.outcomes, arguments: [records.lowerBound, records.upperBound])
            var counts: [Outcome: Int] = [:]
            for row in rows {
                let word: String? = row[0]
                if let outcome = word.flatMap(Outcome.init(rawValue:)) { counts[outcome] = row[1] }
            }
            return counts
        }
    }
}
