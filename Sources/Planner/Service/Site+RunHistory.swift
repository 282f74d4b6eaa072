package import Store
package import TaskKit

/// Runs that were: who, when, how long, with what result.
extension Site {
    /// One run of one plan.
    package struct RunSummary: Sendable {
        package enum Ending: String, Sendable, Encodable {
            case successful, failed, stopped
            /// It waits for an approval.
            case paused
            /// It has no end in the journal, and nobody runs it.
            case interrupted
            case running
        }

        package let plan: PlanHead
        package let by: String
        package let isResumed: Bool
        /// The sequences of its first and last record.
        package let records: ClosedRange<Int>
        /// Seconds since 1970: of its first and of its last record.
        package let began: Double
        package let ended: Double
        package let ending: Ending
        package let outcomes: [Outcome: Int]
    }

    /// The newest runs, newest first.
    package func runHistory(limit: Int) throws -> [RunSummary] {
        let bounds = try ServiceError.wrapping { try store.runBounds(newest: limit) }
        let heads = try ServiceError.wrapping { try store.planHeads() }
        let bySerial = Dictionary(heads.map { ($0.serial, $0) }, uniquingKeysWith: { first, _ in first })
        let holder = try activeHolder()
        return try bounds.enumerated().compactMap { index, run in
            guard let head = bySerial[run.planSerial] else { return nil }
            let ending: RunSummary.Ending =
                switch run.result {
                case .successful: .successful
                case .failed: .failed
                case .stopped: .stopped
                case .paused: .paused
                case nil: index == 0 && holder != nil ? .running : .interrupted
                }
            let outcomes = try ServiceError.wrapping { try store.outcomes(in: run.first...run.last) }
            return RunSummary(
                plan: head, by: run.controller, isResumed: run.isResumed, records: run.first...run.last, began: run.began,
                ended: run.ended, ending: ending, outcomes: outcomes)
        }
    }

    /// The current run of a plan, or the last one; nil when it was not run lately.
    package func lastRun(ofPlan serial: Int) throws -> RunBounds? {
        try ServiceError.wrapping { try store.runBounds(newest: 20).first { $0.planSerial == serial } }
    }

    package var logs: TaskLogDirectory { TaskLogDirectory(stateDirectory: stateDirectory) }

    /// Where the store is, without the name of its file.
    package var stateDirectory: String {
        String(store.file.reversed().drop { $0 != "/" }.dropFirst().reversed())
    }
}
