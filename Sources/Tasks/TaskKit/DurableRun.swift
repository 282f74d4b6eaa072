import Shell

/// Long work on a host that is started once and outlives the connection and the controller (`Resources/durable-run.sh`).
///
/// The identifier decides: whoever asks for a run of the same identifier joins it, or gets its result if it has ended. So the
/// same call starts the work, takes it up after a lost connection, and takes it up in another process after a crash.
package struct DurableRun: Sendable {
    /// How a run ended, and the end of its output.
    package struct Result: Hashable, Sendable {
        /// The exit status of the script.
        package var status: Int
        /// The last lines of standard output and standard error together, at most ``lineCount``.
        package var lastLines: [String]
    }

    /// How many lines of output a failure carries.
    package static let lineCount = 20

    /// Names the run directory; see ``TaskContext/runIdentifier``.
    package var identifier: String
    /// The text of a POSIX sh script.
    package var script: String
    /// Reach the script unchanged, as `$1`, `$2`, ...
    package var arguments: [String]
    /// After this time the host ends the run by itself, with everything that it has started. Counted in whole seconds.
    package var limit: Duration
    /// When it says nothing for so long, the host ends it; nil: it may be silent as long as it likes. Counted in whole seconds.
    package var idleLimit: Duration?
    /// From TERM to KILL.
    package var grace: Duration = .seconds(10)
    /// How long a run that was claimed may take to begin, before it is declared as never started (and then never is).
    package var patience: Duration = .seconds(15)

    /// Gets every line of output, in order, once; must be quick. A run that is joined gives all its lines again.
    package var onLine: (@Sendable (String) -> Void)?
    /// Gets the last line of what came, in place of ``TaskContext/report``.
    package var report: (@Sendable (String) -> Void)?

    package init(identifier: String, script: String, arguments: [String] = [], limit: Duration) {
        self.identifier = identifier
        self.script = script
        self.arguments = arguments
        self.limit = limit
    }

    /// Starts the run or joins it, and waits for its end. A lost connection is taken up again for
    /// ``TaskContext/reconnectLimit``; output is reported line by line meanwhile.
    ///
    /// When the calling task is cancelled, the run is ended on its host. When the controller dies, the run goes on.
    ///
    /// - Returns: the exit status, whatever it is.
    /// - Throws: ``TaskFailure``: timed-out (with the last lines), cancelled, interrupted (the effect is unknown), disk-full when
    ///   the run cannot be stored, and the connection failures.
    package func perform(in context: TaskContext) async throws(TaskFailure) -> Result {
        try validateIdentifier()
        let tail = OutputTail(report: report ?? context.report, output: context.output, onLine: onLine)
        do {
            return try await follow(in: context, into: tail)
        } catch {
            // What has ended by itself is told as what it is, cancelled or not.
            guard Task.isCancelled, error.failureClass != .timedOut, error.failureClass != .interrupted else {
                throw error
            }
            guard await end(on: context.host) else {
                throw TaskFailure(
                    .connectionLost, "cancelled, but the host cannot be told: the run \(identifier) may go on there",
                    nextStep: "planner run_plan --resume joins it")
            }
            throw TaskFailure(.cancelled, "cancelled; the run \(identifier) was ended on its host")
        }
    }

    /// Whether a run of this identifier was ever claimed on the host, so that it must be joined.
    package static func exists(_ identifier: String, on host: any TaskHost) async throws(TaskFailure) -> Bool {
        let run = DurableRun(identifier: identifier, script: "", limit: .zero)
        try run.validateIdentifier()
        let result = try await host.run(
            DurableRun.command(["state", identifier]), input: [], limit: .seconds(60), onOutput: nil)
        return try run.state(in: result) != .absent
    }

    // MARK: - Following

    private func follow(in context: TaskContext, into tail: OutputTail) async throws(TaskFailure) -> Result {
        do {
            return try await context.reconnecting { () async throws(TaskFailure) in
                try conclude(try state(in: try await start(on: context.host, into: tail)), tail: tail)
            }
        } catch {
            guard error.outcome == .unreachable else { throw error }
            throw TaskFailure(
                error.failureClass, "\(error.message)\nthe run \(identifier), if it was begun, goes on on its host",
                nextStep: error.nextStep ?? "planner run_plan --resume joins it")
        }
    }

    private func start(on host: any TaskHost, into tail: OutputTail) async throws(TaskFailure) -> CommandResult {
        let content = Array(script.utf8)
        let words = [
            "start", identifier, String(tail.count), String(patience.wholeSeconds), String(max(1, limit.wholeSeconds)),
            String(grace.wholeSeconds), String(idleLimit.map { max(1, $0.wholeSeconds) } ?? 0), String(content.count),
            DurableRun.supervisorText,
        ]
        // The host enforces the limit; this one is for a host that no longer does.
        let slack = grace + grace + patience + .seconds(60)
        do {
            return try await host.run(
                DurableRun.command(words + arguments), input: content, limit: limit + slack,
                onOutput: { tail.append($0) })
        } catch {
            // The run's own end would have been told. A new attempt must not be made while this one may go on.
            guard error.failureClass == .timedOut else { throw error }
            throw TaskFailure(.connectionLost, "the host does not tell how the run \(identifier) ended")
        }
    }

    private func conclude(_ state: State, tail: OutputTail) throws(TaskFailure) -> Result {
        switch state {
        case .exited(let status):
            // A shell reports death by a signal as 128 and its number: nobody knows how far the script came.
            if status == 128 + 9 || status == 128 + 15 {
                throw TaskFailure(.interrupted, message("was killed on its host (signal \(status - 128))", tail))
            }
            return Result(status: status, lastLines: tail.lastLines(DurableRun.lineCount))
        case .timedOut(let isKilled):
            throw TaskFailure(.timedOut, message("did not end within \(limit.text) and was \(ended(isKilled))", tail))
        case .idle(let isKilled):
            let silence = idleLimit?.text ?? "too long"
            throw TaskFailure(.timedOut, message("said nothing for \(silence) and was \(ended(isKilled)); its last words", tail))
        case .cancelled(let isKilled): throw TaskFailure(.cancelled, message("was cancelled and \(ended(isKilled))", tail))
        case .interrupted("rebooted"):
            throw TaskFailure(.interrupted, message("was interrupted: its host went down meanwhile", tail))
        case .interrupted("never-started"):
            throw TaskFailure(.interrupted, message("was interrupted before it began", tail))
        case .interrupted: throw TaskFailure(.interrupted, message("was killed on its host", tail))
        case .absent, .running:
            throw TaskFailure(.failed, message("is in an unexpected state (\(state))", tail))
        }
    }

    /// - Parameter isKilled: whether it was still there after TERM and the grace.
    private func ended(_ isKilled: Bool) -> String {
        isKilled ? "killed, because it ignored TERM for \(grace.text)" : "ended"
    }

    private func message(_ what: String, _ tail: OutputTail) -> String {
        (["the run \(identifier) \(what)"] + tail.lastLines(DurableRun.lineCount)).joined(separator: "\n")
    }

    // MARK: - Ending

    /// Ends the run on its host. Runs in a task of its own, because the calling one is cancelled and would not get that far;
    /// bounded by the limit of the command.
    ///
    /// - Returns: whether the host has confirmed that nothing of the run goes on.
    private func end(on host: any TaskHost) async -> Bool {
        let command = DurableRun.command(["cancel", identifier, String(grace.wholeSeconds)])
        let limit = grace + .seconds(20)
        let ending = Task { () async -> Bool in
            do {
                let result = try await host.run(command, input: [], limit: limit, onOutput: nil)
                return try state(in: result) != .running
            } catch {
                // Told as what it means: the run may go on.
                return false
            }
        }
        return await ending.value
    }

    // MARK: - The script's words

    /// What the last line of the script says.
    private enum State: Hashable {
        case absent, running
        case timedOut(isKilled: Bool)
        case idle(isKilled: Bool)
        case cancelled(isKilled: Bool)
        case exited(Int)
        case interrupted(String)
    }

    private func state(in result: CommandResult) throws(TaskFailure) -> State {
        let marker = "planner-run: "
        let lines = result.errorText.split(separator: "\n")
        let line = lines.last { $0.hasPrefix(marker) }
        let words = line?.dropFirst(marker.count).split(separator: " ") ?? []
        switch (words.first, words.dropFirst().first) {
        case ("absent", nil): return .absent
        case ("running", nil), ("claimed", nil): return .running
        case ("timed-out", let how): return .timedOut(isKilled: how == "killed")
        case ("idle", let how): return .idle(isKilled: how == "killed")
        case ("cancelled", let how): return .cancelled(isKilled: how == "killed")
        case ("exited", let status?):
            if let status = Int(status) { return .exited(status) }
        case ("interrupted", let how?): return .interrupted(String(how))
        default: break
        }
        if line == nil, result.status > 128 {
            throw TaskFailure(.connectionLost, "what followed the run \(identifier) was ended on the host")
        }
        throw TaskFailure.ofCommand(result, "the run \(identifier) cannot be followed")
    }

    private func validateIdentifier() throws(TaskFailure) {
        let isPlain = identifier.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        guard isPlain, let first = identifier.utf8.first, first != UInt8(ascii: "."), first != UInt8(ascii: "-") else {
            throw TaskFailure(.failed, "'\(identifier)' cannot name a run directory")
        }
    }

    private static let supervisorText = String(decoding: PackageResources.durable_run_supervisor_sh, as: UTF8.self)
    static let text = String(decoding: PackageResources.durable_run_sh, as: UTF8.self)

    private static func command(_ words: [String]) -> ShellCommand {
        ShellCommand(script: text, name: "planner-run", arguments: words)
    }
}
