import Shell

/// Carries out a script that knows the verbs `check` and `apply` (``Script``). The apply is a durable run.
package struct ScriptAction: TaskAction {
    package static let kind = "script"

    package let script: ScriptReference
    package let arguments: [String]
    /// For the check and for the apply, each.
    package let limitSeconds: Int
    /// The verb that is asked after the apply, where that is another question than the one before it.
    package let verifyVerb: String?

    /// - Parameter arguments: reach the script unchanged, behind the verb.
    package init(script: Script, arguments: [String], limit: Duration, verifyVerb: String? = nil) {
        self.verifyVerb = verifyVerb
        self.script = ScriptReference(script)
        self.arguments = arguments
        limitSeconds = max(1, limit.wholeSeconds)
    }

    package var limit: Duration { .seconds(limitSeconds) }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await ask("check", in: context)
    }

    package func verify(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await ask(verifyVerb ?? "check", in: context)
    }

    private func ask(_ verb: String, in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await ScriptRun.check(
            context.scripts.script(script), verb: verb, arguments: arguments, limit: limit, satisfied: .satisfied,
            in: context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        let text = try context.scripts.script(script).text
        try await ScriptRun.apply(text, named: script.name, arguments: ["apply"] + arguments, limit: limit, in: context)
    }

    package func hasUnfinishedRun(in context: TaskContext) async throws(TaskFailure) -> Bool {
        try await DurableRun.exists(context.runIdentifier, on: context.host)
    }

    package var needs: HostNeeds { .durable }

    package var preview: [String] {
        [
            "check  \(ShellCommand([script.name, "check"] + arguments))",
            "apply  \(ShellCommand([script.name, "apply"] + arguments))", "limit  \(limit.text)",
        ]
    }
}
