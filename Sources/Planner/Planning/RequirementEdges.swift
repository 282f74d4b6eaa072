import Model
import PluginKit
import TaskKit

/// What steps require of steps in other sections of the plan: already true by the order, or an `after` edge where the order leaves both
/// ways open (clusters that do not depend on each other, nodes that have their turn together), or a contradiction.
///
/// A requirement on items means every step that makes something at or below the item, wherever it stands; undo steps are not meant, for they
/// make nothing. Which step comes first within one section is decided by ``Layers``.
struct RequirementEdges {
    typealias PlannedPhase = (phase: Phase, steps: [SelectedStep])

    private let phases: [PlannedPhase]
    private let places: [StepIdentity: Int]
    /// The positions of the phases with steps at or below each item that somebody requires, in order.
    private let providers: [ItemPath: [Int]]
    /// The requirement because of which each edge was added.
    private var causes: [Edge: RequirementCause] = [:]
    /// For each position, the positions that it must come after beside those of the order.
    private var added: [Int: Set<Int>] = [:]

    private struct Edge: Hashable {
        var earlier: Int
        var later: Int
    }

    /// The phases with the edges that requirements add, numbered in an order in which they can be carried out. Phases without such edges stay
    /// as they are.
    ///
    /// - Throws: ``PlanningError/contradiction(_:)``, ``PlanningError/sectionCycle(_:)``.
    /// - Complexity: O(steps × depth of the tree + requirements), and O(phases) for each phase that requires something of another node or
    ///   cluster.
    static func adding(to phases: [PlannedPhase]) throws(PlanningError) -> [PlannedPhase] {
        guard phases.contains(where: { $0.steps.contains { !$0.requires.isEmpty } }) else { return phases }
        var edges = RequirementEdges(phases)
        try edges.collect()
        return edges.added.isEmpty ? phases : try edges.sorted()
    }

    private init(_ phases: [PlannedPhase]) {
        self.phases = phases
        var places: [StepIdentity: Int] = [:]
        var required: Set<ItemPath> = []
        for (position, planned) in phases.enumerated() {
            for step in planned.steps {
                places[step.identity] = position
                for case .items(let path) in step.requires { required.insert(path) }
            }
        }
        self.places = places
        var providers: [ItemPath: [Int]] = [:]
        for (position, planned) in phases.enumerated() where !required.isEmpty {
            for step in planned.steps where !step.isUndo {
                var path: ItemPath? = step.identity.item
                while let current = path {
                    if required.contains(current), providers[current]?.last != position {
                        providers[current, default: []].append(position)
                    }
                    path = current.parent
                }
            }
        }
        self.providers = providers
    }

    // MARK: Finding them

    private mutating func collect() throws(PlanningError) {
        for (position, planned) in phases.enumerated() {
            var wanted: [Int: RequirementCause] = [:]
            for step in planned.steps {
                for requirement in step.requires {
                    if requirement == .step(step.identity) { throw .cycle([step.identity, step.identity]) }
                    for place in self.places(of: requirement, for: step) where wanted[place] == nil {
                        wanted[place] = cause(step, requirement, in: place)
                    }
                }
            }
            let open = wanted.filter { !isOrdered($0.key, before: position) }
            guard !open.isEmpty else { continue }
            let before = ancestors(of: position)
            for (place, cause) in open.sorted(by: { $0.key < $1.key }) where !before.contains(place) {
                guard !ancestors(of: place).contains(position) else {
                    throw .contradiction(contradiction(cause, position, place))
                }
                added[position, default: []].insert(place)
                causes[Edge(earlier: place, later: position)] = cause
            }
        }
    }

    /// Where the required steps stand, but for the section of the step itself.
    private func places(of requirement: Step.Requirement, for step: SelectedStep) -> [Int] {
        let own = places[step.identity]
        switch requirement {
        case .step(let identity): return places[identity].map { $0 == own ? [] : [$0] } ?? []
        case .items(let path): return (providers[path] ?? []).filter { $0 != own }
        }
    }

    private func cause(_ step: SelectedStep, _ requirement: Step.Requirement, in place: Int) -> RequirementCause {
        let required: StepIdentity? =
            switch requirement {
            case .step(let identity): identity
            case .items(let path): phases[place].steps.first { !$0.isUndo && $0.identity.item.isWithin(path) }?.identity
            }
        return RequirementCause(
            step: step.identity, place: PlanPlace(phases[places[step.identity] ?? 0].phase),
            required: required ?? step.identity, requiredPlace: PlanPlace(phases[place].phase))
    }

    /// Whether the order of groups says so at a glance: that spares looking at the edges for nearly all requirements.
    private func isOrdered(_ earlier: Int, before later: Int) -> Bool {
        guard earlier < later else { return false }
        let first = phases[earlier].phase
        let second = phases[later].phase
        if !first.group.isPerCluster || !second.group.isPerCluster { return true }
        guard first.cluster == second.cluster else { return false }
        return first.group == .preNodeCluster || second.group == .cluster || first.node != nil && first.node == second.node
    }

    /// All positions that come before one by the order of the plan.
    private func ancestors(of position: Int) -> Set<Int> {
        var open = [position]
        var found: Set<Int> = []
        while let next = open.popLast() {
            // Numbers count from 1 in the order of the phases.
            for number in phases[next].phase.after where found.insert(number - 1).inserted { open.append(number - 1) }
        }
        return found
    }

    private func contradiction(_ cause: RequirementCause, _ position: Int, _ place: Int) -> RequirementContradiction {
        RequirementContradiction(
            cause: cause, order: PlanPlace(phases[position].phase).precedence(over: PlanPlace(phases[place].phase)))
    }

    // MARK: A new order

    /// Every phase behind those that it comes after; among those that may come next, the one that stood first.
    private func sorted() throws(PlanningError) -> [PlannedPhase] {
        let before = phases.indices.map { position in
            Set(phases[position].phase.after.map { $0 - 1 }).union(added[position] ?? [])
        }
        var waiting = before.map(\.count)
        var followers: [[Int]] = Array(repeating: [], count: phases.count)
        for (position, earlier) in before.enumerated() { for other in earlier { followers[other].append(position) } }
        var order: [Int] = []
        var isPlaced = Array(repeating: false, count: phases.count)
        // Depth first through the positions in their old order keeps the phases of a node and of a cluster together.
        var stack: [Int] = []
        for start in phases.indices {
            if waiting[start] == 0, !isPlaced[start] { stack.append(start) }
            while let next = stack.popLast() {
                guard !isPlaced[next] else { continue }
                isPlaced[next] = true
                order.append(next)
                for follower in followers[next] {
                    waiting[follower] -= 1
                    // What stands further on in the old order is found there.
                    if waiting[follower] == 0, follower < start { stack.append(follower) }
                }
                stack.sort(by: >)
            }
        }
        guard order.count == phases.count else { throw .sectionCycle(cycle(among: isPlaced, before)) }
        var numbers = Array(repeating: 0, count: phases.count)
        for (index, position) in order.enumerated() { numbers[position] = index + 1 }
        return order.map { position in
            var planned = phases[position]
            planned.phase.number = numbers[position]
            planned.phase.after = before[position].map { numbers[$0] }.sorted()
            return planned
        }
    }

    /// The requirements of one shortest circle of sections, each of which is the reason why a section waits for another.
    private func cycle(among isPlaced: [Bool], _ before: [Set<Int>]) -> [RequirementCause] {
        var best: [Int] = []
        for start in phases.indices where !isPlaced[start] && added[start] != nil {
            var previous: [Int: Int] = [:]
            var queue = [start]
            var head = 0
            search: while head < queue.count {
                let position = queue[head]
                head += 1
                for earlier in before[position].sorted() where !isPlaced[earlier] {
                    if earlier == start {
                        var way = [start, position]
                        while let last = way.last, last != start || way.count == 1, let next = previous[last] { way.append(next) }
                        if best.isEmpty || way.count < best.count { best = way }
                        break search
                    }
                    if previous[earlier] == nil {
                        previous[earlier] = position
                        queue.append(earlier)
                    }
                }
            }
        }
        // Found from the end to the start: each position comes before the one that follows it.
        return zip(best, best.dropFirst()).compactMap { causes[Edge(earlier: $0, later: $1)] }.reversed()
    }
}
