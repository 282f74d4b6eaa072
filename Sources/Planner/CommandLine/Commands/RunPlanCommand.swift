import ArgumentParser
import Foundation
import Service
import Store
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

            --preflight asks the hosts first whether the plan can be carried out (planner preflight), and runs nothing while something \
            blocks it: exit status 7, or 8 when hosts cannot be reached and nothing else blocks.

            --detach lets the run go on by itself when the terminal is closed; planner attach shows it, from any shell. --json prints the \
            journal as it is written, an object a line (planner schema --format run describes it).
            """)

    @Flag(help: "Go on with a plan that was started and is not finished.")
    var resume = false

    @OptionGroup var wishes: RunWishOptions
    @Flag(help: "Only ask what is true already and what would change; nothing is touched.")
    var dryRun = false

    @Flag(help: "Ask the hosts first; nothing is run while something blocks.")
    var preflight = false

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
        if dryRun, preflight {
            throw ValidationError("--dry-run and --preflight exclude each other: planner preflight asks and runs nothing")
        }
        if exitCode, !dryRun { throw ValidationError("--exit-code goes with --dry-run") }
        if dryRun, resume {
            throw ValidationError("--dry-run and --resume exclude each other: a dry run asks what is left anyway")
        }
    }

    func run() async throws {
        if dryRun { return try await askOnly() }
        let wanted = try wishes.wishes(now: secondsNow())
        let site = try site.open()
        let opening = preflight ? try await askFirst(site) : nil
        if detach { return try await DetachedRun(site: site, asJSON: progress.output.json).start() }
        if ownSession { DetachedRun.leaveTerminal() }
        let stored = try site.currentPlan().stored
        try await ShownRun(
            site: site, stored: stored, resuming: resume, wishes: wanted, retries: RetryPolicy(tries: tries),
            connection: connection, progress: progress, verbose: verbose, opening: opening.map { [$0] } ?? []
        ).run()
    }

    /// Asks the hosts what stands against the plan.
    ///
    /// - Returns: the line of it in the stream of the run, where that is printed.
    /// - Throws: `ExitCode` when something blocks.
    private func askFirst(_ site: Site) async throws -> String? {
        // Nobody wants to wait for hosts to be told that the plan cannot be run anyway.
        try site.refuseRun(resuming: resume)
        let result = try await PreflightAsking(site: site, connection: connection).ask()
        let status = ExitStatus(result.preflight.report)
        let record = JSONOutput.text(
            of: PreflightRecord(
                plan: result.plan.plan.id, preflight: JSONPreflight(result.preflight, of: result.plan.plan)))
        switch progress.mode {
        case .json:
            guard status != .success else { return record }
            let end = RunStreamEnd(exit: status.rawValue, reason: "blocked")
            for line in [JSONOutput.text(of: RunStreamHead(planner: plannerVersion)), record, JSONOutput.text(of: end)] {
                Output.standard.line(line)
            }
        case .quiet where status == .success: break
        default:
            let report = result.preflight.report
            let ending =
                status != .success
                ? "Nothing was run: put right what blocks. Without --preflight it would be run all the same."
                : report.findings.isEmpty ? "Nothing stands against the plan." : "\(report.counts): it is run all the same."
            Output.standard.write(PreflightAsking.text(of: result).text(ending: ending))
        }
        guard status == .success else { throw ExitCode(status.rawValue) }
        return nil
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
