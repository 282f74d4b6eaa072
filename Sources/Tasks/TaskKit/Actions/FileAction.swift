import Shell

/// Puts a file with given content, permissions and owner in its place, in one step.
package struct FileAction: TaskAction {
    package static let kind = "file"

    package let path: String
    package let content: String
    /// Permission bits such as 0o600.
    package let mode: Int
    /// `user` or `user:group`; nil leaves it to the login, and the check does not look at it.
    package let owner: String?

    package init(path: String, content: String, mode: Int, owner: String? = nil) {
        self.path = path
        self.content = content
        self.mode = mode
        self.owner = owner
    }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await FileCheck(path: path, sha256: Digest.hexadecimal(of: content), mode: mode, owner: owner)
            .ask(limit: .seconds(60), in: context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        try await context.host.upload(Array(content.utf8), to: path, mode: mode, owner: owner)
    }

    /// Shows the content only when everybody on the host may read it too: a file that is not for all may hold secrets.
    package var preview: [String] {
        let size = content.utf8.count
        var lines = [
            "write  \(path)  mode \(FileCheck.text(ofMode: mode))" + (owner.map { "  owner \($0)" } ?? "")
                + "  \(size) bytes  SHA-256 \(Digest.hexadecimal(of: content).prefix(16))"
        ]
        if mode & 0o004 != 0 {
            lines += content.split(separator: "\n", omittingEmptySubsequences: false).prefix(40).map { "  | \($0)" }
        }
        return lines
    }
}
