import ArgumentParser
import Engine
import Foundation
import Runner
import SSH
import Service
import Store
import TaskKit
import Transport

struct RunPlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run_plan", abstract: "Carry out the plan.",
        discussion: """
            Each task is checked first and left alone when it is true already; it is journaled before anything is touched, and checked \
            again afterwards. What may pass by itself (a host that does not answer, a busy package manager) is tried again; any other failure ends \
            the run when the tasks beside it have finished.

            Interrupt (^C) once: running tasks finish. Twice: they are cancelled. Three times: the controller leaves at once. Every way \
            out can be resumed, and so can a crash:

              planner run_plan --resume

            --dry-run asks the hosts what is true already, and touches nothing: no host, no journal, and another run may go on meanwhile. \
            Exit status: 0; with --exit-code 2 when something would change; 3 when a check failed; 8 when hosts cannot be reached.
            """)

    @Flag(help: "Go on with a plan that was started and is not finished.")
    var resume = false

    @Flag(help: "Only ask what is true already and what would change; nothing is touched.")
    var dryRun = false

    @Flag(help: "With --dry-run: exit with status 2 when something would change.")
    var exitCode = false

    @Option(
        help: ArgumentHelp(
            "How often a task is tried when a host or a server does not answer for a moment; 1: never again.", valueName: "count")
    )
    var tries = RetryPolicy.standard.tries

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func validate() throws {
        guard (1...100).contains(tries) else { throw ValidationError("--tries is from 1 to 100") }
        if exitCode, !dryRun { throw ValidationError("--exit-code goes with --dry-run") }
        if dryRun, resume {
            throw ValidationError("--dry-run and --resume exclude each other: a dry run asks what is left anyway")
        }
    }

    func run() async throws {
        if dryRun { return try await askOnly() }
        let site = try site.open()
        let view = try site.currentPlan()
        let plan = view.stored.plan
        let done = try PlanProgress(of: plan, history: view.history.map(\.event)).tasks.values.count { $0.isSuccess }
        let connector = try SSHHosts(connection.configuration())
        let progress = RunProgress(plan, done: done, asJSON: output.json)
        var environment = Site.RunEnvironment(
            connector: connector, stop: Interrupts.requests(), now: secondsNow, observe: { progress.notice($0) })
        environment.variables = ProcessInfo.processInfo.environment
        let faults = JournalFaults(ProcessInfo.processInfo.environment)
        environment.willRecord = { faults.willRecord($0) }
        environment.retries = RetryPolicy(tries: tries)
        environment.observe = { notice in
            faults.observe(notice)
            progress.notice(notice)
        }
        do {
            let report = try await site.runPlan(resuming: resume, in: environment)
            let status = ExitStatus(report)
            progress.finish(report, status: status, site: try? site.status())
            if status != .success { throw ExitCode(status.rawValue) }
        } catch {
            progress.close()
            // A run that began has closed its connections; one that was refused has not.
            await connector.closeAll()
            throw error
        }
    }

    private func askOnly() async throws {
        let connector = try SSHHosts(connection.configuration())
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
        if output.json {
            Output.standard.line(JSONOutput.document(JSONDryRun(result, exit: status)))
        } else {
            Output.standard.write(DryRunText(result, style: Style(usesColor: Output.standard.usesColor)).text)
        }
        if status != .success { throw ExitCode(status.rawValue) }
    }
}

extension ExitStatus {
    /// What the end of a run means.
    init(_ report: RunReport) {
        if report.journalFailure != nil {
            self = .journalFailed
        } else {
            switch report.result {
            case .successful: self = .success
            case .stopped: self = .stopped
            case .failed:
                let isOnlyUnreachable = report.failures.values.allSatisfy { $0.outcome == .unreachable }
                self = isOnlyUnreachable && !report.failures.isEmpty ? .unreachable : .tasksFailed
            }
        }
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
