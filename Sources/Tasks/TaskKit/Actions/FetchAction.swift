import Shell

/// Lets the host pull a file by URL (`Resources/fetch.sh`): durable, resumed after an interruption, in its place only when its
/// SHA-256 is right.
package struct FetchAction: TaskAction {
    package static let kind = "fetch"

    /// What curl and wget understand: `http://`, `https://`, `ftp://`; curl also `file://`.
    package let url: String
    /// 64 hexadecimal digits.
    package let sha256: String
    package let path: String
    package let mode: Int
    /// For the check (which reads the whole file) and for the apply, each.
    package let limitSeconds: Int

    package init(url: String, sha256: String, path: String, mode: Int = 0o644, limit: Duration) {
        self.url = url
        self.sha256 = sha256.lowercased()
        self.path = path
        self.mode = mode
        limitSeconds = max(1, limit.wholeSeconds)
    }

    package var limit: Duration { .seconds(limitSeconds) }

    /// Looks at the content only: what a hypervisor does to the owner and mode of an image is its own affair.
    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await FileCheck(path: path, sha256: sha256).ask(limit: limit, in: context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        try await ScriptRun.apply(
            FetchAction.text, named: "loading \(url)",
            arguments: [url, sha256, path, FileCheck.text(ofMode: mode)], limit: limit, in: context)
    }

    package func hasUnfinishedRun(in context: TaskContext) async throws(TaskFailure) -> Bool {
        try await DurableRun.exists(context.runIdentifier, on: context.host)
    }

    package var preview: [String] {
        [
            "fetch  \(url)", "to     \(path)  mode \(FileCheck.text(ofMode: mode))  SHA-256 \(sha256.prefix(16))",
            "limit  \(limit.text)",
        ]
    }

    private static let text = String(decoding: PackageResources.fetch_sh, as: UTF8.self)
}
