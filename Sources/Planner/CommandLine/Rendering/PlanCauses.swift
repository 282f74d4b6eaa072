import Model
import Planning
import Service
import TaskKit

/// What brought a plan about: every difference between model and hosts that a task of it names, with how much follows from it.
struct PlanCauses {
    /// One cause, and what follows from it.
    struct Cause {
        let reason: Reason
        var tasks = 0
        var nodes: [ItemPath] = []
        fileprivate var seen: Set<ItemPath> = []

        init(_ reason: Reason) { self.reason = reason }

        mutating func add(_ task: PlanTask) {
            tasks += 1
            if let node = task.identity.node, seen.insert(node).inserted { nodes.append(node) }
        }
    }

    let causes: [Cause]

    /// - Complexity: O(tasks × reasons of each).
    init(_ plan: Plan) {
        var order: [Reason] = []
        var found: [Reason: Cause] = [:]
        for task in plan.tasks {
            for reason in task.reasons {
                // A companion has no cause of its own.
                if case .accompanies = reason { continue }
                if found[reason] == nil { order.append(reason) }
                found[reason, default: Cause(reason)].add(task)
            }
        }
        causes = order.compactMap { found[$0] }
    }
}

/// The causes of a plan for people: old and new values, grouped by item.
struct PlanCausesText {
    private let causes: [PlanCauses.Cause]
    private let effects: [ItemPath: [String: Effect]]
    private let style: Style
    private let width: Int?

    /// - Parameter effects: what a change of each property costs, as its type says.
    init(_ plan: Plan, effects: [ItemPath: [String: Effect]], style: Style = Style(usesColor: false), width: Int? = nil) {
        causes = PlanCauses(plan).causes
        self.effects = effects
        self.style = style
        self.width = width
    }

    var text: String {
        var lines: [String] = []
        var item: ItemPath?
        for cause in causes {
            guard case .changed(let path, let property, let old, let new) = cause.reason else {
                lines += Wrapping.lines(of: line(of: cause), width: width, indent: 4)
                item = nil
                continue
            }
            if path != item { lines.append(style.caution("~") + " " + style.bold(path.text)) }
            item = path
            let effect = effects[path]?[property].map { "  (\($0.rawValue))" } ?? ""
            let start = "    \(property): "
            let room = width.map { $0 - start.count - effect.count }
            let change = ValueText.change(
                from: old.map { .string($0) }, to: new.map { .string($0) }, width: room)
            lines.append(start + change + style.caution(effect))
            lines += Wrapping.lines(of: style.faint("        \(consequence(of: cause))"), width: width, indent: 8)
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private func line(of cause: PlanCauses.Cause) -> String {
        let what: String
        switch cause.reason {
        case .created(let path): what = style.good("+") + " " + style.bold(path.text) + " is new"
        case .removed(let path): what = style.bad("-") + " " + style.bold(path.text) + " is no longer declared"
        case .removedFrom(let path, let node):
            what = style.bad("-") + " " + style.bold(path.text) + " is no longer declared on \(node.name)"
        case .notApplied(let path): what = style.caution("~") + " " + style.bold(path.text) + " is not applied yet"
        case .secretChanged(let name): what = style.caution("~") + " secret " + style.bold(name) + " was set anew"
        case .owed(let plan): what = style.caution("~") + " plan \(plan) began what is completed here"
        case .changed, .accompanies: what = ""
        }
        return "\(what): " + style.faint(consequence(of: cause))
    }

    private func consequence(of cause: PlanCauses.Cause) -> String {
        let nodes = NameList.text(cause.nodes.map { String($0.name) })
        return "\(cause.tasks) \(cause.tasks == 1 ? "task" : "tasks")" + (nodes.isEmpty ? "" : " on \(nodes)")
    }
}
