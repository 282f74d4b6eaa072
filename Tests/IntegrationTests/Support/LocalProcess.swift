import Foundation
import Subprocess
import Synchronization
import TestSupport

#if canImport(System)
    import System
#else
    import SystemPackage
#endif

/// How a process of this machine ended, and what it said.
struct Finished: Sendable, CustomStringConvertible {
    enum End: Sendable, Equatable {
        case exited(Int)
        case killed(signal: Int)
    }

    let command: String
    let end: End
    let output: String
    let errors: String

    var isSuccess: Bool { end == .exited(0) }
    /// Everything that was said, for messages of tests.
    var description: String { "\(command): \(end)\n\(output)\(errors)" }
    var errorLines: [String] { errors.split(separator: "\n").map(String.init) }
}

/// A process while it runs: what it has said so far, and a way to send it signals.
final class RunningProcess: Sendable {
    let identifier: pid_t
    private let said = Mutex("")

    init(identifier: pid_t) { self.identifier = identifier }

    var output: String { said.withLock { $0 } }

    fileprivate func append(_ text: String) { said.withLock { $0 += text } }

    func send(_ signal: Int32) { kill(identifier, signal) }

    /// Waits until the process has said `text`, and stops the test when it does not come.
    func says(_ text: String, within limit: Duration = .seconds(30)) async throws {
        guard try await eventually(within: limit, { output.contains(text) }) else {
            throw TestFailure("'\(text)' was not said within \(limit):\n\(output)")
        }
    }
}

/// Why a test cannot go on.
struct TestFailure: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

enum LocalProcess {
    /// Runs a program to its end.
    static func run(_ words: [String], environment: [String: String] = [:]) async throws -> Finished {
        try await run(words, environment: environment) { _ in }
    }

    /// Runs a program; `body` acts while it runs. The program is killed when `body` fails.
    static func run(
        _ words: [String], environment: [String: String], during body: (RunningProcess) async throws -> Void
    ) async throws -> Finished {
        var options = PlatformOptions()
        // An interrupt of the tests must not reach what they clean up.
        options.createSession = true
        let changes = Dictionary(uniqueKeysWithValues: environment.map { (Environment.Key(stringLiteral: $0), Optional($1)) })
        let result = try await Subprocess.run(
            .path(FilePath(words[0])), arguments: Arguments(Array(words.dropFirst())),
            environment: .inherit.updating(changes), platformOptions: options, input: .none, output: .sequence,
            error: .sequence
        ) { execution in
            let running = RunningProcess(identifier: execution.processIdentifier.value)
            async let output = collect(execution.standardOutput) { running.append($0) }
            async let errors = collect(execution.standardError) { running.append($0) }
            do {
                try await body(running)
            } catch {
                running.send(SIGKILL)
                throw error
            }
            return (try await output, try await errors)
        }
        let end: Finished.End =
            switch result.terminationStatus {
            case .exited(let code): .exited(Int(code))
            case .signaled(let signal): .killed(signal: Int(signal))
            }
        let name = words.drop { $0.hasSuffix("/lab") || $0.hasPrefix("--name") || $0.hasPrefix("test-") }
        return Finished(
            command: name.joined(separator: " "), end: end, output: result.closureResult.0, errors: result.closureResult.1)
    }

    private static func collect(_ sequence: SubprocessOutputSequence, each: @Sendable (String) -> Void) async throws -> String {
        var all: [UInt8] = []
        for try await buffer in sequence {
            let bytes = buffer.withUnsafeBytes(Array.init)
            each(String(decoding: bytes, as: UTF8.self))
            all += bytes
        }
        return String(decoding: all, as: UTF8.self)
    }
}
