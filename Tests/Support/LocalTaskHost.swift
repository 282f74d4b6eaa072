package import Shell
import Subprocess
import Synchronization
package import TaskKit

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// This machine as a managed host: every command in a shell of its own, below a directory that is HOME and holds the durable runs.
package struct LocalTaskHost: TaskHost {
    /// The shell and tools that commands find.
    package enum Tools: String, Sendable, CaseIterable {
        /// What the machine has: dash or bash, coreutils.
        case system
        /// busybox and nothing else; see ``isInstalled``.
        case busybox

        package var isInstalled: Bool { self == .system || LocalTaskHost.busybox != nil }

        /// Those that tests can use here.
        package static var installed: [Tools] { allCases.filter(\.isInstalled) }
    }

    package let directory: TemporaryDirectory
    private let path: String
    private let shell: String

    package init(_ directory: TemporaryDirectory, tools: Tools = .system) throws {
        _ = LocalTaskHost.ignoresBrokenPipes
        self.directory = directory
        switch tools {
        case .system:
            path = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"
            shell = "/bin/sh"
        case .busybox:
            path = try directory.linkFarm(of: LocalTaskHost.busybox ?? "/bin/busybox")
            shell = path + "/sh"
        }
    }

    /// A command that is killed while its input is written must not end the tests.
    private static let ignoresBrokenPipes: Void = { _ = signal(SIGPIPE, SIG_IGN) }()

    private static let busybox = ["/bin/busybox", "/usr/bin/busybox"].first { TemporaryDirectory.exists($0) }

    package func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult {
        let job = LocalCommand(
            shell: shell, text: command.text, input: input, onOutput: onOutput ?? { _ in },
            environment: [
                "PATH": path, "HOME": directory.path, "PLANNER_RUNS": directory.path + "/runs", "LC_ALL": "C",
            ], directory: directory.path)
        let race: Result<CommandResult?, TaskFailure> = await withTaskGroup { group in
            group.addTask { await job.run().map(Optional.some) }
            group.addTask {
                // Throws when the command was quicker: then nobody looks at the answer.
                try? await Task.sleep(for: limit)
                return .success(nil)
            }
            let first = await group.next() ?? .success(nil)
            group.cancelAll()
            return first
        }
        if Task.isCancelled { throw TaskFailure(.cancelled, "cancelled") }
        guard let result = try race.get() else { throw TaskFailure(.timedOut, "no end within \(limit.text)") }
        return result
    }

    package func upload(_ content: [UInt8], to path: String, mode: Int, owner: String?) async throws(TaskFailure) {
        let script = """
            cat >"$1.new" && chmod "$2" "$1.new" && { [ -z "$3" ] || chown "$3" "$1.new"; } && mv -f "$1.new" "$1"
            """
        let command = ShellCommand(
            script: script, name: "upload", arguments: [path, String(mode, radix: 8), owner ?? ""])
        let result = try await run(command, input: content, limit: .seconds(60), onOutput: nil)
        if result.status != 0 { throw TaskFailure.ofCommand(result, "\(path) cannot be written") }
    }

    package func upload(_ file: LocalUpload, to path: String, limit: Duration) async throws(TaskFailure) {
        let script = """
            cp "$1" "$2.new" && chmod "$3" "$2.new" && { [ -z "$4" ] || chown "$4" "$2.new"; } || exit 1
            found=$(sha256sum <"$2.new")
            if [ "${found%% *}" != "$5" ]; then rm "$2.new"; echo "the content of $1 has another SHA-256" >&2; exit 1; fi
            mv -f "$2.new" "$2"
            """
        let words = [file.source, path, String(file.mode, radix: 8), file.owner ?? "", file.sha256]
        let command = ShellCommand(script: script, name: "upload", arguments: words)
        let result = try await run(command, input: [], limit: limit, onOutput: nil)
        if result.status != 0 { throw TaskFailure.ofCommand(result, "\(path) cannot be written") }
    }

    /// Services are files in `services/`, named `address:port`, whose content is the banner: tests open and close them at will.
    package func banner(ofServiceAt address: String, port: Int, limit: Duration) async throws(TaskFailure) -> String? {
        let file = "\(directory.path)/services/\(address):\(port)"
        let result = try await run(ShellCommand(["cat", file]), input: [], limit: limit, onOutput: nil)
        return result.status == 0 ? result.outputText : nil
    }
}

/// One local command, as a value that a child task can carry out.
private struct LocalCommand: Sendable {
    var shell: String
    var text: String
    var input: [UInt8]
    var onOutput: @Sendable ([UInt8]) -> Void
    var environment: [Environment.Key: String]
    var directory: String

    func run() async -> Result<CommandResult, TaskFailure> {
        var options = PlatformOptions()
        options.createSession = true
        do {
            let result = try await Subprocess.run(
                .path(FilePath(shell)), arguments: ["-c", text], environment: .custom(environment),
                workingDirectory: FilePath(directory), platformOptions: options, input: .inputWriter, output: .sequence,
                error: .sequence
            ) { execution in
                try await withTaskCancellationHandler {
                    async let errors = LocalCommand.collect(execution.standardError) { _ in }
                    async let written: Void = {
                        // A command that does not read its input closes it: no failure of the command.
                        _ = try? await execution.standardInputWriter.write(input)
                        try? await execution.standardInputWriter.finish()
                    }()
                    let output = try await LocalCommand.collect(execution.standardOutput, each: onOutput)
                    await written
                    return (output, try await errors)
                } onCancel: {
                    // The shell may have children; what is durable has left the group. Fails when all have ended already.
                    try? execution.send(signal: .kill, toProcessGroup: true)
                }
            }
            let (output, errors) = result.closureResult
            return .success(CommandResult(status: status(result.terminationStatus), output: output, errors: errors))
        } catch {
            return .failure(TaskFailure(Task.isCancelled ? .cancelled : .unreachable, "\(error)"))
        }
    }

    private static func collect(
        _ sequence: SubprocessOutputSequence, each: (@Sendable ([UInt8]) -> Void)
    ) async throws -> [UInt8] {
        var all: [UInt8] = []
        for try await buffer in sequence {
            let bytes = buffer.withUnsafeBytes(Array.init)
            each(bytes)
            all += bytes
            if all.count > 2 << 20 { all.removeFirst(all.count - (1 << 20)) }
        }
        return all.suffix(1 << 20)
    }

    private func status(_ status: TerminationStatus) -> Int {
        switch status {
        case .exited(let code): Int(code)
        case .signaled(let signal): 128 + Int(signal)
        }
    }
}
