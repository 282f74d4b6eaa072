import Engine
import Model
import Runner
import Synchronization
import TaskKit
import TestSupport
import Testing

/// One host for all paths of a plan; fails to connect as often as it is told.
actor ScriptedConnector: HostConnector {
    private let host: any TaskHost
    private var failures: [TaskFailure]
    private(set) var attempts = 0
    private(set) var isClosed = false

    init(_ host: any TaskHost, failing failures: [TaskFailure] = []) {
        self.host = host
        self.failures = failures
    }

    func host(
        at path: ItemPath, connection: HostConnection, secrets: any SecretSource
    ) async throws(TaskFailure) -> any TaskHost {
        attempts += 1
        if !failures.isEmpty { throw failures.removeFirst() }
        return host
    }

    func closeAll() async { isClosed = true }
}

/// What the tests of the runner need: a real shell below a directory, and runs on it.
struct RunnerBench {
    let directory: TemporaryDirectory
    let notices = Notices()

    /// What a run has told.
    final class Notices: Sendable {
        private let all = Mutex<[RunNotice]>([])
        func add(_ notice: RunNotice) { all.withLock { $0.append(notice) } }
        var list: [RunNotice] { all.withLock { $0 } }
        var progress: [String] { list.compactMap { if case .progress(_, let line) = $0 { line } else { nil } } }
    }

    init() throws { directory = try TemporaryDirectory() }

    func host() throws -> LocalTaskHost { try LocalTaskHost(directory) }

    /// A run without requests to stop, unless there are some.
    func run(
        _ plan: Plan, journal: MemoryJournal, connector: ScriptedConnector? = nil, limits: RunLimits = RunLimits(),
        reconnectLimit: Duration = .seconds(10), retries: RetryPolicy = .never,
        stop: AsyncStream<StopRequest> = AsyncStream { _ in }, policy: RunPolicy = RunPolicy(),
        approvals: AsyncStream<JournalEntry> = AsyncStream { $0.finish() }
    ) async throws -> RunReport {
        var settings = RunSettings()
        settings.limits = limits
        settings.policy = policy
        settings.connectDelays = [.milliseconds(1), .milliseconds(1)]
        settings.reconnectLimit = reconnectLimit
        settings.retries = retries
        let runner = Runner(
            PlanRun(plan: plan, planSerial: 1, prefix: "test-1", controller: "test"), journal: journal,
            connector: try connector ?? ScriptedConnector(host()), scripts: ScriptLibrary([]), settings: settings,
            observe: { [notices] in notices.add($0) })
        return try await runner.run(history: await journal.entries, stop: stop, approvals: approvals)
    }

    /// A task that adds its name to the file `effects`, and has a check.
    func effect(_ id: String, of item: String? = nil, then rest: String = "", checked: Bool = true) -> PlanTask {
        let check = "[ -e \"$HOME/\(id).done\" ]"
        let apply = "echo \(id) >>\"$HOME/effects\"; \(rest)\n: >\"$HOME/\(id).done\""
        return TestPlan.task(id, of: item, CommandAction(check: checked ? check : nil, apply: apply, limit: .seconds(30)))
    }

    var effects: [String] { (directory.read("effects") ?? "").split(separator: "\n").map(String.init) }
}
