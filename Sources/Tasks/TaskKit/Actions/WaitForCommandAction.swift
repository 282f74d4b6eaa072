/// Waits until shell text ends with exit status 0 on the host: a gate.
package struct WaitForCommandAction: TaskAction {
    package static let kind = "wait-for-command"

    /// Exit status 0: it holds; 1 to 125: not yet; anything else is a failure.
    package let text: String
    /// What is waited for, for people: `the file /run/ready`.
    package let what: String
    package let intervalMilliseconds: Int
    package let limitSeconds: Int

    package init(_ text: String, what: String, interval: Duration, limit: Duration) {
        self.text = text
        self.what = what
        intervalMilliseconds = max(1, interval.wholeMilliseconds)
        limitSeconds = limit.wholeSeconds
    }

    package var limit: Duration { .seconds(limitSeconds) }
    package var interval: Duration { .milliseconds(intervalMilliseconds) }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        // A question that hangs must not use up all the time in one go.
        try await Question.ask(text, satisfied: .holds, limit: .seconds(min(60, max(1, limitSeconds))), in: context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        try await Polling(what: what, interval: interval, limit: limit).wait(in: context) {
            () async throws(TaskFailure) in try await check(in: context)
        }
    }

    package var waitsFor: String? { what }

    package var preview: [String] {
        ["wait   for \(what)"] + ShellText.lines("check", text) + ["every  \(interval.text)  limit \(limit.text)"]
    }
}
