import Model
import PluginKit
import TaskKit

extension ExamplePlugin {
    /// Reads only; a line for each server that has no address. A file under `Resources/` where a plugin has a target of its own.
    private static let survey = Script(
        name: "example/servers",
        content: Array(#"for server; do getent hosts "$server" >/dev/null || printf 'unknown\t%s\n' "$server"; done"#.utf8))

    func questions(about steps: PlannedSteps, in context: PlanningContext) -> [HostQuestion] {
        context.declared.items(ofType: "ntp-client").compactMap { client in
            guard let host = client.path.parent?.parent,
                steps.contains(StepIdentity(item: client.path, node: host, name: "write"))
            else { return nil }
            let hostname = steps.hostname(of: host)
            return .lines(host, ExamplePlugin.survey, arguments: client.list("servers"), limit: .seconds(20)) { words in
                guard words.count == 2, words[0] == "unknown" else { return nil }
                return PreflightFinding(
                    .warning, "time-server", about: hostname, found: "it finds no address of the time server \(words[1])",
                    rule: "a server that has no address is never asked", nextStep: "correct 'servers', or the name service")
            }
        }
    }
}
