import Engine
import Model
import Planning
import Service
import Store
import TaskKit

/// A plan for people, in the order of execution. The same plan in the same state gives the same bytes.
struct PlanText {
    /// How much of it.
    enum Level: Equatable {
        /// The heading.
        case summary
        /// What is the same for several nodes once.
        case folded
        case full
        /// What is done on behalf of one node.
        case node(ItemPath)
        case phase(Int)
        /// What runs at this moment.
        case running
    }

    private let plan: Plan
    private let progress: PlanProgress?
    private let level: Level
    private let style: Style
    private let width: Int?
    private let reasons: ReasonText
    private let folding: PlanFolding

    /// - Parameters:
    ///   - progress: nil for a plan that was not started.
    ///   - width: columns of the terminal; nil for a pipe, which gets lines whole.
    init(
        _ plan: Plan, progress: PlanProgress? = nil, level: Level = .folded, style: Style = Style(usesColor: false),
        width: Int? = nil
    ) {
        self.plan = plan
        self.progress = progress
        self.level = level
        self.style = style
        self.width = width
        reasons = ReasonText(plan)
        folding = PlanFolding(plan, progress: progress)
    }

    /// - Parameters:
    ///   - state: the word for the state of the plan.
    ///   - creator: who made it; nil when that was not noted.
    ///   - preflight: what hosts have said last before it is run.
    func text(
        state: String, staleness: [String] = [], estimate: DurationEstimate? = nil, creator: String? = nil,
        preflight: StoredPreflight? = nil
    ) -> String {
        let heading = PlanHeading(plan, style: style)
        var lines = heading.lines(
            state: state, staleness: staleness, estimate: estimate, creator: creator, preflight: preflight
        ).flatMap { Wrapping.lines(of: $0, width: width, indent: 10) }
        switch level {
        case .summary: break
        case .folded: lines += folded()
        case .full: lines += unfolded(waits: { _ in true }) { _ in true }
        case .node(let node): lines += unfolded { $0.identity.node == node || $0.host == node }
        case .phase(let number):
            lines += plan.phases.filter { $0.number == number }.flatMap { text(of: $0.tasks, in: $0) }
        case .running:
            let running = unfolded(waits: isOpen) { progress?.tasks[$0.id]?.isInFlight ?? false }
            lines += running.isEmpty ? ["", "No task is running."] : running
        }
        return lines.map { $0 + "\n" }.joined()
    }

    // MARK: Levels

    private func unfolded(waits isWaitShown: (Phase) -> Bool = { _ in false }, _ isShown: (PlanTask) -> Bool) -> [String] {
        var lines: [String] = []
        for block in PlanBlock.blocks(of: plan) {
            let phases = block.phases.map { ($0, $0.tasks.filter(isShown)) }.filter { phase, tasks in
                !tasks.isEmpty || phase.tasks.isEmpty && isWaitShown(phase)
            }
            guard !phases.isEmpty else { continue }
            if let node = block.node { lines += ["", heading(of: block, node)] }
            for (phase, tasks) in phases { lines += text(of: tasks, in: phase) }
        }
        return lines
    }

    private func folded() -> [String] {
        var lines: [String] = []
        var hiddenPhases = 0
        var hiddenTasks = 0
        for fold in folding.folds() {
            if let node = fold.lead.node { lines += ["", heading(of: fold.lead, node)] }
            for phase in fold.lead.phases {
                lines += text(of: phase.tasks, in: phase, hiding: &hiddenTasks)
            }
            guard !fold.followers.isEmpty else { continue }
            lines += text(of: fold)
            hiddenPhases += fold.followers.reduce(0) { $0 + $1.phases.count }
            hiddenTasks += fold.followers.reduce(0) { $0 + $1.tasks.count }
        }
        if hiddenTasks > 0 {
            let phases = hiddenPhases > 0 ? "\(hiddenPhases) more phases, " : ""
            let more = "\(phases)\(hiddenTasks) more tasks are the same on other nodes: --full, --node NODE, --phase N"
            lines += [""] + wrapped(style.faint(more), indent: 0)
        }
        return lines
    }

    /// The blocks that are like the one before them: which, what in them is dangerous, and what is different.
    private func text(of fold: PlanFolding.Fold) -> [String] {
        let nodes = fold.followers.compactMap { $0.node.map { String($0.name) } }
        let tasks = fold.followers.reduce(0) { $0 + $1.tasks.count }
        let first = fold.followers.first?.first ?? 0
        let last = fold.followers.last?.last ?? 0
        let lead = fold.lead.node.map { String($0.name) } ?? ""
        let title = style.bold("\(nodes.count == 1 ? "Node" : "Nodes") \(NameList.text(nodes))")
        let count = nodes.count == 1 ? "" : "\(nodes.count) nodes, "
        let extent = PlanBlock.extent(first, last, tasks: tasks)
        var lines = wrapped("\(title)  the same as \(lead): \(count)\(extent)", indent: 2)
        for text in StrategyText.lines(of: fold.waits.flatMap(\.phases)) { lines += wrapped("  between    \(text)", indent: 13) }
        let followers = fold.followers.map(\.tasks)
        for (place, task) in fold.lead.tasks.enumerated() {
            let change = task.change
            if task.isDestructive || task.effect > .live || change == .remove {
                let text = folding.neutral(task.summary, for: task)
                lines += wrapped(
                    "  each       \(text)" + style.caution("  (\(change?.rawValue ?? task.effect.rawValue))"), indent: 13)
            }
            let others = followers.compactMap { $0.indices.contains(place) ? $0[place] : nil }
            if let difference = folding.differences(of: others, from: task) {
                lines += wrapped(style.faint("  differs    \(difference)"), indent: 13)
            }
        }
        return [""] + lines
    }

    private func wrapped(_ line: String, indent: Int) -> [String] { Wrapping.lines(of: line, width: width, indent: indent) }

    // MARK: Blocks, phases, tasks

    private func heading(of block: PlanBlock, _ node: ItemPath) -> String {
        var steps: [String] = []
        for phase in block.phases where steps.last != PlanText.word(for: phase.group) {
            steps.append(PlanText.word(for: phase.group))
        }
        return style.bold("Node \(node.name)") + "  " + steps.joined(separator: " > ")
    }

    /// What happens to a node in a group, for the line over its block.
    static func word(for group: DeploymentGroup) -> String {
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

    private func heading(of phase: Phase) -> [String] {
        let place = [(phase.node ?? phase.cluster).map { String($0.name) }, phase.group.rawValue].compactMap { $0 }.joined(
            separator: "  ")
        let after = phase.after.isEmpty ? "" : "  after " + NameList.text(phase.after.map(String.init))
        let wait = StrategyText.text(of: phase).map { wrapped("  " + state(of: phase) + $0, indent: 4) } ?? []
        return [""] + wrapped(style.bold("Phase \(phase.number)") + "  \(place)" + style.faint(after), indent: 9) + wait
    }

    private func text(of tasks: [PlanTask], in phase: Phase) -> [String] {
        var previous: [String] = []
        return heading(of: phase) + tasks.flatMap { text(of: $0, unlike: &previous) }
    }

    /// A phase in which tasks that are alike on several nodes are shown once.
    private func text(of tasks: [PlanTask], in phase: Phase, hiding hidden: inout Int) -> [String] {
        guard phase.node == nil else { return text(of: tasks, in: phase) }
        var lines = heading(of: phase)
        var previous: [String] = []
        for group in folding.groups(of: tasks) {
            guard let lead = group.first else { continue }
            // Two are shown as they are: the line that would stand for the second is no shorter.
            guard group.count > 2 else {
                lines += group.flatMap { text(of: $0, unlike: &previous) }
                continue
            }
            lines += text(of: lead, unlike: &previous)
            let others = Array(group.dropFirst())
            hidden += others.count
            let nodes = NameList.text(others.compactMap { $0.identity.node.map { String($0.name) } })
            lines += wrapped(style.faint("            and the same on \(nodes)"), indent: 14)
            if let difference = folding.differences(of: others, from: lead) {
                lines += wrapped(style.faint("            differs: \(difference)"), indent: 14)
            }
        }
        return lines
    }

    private func text(of task: PlanTask, unlike previous: inout [String]) -> [String] {
        let effect = task.effect == .live ? "" : "  (\(task.effect.rawValue))"
        var lines = wrapped("  \(task.id)  \(state(of: task))\(task.summary)" + style.caution(effect), indent: 12)
        let why = reasons.texts(of: task)
        // Tasks that stand together for the same reason say it once.
        if why != previous { lines += why.flatMap { wrapped(style.faint("            why: \($0)"), indent: 17) } }
        previous = why
        return lines
    }

    /// Whether the run is at a phase that waits.
    private func isOpen(_ phase: Phase) -> Bool {
        guard let progress, phase.wait != nil else { return false }
        return progress.reachedWaits.contains(phase.number) && !progress.finishedPhases.contains(phase.number)
    }

    private func state(of phase: Phase) -> String {
        guard let progress, progress.wasStarted else { return "" }
        if let name = progress.approvals[phase.number] { return style.good("approved") + " (\(name))  " }
        if progress.finishedPhases.contains(phase.number) { return style.good("ok".padded(to: 8)) }
        return isOpen(phase) ? style.caution("waiting".padded(to: 8)) : style.faint("-".padded(to: 8))
    }

    private func state(of task: PlanTask) -> String {
        guard let progress, progress.wasStarted, let state = progress.tasks[task.id] else { return "" }
        let word = PlanText.word(for: state).padded(to: 8)
        switch state {
        case .succeeded: return style.good(word)
        case .failed: return style.bad(word)
        case .checking, .applying, .detached, .retrying: return style.caution(word)
        case .initial: return style.faint(word)
        }
    }

    static func word(for state: TaskState) -> String {
        switch state {
        case .initial: "-"
        case .checking, .applying: "running"
        case .detached: "unknown"
        case .retrying: "retrying"
        case .succeeded(_, let outcome): outcome.rawValue
        case .failed(_, let outcome, _): outcome.word
        }
    }
}

extension String {
    /// The text with blanks behind it, `width` columns wide at least.
    func padded(to width: Int) -> String { self + String(repeating: " ", count: Swift.max(0, width - count)) }
}
