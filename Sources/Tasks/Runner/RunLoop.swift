import Engine
import TaskKit

/// The one place in which a run advances: takes what happened, one message at a time, and carries out what the engine answers.
struct RunLoop {
    enum Message: Sendable {
        case ended(RunEngine.TaskStart, TaskAttempt.End, after: Duration)
        case stop(StopRequest)
        case approved(JournalEntry)
        case soaked(phase: Int)
        case windowEnded
        case retryDue(TaskID)
    }

    let runner: Runner
    let writer: JournalWriter
    let send: AsyncStream<Message>.Continuation
    var engine: RunEngine
    private let watch: Stopwatch
    /// When each phase was started for the first time, in seconds since 1970: what it waits for counts from there.
    private var phaseStarts: [Int: Double] = [:]
    /// The time of the latest record.
    private var latest = 0.0
    /// How often each task was tried in this run without success.
    var tries: [TaskID: Int] = [:]
    var report = RunReport(result: .failed, outcomes: [:], failures: [:], journalFailure: nil)

    init(runner: Runner, engine: RunEngine, send: AsyncStream<Message>.Continuation) {
        self.runner = runner
        self.engine = engine
        self.send = send
        watch = Stopwatch(runner.settings.clock)
        writer = JournalWriter(journal: runner.journal, observe: runner.observe)
    }

    /// What earlier runs have begun to wait for.
    mutating func takeUp(_ history: [JournalEntry]) { for entry in history { note(entry) } }

    mutating func run(
        _ messages: AsyncStream<Message>, stop: some AsyncSequence<StopRequest, Never> & Sendable,
        approvals: AsyncStream<JournalEntry>, isResumed: Bool
    ) async -> RunReport {
        let window = runner.settings.policy.window
        do {
            try await writer.announce(.runStarted(isResumed: isResumed, controller: runner.planRun.controller))
            if let window { try await writer.announce(.windowOpened(until: window.end)) }
            await withDiscardingTaskGroup { group in
                group.addTask { [send] in
                    for await request in stop { send.yield(.stop(request)) }
                }
                group.addTask { [send] in
                    for await entry in approvals { send.yield(.approved(entry)) }
                }
                if let window { tell(.windowEnded, after: window.length, in: &group) }
                await advance(messages, in: &group)
                // Ends the listener; no task runs any more.
                group.cancelAll()
            }
        } catch {
            // Nothing was begun; the report says why.
        }
        await runner.connector.closeAll()
        report.journalFailure = await writer.failure
        return report
    }

    private mutating func advance(_ messages: AsyncStream<Message>, in group: inout DiscardingTaskGroup) async {
        if await perform(engine.start(), in: &group) { return }
        for await message in messages {
            let event: RunEngine.Event? =
                switch message {
                case .stop(let request): .stopRequested(request)
                case .ended(let start, let end, let duration): await conclude(start, end, duration, in: &group)
                case .retryDue(let task): .retryDue(task)
                case .soaked(let phase): .soaked(phase: phase)
                case .windowEnded: .windowEnded
                case .approved(let entry): approval(entry)
                }
            guard let event else { continue }
            if await perform(engine.handle(event, at: watch.elapsed()), in: &group) { return }
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
        group.addTask { [send, clock = runner.settings.clock] in
            // Cancelled with the run, when nobody listens any more.
            guard (try? await clock.sleep(for: duration)) != nil else { return }
            send.yield(message)
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
        while let action = pending.popFirst() {
            switch action {
            case .record(let event):
                let wasWritable = await writer.failure == nil
                await record(event)
                if case .taskFinished(let task, _, let outcome, let failure, _) = event { note(task, outcome, failure) }
                if wasWritable, await writer.failure != nil { pending += engine.handle(.journalFailed) }
            case .start(let start):
                if await writer.failure != nil {
                    pending += engine.handle(.taskAbandoned(start.task.id))
                } else {
                    begin(start, in: &group)
                }
            case .cancelRunning: group.cancelAll()
            case .soak(let phase, let seconds):
                tell(.soaked(phase: phase), after: rest(of: phase, seconds: seconds), in: &group)
            case .finish(let result):
                report.result = result
                return true
            }
        }
        return false
    }

    private mutating func record(_ event: RunEvent) async {
        do {
            switch event {
            // These tell what is true already, and are wanted even after another record was lost.
            case .runFinished, .stopRequested, .phaseFinished, .nodeFailed, .taskFinished: note(try await writer.conclude(event))
            default: note(try await writer.announce(event))
            }
        } catch {
            // The writer keeps the first failure for the report, and `perform` tells the engine.
        }
    }

    private func begin(_ start: RunEngine.TaskStart, in group: inout DiscardingTaskGroup) {
        let watch = Stopwatch(runner.settings.clock)
        let output = TaskOutput { [observe = runner.observe, secrets = runner.secrets] text in
            observe(.output(start.task.id, attempt: start.attempt, secrets.redacted(text)))
        }
        guard let context = runner.context(for: start.task, attempt: start.attempt, output: { output.append($0) }) else {
            let failure = TaskFailure(.failed, "the plan does not say how to reach \(start.task.host)")
            send.yield(.ended(start, .finished(.failed, failure, isDetached: false), after: .zero))
            return
        }
        let attempt = TaskAttempt(start: start, journal: writer, context: context)
        group.addTask { [send, attempt] in
            var attempt = attempt
            let end = await attempt.run()
            output.finish()
            send.yield(.ended(start, end, after: watch.elapsed()))
        }
    }

    /// Puts the outcome into the journal before the engine builds on it.
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
            try await writer.conclude(
                .taskFinished(
                    task: task, attempt: start.attempt, outcome: outcome, failure: failure,
                    milliseconds: duration.wholeMilliseconds))
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

extension Comparable {
    fileprivate func clamped(to limits: ClosedRange<Self>) -> Self { min(max(self, limits.lowerBound), limits.upperBound) }
}
