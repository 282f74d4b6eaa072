package import Model
import Shell

/// Puts a file with given content, permissions and owner in its place, in one step.
package struct FileAction: TaskAction {
    package static let kind = "file"

    package let path: String
    package let content: FileContent
    /// Permission bits such as 0o600.
    package let mode: Int
    /// `user` or `user:group`; nil leaves it to the login, and the check does not look at it.
    package let owner: String?

    package init(path: String, content: String, mode: Int, owner: String? = nil) {
        self.init(path: path, content: FileContent(content), mode: mode, owner: owner)
    }

    package init(path: String, content: FileContent, mode: Int, owner: String? = nil) {
        self.path = path
        self.content = content
        self.mode = mode
        self.owner = owner
    }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        let digest = Digest.hexadecimal(of: try await content.bytes(in: context))
        return try await FileCheck(path: path, sha256: digest, mode: mode, owner: owner, isConcealed: content.hasSecrets)
            .ask(limit: .seconds(60), in: context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        let bytes = try await content.bytes(in: context)
        try await context.host.upload(bytes, to: path, mode: mode, owner: owner)
    }

    package var needs: HostNeeds { .file(path, .bytes(content.text.utf8.count)) }

    package var secrets: [SecretReference] { content.secrets }

    /// Shows the content only when everybody on the host may read it too: a file that is not for all may hold secrets.
    package var preview: [String] {
        let text = content.text
        let facts =
            content.hasSecrets
            ? "with " + content.secrets.map(\.text).joined(separator: ", ")
            : "\(text.utf8.count) bytes  SHA-256 \(Digest.hexadecimal(of: text).prefix(16))"
        var lines = [
            "write  \(path)  mode \(FileCheck.text(ofMode: mode))" + (owner.map { "  owner \($0)" } ?? "") + "  \(facts)"
        ]
        if mode & 0o004 != 0 {
            lines += text.split(separator: "\n", omittingEmptySubsequences: false).prefix(40).map { "  | \($0)" }
        }
        return lines
    }
}
