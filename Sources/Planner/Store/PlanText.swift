internal import Model
internal import TaskKit

/// Pieces of a plan as JSON: what their `Encodable` conformances say, which is also how they are read (a test holds both against each
/// other). A plan has a hundred thousand tasks, and a container for each of their members costs five times as much as all of this; so what
/// every task has is written here by name, and what few have by its own conformance.
enum PlanText {
    static func text(of phases: [Phase]) throws -> String {
        var json = JSONWriter()
        try json.array(phases) { try $0.write($1) }
        return json.text
    }

    static func text(of completions: [(key: ItemPath, value: [TaskID])]) -> String {
        var json = JSONWriter()
        json.object { json in
            for (path, tasks) in completions {
                json.key(text: path.text)
                json.array(tasks) { $0.string($1.text) }
            }
        }
        return json.text
    }

    static func text(of hosts: [(key: ItemPath, value: HostConnection)]) throws -> String {
        var json = JSONWriter()
        try json.object { json in
            for (path, host) in hosts {
                json.key(text: path.text)
                try json.encoded(host)
            }
        }
        return json.text
    }
}

extension JSONWriter {
    fileprivate mutating func write(_ phase: Phase) throws {
        try object { json in
            json.member("number", phase.number)
            json.member("group", phase.group.rawValue)
            json.member("cluster", phase.cluster?.text)
            json.member("node", phase.node?.text)
            json.key("after")
            json.array(phase.after) { $0.number($1) }
            json.key("tasks")
            try json.array(phase.tasks) { try $0.write($1) }
            try json.member("tolerates", encoding: phase.tolerates)
            json.member("turn", phase.turn?.text)
            try json.member("wait", encoding: phase.wait)
        }
    }

    private mutating func write(_ task: PlanTask) throws {
        try object { json in
            json.member("id", task.id.text)
            json.key("identity")
            json.write(task.identity)
            json.member("group", task.group.rawValue)
            json.member("host", task.host.text)
            json.member("summary", task.summary)
            json.member("effect", task.effect.rawValue)
            json.key("reasons")
            try json.array(task.reasons) { try $0.write($1) }
            json.key("action")
            try json.write(task.action)
            json.member("fingerprint", task.fingerprint)
            json.key("accompanies")
            json.array(task.accompanies) { $0.string($1.text) }
            json.key("forgets")
            try json.array(task.forgets) { try $0.encoded($1) }
            try json.member("nodeChange", encoding: task.nodeChange)
            json.key("isDestructive")
            json.flag(task.isDestructive)
            try json.member("retries", encoding: task.retries)
        }
    }

    private mutating func write(_ action: AnyTaskAction) throws {
        try object { json in
            json.member("kind", action.kind)
            json.key("action")
            // Of what there are thousands in a plan, most are files.
            if let file = action.action as? FileAction { try json.write(file) } else { try json.encoded(action.action) }
        }
    }

    private mutating func write(_ file: FileAction) throws {
        try object { json in
            json.member("path", file.path)
            if file.content.hasSecrets {
                try json.member("content", encoding: file.content)
            } else {
                json.member("content", file.content.text)
            }
            json.member("mode", file.mode)
            json.member("owner", file.owner)
        }
    }

    private mutating func write(_ identity: StepIdentity) {
        object { json in
            json.member("item", identity.item.text)
            json.member("node", identity.node?.text)
            json.member("name", identity.name)
        }
    }

    private mutating func write(_ reason: Reason) throws {
        guard case .created(let path) = reason else { return try encoded(reason) }
        object { json in
            json.key("created")
            json.object { $0.member("_0", path.text) }
        }
    }
}
