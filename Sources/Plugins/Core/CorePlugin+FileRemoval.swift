import Model
import PluginKit
import Shell
import TaskKit

/// What becomes of a file on a host when its item is no longer declared.
extension CorePlugin {
    /// The file is removed if it is what Planner has written, and left alone when somebody has changed it since; one with a secret in it is
    /// removed in any case. Then the item's `restart_command` runs. A file that another item has taken over stays.
    static func fileRemovals(in context: PlanningContext) -> [Step] {
        let gone = context.comparison.removed.filter { context.applied.isKind($0, of: "managed-file") }
        guard !gone.isEmpty else { return [] }
        let taken = Set(
            context.declared.items(ofType: "managed-file").compactMap { file in
                file.path.parent?.parent.map { Place(host: $0, path: file.text("path")) }
            })
        return gone.flatMap { file -> [Step] in
            guard let host = file.path.parent?.parent.flatMap({ context.node(at: $0) }) else { return [] }
            return CorePlugin.removal(
                of: file, on: host, in: context.applied,
                isTakenOver: taken.contains(Place(host: host.path, path: file.text("path"))))
        }
    }

    private struct Place: Hashable {
        var host: ItemPath
        var path: String
    }

    private static func removal(
        of file: ResolvedItem, on host: ManagedNode, in applied: ResolvedTree, isTakenOver: Bool
    ) -> [Step] {
        let path = file.text("path")
        let identity = StepIdentity(item: file.path, node: host.path, name: "remove")
        let role = Step.Role.undo(forgetting: [StepScope(item: file.path, node: host.path)])
        guard !isTakenOver else {
            let action = CommandAction(check: "true", apply: "true", limit: .seconds(60))
            return [
                Step(identity, on: host.path, "leave \(path) on \(host.hostname) to another item", role: role, action: action)
            ]
        }
        var steps = [
            Step(
                identity, on: host.path, "remove \(path) from \(host.hostname)", role: role,
                action: CommandAction(
                    check: isNotOurs(file, content(of: file, on: host, in: applied), at: path), apply: "rm -f -- \(ShellQuoting.quote(path))", limit: .seconds(60)))
        ]
        let restart = file.text("restart_command")
        if !restart.isEmpty {
            // Part of the undoing: until it is done too, the next plan knows that there is more to do.
            steps.append(
                Step(
                    StepIdentity(item: file.path, node: host.path, name: "restart-without"), on: host.path,
                    "run '\(restart)' on \(host.hostname) without \(path)", role: role,
                    action: CommandAction(check: nil, apply: restart, limit: .seconds(300)), requires: [.step(identity)]))
        }
        return steps
    }

    /// A check of shell: whether there is nothing at the path that Planner has made.
    private static func isNotOurs(_ file: ResolvedItem, _ content: String, at path: String) -> String {
        let quoted = ShellQuoting.quote(path)
        guard file.secret("secret_content") == nil else { return "! [ -f \(quoted) ]" }
        let digest = Digest.hexadecimal(of: content)
        return "! [ -f \(quoted) ] || [ \"$(sha256sum < \(quoted) | cut -d ' ' -f 1)\" != \(digest) ]"
    }
}
