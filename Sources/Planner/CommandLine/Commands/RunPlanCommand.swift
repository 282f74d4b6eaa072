import ArgumentParser
import Foundation
import SSH
import Service
import TaskKit
import Transport

struct RunPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run_plan", abstract: "Carry out the plan.",
        discussion: """
            Each task is checked first and left alone when it is true already; it is journaled before anything is touched, and checked \
            again afterwards. What may pass by itself (a host that does not answer, a busy package manager) is tried again; any other \
            failure ends the run when the tasks beside it have finished, unless the cluster or pool has 'max_failures' left.

            Interrupt (^C) once: running tasks finish. Twice: they are cancelled. Three times: the controller leaves at once. Every way \
            out can be resumed, and so can a crash:

              planner run_plan --resume

            Where the plan pauses ('pause_after'), the run ends with exit status 11; planner approve lets it go on.

            --dry-run asks the hosts what is true already, and touches nothing: no host, no journal, and another run may go on meanwhile. \
            Exit status: 0; with --exit-code 2 when something would change; 3 when a check failed; 8 when hosts cannot be reached.

            --detach lets the run go on by itself when the terminal is closed; planner attach shows it, from any shell. --json prints the \
            journal as it is written, an object a line (planner schema --format run describes it).
            """)

    @Flag(help: "Go on with a plan that was started and is not finished.")
    var resume = false

    @OptionGroup var wishes: RunWishOptions
    @Flag(help: "Only ask what is true already and what would change; nothing is touched.")
    var dryRun = false

    @Flag(help: "With --dry-run: exit with status 2 when something would change.")
    var exitCode = false

    @Option(
        help: ArgumentHelp(
            "How often a task is tried when a host or a server does not answer for a moment; 1: never again.", valueName: "count")
    )
    var tries = RetryPolicy.standard.tries
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

    func validate() throws {
        guard (1...100).contains(tries) else { throw ValidationError("--tries is from 1 to 100") }
        if dryRun, detach { throw ValidationError("--dry-run and --detach exclude each other") }
        if exitCode, !dryRun { throw ValidationError("--exit-code goes with --dry-run") }
        if dryRun, resume {
            throw ValidationError("--dry-run and --resume exclude each other: a dry run asks what is left anyway")
        }
    }

    func run() async throws {
        if dryRun { return try await askOnly() }
        let wanted = try wishes.wishes(now: secondsNow())
        let site = try site.open()
        if detach { return try await DetachedRun(site: site, asJSON: progress.output.json).start() }
        if ownSession { DetachedRun.leaveTerminal() }
        let stored = try site.currentPlan().stored
        try await ShownRun(
            site: site, stored: stored, resuming: resume, wishes: wanted, retries: RetryPolicy(tries: tries),
            connection: connection, progress: progress, verbose: verbose
        ).run()
    }

    private func askOnly() async throws {
        let connector = try SSHHosts(connection.settings())
        var environment = Site.RunEnvironment(
            connector: connector, stop: AsyncStream { $0.finish() }, now: secondsNow, observe: { _ in })
        environment.variables = ProcessInfo.processInfo.environment
        let result: Site.DryRunResult
        do {
            result = try await site.open().dryRunPlan(in: environment)
        } catch {
            await connector.closeAll()
            throw error
        }
        let status = ExitStatus(result, tellsChanges: exitCode)
        if progress.output.json {
            Output.standard.line(JSONOutput.document(JSONDryRun(result, exit: status)))
        } else {
            Output.standard.write(DryRunText(result, style: Style(usesColor: Output.standard.usesColor)).text)
        }
        if status != .success { throw ExitCode(status.rawValue) }
    }
}

/// How hosts are reached.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A private key; may be repeated.",
            discussion: """
                Else $PLANNER_IDENTITY, else what ~/.ssh/config says, else the SSH agent, ~/.ssh/id_ed25519, ~/.ssh/id_ecdsa and \
                ~/.ssh/id_rsa.
                """, valueName: "file"))
    var identity: [String] = []

    @Option(
        help: ArgumentHelp(
            "Host keys that are trusted; may be repeated.",
            discussion: """
                Else $PLANNER_KNOWN_HOSTS, else what ~/.ssh/config says, else ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.
                """, valueName: "file"))
    var knownHosts: [String] = []

    @Option(
        help: ArgumentHelp(
            "The configuration of OpenSSH that says what the model leaves open; 'none' for none.",
            discussion: "Else $PLANNER_SSH_CONFIG, else ~/.ssh/config and the system's.", valueName: "file"))
    var sshConfig: String?

    @Option(help: ArgumentHelp("How long one attempt to reach a host may take.", valueName: "seconds"))
    var connectTimeout = 10

    @Option(
        help: ArgumentHelp(
            "How long a host that is lost under a task is waited for; then the task ends as unreachable, and --resume joins its work.",
            valueName: "seconds"))
    var reconnectTimeout = 60

    func validate() throws {
        guard (0...86_400).contains(reconnectTimeout) else {
            throw ValidationError("--reconnect-timeout is from 0 to 86400 seconds")
        }
        guard (1...3600).contains(connectTimeout) else { throw ValidationError("--connect-timeout is from 1 to 3600 seconds") }
    }

    func settings() throws -> ConnectionSettings {
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
            identities += ["id_ed25519", "id_ecdsa", "id_rsa"].map { "\(home)/.ssh/\($0)" }
                .filter { FileManager.default.isReadableFile(atPath: $0) }.map { .file(path: $0) }
        }
        let openSSH = try openSSHConfiguration(environment, home: home)
        guard !identities.isEmpty || openSSH != nil else {
            throw ServiceError.connection(
                message: "there is no key to log in with", nextStep: "name one with --identity, or start an SSH agent")
        }
        do {
            let hosts = try KnownHosts(
                files: known.isEmpty ? ["\(home)/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"] : known)
            var settings = ConnectionSettings(
                SSHConfiguration(identities: identities, knownHosts: hosts, connectDeadline: .seconds(connectTimeout)))
            settings.hasIdentities = !keys.isEmpty
            settings.hasKnownHosts = !known.isEmpty
            settings.openSSH = openSSH
            return settings
        } catch {
            throw ServiceError.connection(message: error.message, nextStep: error.nextStep)
        }
    }

    private func openSSHConfiguration(_ environment: [String: String], home: String) throws -> OpenSSHConfiguration? {
        let given = sshConfig ?? environment["PLANNER_SSH_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let hasAgent = environment["SSH_AUTH_SOCK"].map { !$0.isEmpty } ?? false
        switch given {
        case "none": return nil
        case let file?:
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw ServiceError.connection(
                    message: "cannot read the SSH configuration \(file)", nextStep: "name another with --ssh-config, or none")
            }
            return OpenSSHConfiguration(file: file, home: home, hasAgent: hasAgent)
        case nil:
            guard OpenSSHConfiguration.exists(home: home) else { return nil }
            return OpenSSHConfiguration(file: nil, home: home, hasAgent: hasAgent)
        }
    }
}
