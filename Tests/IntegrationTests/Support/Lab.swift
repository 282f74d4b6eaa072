import Foundation
import Testing

/// A laboratory of real hosts (lab/README.md) that belongs to one test or one suite, and is gone after it.
struct Lab: Sendable {
    /// The one of the suite that runs.
    @TaskLocal static var current: Lab?

    let name: String
    let state: String

    static let unavailable: Comment = "needs Linux, root and the packages of: scripts/install-packages lab"

    /// Whether labs can be made here.
    static let isPossible: Bool = {
        guard geteuid() == 0, FileManager.default.isExecutableFile(atPath: program) else { return false }
        let needed = ["sshd", "ip", "nft", "unshare", "nsenter", "libvirtd", "qemu-system-x86_64", "ansible-playbook"]
        let folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        return needed.allSatisfy { tool in folders.contains { FileManager.default.isExecutableFile(atPath: "\($0)/\(tool)") } }
    }()

    static let repository = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent().path
    private static let program = repository + "/lab/lab"

    /// Makes a lab for `body`, and takes it down whatever happens.
    static func with(_ arguments: [String], _ body: (Lab) async throws -> Void) async throws {
        let name = "test-\(getpid())-\(UInt32.random(in: .min ... .max))"
        let path = try await LocalProcess.run([program, "--name", name, "path"]).output.split(separator: "\n")[0]
        let lab = Lab(name: name, state: String(path))
        try await lab.watch()
        let outcome: Result<Void, any Error>
        do {
            try await lab.must("up", arguments)
            try await body(lab)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        // In a task of its own: a test that is over its time is cancelled, and leaves nothing behind all the same.
        try await Task {
            try await lab.must("down")
            try FileManager.default.removeItem(atPath: "\((lab.state as NSString).deletingLastPathComponent)/.\(name).lock")
        }.value
        try outcome.get()
    }

    /// Leaves a process behind that takes the lab down when the tests end without doing so. It ends by itself after `down`.
    private func watch() async throws {
        let script = """
            while kill -0 "$1" && [ ! -e "$2" ]; do sleep 0.2; done
            while kill -0 "$1" && [ -e "$2" ]; do sleep 0.5; done
            [ ! -e "$2" ] || exec "$3" --name "$4" down
            """
        _ = try await LocalProcess.run([
            "/bin/sh", "-c", #"setsid sh -c "$1" watch "$2" "$3" "$4" "$5" >/dev/null 2>&1 &"#, "sh", script, "\(getpid())",
            state,
            Lab.program, name,
        ])
    }

    // MARK: Commands

    func run(_ command: String, _ arguments: [String] = []) async throws -> Finished {
        try await LocalProcess.run([Lab.program, "--name", name, command] + arguments)
    }

    /// A command that the test cannot do without.
    @discardableResult
    func must(_ command: String, _ arguments: [String] = []) async throws -> String {
        let result = try await run(command, arguments)
        guard result.isSuccess else { throw TestFailure("\(result)") }
        return result.output
    }

    /// A shell script inside a host, not over SSH.
    @discardableResult
    func shell(on host: String, _ script: String) async throws -> String {
        try await must("exec", [host, "sh", "-c", script])
    }

    /// The words that run a program in the lab's network. The process keeps its identifier.
    func inNetwork(_ words: [String]) -> [String] { [Lab.program, "--name", name, "run"] + words }
}

/// Gives a suite, or a test, a lab of its own: `@Suite(.lab("--ssh-only", "3"))`.
struct LabTrait: SuiteTrait, TestTrait, TestScoping {
    let arguments: [String]

    func provideScope(for test: Test, testCase: Test.Case?, performing body: @Sendable () async throws -> Void) async throws {
        try await Places.labs.with {
            try await Lab.with(arguments) { lab in try await Lab.$current.withValue(lab, operation: body) }
        }
    }
}

extension Trait where Self == LabTrait {
    static func lab(_ arguments: String...) -> Self { LabTrait(arguments: arguments) }
}

/// Lets a few at a time go on: many labs on two cores would only measure the scheduler.
actor Places {
    static let labs = Places(2)
    private var free: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(_ count: Int) { free = count }

    nonisolated func with(_ body: () async throws -> Void) async throws {
        await enter()
        do {
            try await body()
        } catch {
            await leave()
            throw error
        }
        await leave()
    }

    private func enter() async {
        if free > 0 { free -= 1 } else { await withCheckedContinuation { waiting.append($0) } }
    }

    private func leave() {
        if waiting.isEmpty { free += 1 } else { waiting.removeFirst().resume() }
    }
}
