package import Model
package import PluginKit
import Shell
import TaskKit

/// The base tree, and what every site needs of its hosts: files, and commands that take a node out of service.
package struct CorePlugin: Plugin {
    package let name = "core"
    package let version = "1"
    package let propertyTypes = CorePropertyTypes.all + TaskItemTypes.propertyTypes
    package let itemTypes = CoreItemTypes.all + TaskItemTypes.all

    package let validatesBesideErrors = true

    package init() {}

    package func validate(_ context: PlanningContext) -> [Diagnostic] {
        CoreRules.diagnostics(in: context.declared) + CoreRules.taskProblems(in: context.declared)
    }

    package func steps(in context: PlanningContext) -> [Step] {
        context.declared.items(ofType: "managed-file").flatMap { file -> [Step] in
            guard let host = file.path.parent?.parent.flatMap({ context.node(at: $0) }) else { return [] }
            return CorePlugin.steps(for: file, on: host, in: context.declared)
        } + TaskItemSteps.all(in: context)
    }

    package func undoSteps(in context: PlanningContext) -> [Step] {
        CorePlugin.fileRemovals(in: context) + TaskItemSteps.undo(in: context)
    }

    package func locks(in context: PlanningContext) -> [NodeLock] {
        let contributors = context.declared.items(ofType: "command-lock")
        return contributors.flatMap { item -> [NodeLock] in
            guard let cluster = item.path.parent?.parent else { return [] }
            return context.nodes(of: cluster).map { CorePlugin.lock(of: item, for: $0) }
        }
    }

    // MARK: Files

    private static func steps(for file: ResolvedItem, on host: ManagedNode, in tree: ResolvedTree) -> [Step] {
        let path = file.text("path")
        let mode = file.text("mode")
        let owner = file.text("owner")
        let template = template(of: file, on: host, in: tree)
        let content =
            file.secret("secret_content").map(FileContent.init) ?? FileContent(template?.filled ?? file.text("content"))
        let write = StepIdentity(item: file.path, node: host.path, name: "write")
        var steps = [
            Step(
                write, on: host.path, "write \(path) on \(host.hostname)",
                role: .change(Effect(rawValue: file.text("change_effect")) ?? .live),
                action: FileAction(path: path, content: content, mode: Int(mode, radix: 8) ?? 0o644, owner: owner),
                makesTrue: [path, content.text, mode, owner],
                inputs: (template?.items ?? []).sorted())
        ]
        let restart = file.text("restart_command")
        if !restart.isEmpty {
            steps.append(
                Step(
                    StepIdentity(item: file.path, node: host.path, name: "restart"), on: host.path,
                    "run '\(restart)' on \(host.hostname)", role: .companion(of: [.step(write)]),
                    action: CommandAction(check: nil, apply: restart, limit: .seconds(300)),
                    requires: [.step(write)]))
        }
        return steps
    }

    private static func template(of file: ResolvedItem, on host: ManagedNode, in tree: ResolvedTree) -> TextTemplate? {
        file.flag("template") ? TextTemplate(file.text("content"), host: host.path, in: tree) : nil
    }

    /// The text that the file has on its host.
    static func content(of file: ResolvedItem, on host: ManagedNode, in tree: ResolvedTree) -> String {
        template(of: file, on: host, in: tree)?.filled ?? file.text("content")
    }

    // MARK: Locks by command

    private static func lock(of item: ResolvedItem, for node: ManagedNode) -> NodeLock {
        let name = String(item.path.name)
        let limit = Duration.seconds(item.integer("limit") ?? 300)
        let check = item.text("check_command")
        // The check says "out of service" with 0 and "in service" with 1; for the unlock it is the other way round.
        let isBack = "sh -c \(ShellQuoting.quote(check)); [ $? = 1 ]"
        func step(_ verb: String, check: String, apply: String) -> Step {
            Step(
                StepIdentity(item: item.path, node: node.path, name: verb), on: node.path,
                "\(verb) \(node.hostname) (\(name))", role: .companion(of: []),
                action: CommandAction(check: check, apply: apply, limit: limit))
        }
        return NodeLock(
            name: name, node: node.path, priority: item.integer("priority") ?? 50,
            lock: step("lock", check: check, apply: item.text("lock_command")),
            unlock: [step("unlock", check: isBack, apply: item.text("unlock_command"))])
    }
}
