import ArgumentParser
import Foundation
import Service
import Store

/// Starts `run_plan` as a process of its own that does not end with the terminal, and waits until it has begun.
struct DetachedRun {
    let site: Site
    let asJSON: Bool

    /// What the process began says goes to a file in the state directory.
    private var file: String { site.stateDirectory + "/logs/run.log" }

    /// - Throws: `ExitCode` with the status of the run, when it ends before it has begun.
    func start() async throws {
        let before = try site.store.lastSequence()
        let child = try spawn()
        while true {
            // With its first record nothing is left that could refuse it.
            let hasBegun = try site.store.lastSequence() > before
            if hasBegun, try site.store.leaseHolder()?.holder.processID == Int(child) { return said(child) }
            var status: Int32 = 0
            if waitpid(child, &status, WNOHANG) == child {
                // It may have been quicker than this loop.
                if try site.store.lastSequence() > before { return said(child) }
                return try refused(status)
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    private func said(_ child: pid_t) {
        if asJSON {
            return Output.standard.line(JSONOutput.text(of: Started(started: Int(child), output: file, next: "planner attach")))
        }
        Output.standard.line("The run has begun as process \(child), and goes on when this terminal is closed.")
        Output.standard.line("planner attach shows it, planner status says how far it is, planner stop_plan stops it")
    }

    private struct Started: Encodable {
        let started: Int
        let output: String
        let next: String
    }

    /// What the process said before it ended, and its status.
    private func refused(_ status: Int32) throws {
        let text = FileManager.default.contents(atPath: file).map { String(decoding: $0, as: UTF8.self) } ?? ""
        Output.errors.write(text)
        // As wait(2) encodes it: the low seven bits are a signal.
        let signal = status & 0x7F
        throw ExitCode(signal == 0 ? (status >> 8) & 0xFF : 128 + signal)
    }

    // MARK: The process

    private func spawn() throws -> pid_t {
        try FileManager.default.createDirectory(
            atPath: site.stateDirectory + "/logs", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, file, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        // Hosts were asked already, by who starts it.
        let own = ["--detach", "-v", "--verbose", "--preflight"]
        let words = CommandLine.arguments.filter { !own.contains($0) } + ["--own-session"]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var variables: [UnsafeMutablePointer<CChar>?] = ProcessInfo.processInfo.environment.map { strdup("\($0)=\($1)") } + [nil]
        defer { for variable in variables { free(variable) } }
        var child: pid_t = 0
        let code = posix_spawn(&child, "/proc/self/exe", &actions, nil, &arguments, &variables)
        guard code == 0 else {
            throw ServiceError.store(
                message: "cannot start the run as a process of its own: \(String(cString: strerror(code)))", nextStep: nil)
        }
        return child
    }

    /// In the process that was started: a session of its own, which no terminal ends.
    static func leaveTerminal() {
        // Fails only for the first process of a group, which a child is not.
        _ = setsid()
        signal(SIGHUP, SIG_IGN)
    }
}
