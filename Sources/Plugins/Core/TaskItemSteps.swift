import Model
import PluginKit
import Shell
import TaskKit

/// The steps of the item types by which operators use the kinds of tasks themselves (``TaskItemTypes``).
enum TaskItemSteps {
    static func all(in context: PlanningContext) -> [Step] {
        context.declared.items(ofType: "node-task").compactMap { item in
            guard let configs = item.path.parent, let host = configs.parent.flatMap({ context.node(at: $0) }) else { return nil }
            var step = step(of: item, on: host)
            step?.requires = item.list("after").map { .items(configs.appending($0)) }
            step?.retries = item.integer("tries").map { RetryPolicy(tries: $0) }
            return step
        }
    }

    /// What is run because an item is gone.
    static func undo(in context: PlanningContext) -> [Step] {
        let gone = context.comparison.removed.filter { context.applied.isKind($0, of: "command") && $0["undo_command"] != nil }
        return gone.compactMap { item in
            guard let host = item.path.parent?.parent.flatMap({ context.node(at: $0) }) else { return nil }
            let text = item.text("undo_command")
            return Step(
                StepIdentity(item: item.path, node: host.path, name: "undo"), on: host.path, "run '\(text)' on \(host.hostname)",
                role: .undo(forgetting: [StepScope(item: item.path)]),
                action: CommandAction(check: nil, apply: text, limit: limit(of: item)))
        }
    }

    private static func step(of item: ResolvedItem, on host: ManagedNode) -> Step? {
        switch item.type {
        case "command": command(item, host)
        case "playbook": playbook(item, host)
        case "wait-for": gate(item, host)
        case "uploaded-file": uploaded(item, host)
        case "fetched-file": fetched(item, host)
        default: nil
        }
    }

    // MARK: Kinds

    private static func command(_ item: ResolvedItem, _ host: ManagedNode) -> Step {
        let text = item.text("apply_command")
        return Step(
            StepIdentity(item: item.path, node: host.path, name: "run"), on: host.path, "run '\(text)' on \(host.hostname)",
            role: .change(effect(of: item)),
            action: CommandAction(
                check: question(of: item), apply: text, limit: limit(of: item), idleLimit: idleLimit(of: item)),
            makesTrue: [text, question(of: item) ?? ""])
    }

    private static func playbook(_ item: ResolvedItem, _ host: ManagedNode) -> Step {
        let hosts = item.list("hosts")
        let tags = item.list("tags")
        let arguments =
            (hosts.isEmpty ? [] : ["--limit", hosts.joined(separator: ",")])
            + (tags.isEmpty ? [] : ["--tags", tags.joined(separator: ",")])
            + item.list("variables").flatMap { ["-e", $0] }
        let name = item.text("playbook")
        return Step(
            StepIdentity(item: item.path, node: host.path, name: "run"), on: host.path, "run playbook \(name) on \(host.hostname)",
            role: .change(effect(of: item)),
            action: PlaybookAction(
                playbook: name, in: item.text("directory"), inventory: item.text("inventory"), arguments: arguments,
                question: question(of: item).map { .command($0) } ?? .none, limit: limit(of: item), idleLimit: idleLimit(of: item)),
            makesTrue: [item.text("directory"), name, item.text("inventory"), item.text("version"), question(of: item) ?? ""]
                + arguments)
    }

    private static func gate(_ item: ResolvedItem, _ host: ManagedNode) -> Step {
        let identity = StepIdentity(item: item.path, node: host.path, name: "wait")
        let interval = Duration.seconds(item.integer("interval") ?? 5)
        func step(_ what: String, _ action: some TaskAction) -> Step {
            Step(identity, on: host.path, "wait for \(what) on \(host.hostname)", role: .change(.live), action: action, makesTrue: [what])
        }
        if let port = item.integer("port") {
            let address = item["address"] == nil ? "127.0.0.1" : item.text("address")
            return step(
                "\(address):\(port)",
                WaitForServiceAction(address: address, port: port, banner: "", interval: interval, limit: limit(of: item)))
        }
        let file = item.text("file")
        let text = file.isEmpty ? item.text("command") : ShellCommand(["test", "-e", file]).text
        let what = file.isEmpty ? "'\(text)'" : file
        return step(what, WaitForCommandAction(text, what: what, interval: interval, limit: limit(of: item)))
    }

    private static func uploaded(_ item: ResolvedItem, _ host: ManagedNode) -> Step {
        file(
            item, host, "send",
            UploadAction(
                source: item.text("source"), sha256: item.text("sha256"), path: item.text("path"), mode: mode(of: item),
                owner: item.text("owner"), limit: limit(of: item)))
    }

    private static func fetched(_ item: ResolvedItem, _ host: ManagedNode) -> Step {
        file(
            item, host, "fetch",
            FetchAction(
                url: item.text("url"), sha256: item.text("sha256"), path: item.text("path"), mode: mode(of: item),
                limit: limit(of: item), source: item["source"]?.text))
    }

    private static func file(_ item: ResolvedItem, _ host: ManagedNode, _ verb: String, _ action: some TaskAction) -> Step {
        Step(
            StepIdentity(item: item.path, node: host.path, name: verb), on: host.path,
            "\(verb) \(item.text("path")) to \(host.hostname)", role: .change(effect(of: item)), action: action,
            makesTrue: [item.text("path"), item.text("sha256").lowercased(), item.text("mode"), item.text("owner")])
    }

    // MARK: Properties

    private static func question(of item: ResolvedItem) -> String? {
        item["check_command"]?.text ?? item["creates"].map { ShellCommand(["test", "-e", $0.text]).text }
    }

    private static func effect(of item: ResolvedItem) -> Effect { Effect(rawValue: item.text("change_effect")) ?? .live }
    private static func limit(of item: ResolvedItem) -> Duration { .seconds(item.integer("limit") ?? 300) }
    private static func idleLimit(of item: ResolvedItem) -> Duration? { item.integer("idle_limit").map { .seconds($0) } }
    private static func mode(of item: ResolvedItem) -> Int { Int(item.text("mode"), radix: 8) ?? 0o644 }
}
