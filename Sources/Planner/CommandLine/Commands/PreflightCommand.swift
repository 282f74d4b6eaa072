import ArgumentParser
import Engine
import Foundation
import Service
import Store
import TaskKit
import Transport

struct PreflightCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "preflight", abstract: "Ask the hosts of the plan whether it can be carried out; nothing is touched.",
        discussion: """
            Every host on which the plan has still something to do is asked once, all of them side by side: whether it can be reached, its \
            clock, the programs that the tasks need, room for what they write; hosts of virtual machines for libvirt, bridges and memory; \
            the director of a Kubernetes cluster for its API, its nodes, etcd, and pods that may not be evicted. Only what the plan will do \
            there is asked for. A host that the plan itself makes is not missed.

            A blocker is what would make the plan fail, or destroy what is not its own; a warning what may. Each says what was found, the \
            rule, and what to do. The outcome is kept beside the plan: show_plan and status have it until the plan is asked again.

            Exit status: 0 nothing blocks (also with warnings); 7 something does; 8 hosts that must be there cannot be reached, and nothing \
            else blocks.

              planner create_plan --preflight    make a plan, and ask at once
              planner run_plan --preflight       ask first; run nothing while it is blocked
            """)

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() async throws {
        let result = try await PreflightAsking(site: try site.open(), connection: connection).ask()
        let report = result.preflight.report
        if output.json {
            Output.standard.line(JSONOutput.document(JSONPreflight(result.preflight, of: result.plan.plan)))
        } else {
            Output.standard.write(PreflightAsking.text(of: result).text())
        }
        let status = ExitStatus(report)
        if status != .success { throw ExitCode(status.rawValue) }
    }
}

/// Asking the hosts of the current plan from this process: three commands do it.
struct PreflightAsking {
    let site: Site
    let connection: ConnectionOptions

    func ask() async throws -> Site.PreflightResult {
        let connector = try SSHHosts(connection.settings())
        var environment = Site.RunEnvironment(
            connector: connector, stop: AsyncStream { $0.finish() }, now: secondsNow, observe: { _ in })
        environment.variables = ProcessInfo.processInfo.environment
        let wait = PreflightWait()
        defer { wait.close() }
        do {
            return try await site.preflight(by: ProcessIdentity.account, in: environment) { wait.observe($0) }
        } catch {
            await connector.closeAll()
            throw error
        }
    }

    static func text(of result: Site.PreflightResult) -> PreflightText {
        PreflightText(
            result.preflight.report, of: result.plan.plan, style: Style(usesColor: Output.standard.usesColor),
            width: Output.standard.cutWidth)
    }
}
