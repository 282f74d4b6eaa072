import Engine
import TaskKit

/// The one place in which a run advances: takes what happened, one message at a time, and carries out what the engine answers.
struct RunLoop {
    enum Message: Sendable {
        case ended(RunEngine.TaskStart, TaskAttempt.End, after: Duration)
        case stop(StopRequest)
    }

    private let runner: Runner
    private let writer: JournalWriter
    private let send: AsyncStream<Message>.Continuation
    private var engine: RunEngine
    private var report = RunReport(result: .failed, outcomes: [:], failures: [:], journalFailure: nil)

    init(runner: Runner, engine: RunEngine, send: AsyncStream<Message>.Continuation) {
        self.runner = runner
        self.engine = engine
        self.send = send
        writer = JournalWriter(journal: runner.journal, observe: runner.observe)
    }

    mutating func run(
        _ messages: AsyncStream<Message>, stop: some AsyncSequence<StopRequest, Never> & Sendable, isResumed: Bool
    ) async -> RunReport {
        do {
            try await writer.announce(.runStarted(isResumed: isResumed, controller: runner.planRun.controller))
            await withDiscardingTaskGroup { group in
                group.addTask { [send] in
                    for await request in stop { send.yield(.stop(request)) }
                }
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
            let event: RunEngine.Event =
                switch message {
                case .stop(let request): .stopRequested(request)
                case .ended(let start, let end, let duration): await conclude(start, end, duration)
                }
            if await perform(engine.handle(event), in: &group) { return }
        }
    }

    /// - Returns: whether the run is over.
    private mutating func perform(_ actions: [RunEngine.Action], in group: inout DiscardingTaskGroup) async -> Bool {
        var pending = actions[...]
        while let action = pending.popFirst() {
            switch action {
            case .record(let event):
                let wasWritable = await writer.failure == nil
                await record(event)
                if wasWritable, await writer.failure != nil { pending += engine.handle(.journalFailed) }
            case .start(let start):
                if await writer.failure != nil {
                    pending += engine.handle(.taskAbandoned(start.task.id))
                } else {
                    begin(start, in: &group)
                }
            case .cancelRunning: group.cancelAll()
            case .finish(let result):
                report.result = result
                return true
            }
        }
        return false
    }

    private func record(_ event: RunEvent) async {
        do {
            switch event {
            // These tell what is true already, and are wanted even after another record was lost.
            case .runFinished, .stopRequested, .phaseFinished: try await writer.conclude(event)
            default: try await writer.announce(event)
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
        guard let context = runner.context(for: start, output: output) else {
            let failure = TaskFailure(.failed, "the plan does not say how to reach \(start.task.host)")
            send.yield(.ended(start, .finished(.failed, failure), after: .zero))
            return
        }
        let attempt = TaskAttempt(start: start, journal: writer, context: context)
        group.addTask { [send] in
            let end = await attempt.run()
            output.finish()
            send.yield(.ended(start, end, after: watch.elapsed()))
        }
    }

    /// Puts the outcome into the journal before the engine builds on it.
    private mutating func conclude(
        _ start: RunEngine.TaskStart, _ end: TaskAttempt.End, _ duration: Duration
    ) async -> RunEngine.Event {
        let task = start.task.id
        guard case .finished(let outcome, let told) = end else { return .taskAbandoned(task) }
        let failure = told.map(runner.secrets.redacted)
        do {
            try await writer.conclude(
                .taskFinished(
                    task: task, attempt: start.attempt, outcome: outcome, failure: failure,
                    milliseconds: duration.wholeMilliseconds))
        } catch {
            return .taskAbandoned(task)
        }
        report.outcomes[task] = outcome
        report.failures[task] = failure
        return .taskFinished(task, outcome)
    }
}
