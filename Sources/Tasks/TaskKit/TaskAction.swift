package import Model

/// How one step is carried out: three questions to a host. Actions are plain data, so that a plan can be stored, read and
/// compared; a kind of action is one file in `Actions/` and one line in ``TaskKinds/all``.
package protocol TaskAction: Codable, Hashable, Sendable {
    /// The name of the kind in stored plans. It never changes and is never used again for something else.
    static var kind: String { get }

    /// Whether what the task stands for is true already. Touches nothing.
    func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult

    /// Makes it true. Only called after the intent is in the journal.
    ///
    /// - Throws: ``TaskFailure``; of class interrupted when nobody knows how far it came: then the check decides.
    func apply(in context: TaskContext) async throws(TaskFailure)

    /// Whether a successful apply has made it true: the check again, unless there is none to ask.
    func verify(in context: TaskContext) async throws(TaskFailure) -> CheckResult

    /// Whether an interrupted apply left a remote run behind that must be joined instead of starting again (see `DurableRun`).
    func hasUnfinishedRun(in context: TaskContext) async throws(TaskFailure) -> Bool

    /// What it would do, line by line, for `show_plan --task`.
    var preview: [String] { get }

    /// The secrets whose values it needs when it runs.
    var secrets: [SecretReference] { get }

    /// What it uses of its host: pre-flight asks for it before a plan is run.
    var needs: HostNeeds { get }

    /// What a gate waits for, for people: `10.0.0.7:22 to answer`; nil where the summary of its task says it, or nothing is waited for.
    var waitsFor: String? { get }

    /// After which time its longest part is ended; what has no limit of its own is a matter of seconds.
    var limit: Duration { get }
}

extension TaskAction {
    package var secrets: [SecretReference] { [] }

    package var needs: HostNeeds { .nothing }

    package var waitsFor: String? { nil }

    package var limit: Duration { .seconds(60) }

    package func hasUnfinishedRun(in context: TaskContext) async throws(TaskFailure) -> Bool { false }

    package func verify(in context: TaskContext) async throws(TaskFailure) -> CheckResult {
        try await check(in: context)
    }
}

/// The answer of a check, with what was seen.
package enum CheckResult: Hashable, Sendable {
    case satisfied
    case needed(String)
    /// Holds, and applying it would only be waiting: gates end as `ok`, not as `changed`.
    case holds
}

/// What an action has at hand while it runs.
package struct TaskContext: Sendable {
    package var host: any TaskHost
    package var scripts: ScriptLibrary
    package var callbacks = CallbackLibrary()
    /// Gives the values of secrets.
    package var secrets: any SecretSource
    /// Names this attempt of this task of this plan of this store, and no other: the name of its durable run on the host.
    package var runIdentifier: String
    /// Tells the last line of output to whoever watches; must be quick.
    package var report: @Sendable (String) -> Void
    /// Takes the output of what is carried out, whole and in order, for the log of the task; must be quick.
    package var output: @Sendable ([UInt8]) -> Void
    package var clock: any Clock<Duration>
    /// For how long a durable run whose connection was lost is tried to be joined again.
    package var reconnectLimit: Duration

    package init(
        host: any TaskHost, scripts: ScriptLibrary, secrets: any SecretSource = NoSecrets(), runIdentifier: String,
        clock: any Clock<Duration> = ContinuousClock(),
        reconnectLimit: Duration = .seconds(60), report: @escaping @Sendable (String) -> Void = { _ in },
        output: @escaping @Sendable ([UInt8]) -> Void = { _ in }
    ) {
        self.host = host
        self.scripts = scripts
        self.secrets = secrets
        self.runIdentifier = runIdentifier
        self.clock = clock
        self.reconnectLimit = reconnectLimit
        self.report = report
        self.output = output
    }

    /// Waits on the clock of the context.
    ///
    /// - Throws: ``TaskFailure`` of class cancelled when the task is cancelled, at once.
    package func sleep(for duration: Duration) async throws(TaskFailure) {
        do {
            try await clock.sleep(for: duration)
        } catch {
            throw TaskFailure(.cancelled, "cancelled while waiting")
        }
    }
}

/// An action of any kind, as a plan stores it: `{"kind": "file", "action": {...}}`.
package struct AnyTaskAction: Hashable, Sendable {
    package let action: any TaskAction

    package init(_ action: some TaskAction) { self.action = action }

    package var kind: String { type(of: action).kind }

    package static func == (left: AnyTaskAction, right: AnyTaskAction) -> Bool {
        func isEqual<Action: TaskAction>(_ action: Action) -> Bool { (right.action as? Action) == action }
        return isEqual(left.action)
    }

    package func hash(into hasher: inout Hasher) { action.hash(into: &hasher) }
}

extension AnyTaskAction: Codable {
    private enum CodingKeys: String, CodingKey { case kind, action }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let kind = try container.decode(String.self, forKey: .kind)
        guard let type = TaskKinds.type(named: kind) else {
            throw DecodingError.dataCorruptedError(
                forKey: .kind, in: container, debugDescription: "no task kind '\(kind)' in this version of Planner")
        }
        func decode<Action: TaskAction>(_ type: Action.Type) throws -> AnyTaskAction {
            AnyTaskAction(try container.decode(type, forKey: .action))
        }
        self = try decode(type)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(kind, forKey: .kind)
        try container.encode(action, forKey: .action)
    }
}
