import Shell

/// Waits until the verb `check` of a script (``Script``) says yes: a gate.
package struct WaitForScriptAction: TaskAction {
    package static let kind = "wait-for-script"

    package let script: ScriptReference
    package let arguments: [String]
    package let intervalMilliseconds: Int
    package let limitSeconds: Int

    package init(script: Script, arguments: [String], interval: Duration, limit: Duration) {
        self.script = ScriptReference(script)
        self.arguments = arguments
        intervalMilliseconds = max(1, interval.wholeMilliseconds)
        limitSeconds = limit.wholeSeconds
    }

    package var limit: Duration { .seconds(limitSeconds) }
    package var interval: Duration { .milliseconds(intervalMilliseconds) }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await ScriptRun.check(
            context.scripts.script(script), arguments: arguments, limit: .seconds(max(60, limitSeconds)),
            satisfied: .holds, in: context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        let what = ShellCommand([script.name, "check"] + arguments).text
        try await Polling(what: what, interval: interval, limit: limit).wait(in: context) {
            () async throws(TaskFailure) in try await check(in: context)
        }
    }

    package var preview: [String] {
        [
            "wait   for \(ShellCommand([script.name, "check"] + arguments))",
            "every  \(interval.text)  limit \(limit.text)",
        ]
    }
}
