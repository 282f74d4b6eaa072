import Model
import PluginKit
import TaskKit

/// What takes away what is no longer declared, and in which order.
enum UndoSearch {
    /// The undo steps of a plugin: of what was applied, and of what plans that did not come to their end have set out to make. Where both
    /// know a step, the one of what was applied is taken.
    static func steps(of plugin: any Plugin, in input: PlanningInput) -> [Found] {
        var found = plugin.undoSteps(in: input.context).map { Found(step: $0) }
        guard !input.attempts.isEmpty else { return found }
        var known = Set(found.map(\.step.identity))
        for (position, attempt) in input.attempts.enumerated() {
            found += plugin.undoSteps(in: attempt).filter { known.insert($0.identity).inserted }
                .map { Found(step: $0, attempt: position) }
        }
        return found
    }

    /// An undo step, and by what it was found.
    struct Found {
        var step: Step
        /// The position of the unfinished plan in ``PlanningInput/attempts``; nil for what was applied.
        var attempt: Int?
    }

    /// For each undo step those that come before it because what they take away requires what it takes away: the reverse of the order in
    /// which all of it was made. What a plugin says itself about the order of undoing is not contradicted.
    ///
    /// - Parameter contexts: by whose applied models the undo steps were found.
    /// - Parameter isSamePlace: whether two steps stand in the same section of the plan; the order of sections is not ours.
    /// - Complexity: the steps of the applied model, once for each context; nothing when less than two steps are given.
    static func order(
        of undo: [SelectedStep], input: PlanningInput, made contexts: [PlanningContext],
        isSamePlace: (SelectedStep, SelectedStep) -> Bool
    ) -> [StepIdentity: Set<StepIdentity>] {
        guard undo.count > 1 else { return [:] }
        var undoing: [StepScope: [Int]] = [:]
        for (position, step) in undo.enumerated() {
            for scope in step.forgets { undoing[scope, default: []].append(position) }
        }
        func covers(_ identity: StepIdentity) -> Set<Int> {
            var found: Set<Int> = []
            var path: ItemPath? = identity.item
            while let current = path {
                found.formUnion(undoing[StepScope(item: current)] ?? [])
                if let node = identity.node { found.formUnion(undoing[StepScope(item: current, node: node)] ?? []) }
                path = current.parent
            }
            return found
        }
        var edges = UndoEdges(undo)
        for (needing, needed) in requirements(of: contexts, input.plugins) {
            let first = covers(needing)
            guard !first.isEmpty else { continue }
            let second =
                switch needed {
                case .step(let identity): covers(identity)
                case .items(let path):
                    Set(undo.indices.filter { position in undo[position].forgets.contains { $0.item.isWithin(path) } })
                }
            for earlier in first.subtracting(second).sorted() {
                for later in second.subtracting(first).sorted() where isSamePlace(undo[earlier], undo[later]) {
                    edges.add(undo[earlier].identity, before: undo[later].identity)
                }
            }
        }
        return edges.added
    }

    /// What the steps required by which all that may be there was made, each pair once, by identity.
    private static func requirements(
        of contexts: [PlanningContext], _ plugins: [any Plugin]
    ) -> [(StepIdentity, Step.Requirement)] {
        let pairs = contexts.flatMap { context -> [(StepIdentity, Step.Requirement)] in
            let made = PlanningContext(
                declared: context.applied, applied: context.applied, secretVersions: context.secretVersions)
            return plugins.flatMap { $0.steps(in: made) }.flatMap { step in step.requires.map { (step.identity, $0) } }
        }
        return pairs.sorted { $0.0 < $1.0 }
    }
}

/// The order of undo steps: what plugins said, and what was found out beside it without contradicting them.
private struct UndoEdges {
    /// For each step those that come before it.
    private(set) var added: [StepIdentity: Set<StepIdentity>] = [:]
    private var before: [StepIdentity: Set<StepIdentity>] = [:]

    init(_ undo: [SelectedStep]) {
        for step in undo {
            for case .step(let required) in step.requires { before[step.identity, default: []].insert(required) }
        }
    }

    mutating func add(_ earlier: StepIdentity, before later: StepIdentity) {
        guard before[later]?.contains(earlier) != true, !comes(later, before: earlier) else { return }
        before[later, default: []].insert(earlier)
        added[later, default: []].insert(earlier)
    }

    private func comes(_ first: StepIdentity, before second: StepIdentity) -> Bool {
        var open = [second]
        var seen: Set<StepIdentity> = []
        while let step = open.popLast() {
            if step == first { return true }
            if seen.insert(step).inserted { open += before[step] ?? [] }
        }
        return false
    }
}
