import Engine
import Model
import TaskKit

/// A plan for people, in the order of execution. The same plan in the same state gives the same bytes.
struct PlanText {
    private let plan: Plan
    private let progress: PlanProgress?
    private let style: Style
    private let reasons: ReasonText

    /// - Parameter progress: nil for a plan that was not started.
    init(_ plan: Plan, progress: PlanProgress? = nil, style: Style = Style(usesColor: false)) {
        self.plan = plan
        self.progress = progress
        self.style = style
        reasons = ReasonText(plan)
    }

    /// - Parameter state: the word for the state of the plan.
    func text(state: String, staleness: [String] = []) -> String {
        var lines = heading()
        var block: ItemPath?
        for phase in plan.phases {
            if let node = phase.node, node != block { lines += blockHeading(node, from: phase) }
            block = phase.node
            lines += text(of: phase)
        }
        return PlanText.opening(of: plan.id, state: state, staleness: staleness, style: style) + lines.joined(separator: "\n")
            + "\n"
    }

    // MARK: Heading

    /// The first lines, for which no task need be known.
    static func opening(of id: String, state: String, staleness: [String], style: Style) -> String {
        var lines: [String] = []
        if !staleness.isEmpty {
            lines.append(style.caution("STALE: \(staleness.joined(separator: "; ")); planner create_plan makes a new plan"))
        }
        lines.append(style.bold("Plan \(id)") + "  \(state)")
        return lines.joined(separator: "\n") + "\n"
    }

    private func heading() -> [String] {
        let tasks = plan.tasks
        let destructive = tasks.filter(\.isDestructive).count
        let effects = Effect.allCases.reversed().map { effect in
            "\(tasks.filter { $0.effect == effect }.count) \(effect.rawValue)"
        }
        var lines = [
            "Tasks     \(tasks.count) in \(plan.phases.count) phases: " + effects.joined(separator: ", ")
                + (destructive > 0 ? "; \(destructive) take something away for good" : "")
        ]
        let disrupted = disruptedNodes
        if !disrupted.isEmpty { lines.append("Disrupts  " + disrupted.map { String($0.name) }.joined(separator: ", then ")) }
        return lines
    }

    /// The nodes that are taken out of service, in order.
    private var disruptedNodes: [ItemPath] {
        var seen: Set<ItemPath> = []
        return plan.phases.filter { $0.group == .lock }.compactMap(\.node).filter { seen.insert($0).inserted }
    }

    private func blockHeading(_ node: ItemPath, from first: Phase) -> [String] {
        let block = plan.phases.drop { $0.number < first.number }.prefix { $0.node == node }
        var steps: [String] = []
        for phase in block where steps.last != PlanText.word(for: phase.group) { steps.append(PlanText.word(for: phase.group)) }
        return ["", style.bold("Node \(node.name)") + "  " + steps.joined(separator: " > ")]
    }

    /// What happens to a node in a group, for the line over its block.
    private static func word(for group: DeploymentGroup) -> String {
        switch group {
        case .preNodeLock: "drain"
        case .lock: "lock"
        case .upgradeBoot, .node: "change"
        case .unlock: "unlock"
        case .postNodeUnlock: "rejoin"
        case .healthGate: "gate"
        default: group.rawValue
        }
    }

    // MARK: Phases and tasks

    private func text(of phase: Phase) -> [String] {
        let place = [(phase.node ?? phase.cluster).map { String($0.name) }, phase.group.rawValue].compactMap { $0 }.joined(
            separator: "  ")
        let after = phase.after.isEmpty ? "" : "  after " + phase.after.map(String.init).joined(separator: ", ")
        var lines = ["", style.bold("Phase \(phase.number)") + "  \(place)" + style.faint(after)]
        var previous: [String] = []
        for task in phase.tasks {
            let effect = task.effect == .live ? "" : "  (\(task.effect.rawValue))"
            lines.append("  \(task.id)  \(state(of: task))\(task.summary)" + style.caution(effect))
            let why = reasons.texts(of: task)
            // Tasks that stand together for the same reason say it once.
            if why != previous { lines += why.map { style.faint("            why: \($0)") } }
            previous = why
        }
        return lines
    }

    private func state(of task: PlanTask) -> String {
        guard let progress, progress.wasStarted, let state = progress.tasks[task.id] else { return "" }
        let word = PlanText.word(for: state).padded(to: 8)
        switch state {
        case .succeeded: return style.good(word)
        case .failed: return style.bad(word)
        case .checking, .applying, .detached: return style.caution(word)
        case .initial: return style.faint(word)
        }
    }

    static func word(for state: TaskState) -> String {
        switch state {
        case .initial: "-"
        case .checking, .applying: "running"
        case .detached: "unknown"
        case .succeeded(_, let outcome): outcome.rawValue
        case .failed(_, let outcome, _): outcome.word
        }
    }
}

extension Outcome {
    /// The word in lists; failures in capitals, so that they are seen without colour.
    var word: String {
        switch self {
        case .ok, .changed, .skipped: rawValue
        case .failed: "FAILED"
        case .unreachable: "UNREACH"
        case .timedOut: "TIMEOUT"
        case .cancelled: "CANCEL"
        }
    }
}

extension String {
    /// The text with blanks behind it, `width` columns wide at least.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
