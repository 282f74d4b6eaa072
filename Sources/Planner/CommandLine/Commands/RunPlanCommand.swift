import ArgumentParser
import Foundation
import SSH
import Service

struct RunPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run_plan", abstract: "Carry out the plan.",
        discussion: """
            Each task is checked first and left alone when it is true already; it is journaled before anything is touched, and checked \
            again afterwards. The first failure ends the run when the tasks beside it have finished.

            Interrupt (^C) once: running tasks finish. Twice: they are cancelled. Three times: the controller leaves at once. Every way \
            out can be resumed, and so can a crash:

              planner run_plan --resume

            --detach lets the run go on by itself when the terminal is closed; planner attach shows it, from any shell. --json prints the \
            journal as it is written, an object a line (planner schema --format run describes it).
            """)

    @Flag(help: "Go on with a plan that was started and is not finished.")
    var resume = false

    @Flag(help: "Return when the run has begun; it goes on by itself, also when the terminal is closed.")
    var detach = false

    /// Set by ``DetachedRun`` for the process that it starts.
    @Flag(help: .hidden)
    var ownSession = false

    @Flag(name: [.customShort("v"), .long], help: "Print the output of tasks, each line with its node before it.")
    var verbose = false

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var progress: ProgressOptions
    @OptionGroup var site: SiteOptions

    func run() async throws {
        let site = try site.open()
        if detach { return try await DetachedRun(site: site, asJSON: progress.output.json).start() }
        if ownSession { DetachedRun.leaveTerminal() }
        let stored = try site.currentPlan().stored
        try await ShownRun(
            site: site, stored: stored, resuming: resume, connection: connection, progress: progress, verbose: verbose
        ).run()
    }
}

/// How hosts are reached.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A private key, ed25519 or ECDSA; may be repeated.",
            discussion: "Else $PLANNER_IDENTITY, else the SSH agent, ~/.ssh/id_ed25519 and ~/.ssh/id_ecdsa.", valueName: "file"))
    var identity: [String] = []

    @Option(
        help: ArgumentHelp(
            "Host keys that are trusted; may be repeated.",
            discussion: "Else $PLANNER_KNOWN_HOSTS, else ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.", valueName: "file"))
    var knownHosts: [String] = []

    @Option(help: ArgumentHelp("How long one attempt to reach a host may take; there are three.", valueName: "seconds"))
    var connectTimeout = 10

    func validate() throws {
        guard (1...3600).contains(connectTimeout) else { throw ValidationError("--connect-timeout is from 1 to 3600 seconds") }
    }

    func configuration() throws -> SSHConfiguration {
        let environment = ProcessInfo.processInfo.environment
        let home = NSHomeDirectory()
        func files(_ given: [String], _ variable: String) -> [String] {
            given.isEmpty ? environment[variable].map { [$0] }?.filter { !$0.isEmpty } ?? [] : given
        }
        let known = files(knownHosts, "PLANNER_KNOWN_HOSTS")
        let keys = files(identity, "PLANNER_IDENTITY")
        for path in keys where !FileManager.default.isReadableFile(atPath: path) {
            throw ServiceError.connection(
                message: "cannot read the private key \(path)", nextStep: "name another with --identity")
        }
        var identities = keys.map { SSHIdentity.file(path: $0) }
        if keys.isEmpty {
            if environment["SSH_AUTH_SOCK"].map({ !$0.isEmpty }) ?? false { identities.append(.agent()) }
            identities += ["id_ed25519", "id_ecdsa"].map { "\(home)/.ssh/\($0)" }
                .filter { FileManager.default.isReadableFile(atPath: $0) }.map { .file(path: $0) }
        }
        guard !identities.isEmpty else {
            throw ServiceError.connection(
                message: "there is no key to log in with", nextStep: "name one with --identity, or start an SSH agent")
        }
        do {
            let hosts = try KnownHosts(
                files: known.isEmpty ? ["\(home)/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"] : known)
            return SSHConfiguration(identities: identities, knownHosts: hosts, connectDeadline: .seconds(connectTimeout))
        } catch {
            throw ServiceError.connection(message: error.message, nextStep: error.nextStep)
        }
    }
}
