import Engine
import Model
import Service
import TaskKit

/// Phases that stand together: the block of one node, or one phase of no node alone.
struct PlanBlock {
    let node: ItemPath?
    let phases: ArraySlice<Phase>

    var tasks: [PlanTask] { phases.flatMap(\.tasks) }
    /// Whether it stands between nodes and does nothing: the run waits there, or edges meet.
    var isPause: Bool { node == nil && phases.allSatisfy { $0.tasks.isEmpty } }
    var first: Int { phases.first?.number ?? 0 }
    var last: Int { phases.last?.number ?? 0 }

    /// How much there is of one or of several that follow each other: `phase 5, 1 task`, `phases 28 to 40, 17 tasks`.
    static func extent(_ first: Int, _ last: Int, tasks: Int) -> String {
        (first == last ? "phase \(first)" : "phases \(first) to \(last)") + ", \(tasks) \(tasks == 1 ? "task" : "tasks")"
    }

    /// The plan in blocks, in order of execution.
    static func blocks(of plan: Plan) -> [PlanBlock] {
        var blocks: [PlanBlock] = []
        var start = plan.phases.startIndex
        while start < plan.phases.endIndex {
            let node = plan.phases[start].node
            var end = start + 1
            while node != nil, end < plan.phases.endIndex, plan.phases[end].node == node { end += 1 }
            blocks.append(PlanBlock(node: node, phases: plan.phases[start..<end]))
            start = end
        }
        return blocks
    }
}

/// Finds what is the same for several nodes: the same steps for the same reasons in the same states, whatever the nodes and their addresses are
/// called.
struct PlanFolding {
    /// What stands for the name of a node in texts about several.
    static let placeholder = "NODE"

    /// A block with those that follow it and are like it.
    struct Fold {
        let lead: PlanBlock
        let followers: [PlanBlock]
        /// What the run waits for between them.
        var waits: [PlanBlock] = []

        /// All but the lead, in order.
        var others: [PlanBlock] { waits.isEmpty ? followers : (followers + waits).sorted { $0.first < $1.first } }
    }

    private let plan: Plan
    private let states: [TaskID: TaskState]

    init(_ plan: Plan, progress: PlanProgress?) {
        self.plan = plan
        states = progress.map { $0.wasStarted ? $0.tasks : [:] } ?? [:]
    }

    /// The blocks of the plan; neighbours that are alike are joined.
    ///
    /// - Complexity: O(tasks).
    func folds() -> [Fold] {
        var folds: [Fold] = []
        var lead: PlanBlock?
        var shape: [TaskShape] = []
        var followers: [PlanBlock] = []
        var waits: [PlanBlock] = []
        // Waits since the last of the blocks that are alike: they stand between two of them only when another follows.
        var open: [PlanBlock] = []
        func close() {
            if let lead { folds.append(Fold(lead: lead, followers: followers, waits: waits)) }
            folds += open.map { Fold(lead: $0, followers: []) }
            (followers, waits, open) = ([], [], [])
        }
        for block in PlanBlock.blocks(of: plan) {
            if lead?.node != nil, block.isPause {
                open.append(block)
                continue
            }
            let next = block.node == nil ? [] : block.tasks.map(self.shape)
            if lead?.node != nil, block.node != nil, next == shape {
                waits += open
                open = []
                followers.append(block)
                continue
            }
            close()
            lead = block
            shape = next
        }
        close()
        return folds
    }

    /// The tasks of a phase, those that are alike on several nodes together, in order of the first of each.
    func groups(of tasks: [PlanTask]) -> [[PlanTask]] {
        var order: [TaskShape] = []
        var groups: [TaskShape: [PlanTask]] = [:]
        for task in tasks {
            let shape = shape(of: task)
            if groups[shape] == nil { order.append(shape) }
            groups[shape, default: []].append(task)
        }
        return order.compactMap { groups[$0] }
    }

    // MARK: Shapes

    /// All of a task but what belongs to its node only. Texts with addresses are not part of it: they are shown where they differ.
    private struct TaskShape: Hashable {
        let group: DeploymentGroup
        let item: String
        let name: String
        let effect: Effect
        let isDestructive: Bool
        let reasons: [String]
        let state: String
        /// A task of no node is like no other.
        let id: TaskID?
    }

    private func shape(of task: PlanTask) -> TaskShape {
        TaskShape(
            group: task.group, item: neutral(task.identity.item.text, for: task), name: task.identity.name, effect: task.effect,
            isDestructive: task.isDestructive, reasons: task.reasons.map { shape(of: $0, for: task) },
            state: states[task.id].map(PlanText.word) ?? "", id: task.identity.node == nil ? task.id : nil)
    }

    private func shape(of reason: Reason, for task: PlanTask) -> String {
        func path(_ path: ItemPath) -> String { neutral(path.text, for: task) }
        switch reason {
        case .created(let item): return "created \(path(item))"
        case .removed(let item): return "removed \(path(item))"
        case .removedFrom(let item, let node): return "removed \(path(item)) from \(path(node))"
        case .notApplied(let item): return "notApplied \(path(item))"
        case .changed(let item, let property, let old, let new):
            // One list for all nodes (addresses, in order of the nodes) is the same reason for each.
            return "changed \(path(item)) \(property) \(neutral(old ?? "", for: task)) > \(neutral(new ?? "", for: task))"
        case .secretChanged(let name): return "secret \(name)"
        case .owed(let plan): return "owed \(plan)"
        case .accompanies(let steps): return "accompanies " + steps.map(\.name).joined(separator: " ")
        }
    }

    /// The text with the names of the task's node exchanged for ``placeholder``.
    func neutral(_ text: String, for task: PlanTask) -> String {
        guard let node = task.identity.node else { return text }
        let named = PlanFolding.exchanging(String(node.name), in: text)
        guard let hostname = plan.hosts[node]?.hostname, hostname != node.name else { return named }
        return PlanFolding.exchanging(hostname, in: named)
    }

    /// Exchanges a name where it stands for itself: `n1` in `n1-master`, not in `n12`.
    private static func exchanging(_ name: String, in text: String) -> String {
        let wanted = Array(name.utf8)
        let bytes = Array(text.utf8)
        guard !wanted.isEmpty, bytes.count >= wanted.count else { return text }
        var result: [UInt8] = []
        var index = 0
        while index < bytes.count {
            let end = index + wanted.count
            let isHere =
                end <= bytes.count && bytes[index] == wanted[0] && bytes[index..<end].elementsEqual(wanted)
                && (index == 0 || !isLetterOrDigit(bytes[index - 1])) && (end == bytes.count || !isLetterOrDigit(bytes[end]))
            if isHere {
                result += placeholder.utf8
                index = end
            } else {
                result.append(bytes[index])
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    // MARK: What differs

    /// The lines that say in what followers differ from their lead: its text, with what they have in its place.
    func differences(of followers: [PlanTask], from lead: PlanTask) -> String? {
        let words = neutral(lead.summary, for: lead).split(separator: " ").map(String.init)
        let others = followers.map { neutral($0.summary, for: $0).split(separator: " ").map(String.init) }
        guard others.contains(where: { $0 != words }) else { return nil }
        guard others.allSatisfy({ $0.count == words.count }) else {
            return NameList.text(others.map { $0.joined(separator: " ") })
        }
        return words.indices.map { place in
            let values = others.map { $0[place] }
            return values.allSatisfy { $0 == words[place] } ? words[place] : NameList.text(values)
        }
        .joined(separator: " ")
    }
}
