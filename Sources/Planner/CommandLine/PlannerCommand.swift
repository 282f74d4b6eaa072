import ArgumentParser
import CorePlugin
import HighAvailabilityPlugin
import KubernetesPlugin
import LibvirtPlugin
import PluginKit

/// The version of Planner, as plans record it.
let plannerVersion = "0.1.0"

/// Every plugin of this Planner, by name. The only place that knows them all.
let plugins: [any Plugin] = [CorePlugin(), HighAvailabilityPlugin(), KubernetesPlugin(), LibvirtPlugin()]

/// The program.
struct PlannerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "planner",
        abstract: "Changes a fleet that must not break: plan, read, run, resume.",
        discussion: """
            Planner compares a model of hosts, virtual machines and Kubernetes nodes with what was applied, shows every step it will \
            take in the order in which it will take it, and carries the steps out over SSH, one node at a time.

              planner load site.yaml       read a model, with every error at once
              planner create_plan          what must be done, and why
              planner show_plan            read it before anything happens
              planner preflight            ask the hosts whether it can be done
              planner run_plan             do it; stops at the first failure
              planner run_plan --resume    go on after a failure, a stop or a crash
              planner status               where everything stands

            Exit status: 0 done; 1 an error, nothing changed; 2 there are changes (create_plan, show_plan, diff: --exit-code); 3 tasks failed; \
            4 the plan is stale, lacks a secret or cannot be run in its state; 5 another run is active; 6 stopped on request or at the end of its window, resumable; 7 refused: \
            protected items, --max-replace, or blocked by what preflight found; 8 hosts \
            could not be reached; 9 there is no plan; 10 the journal could not be written, stopped before the next change; 11 the run waits for planner approve; 64 wrong \
            arguments; 130 interrupted three times.
            """,
        version: plannerVersion,
        groupedSubcommands: [
            CommandGroup(
                name: "Model:",
                subcommands: [
                    LoadCommand.self, ExportCommand.self, CreateCommand.self, InheritCommand.self, UpdateCommand.self,
                    RemoveCommand.self, RunScriptCommand.self, RestoreModelCommand.self, ShowCommand.self, DiffCommand.self,
                    TypesCommand.self, SchemaCommand.self,
                ]),
            CommandGroup(
                name: "Plans:",
                subcommands: [
                    CreatePlanCommand.self, ShowPlanCommand.self, PreflightCommand.self, RunPlanCommand.self, ApproveCommand.self,
                    StopPlanCommand.self,
                    RemovePlanCommand.self, PlanHistoryCommand.self,
                ]),
            CommandGroup(
                name: "Runs:",
                subcommands: [
                    StatusCommand.self, AttachCommand.self, LogsCommand.self, HistoryCommand.self, ReportCommand.self,
                    UnlockCommand.self, ResetRunCommand.self,
                ]),
            CommandGroup(name: "Secrets:", subcommands: [CryptCommand.self]),
            CommandGroup(name: "Planner:", subcommands: [VersionCommand.self]),
        ])
}

@main
enum Main {
    /// Parses, runs, and says errors in one place.
    static func main() async {
        Output.ignoreClosedPipes()
        let invocation = Invocation(CommandLine.arguments)
        for warning in invocation.warnings { Output.errors.line("litp: warning: \(warning)") }
        if let missing = invocation.missing { end(missing, invocation) }
        do {
            var command = try PlannerCommand.parseAsRoot(invocation.arguments)
            if command is CreatePlanCommand { SharedHeap.use() }
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            if let failure = CommandFailure(error) { end(failure, invocation) }
            let status = PlannerCommand.exitCode(for: error).rawValue
            let text = PlannerCommand.fullMessage(for: error)
            if !text.isEmpty { (status == 0 ? Output.standard : Output.errors).line(invocation.worded(text)) }
            Output.exit(invocation.answerStatus(status))
        }
    }

    private static func end(_ failure: CommandFailure, _ invocation: Invocation) -> Never {
        let asJSON = invocation.arguments.contains { $0 == "--json" || $0 == "-j" }
        Output.errors.write(invocation.worded(failure.text(asJSON: asJSON)))
        Output.exit(invocation.status(failure.status.rawValue))
    }
}
