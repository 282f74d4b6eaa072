import Model
import PluginKit
import TaskKit

/// The time servers of a host: a file of chrony, a restart when it changes, and nothing left of it when it is no longer declared.
struct ExamplePlugin: Plugin {
    let name = "example"
    let version = "1"

    // What operators can write, and which values are right.
    let itemTypes = [
        ItemType(
            "ntp-client", extends: "node-config", summary: "Keeps the clock of a host right, with chrony.",
            properties: [
                PropertyDefinition(
                    "servers", "address_or_name_list", required: true, summary: "The servers to ask, in order."),
                PropertyDefinition(
                    "max_delay", "positive_integer", default: 3, summary: "Seconds that an answer may take to be believed."),
            ])
    ]

    // What the types alone cannot say.
    func validate(_ context: PlanningContext) -> [Diagnostic] {
        let clients = context.declared.items(ofType: "ntp-client")
        return Dictionary(grouping: clients, by: \.path.parent).values.filter { $0.count > 1 }.map { clients in
            Diagnostic(
                .cardinality, "a host has one clock: it cannot have \(clients.count) items of type 'ntp-client'",
                path: clients.map(\.path).max(), nextStep: "write all servers into one of them")
        }
    }

    // What should be: for every declared client, whether it was applied or not.
    func steps(in context: PlanningContext) -> [Step] {
        context.declared.items(ofType: "ntp-client").flatMap { client -> [Step] in
            guard let host = host(of: client, in: context) else { return [] }
            let write = StepIdentity(item: client.path, node: host.path, name: "write")
            let content = content(of: client)
            return [
                Step(
                    write, on: host.path, "write the time servers of \(host.hostname)", role: .change(.live),
                    action: FileAction(path: ExamplePlugin.file, content: content, mode: 0o644),
                    makesTrue: [ExamplePlugin.file, content]),
                restart(client, on: host, "restart", role: .companion(of: [.step(write)]), after: write),
            ]
        }
    }

    // What should not be any more. It is in a plan only when something was made that it takes away.
    func undoSteps(in context: PlanningContext) -> [Step] {
        context.comparison.removed.filter { context.applied.isKind($0, of: "ntp-client") }.flatMap { client -> [Step] in
            guard let host = host(of: client, in: context) else { return [] }
            let role = Step.Role.undo(forgetting: [StepScope(item: client.path)])
            let remove = StepIdentity(item: client.path, node: host.path, name: "remove")
            return [
                Step(
                    remove, on: host.path, "remove the time servers of \(host.hostname)", role: role,
                    action: CommandAction(
                        check: "! test -e \(ExamplePlugin.file)", apply: "rm -f \(ExamplePlugin.file)", limit: .seconds(30))),
                restart(client, on: host, "restart-without", role: role, after: remove),
            ]
        }
    }

    // MARK: Parts

    private static let file = "/etc/chrony/sources.d/planner.sources"

    private func host(of client: ResolvedItem, in context: PlanningContext) -> ManagedNode? {
        client.path.parent?.parent.flatMap { context.node(at: $0) }
    }

    private func content(of client: ResolvedItem) -> String {
        client.list("servers").map { "server \($0) iburst maxdelay \(client.text("max_delay"))\n" }.joined()
    }

    private func restart(
        _ client: ResolvedItem, on host: ManagedNode, _ name: String, role: Step.Role, after step: StepIdentity
    ) -> Step {
        Step(
            StepIdentity(item: client.path, node: host.path, name: name), on: host.path, "restart chrony on \(host.hostname)",
            role: role, action: CommandAction(check: nil, apply: "systemctl restart chrony", limit: .seconds(60)),
            requires: [.step(step)])
    }
}
