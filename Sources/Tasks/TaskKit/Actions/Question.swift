import Shell

/// How a task that is not asked by its own kind finds out what is true already.
package enum Question: Hashable, Sendable, Codable {
    /// Nobody can say: it is never known to be true, a success is believed by its exit status, and after an interruption only the durable
    /// run decides.
    case none
    /// Shell text: exit status 0: true already; 1 to 125: not yet.
    case command(String)
    /// A script (``Script``), asked with the verb `check`, and after the apply with `verifyVerb`.
    case script(ScriptReference, arguments: [String], verifyVerb: String)

    /// A script that knows the verb.
    package static func script(_ script: Script, arguments: [String], verifyVerb: String = "check") -> Question {
        .script(ScriptReference(script), arguments: arguments, verifyVerb: verifyVerb)
    }

    enum Moment { case check, verify }

    func ask(_ moment: Moment, limit: Duration, in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        switch self {
        case .none: return moment == .verify ? .satisfied : .needed("there is no check")
        case .command(let text): return try await Question.ask(text, satisfied: .satisfied, limit: limit, in: context)
        case .script(let script, let arguments, let verifyVerb):
            return try await ScriptRun.check(
                context.scripts.script(script), verb: moment == .verify ? verifyVerb : "check", arguments: arguments,
                limit: limit,
                satisfied: .satisfied, in: context)
        }
    }

    /// Asks by shell text.
    ///
    /// - Parameter satisfied: what exit status 0 means.
    static func ask(
        _ text: String, satisfied: CheckResult, limit: Duration, in context: TaskContext
    ) async throws(TaskFailure) -> CheckResult {
        let result = try await context.host.run(ShellCommand(script: text, name: "check"), input: [], limit: limit, onOutput: nil)
        switch result.status {
        case 0: return satisfied
        case 1...125:
            let said = result.outputText.isEmpty ? result.errorText : result.outputText
            let last = said.split(separator: "\n").last.map { ": \($0)" } ?? ""
            return .needed("the check ended with exit status \(result.status)\(last)")
        // 126, 127: the command cannot be carried out or does not exist; above: ended by a signal.
        default: throw TaskFailure.ofCommand(result, "the check failed")
        }
    }

    var preview: [String] {
        switch self {
        case .none: ["check  (none)"]
        case .command(let text): ShellText.lines("check", text)
        case .script(let script, let arguments, _): ["check  \(ShellCommand([script.name, "check"] + arguments))"]
        }
    }
}

/// Shell text in a preview.
enum ShellText {
    static func lines(_ word: String, _ text: String) -> [String] {
        text.split(separator: "\n").enumerated().map { ($0.offset == 0 ? word : "     ") + "  " + $0.element }
    }
}
