import Engine
import TaskKit

/// Trying a task again within the same run.
extension RunLoop {
    /// How long to wait before the next attempt of a task; nil when none follows in this run.
    mutating func delayBeforeRetry(of task: PlanTask, after failure: TaskFailure) -> Duration? {
        let tries = tries[task.id, default: 0] + 1
        self.tries[task.id] = tries
        guard engine.isRunning else { return nil }
        let policy = task.retries ?? runner.settings.retries
        // The same in every run of the same plan on the same store, and different for every task and store.
        return policy.delay(after: failure, tries: tries, seed: RetryPolicy.seed(runner.planRun.prefix, task.id.text))
    }

    /// Puts the failed attempt into the journal, and lets the engine know when its successor is due.
    mutating func retry(
        _ ended: RunEngine.FailedAttempt, after delay: Duration, _ duration: Duration, in group: inout DiscardingTaskGroup
    ) async -> RunEngine.Event {
        do {
            try await writer.conclude([
                .taskRetrying(
                    task: ended.task, attempt: ended.attempt, outcome: ended.outcome, failure: ended.failure,
                    milliseconds: duration.wholeMilliseconds, delayMilliseconds: delay.wholeMilliseconds)
            ])
        } catch {
            return .taskAbandoned(ended.task)
        }
        group.addTask { [mailbox, clock = runner.settings.clock] in
            // Ends early only when all of the run is cancelled: then the engine has given the attempt up and passes this over.
            try? await clock.sleep(for: delay)
            mailbox.send(.retryDue(ended.task))
        }
        return .taskRetrying(ended)
    }
}
