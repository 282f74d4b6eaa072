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
    /// The same file on the controller, which sends it when the host cannot reach the URL; nil: then that is a failure.
    package let source: String?

    package init(url: String, sha256: String, path: String, mode: Int = 0o644, limit: Duration, source: String? = nil) {
        self.url = url
        self.sha256 = sha256.lowercased()
        self.path = path
        self.mode = mode
        limitSeconds = max(1, limit.wholeSeconds)
        self.source = source
    }

    package var limit: Duration { .seconds(limitSeconds) }

    /// Looks at the content only: what a hypervisor does to the owner and mode of an image is its own affair.
    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await FileCheck(path: path, sha256: sha256).ask(limit: limit, in: context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        let run = DurableRun(
            identifier: context.runIdentifier, script: FetchAction.text,
            arguments: [url, sha256, path, FileCheck.text(ofMode: mode)], limit: limit)
        let result = try await run.perform(in: context)
        switch (result.status, source) {
        case (0, _): return
        case (FetchAction.unreachableStatus, let source?):
            context.report("the host cannot reach \(url); sending \(source)")
            let file = LocalUpload(source: source, sha256: sha256, mode: mode, owner: nil)
            try await context.host.upload(file, to: path, limit: limit)
        case (FetchAction.unreachableStatus, nil):
            let failure = TaskFailure.of("loading \(url) failed", status: result.status, lines: result.lastLines)
            throw TaskFailure(.transient, failure.message)
        default: throw TaskFailure.of("loading \(url) failed", status: result.status, lines: result.lastLines)
        }
    }

    package func hasUnfinishedRun(in context: TaskContext) async throws(TaskFailure) -> Bool {
        try await DurableRun.exists(context.runIdentifier, on: context.host)
    }

    package var needs: HostNeeds {
        var needs = HostNeeds.file(path, .url(url, source: source))
        // As fetch.sh names it.
        needs.writes[0].part = "\(path).part-\(sha256.prefix(16))"
        needs.programs += HostNeeds.durable.programs + [["curl", "wget"]]
        needs.isDurable = true
        return needs
    }

    package var preview: [String] {
        [
            "fetch  \(url)", "to     \(path)  mode \(FileCheck.text(ofMode: mode))  SHA-256 \(sha256.prefix(16))",
            "limit  \(limit.text)",
        ] + (source.map { ["else   send \($0) from the controller, when the host cannot reach the URL"] } ?? [])
    }

    /// What the script ends with when nothing answers at the URL (`EX_UNAVAILABLE` of sysexits.h).
    private static let unreachableStatus = 69

    private static let text = String(decoding: PackageResources.fetch_sh, as: UTF8.self)
}
