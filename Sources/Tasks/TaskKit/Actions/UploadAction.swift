/// Puts a file of the controller on the host, in one step: whoever reads it there sees the old file or the new one, never half of it.
package struct UploadAction: TaskAction {
    package static let kind = "upload"

    /// Where it is on the controller.
    package let source: String
    /// 64 hexadecimal digits; a file with another content is not put in place.
    package let sha256: String
    package let path: String
    package let mode: Int
    /// `user` or `user:group`; nil leaves it to the login, and the check does not look at it.
    package let owner: String?
    /// For the check (which reads the whole file) and for the apply, each.
    package let limitSeconds: Int

    package init(source: String, sha256: String, path: String, mode: Int, owner: String? = nil, limit: Duration) {
        self.source = source
        self.sha256 = sha256.lowercased()
        self.path = path
        self.mode = mode
        self.owner = owner
        limitSeconds = max(1, limit.wholeSeconds)
    }

    package var limit: Duration { .seconds(limitSeconds) }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await FileCheck(path: path, sha256: sha256, mode: mode, owner: owner).ask(limit: limit, in: context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        context.report("sending \(source)")
        let file = LocalUpload(source: source, sha256: sha256, mode: mode, owner: owner)
        try await context.host.upload(file, to: path, limit: limit)
    }

    package var needs: HostNeeds { .file(path, .source(source)) }

    package var preview: [String] {
        [
            "send   \(source)  SHA-256 \(sha256.prefix(16))",
            "to     \(path)  mode \(FileCheck.text(ofMode: mode))" + (owner.map { "  owner \($0)" } ?? ""),
            "limit  \(limit.text)",
        ]
    }
}
