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
              planner run_plan             do it; stops at the first failure
              planner run_plan --resume    go on after a failure, a stop or a crash
              planner status               where everything stands

            Exit status: 0 done; 1 an error, nothing changed; 2 there are changes (create_plan --exit-code); 3 tasks failed; \
            4 the plan is stale or cannot be run in its state; 5 another run is active; 6 stopped on request, resumable; 8 hosts \
            could not be reached; 9 there is no plan; 10 the journal could not be written, stopped before the next change; 64 wrong \
            arguments; 130 interrupted three times.
            """,
        version: plannerVersion,
        groupedSubcommands: [
            CommandGroup(
                name: "Model:",
                subcommands: [
                    LoadCommand.self, ExportCommand.self, CreateCommand.self, InheritCommand.self, UpdateCommand.self,
                    RemoveCommand.self, ShowCommand.self, TypesCommand.self, SchemaCommand.self,
                ]),
            CommandGroup(
                name: "Plans:",
                subcommands: [
                    CreatePlanCommand.self, ShowPlanCommand.self, RunPlanCommand.self, StopPlanCommand.self,
                    RemovePlanCommand.self, StatusCommand.self,
                ]),
        ])
}

@main
enum Main {
    /// Parses, runs, and says errors in one place.
    static func main() async {
        Output.ignoreClosedPipes()
        do {
            var command = try PlannerCommand.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            guard let failure = CommandFailure(error) else { PlannerCommand.exit(withError: error) }
            Output.errors.write(failure.text(asJSON: CommandLine.arguments.contains { $0 == "--json" || $0 == "-j" }))
            Output.exit(failure.status)
        }
    }
}
