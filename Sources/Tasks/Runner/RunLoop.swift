import Engine
import TaskKit

/// The one place in which a run advances: takes what happened, in its order, and carries out what the engine answers. What happens at the
/// same time waits for the disk once.
struct RunLoop {
    enum Message: Sendable {
        case ended(RunEngine.TaskStart, TaskAttempt.End, after: Duration)
        case stop(StopRequest)
        case approved(JournalEntry)
        case soaked(phase: Int)
        case windowEnded
        case retryDue(TaskID)
        case journalFailed

        /// What is recorded of a task that has succeeded, whatever becomes of others; nil for every other message.
        var success: RunEvent? {
            guard case .ended(let start, .finished(let outcome, nil, _), let duration) = self else { return nil }
            return .taskFinished(
                task: start.task.id, attempt: start.attempt, outcome: outcome, failure: nil,
                milliseconds: duration.wholeMilliseconds)
        }

        var isSuccess: Bool { success != nil }
    }

    let runner: Runner
    let writer: JournalWriter
    let mailbox: Mailbox<Message>
    var engine: RunEngine
    private let watch: Stopwatch
    /// When each phase was started for the first time, in seconds since 1970: what it waits for counts from there.
    private var phaseStarts: [Int: Double] = [:]
    /// The time of the latest record.
    private var latest = 0.0
    /// How often each task was tried in this run without success.
    var tries: [TaskID: Int] = [:]
    private var hasLostSuccess = false
    var report = RunReport(result: .failed, outcomes: [:], failures: [:], journalFailure: nil)

    init(runner: Runner, engine: RunEngine, mailbox: Mailbox<Message>) {
        self.runner = runner
        self.engine = engine
        self.mailbox = mailbox
        watch = Stopwatch(runner.settings.clock)
        writer = JournalWriter(
            journal: runner.journal, observe: runner.observe, onFailure: { mailbox.send(.journalFailed) })
    }

    /// What earlier runs have begun to wait for.
    mutating func takeUp(_ history: [JournalEntry]) { for entry in history { note(entry) } }

    mutating func run(
        stop: some AsyncSequence<StopRequest, Never> & Sendable, approvals: AsyncStream<JournalEntry>, isResumed: Bool
    ) async -> RunReport {
        let window = runner.settings.policy.window
        do {
            try await writer.announce([.runStarted(isResumed: isResumed, controller: runner.planRun.controller)])
            if let window { try await writer.announce([.windowOpened(until: window.end)]) }
            await withDiscardingTaskGroup { group in
                group.addTask { [mailbox] in
                    for await request in stop { mailbox.send(.stop(request)) }
                }
                group.addTask { [mailbox] in
                    for await entry in approvals { mailbox.send(.approved(entry)) }
                }
                if let window { tell(.windowEnded, after: window.length, in: &group) }
                await advance(in: &group)
                // Ends the listener; no task runs any more.
                group.cancelAll()
            }
        } catch {
            // Nothing was begun; the report says why.
        }
        report.journalFailure = writer.failure
        return report
    }

    private mutating func advance(in group: inout DiscardingTaskGroup) async {
        if await perform(engine.start(), in: &group) { return }
        while true {
            var messages = await mailbox.next()[...]
            while let first = messages.first {
                let together = first.isSuccess ? messages.prefix(while: \.isSuccess) : messages.prefix(1)
                messages.removeFirst(together.count)
                var actions: [RunEngine.Action] = []
                for message in together {
                    if let record = message.success { actions.append(.record(record)) }
                    guard let event = await event(of: message, in: &group) else { continue }
                    actions += engine.handle(event, at: watch.elapsed())
                }
                if await perform(actions, in: &group) { return }
            }
        }
    }

    private mutating func event(of message: Message, in group: inout DiscardingTaskGroup) async -> RunEngine.Event? {
        switch message {
        case .stop(let request): .stopRequested(request)
        // Its record is written with those of what follows from it, before them.
        case .ended(let start, .finished(let outcome, nil, _), _): .taskFinished(start.task.id, outcome)
        case .ended(let start, let end, let duration): await conclude(start, end, duration, in: &group)
        case .retryDue(let task): .retryDue(task)
        case .soaked(let phase): .soaked(phase: phase)
        case .windowEnded: .windowEnded
        case .journalFailed: .journalFailed
        case .approved(let entry): approval(entry)
        }
    }

    /// An approval that another process has written: it is a record of this run like its own.
    private func approval(_ entry: JournalEntry) -> RunEngine.Event? {
        guard case .approved(let phase, _) = entry.event else { return nil }
        runner.observe(.recorded(entry))
        return .approved(phase: phase)
    }

    private mutating func note(_ entry: JournalEntry) {
        latest = entry.time
        if case .phaseStarted(let phase) = entry.event, phaseStarts[phase] == nil { phaseStarts[phase] = entry.time }
    }

    private func tell(_ message: Message, after duration: Duration, in group: inout DiscardingTaskGroup) {
        group.addTask { [mailbox, clock = runner.settings.clock] in
            // Cancelled with the run, when nobody listens any more.
            guard (try? await clock.sleep(for: duration)) != nil else { return }
            mailbox.send(message)
        }
    }

    /// What is left of a soak. A clock that was set back makes it no longer than it was meant to be.
    private func rest(of phase: Int, seconds: Int) -> Duration {
        let gone = latest - (phaseStarts[phase] ?? latest)
        return .milliseconds(Int((Double(seconds) - gone).clamped(to: 0...Double(seconds)) * 1000))
    }

    /// - Returns: whether the run is over.
    private mutating func perform(_ actions: [RunEngine.Action], in group: inout DiscardingTaskGroup) async -> Bool {
        var pending = actions[...]
        while let action = pending.first {
            let together = pending.prefix(while: \.isRecorded)
            guard together.isEmpty else {
                pending.removeFirst(together.count)
                pending += await record(together, in: &group)
                continue
            }
            pending.removeFirst()
            switch action {
            case .cancelRunning: group.cancelAll()
            case .soak(let phase, let seconds):
                tell(.soaked(phase: phase), after: rest(of: phase, seconds: seconds), in: &group)
            case .finish(let result):
                forgetUnsaved()
                // The engine was told of successes that the journal has not taken.
                report.result = hasLostSuccess ? .failed : result
                return true
            case .record, .start: break
            }
        }
        return false
    }

    /// What the journal has taken and could not store counts as not told.
    private mutating func forgetUnsaved() {
        for case .taskFinished(let task, _, let outcome, _, _) in writer.unsaved {
            report.outcomes[task] = nil
            if outcome.isSuccess { hasLostSuccess = true }
        }
    }

    /// Puts all that actions announce into the journal, in their order, and begins the tasks among them. Waits for the disk, unless all of it
    /// is of a kind that may be lost.
    ///
    /// - Returns: what follows from a journal that has not taken it.
    private mutating func record(
        _ actions: ArraySlice<RunEngine.Action>, in group: inout DiscardingTaskGroup
    ) async -> [RunEngine.Action] {
        let wasWritable = writer.failure == nil
        var events = actions.compactMap(\.event)
        // After a record was lost, only what is true already is still wanted.
        if !wasWritable { events.removeAll { !$0.tellsWhatIsTrue } }
        let isStored = await store(events, mayWait: wasWritable)
        var further = wasWritable && writer.failure != nil ? engine.handle(.journalFailed) : []
        for action in actions {
            switch action {
            case .record(.taskFinished(let task, _, let outcome, let failure, _)):
                if outcome.isSuccess, !isStored { hasLostSuccess = true } else { note(task, outcome, failure) }
            case .start(let start) where wasWritable && isStored: begin(start, in: &group)
            case .start(let start): further += engine.handle(.taskAbandoned(start.task.id))
            case .record, .cancelRunning, .soak, .finish: break
            }
        }
        return further
    }

    /// - Returns: whether the journal has it, or has taken it for later. The writer keeps the first failure for the report.
    private mutating func store(_ events: [RunEvent], mayWait: Bool) async -> Bool {
        if mayWait, events.allSatisfy(\.canBeFoundAgain) { return (try? await writer.take(events)) != nil }
        guard let entries = try? await writer.conclude(events) else { return false }
        for entry in entries { note(entry) }
        return true
    }

    private func begin(_ start: RunEngine.TaskStart, in group: inout DiscardingTaskGroup) {
        let watch = Stopwatch(runner.settings.clock)
        let output = TaskOutput { [observe = runner.observe, secrets = runner.secrets] text in
            observe(.output(start.task.id, attempt: start.attempt, secrets.redacted(text)))
        }
        guard let context = runner.context(for: start.task, attempt: start.attempt, output: { output.append($0) }) else {
            let failure = TaskFailure(.failed, "the plan does not say how to reach \(start.task.host)")
            mailbox.send(.ended(start, .finished(.failed, failure, isDetached: false), after: .zero))
            return
        }
        let attempt = TaskAttempt(start: start, journal: writer, context: context)
        group.addTask { [mailbox, attempt] in
            var attempt = attempt
            let end = await attempt.run()
            output.finish()
            mailbox.send(.ended(start, end, after: watch.elapsed()))
        }
    }

    /// Puts an end without success into the journal before the engine builds on it.
    private mutating func conclude(
        _ start: RunEngine.TaskStart, _ end: TaskAttempt.End, _ duration: Duration, in group: inout DiscardingTaskGroup
    ) async -> RunEngine.Event {
        let task = start.task.id
        guard case .finished(let outcome, let told, let isDetached) = end else { return .taskAbandoned(task) }
        let failure = told.map(runner.secrets.redacted)
        if let failure, let delay = delayBeforeRetry(of: start.task, after: failure) {
            let ended = RunEngine.FailedAttempt(
                task: task, attempt: start.attempt, outcome: outcome, failure: failure, isDetached: isDetached)
            return await retry(ended, after: delay, duration, in: &group)
        }
        do {
            try await writer.conclude([
                .taskFinished(
                    task: task, attempt: start.attempt, outcome: outcome, failure: failure,
                    milliseconds: duration.wholeMilliseconds)
            ])
        } catch {
            return .taskAbandoned(task)
        }
        note(task, outcome, failure)
        return .taskFinished(task, outcome)
    }

    private mutating func note(_ task: TaskID, _ outcome: Outcome, _ failure: TaskFailure?) {
        report.outcomes[task] = outcome
        report.failures[task] = failure
    }
}

extension RunEngine.Action {
    /// Whether it stands in the journal before it is carried out.
    fileprivate var isRecorded: Bool { event != nil }

    /// What the journal is told of it.
    fileprivate var event: RunEvent? {
        switch self {
        case .record(let event): event
        case .start(let start): .taskStarted(task: start.task.id, attempt: start.attempt)
        case .cancelRunning, .soak, .finish: nil
        }
    }
}

extension RunEvent {
    /// Whether it tells of nothing but a question to a host: should it be lost with the controller, the question is asked again.
    fileprivate var canBeFoundAgain: Bool {
        switch self {
        case .taskStarted, .taskFinished(_, _, .skipped, nil, _): true
        default: false
        }
    }

    /// Whether it is true whatever the other records say, so that it is wanted even after one was lost: the end of a phase is told by its
    /// tasks too.
    fileprivate var tellsWhatIsTrue: Bool {
        switch self {
        case .runFinished, .stopRequested, .nodeFailed, .taskFinished: true
        default: false
        }
    }
}

extension Comparable {
    fileprivate func clamped(to limits: ClosedRange<Self>) -> Self { min(max(self, limits.lowerBound), limits.upperBound) }
}
