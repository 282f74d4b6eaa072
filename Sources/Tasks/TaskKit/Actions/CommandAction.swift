import Shell

/// Carries out shell text that an operator has written into the model. The apply is a durable run.
package struct CommandAction: TaskAction {
    package static let kind = "command"

    /// Exit status 0: true already; 1 to 125: not yet; nil: never known to be true. Then a success is believed by its exit
    /// status, and after an interruption only the durable run decides.
    package let checkText: String?
    package let applyText: String
    /// For the check and for the apply, each.
    package let limitSeconds: Int

    private enum CodingKeys: String, CodingKey {
        case checkText = "check"
        case applyText = "apply"
        case limitSeconds
    }

    package init(check: String?, apply: String, limit: Duration) {
        checkText = check
        applyText = apply
        limitSeconds = max(1, limit.wholeSeconds)
    }

    package var limit: Duration { .seconds(limitSeconds) }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        guard let checkText else { return .needed("there is no check") }
        let result = try await context.host.run(
            ShellCommand(script: checkText, name: "check"), input: [], limit: limit, onOutput: nil)
        switch result.status {
        case 0: return .satisfied
        case 1...125: return .needed("the check ended with exit status \(result.status)")
        // 126, 127: the command cannot be carried out or does not exist; above: ended by a signal.
        default: throw TaskFailure.ofCommand(result, "the check failed")
        }
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        try await ScriptRun.apply(applyText, named: "the command", arguments: [], limit: limit, in: context)
    }

    package func verify(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        checkText == nil ? .satisfied : try await check(in: context)
    }

    package func hasUnfinishedRun(in context: TaskContext) async throws(TaskFailure) -> Bool {
        try await DurableRun.exists(context.runIdentifier, on: context.host)
    }

    package var preview: [String] {
        func block(_ word: String, _ text: String) -> [String] {
            text.split(separator: "\n").enumerated().map { ($0.offset == 0 ? word : "     ") + "  " + $0.element }
        }
        return block("check", checkText ?? "(none)") + block("apply", applyText) + ["limit  \(limit.text)"]
    }
}
