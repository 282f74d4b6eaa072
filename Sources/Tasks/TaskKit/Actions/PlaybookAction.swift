import Shell
import Synchronization

/// Carries out a playbook of Ansible on its host, as a durable run. The controller follows plays, tasks and hosts as they come; a failure
/// names the hosts, their tasks and what these said.
package struct PlaybookAction: TaskAction {
    package static let kind = "playbook"

    /// The directory in which it is carried out: where `ansible.cfg` and roles are looked for.
    package let directory: String
    /// The playbook, as seen from there.
    package let playbook: String
    /// A file or directory; empty: what Ansible is configured with.
    package let inventory: String
    /// Further arguments of `ansible-playbook`, such as `--limit`, `--tags`, `-e`. They are shown, so no secrets.
    package let arguments: [String]
    package let question: Question
    /// For the check and for the apply, each.
    package let limitSeconds: Int
    package let idleLimitSeconds: Int?

    /// - Parameter idleLimit: no output for so long ends it; nil: it may be silent as long as it likes.
    package init(
        playbook: String, in directory: String, inventory: String = "", arguments: [String] = [], question: Question = .none,
        limit: Duration, idleLimit: Duration? = nil
    ) {
        self.playbook = playbook
        self.directory = directory
        self.inventory = inventory
        self.arguments = arguments
        self.question = question
        limitSeconds = max(1, limit.wholeSeconds)
        idleLimitSeconds = idleLimit.map { max(1, $0.wholeSeconds) }
    }

    package var limit: Duration { .seconds(limitSeconds) }

    package func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await question.ask(.check, limit: limit, in: context)
    }

    package func verify(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await question.ask(.verify, limit: limit, in: context)
    }

    package func apply(in context: TaskContext) async throws(TaskFailure) {
        let progress = Mutex(PlaybookProgress())
        var run = DurableRun(
            identifier: context.runIdentifier, script: PlaybookAction.text,
            arguments: [directory, playbook, inventory] + arguments,
            limit: limit)
        run.idleLimit = idleLimitSeconds.map { .seconds($0) }
        run.onLine = { line in
            let told = progress.withLock { $0.take(line) ? $0.text : nil }
            if let told { context.report(told) }
        }
        // Lines of other callbacks are kept for a failure, and would only hide where it stands.
        run.report = { _ in }
        let result = try await run.perform(in: context)
        try judge(result, progress.withLock { $0 })
    }

    package func hasUnfinishedRun(in context: TaskContext) async throws(TaskFailure) -> Bool {
        try await DurableRun.exists(context.runIdentifier, on: context.host)
    }

    /// - Throws: ``TaskFailure``: failed, or peers-unreachable when nothing else went wrong.
    func judge(_ result: DurableRun.Result, _ progress: PlaybookProgress) throws(TaskFailure) {
        let failed = progress.failedHosts
        if result.status == 0, failed.isEmpty {
            guard let recap = progress.recap, recap.isEmpty else { return }
            // Ansible calls this a success.
            throw TaskFailure(
                .failed, "playbook \(playbook) found no host to work on", nextStep: "look at its 'hosts' and the inventory")
        }
        guard !failed.isEmpty else {
            // It never came to its hosts: a syntax error, a missing role.
            let said = result.lastLines.filter { !$0.hasPrefix("planner-event ") }
            throw TaskFailure.of("playbook \(playbook) failed", status: result.status, lines: said)
        }
        var lines: [String] = []
        for (host, recap) in failed.prefix(10) {
            let word = recap.unreachable > 0 ? "unreachable" : "failed"
            let last = progress.failures[host]
            lines.append("\(host): \(word) in task '\(last?.task ?? "")'")
            lines += (last?.message ?? "").split(separator: "\n").prefix(10).map { "  \($0)" }
        }
        if failed.count > 10 { lines.append("and \(failed.count - 10) more hosts") }
        lines.append("recap: " + PlaybookProgress.text(of: progress.recap ?? [:]))
        let failure = TaskFailure.of(
            "playbook \(playbook) failed on \(failed.count) of \(progress.recap?.count ?? 0) hosts",
            status: result.status, lines: lines)
        let isOnlyUnreachable = failed.allSatisfy { $0.recap.failed == 0 }
        throw isOnlyUnreachable ? TaskFailure(.peersUnreachable, failure.message) : failure
    }

    package var needs: HostNeeds {
        var needs = HostNeeds.durable
        needs.programs.append(["ansible-playbook"])
        needs.files = [playbook.hasPrefix("/") ? playbook : "\(directory)/\(playbook)"]
        needs.runsForeignCode = true
        return needs
    }

    package var preview: [String] {
        let words = ["ansible-playbook"] + (inventory.isEmpty ? [] : ["-i", inventory]) + arguments + [playbook]
        let silence = idleLimitSeconds.map { ", or \(Duration.seconds($0).text) without output" } ?? ""
        return question.preview + [
            "apply  cd \(ShellCommand([directory])) && \(ShellCommand(words))", "limit  \(limit.text)\(silence)",
        ]
    }

    /// The plugin stands behind the script, which puts it beside the run.
    private static let text =
        String(decoding: PackageResources.playbook_run_sh, as: UTF8.self) + "\n"
        + String(decoding: PackageResources.playbook_events_py, as: UTF8.self)
}
