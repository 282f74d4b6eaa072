import Shell

/// What the kinds that carry out scripts share: asking a check, and applying as a durable run.
enum ScriptRun {
    /// Runs a script with the verb `check` (``Script``) and reads its answer.
    ///
    /// - Parameter satisfied: what exit status 0 means: `.holds` for a gate.
    static func check(
        _ script: Script, verb: String = "check", arguments: [String], limit: Duration, satisfied: CheckResult,
        in context: TaskContext
    ) async throws(TaskFailure) -> CheckResult {
        try await check(
            ShellCommand(script: script.text, name: script.name, arguments: [verb] + arguments), named: script.name,
            limit: limit, satisfied: satisfied, in: context)
    }

    /// Runs a command that answers as a check does: 0 true, 3 not yet with the reason on standard output.
    static func check(
        _ command: ShellCommand, named name: String, input: [UInt8] = [], limit: Duration, satisfied: CheckResult,
        in context: TaskContext
    ) async throws(TaskFailure) -> CheckResult {
        let result = try await context.host.run(command, input: input, limit: limit, onOutput: nil)
        switch result.status {
        case 0: return satisfied
        case 3:
            let reason = trimmed(result.outputText)
            return .needed(reason.isEmpty ? "not yet" : reason)
        default: throw TaskFailure.ofCommand(result, "the check of \(name) failed")
        }
    }

    /// Carries out a script as a durable run and expects exit status 0.
    static func apply(
        _ text: String, named name: String, arguments: [String], limit: Duration, idleLimit: Duration? = nil,
        in context: TaskContext
    ) async throws(TaskFailure) {
        var run = DurableRun(identifier: context.runIdentifier, script: text, arguments: arguments, limit: limit)
        run.idleLimit = idleLimit
        let result = try await run.perform(in: context)
        guard result.status == 0 else {
            throw TaskFailure.of("\(name) failed", status: result.status, lines: result.lastLines)
        }
    }

    /// Without the blanks and line ends around it.
    private static func trimmed(_ text: String) -> String {
        let start = text.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }
}

/// A script as a plan stores it: by name and digest, so that a plan cannot run another text than the one that it was made with.
package struct ScriptReference: Hashable, Sendable, Codable {
    package var name: String
    package var digest: String

    package init(_ script: Script) {
        name = script.name
        digest = script.digest
    }
}

extension ScriptLibrary {
    func script(_ reference: ScriptReference) throws(TaskFailure) -> Script {
        try script(named: reference.name, digest: reference.digest)
    }
}
