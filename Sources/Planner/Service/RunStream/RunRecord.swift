import Foundation
package import Model
package import TaskKit

/// A record of the journal as everybody reads it: the terminal, a pipe, `--json`, a page. The only place that turns events into words and
/// JSON (docs/run-stream.schema.json).
package struct RunRecord: Sendable, Hashable {
    /// Greater when a reader of this one would misread the next.
    package static let version = 1

    /// What has happened; names never change.
    package enum Kind: String, Sendable, CaseIterable, Encodable {
        case planStart = "plan_start"
        case phaseStart = "phase_start"
        case taskStart = "task_start"
        case taskApply = "task_apply"
        case taskEnd = "task_end"
        case phaseEnd = "phase_end"
        case stop
        case planEnd = "plan_end"
        case nodePutBack = "node_put_back"
        case planGivenUp = "plan_given_up"
        case taskRetry = "task_retry"
        case approval
        case windowStart = "window_start"
        case notStarted = "not_started"
        case nodeFailure = "node_failure"
    }

    /// What one event says; the rest of the record is the same for all.
    struct Content: Hashable {
        var kind: Kind
        /// What it is called in a line of output; nil where it is not worth one.
        var word: String?
        /// The sentence that a line shows; for a task, its summary.
        var message: String
        var phase: Int?
        var task: TaskID?
        var attempt: Int?
        var outcome: Outcome?
        var failure: TaskFailure?
        var milliseconds: Int?
        var node: ItemPath?
        var by: String?
        var why: String?
        var result: RunResult?
        var isResumed: Bool?
        var cancelsRunning: Bool?
        /// Milliseconds until the next attempt.
        var delay: Int?
        /// The end of a window, in seconds since 1970.
        var until: Double?
    }

    package let sequence: Int
    /// Seconds since 1970.
    package let time: Double
    /// The ``TaskKit/Plan/id``.
    package let plan: String
    package let place: PlanPlaces.Place?
    let content: Content

    package init(_ entry: JournalEntry, in places: PlanPlaces) {
        sequence = entry.sequence
        time = entry.time
        plan = places.plan.id
        var content = Content(ofPolicy: entry.event, in: places.plan) ?? Content(of: entry.event, plan: places.plan.id)
        place = content.task.flatMap { places[$0] }
        if let task = place?.task { content.message = task.summary }
        self.content = content
    }

    package var kind: Kind { content.kind }
    package var word: String? { content.word }
    package var message: String { content.message }
    package var task: PlanTask? { place?.task }
    package var attempt: Int { content.attempt ?? 1 }
    package var outcome: Outcome? { content.outcome }
    package var failure: TaskFailure? { content.failure }
    package var milliseconds: Int { content.milliseconds ?? 0 }
    package var result: RunResult? { content.result }
    package var by: String? { content.by }
    package var isResumed: Bool { content.isResumed ?? false }
    package var phase: Int? { content.phase ?? place?.phase }
    /// Milliseconds until the next attempt of the task.
    package var delay: Int { content.delay ?? 0 }
    package var node: ItemPath? { content.node ?? place?.task.identity.node }

    package static func == (left: RunRecord, right: RunRecord) -> Bool {
        left.sequence == right.sequence && left.time == right.time && left.plan == right.plan && left.content == right.content
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(sequence) }
}

extension RunRecord.Content {
    init(_ kind: RunRecord.Kind, _ word: String?, _ message: String) {
        self.kind = kind
        self.word = word
        self.message = message
    }

    /// The one conversion: a new event is a case here.
    init(of event: RunEvent, plan: String) {
        switch event {
        case .runStarted(let isResumed, let controller):
            self.init(.planStart, "run", "plan \(plan) \(isResumed ? "resumed" : "started") by \(controller)")
            by = controller
            self.isResumed = isResumed
        case .phaseStarted(let number):
            self.init(.phaseStart, nil, "phase \(number) begins")
            phase = number
        case .taskStarted(let task, let attempt): self.init(.taskStart, task, attempt)
        case .taskApplying(let task, let attempt): self.init(.taskApply, task, attempt, word: "start")
        case .taskFinished(let task, let attempt, let outcome, let failure, let milliseconds):
            self.init(.taskEnd, task, attempt, word: outcome.word)
            self.outcome = outcome
            self.failure = failure
            self.milliseconds = milliseconds
        case .taskRetrying(let task, let attempt, let outcome, let failure, let milliseconds, let delay):
            self.init(.taskRetry, task, attempt, word: "retry")
            self.outcome = outcome
            self.failure = failure
            self.milliseconds = milliseconds
            self.delay = delay
        case .phaseFinished(let number):
            self.init(.phaseEnd, nil, "phase \(number) is done")
            phase = number
        case .stopRequested(let cancelRunning, let by):
            self.init(.stop, "stop", "asked by \(by): running tasks " + (cancelRunning ? "are cancelled" : "finish"))
            self.by = by
            cancelsRunning = cancelRunning
        case .runFinished(let result):
            self.init(.planEnd, "run", "plan \(plan) \(result.rawValue)")
            self.result = result
        case .nodePutBack(let node, let contributors, let by, let why):
            let who = contributors.isEmpty ? "" : " (\(contributors.joined(separator: ", ")))"
            self.init(
                .nodePutBack, "unlock",
                "\(node.name) was put back into service by hand\(who), says \(by)"
                    + (why.map { ": \($0)" } ?? ""))
            self.node = node
            self.by = by
            self.why = why
        case .approved, .windowOpened, .notStarted, .nodeFailed:
            // These are told with their plan, in ``init(ofPolicy:in:)``.
            self.init(.phaseStart, nil, "")
        case .planGivenUp(let by, let why):
            self.init(.planGivenUp, "reset", "plan \(plan) given up by \(by)" + (why.map { ": \($0)" } ?? ""))
            self.by = by
            self.why = why
        }
    }

    private init(_ kind: RunRecord.Kind, _ task: TaskID, _ attempt: Int, word: String? = nil) {
        self.init(kind, word, task.text)
        self.task = task
        self.attempt = attempt
    }
}

extension Outcome {
    /// The word in lists; failures in capitals, so that they are seen without colour.
    package var word: String {
        switch self {
        case .ok, .changed, .skipped: rawValue
        case .failed: "FAILED"
        case .unreachable: "UNREACH"
        case .timedOut: "TIMEOUT"
        case .cancelled: "CANCEL"
        }
    }
}

// MARK: - JSON

extension RunRecord: Encodable {
    private enum CodingKeys: String, CodingKey {
        case v, seq, ts, type, plan, phase, task, id, node, host, item, step, state, attempt, rc, output, next, by, why, result,
            resumed, until
        case elapsed = "elapsed_ms"
        case limit = "limit_ms"
        case failureClass = "class"
        case message = "msg"
        case cancelsRunning = "cancel_running"
        case delay = "retry_in_ms"
    }

    package func encode(to encoder: any Encoder) throws {
        var json = encoder.container(keyedBy: CodingKeys.self)
        try json.encode(RunRecord.version, forKey: .v)
        try json.encode(sequence, forKey: .seq)
        try json.encode(RunRecord.timestamp(time), forKey: .ts)
        try json.encode(kind, forKey: .type)
        try json.encode(plan, forKey: .plan)
        try json.encodeIfPresent(phase, forKey: .phase)
        try json.encodeIfPresent(place?.text, forKey: .task)
        try json.encodeIfPresent(content.task, forKey: .id)
        try json.encodeIfPresent(node.map { String($0.name) }, forKey: .node)
        try json.encodeIfPresent(place.map { String($0.task.host.name) }, forKey: .host)
        try json.encodeIfPresent(task?.identity.item, forKey: .item)
        try json.encodeIfPresent(task?.identity.name, forKey: .step)
        try json.encodeIfPresent(state, forKey: .state)
        try json.encodeIfPresent(content.attempt, forKey: .attempt)
        try json.encodeIfPresent(content.milliseconds, forKey: .elapsed)
        if kind == .taskStart || kind == .taskApply {
            try json.encodeIfPresent(task?.action.action.limit.wholeMilliseconds, forKey: .limit)
        }
        try json.encodeIfPresent(failure?.exitStatus, forKey: .rc)
        try json.encodeIfPresent(failure?.failureClass, forKey: .failureClass)
        let lines = failure?.message.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        try json.encode(lines?.first ?? message, forKey: .message)
        if let lines, lines.count > 1 { try json.encode(Array(lines.dropFirst()), forKey: .output) }
        try json.encodeIfPresent(failure?.nextStep, forKey: .next)
        try json.encodeIfPresent(content.by, forKey: .by)
        try json.encodeIfPresent(content.why, forKey: .why)
        try json.encodeIfPresent(content.result, forKey: .result)
        try json.encodeIfPresent(content.isResumed, forKey: .resumed)
        try json.encodeIfPresent(content.cancelsRunning, forKey: .cancelsRunning)
        try json.encodeIfPresent(content.delay, forKey: .delay)
        try json.encodeIfPresent(content.until.map(RunRecord.timestamp), forKey: .until)
    }

    /// Where the task stands after this record.
    private var state: String? {
        switch kind {
        case .taskStart: "checking"
        case .taskApply: "running"
        case .taskEnd: outcome?.rawValue
        case .taskRetry: "retrying"
        default: nil
        }
    }

    /// `2026-11-21T21:10:03.250Z`.
    package static func timestamp(_ seconds: Double) -> String {
        Date(timeIntervalSince1970: seconds).formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
    }
}

/// The first line of the stream.
package struct RunStreamHead: Encodable, Sendable {
    package let v = RunRecord.version
    package let type = "version"
    package let schema = "planner.run/\(RunRecord.version)"
    package let planner: String

    package init(planner: String) { self.planner = planner }
}

/// The last line of the stream: how the command that shows it ends.
package struct RunStreamEnd: Encodable, Sendable {
    package let v = RunRecord.version
    package let type = "result"
    /// The exit status of the command.
    package let exit: Int32
    /// Why: `successful`, `failed`, `stopped`, `unreachable`, `interrupted`, `journal-failed`, or what kept the run from beginning.
    package let reason: String

    package init(exit: Int32, reason: String) {
        self.exit = exit
        self.reason = reason
    }
}
