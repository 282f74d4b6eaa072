/// Carries out shell text that an operator has written into the model. The apply is a durable run.
package struct CommandAction: TaskAction {
    package static let kind = "command"

    /// Exit status 0: true already; 1 to 125: not yet; nil: never known to be true. Then a success is believed by its exit
    /// status, and after an interruption only the durable run decides.
    package let checkText: String?
    package let applyText: String
    /// For the check and for the apply, each.
    package let limitSeconds: Int
    /// No output for so long ends the apply; nil: it may be silent as long as it likes.
    package let idleLimitSeconds: Int?

    private enum CodingKeys: String, CodingKey {
        case checkText = "check"
        case applyText = "apply"
        case limitSeconds, idleLimitSeconds
    }

    package init(check: String?, apply: String, limit: Duration, idleLimit: Duration? = nil) {
        checkText = check
        applyText = apply
        limitSeconds = max(1, limit.wholeSeconds)
        idleLimitSeconds = idleLimit.map { max(1, $0.wholeSeconds) }
    }

    package var limit: Duration { .seconds(limitSeconds) }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await question.ask(.check, limit: limit, in: context)
    }

    private var question: Question { checkText.map { .command($0) } ?? .none }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        try await ScriptRun.apply(
            applyText, named: "the command", arguments: [], limit: limit,
            idleLimit: idleLimitSeconds.map { .seconds($0) }, in: context)
    }

    package func verify(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await question.ask(.verify, limit: limit, in: context)
    }

    package func hasUnfinishedRun(in context: TaskContext) async throws(TaskFailure) -> Bool {
        try await DurableRun.exists(context.runIdentifier, on: context.host)
    }

    package var needs: HostNeeds {
        var needs = HostNeeds.durable
        needs.runsForeignCode = true
        return needs
    }

    package var preview: [String] {
        let silence = idleLimitSeconds.map { ", or \(Duration.seconds($0).text) without output" } ?? ""
        return question.preview + ShellText.lines("apply", applyText) + ["limit  \(limit.text)\(silence)"]
    }
}
