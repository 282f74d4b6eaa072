import Model
import PluginKit
import TaskKit

/// Puts the selected steps into phases, in the deployment order of DESIGN section 4, with explicit `after` edges.
struct PlanLayout {
    private(set) var phases: [(phase: Phase, steps: [SelectedStep])] = []
    /// The clusters and pools whose nodes take turns.
    private(set) var rolling: [RollingGroup] = []
    private var fields: FieldRequirements
    private let selection: StepSelection
    private let order: DeploymentOrder
    private let maximumEdgesOfTurn: Int
    private var bySection: [Section: [SelectedStep]] = [:]
    private var nodesByCluster: [ItemPath: Set<ItemPath>] = [:]

    private struct Section: Hashable {
        var group: DeploymentGroup
        var cluster: ItemPath?
        /// The node of a block; nil where all nodes go together.
        var node: ItemPath?
    }

    init(_ selection: StepSelection, input: PlanningInput) throws(PlanningError) {
        fields = FieldRequirements(input)
        self.selection = selection
        order = DeploymentOrder(input: input)
        maximumEdgesOfTurn = input.maximumEdgesOfTurn
        let blocks = selection.rollingNodes.union(selection.owedNodes)
        for step in selection.selected {
            let node = step.identity.node.flatMap { step.group.isPerNode && blocks.contains($0) ? $0 : nil }
            bySection[Section(group: step.group, cluster: step.cluster, node: node), default: []].append(step)
            if let cluster = step.cluster, let node { nodesByCluster[cluster, default: []].insert(node) }
        }
        try layOut()
        phases = try RequirementEdges.adding(to: phases)
    }

    // MARK: The order of everything

    private mutating func layOut() throws(PlanningError) {
        var last: [Int] = []
        for group in [DeploymentGroup.managementServer, .boot, .preCluster] {
            last = try add(Section(group: group), after: last)
        }
        let clusters = Set(selection.selected.compactMap(\.cluster))
        var ends: [ItemPath: [Int]] = [:]
        for cluster in try order.ordered(clusters: clusters) {
            let dependencies = order.dependencies(of: cluster).flatMap { ends[$0] ?? [] }
            let start = dependencies.isEmpty ? last : Array(Set(dependencies)).sorted()
            ends[cluster] = clusters.contains(cluster) ? try addCluster(cluster, after: start) : start
        }
        // What every other phase comes before: the ends of all clusters, or of what precedes them.
        let all = clusters.isEmpty ? last : Array(Set(ends.values.joined())).sorted()
        _ = try add(Section(group: .postCluster), after: all)
    }

    private mutating func addCluster(_ cluster: ItemPath, after start: [Int]) throws(PlanningError) -> [Int] {
        var last = try add(Section(group: .preNodeCluster, cluster: cluster), after: start)
        let nodes = order.ordered(nodesByCluster[cluster] ?? [])
        for node in ownersOfDebts(nodes) { last = try addBlock(of: node, cluster, after: last) }
        // Nodes that nobody uses yet, and changes that disturb nobody: all together, without locks.
        for group in DeploymentGroup.allCases where group.isPerNode {
            last = try add(Section(group: group, cluster: cluster), after: last)
        }
        let inTurn = nodes.filter { !selection.owedNodes.contains($0) }
        var front = Front(phases: last)
        // Where nodes may fail, the end of the last batch does not say that those before it succeeded.
        var ends: [ItemPath: [Int]] = [:]
        for section in order.sections(of: cluster, nodes: inTurn) {
            let required = section.requires.sorted().flatMap { ends[$0] ?? [] }
            let added = try addSection(section, cluster, front: &front, requiring: required)
            if added.mayFail { ends[section.policy.path] = added.ends }
        }
        let all = Array(Set(ends.values.joined()).union(front.phases)).sorted()
        return try add(Section(group: .cluster, cluster: cluster), after: all)
    }

    /// What the next block comes after, and whether it may have failed.
    private struct Front {
        var phases: [Int]
        var isTolerant = false
    }

    /// The nodes of a pool, batch by batch, with what the run waits for between them.
    ///
    /// - Returns: the ends of all blocks, and whether some of them may fail.
    private mutating func addSection(
        _ section: RollingSection, _ cluster: ItemPath, front: inout Front, requiring required: [Int]
    ) throws(PlanningError) -> (ends: [Int], mayFail: Bool) {
        let group = section.policy.group(of: section.nodes)
        rolling.append(group)
        let mayFail = group.maximumFailures > 0
        var ends: [Int] = []
        var required = required
        for turn in section.policy.turns(of: section.nodes, goesAlone: order.goesAlone) {
            var batch: [Int] = []
            var start = Array(Set(front.phases + required)).sorted()
            if start.count * turn.nodes.count > maximumEdgesOfTurn {
                start = [appendJoint(in: cluster, after: start, front: front, requiring: required)]
                (front, required) = (Front(phases: start), [])
            }
            for node in turn.nodes {
                let first = phases.count
                batch += try addBlock(of: node, cluster, after: start)
                guard first < phases.count else { continue }
                tolerate(front, besides: required, in: first)
                if mayFail { for position in first..<phases.count { phases[position].phase.turn = group.path } }
            }
            required = []
            ends += batch
            // A canary that fails has done what it is for.
            front = Front(phases: batch, isTolerant: mayFail && !turn.isCanary)
            for wait in turn.waits {
                let number = append([], Section(group: .pause, cluster: cluster), after: front.phases)
                phases[number - 1].phase.wait = wait
                tolerate(front, besides: [], in: number - 1)
                front = Front(phases: [number])
            }
        }
        return (ends, mayFail)
    }

    /// Adds a phase without tasks that comes after all these, for others to come after it alone.
    private mutating func appendJoint(
        in cluster: ItemPath, after start: [Int], front: Front, requiring required: [Int]
    ) -> Int {
        let number = append([], Section(group: .pause, cluster: cluster), after: start)
        tolerate(front, besides: required, in: number - 1)
        return number
    }

    private mutating func tolerate(_ front: Front, besides required: [Int], in position: Int) {
        guard front.isTolerant else { return }
        let tolerated = Set(front.phases).subtracting(required).sorted()
        if !tolerated.isEmpty { phases[position].phase.tolerates = tolerated }
    }

    /// The nodes with debts in the order of their blocks. A node that was left out of service is brought back before another is touched: so
    /// those come first that are not taken out once more, and among the others those that are out already.
    private func ownersOfDebts(_ nodes: [ItemPath]) -> [ItemPath] {
        let owed = nodes.filter(selection.owedNodes.contains)
        func turn(_ node: ItemPath) -> Int {
            (selection.rollingNodes.contains(node) ? 2 : 0) + (selection.outNodes.contains(node) ? 0 : 1)
        }
        return (0...3).flatMap { place in owed.filter { turn($0) == place } }
    }

    /// One node: before its lock, locks in order of priority, its changes, unlocks in reverse, after its unlock, gate.
    private mutating func addBlock(of node: ItemPath, _ cluster: ItemPath, after start: [Int]) throws(PlanningError) -> [Int] {
        var last = start
        for group in DeploymentGroup.allCases where group.isPerNode {
            let section = Section(group: group, cluster: cluster, node: node)
            guard group == .lock || group == .unlock else {
                last = try add(section, after: last)
                continue
            }
            let byPriority = (bySection[section] ?? []).sorted { isBefore($0, $1, reversed: group == .unlock) }
            for step in byPriority { last = [append([step], section, after: last)] }
        }
        return last
    }

    /// Contributors in order of priority, or in reverse; the steps of one contributor always in their own order.
    private func isBefore(_ left: SelectedStep, _ right: SelectedStep, reversed: Bool) -> Bool {
        guard let leftTurn = selection.lockOrder[left.identity], let rightTurn = selection.lockOrder[right.identity] else {
            return left.identity < right.identity
        }
        if leftTurn.priority != rightTurn.priority { return (leftTurn.priority < rightTurn.priority) != reversed }
        if leftTurn.name != rightTurn.name { return (leftTurn.name < rightTurn.name) != reversed }
        if let leftLock = leftTurn.lock, let rightLock = rightTurn.lock, leftLock != rightLock {
            return (leftLock < rightLock) != reversed
        }
        return leftTurn.position < rightTurn.position
    }

    /// Adds the layers of a section, one after the other. Returns what the next section comes after.
    private mutating func add(_ section: Section, after start: [Int]) throws(PlanningError) -> [Int] {
        guard let steps = bySection[section] else { return start }
        let layers = try Layers.of(steps, fields: &fields)
        var last = start
        for layer in layers { last = [append(layer, section, after: last)] }
        return last
    }

    private mutating func append(_ steps: [SelectedStep], _ section: Section, after: [Int]) -> Int {
        let number = phases.count + 1
        let nodes = Set(steps.map(\.identity.node))
        let node = section.node ?? (section.group.isPerNode && nodes.count == 1 ? nodes.first ?? nil : nil)
        phases.append(
            (
                Phase(
                    number: number, group: section.group, cluster: section.cluster, node: node, after: after, tasks: []),
                steps
            ))
        return number
    }
}
