import Engine
import TaskKit

/// One attempt of one task, whose start is in the journal: check, intent, apply, verify (DESIGN section 5).
struct TaskAttempt: Sendable {
    /// How it ended.
    enum End: Sendable {
        ///
        /// - Parameter isDetached: whether the host was lost after the intent, so that what was begun may go on there.
        case finished(Outcome, TaskFailure?, isDetached: Bool)
        /// An announcement could not be stored; nothing was begun after it.
        case abandoned
    }

    /// Why it cannot go on.
    private enum Stop: Error {
        case failed(TaskFailure)
        case notRecorded
    }

    let start: RunEngine.TaskStart
    let journal: JournalWriter
    let context: TaskContext
    /// Whether its intent is in the journal.
    private var isBegun: Bool

    init(start: RunEngine.TaskStart, journal: JournalWriter, context: TaskContext) {
        self.start = start
        self.journal = journal
        self.context = context
        isBegun = start.wasApplying
    }

    private var task: TaskID { start.task.id }
    private var action: any TaskAction { start.task.action.action }

    mutating func run() async -> End {
        do {
            return .finished(try await carryOut(), nil, isDetached: false)
        } catch {
            switch error {
            case .failed(let failure):
                return .finished(failure.outcome, failure, isDetached: isBegun && failure.mayLeaveWork)
            case .notRecorded: return .abandoned
            }
        }
    }

    private mutating func carryOut() async throws(Stop) -> Outcome {
        // What was begun is joined, whatever a check would say of a state half-way.
        if start.wasApplying {
            let isThere = try await ask { () async throws(TaskFailure) in try await action.hasUnfinishedRun(in: context) }
            if isThere { return try await applyAndVerify() }
        }
        switch try await ask({ () async throws(TaskFailure) in try await action.check(in: context) }) {
        // After an interrupted apply, it was that one which made it true.
        case .satisfied: return start.wasApplying ? .changed : .skipped
        case .holds: return .ok
        case .needed: return try await applyAndVerify()
        }
    }

    private mutating func applyAndVerify() async throws(Stop) -> Outcome {
        if Task.isCancelled { throw .failed(TaskFailure(.cancelled, "cancelled before it changed anything")) }
        try await announceIntent()
        isBegun = true
        do {
            try await action.apply(in: context)
        } catch {
            guard error.failureClass == .interrupted else { throw .failed(error) }
            return try await decide(after: error)
        }
        switch try await ask({ () async throws(TaskFailure) in try await action.verify(in: context) }) {
        case .satisfied: return .changed
        case .holds: return .ok
        case .needed(let reason):
            let message = "it was carried out without an error, and is still not true: \(reason)"
            throw .failed(TaskFailure(.notVerified, message))
        }
    }

    /// Nobody knows how far an interrupted apply came: the check does.
    private func decide(after failure: TaskFailure) async throws(Stop) -> Outcome {
        switch try await ask({ () async throws(TaskFailure) in try await action.check(in: context) }) {
        case .satisfied: return .changed
        case .holds: return .ok
        case .needed(let reason):
            throw .failed(
                TaskFailure(
                    .interrupted, "\(failure.message)\nit is not true: \(reason)",
                    nextStep: failure.nextStep ?? "planner run_plan --resume begins a new attempt"))
        }
    }

    /// Questions change nothing, so a lost connection is only a delay.
    private func ask<Answer>(_ question: () async throws(TaskFailure) -> Answer) async throws(Stop) -> Answer {
        do {
            return try await context.reconnecting(question)
        } catch {
            throw .failed(error)
        }
    }

    private func announceIntent() async throws(Stop) {
        do {
            try await journal.announce([.taskApplying(task: task, attempt: start.attempt)])
        } catch {
            if Task.isCancelled, journal.failure == nil {
                throw .failed(TaskFailure(.cancelled, "cancelled before it changed anything"))
            }
            throw .notRecorded
        }
    }
}
