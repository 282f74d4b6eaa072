import Shell

/// Whether a file on the host is what it should be (`Resources/file-check.sh`).
struct FileCheck {
    var path: String
    var sha256: String
    var mode: Int?
    var owner: String?
    /// Whether the digest is one of a secret: then it goes over standard input, because a list of processes shows arguments, and a digest is
    /// enough to try out guesses.
    var isConcealed = false

    /// - Parameter limit: long enough to read the whole file.
    func ask(limit: Duration, in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        let arguments = [path, isConcealed ? "-" : sha256, mode.map(FileCheck.text(ofMode:)) ?? "", owner ?? ""]
        return try await ScriptRun.check(
            ShellCommand(script: FileCheck.text, name: "file-check", arguments: arguments), named: path,
            input: isConcealed ? Array("\(sha256)\n".utf8) : [], limit: limit, satisfied: .satisfied, in: context)
    }

    /// Octal without leading zeros, as `stat -c %a` writes it.
    static func text(ofMode mode: Int) -> String { String(mode, radix: 8) }

    private static let text = String(decoding: PackageResources.file_check_sh, as: UTF8.self)
}
