import Model
import PluginKit
import TaskKit

/// Whether a step has to do with what an operator named.
struct TargetMatching {
    private let input: PlanningInput

    init(_ input: PlanningInput) { self.input = input }

    /// Whether a step stands in the target: its item or its node does.
    static func stands(_ identity: StepIdentity, in target: ItemPath) -> Bool {
        identity.item.isWithin(target) || identity.node?.isWithin(target) == true
    }

    /// Also when something goes into the step that is in the target, or from which its item inherits; and when an undo takes away what is.
    func concerns(_ step: SelectedStep, _ target: ItemPath) -> Bool {
        if TargetMatching.stands(step.identity, in: target) { return true }
        if step.forgets.contains(where: { $0.item.isWithin(target) || $0.node?.isWithin(target) == true }) { return true }
        return ([step.identity.item] + step.inputs).contains { isMade($0, from: target) }
    }

    private func isMade(_ item: ItemPath, from target: ItemPath) -> Bool {
        var current: ItemPath? = item
        // No chain of sources is longer than this; resolution refuses it.
        for _ in 0..<64 {
            guard let path = current else { return false }
            if path.isWithin(target) { return true }
            current = input.item(at: path)?.source
        }
        return false
    }
}

/// What each step of a whole plan requires: what it says itself, and what the `requires` between sibling fields of the types say, for steps of
/// the same node; for undo steps the latter is reversed.
struct SelectionRequirements {
    private let input: PlanningInput
    private let steps: [StepIdentity: SelectedStep]
    /// Changes, by their item and all above it.
    private var changes: [ItemPath: [StepIdentity]] = [:]
    /// Undo steps, by the places that fields on the way to them require.
    private var undoAfter: [ItemPath: [StepIdentity]] = [:]
    private var disturbing: [ItemPath: [StepIdentity]] = [:]

    init(_ whole: StepSelection, input: PlanningInput) {
        self.input = input
        steps = Dictionary(whole.selected.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
        for step in whole.selected where step.isPrimary {
            if step.isUndo {
                for place in places(requiredBy: step.identity.item) { undoAfter[place, default: []].append(step.identity) }
            } else {
                for path in SelectionRequirements.lineage(of: step.identity.item) {
                    changes[path, default: []].append(step.identity)
                }
                if let node = step.identity.node, whole.rollingNodes.contains(node),
                    step.group == .node || step.group == .upgradeBoot
                {
                    disturbing[node, default: []].append(step.identity)
                }
            }
        }
    }

    /// The steps of the whole plan that come before `step` because it requires them.
    func required(by step: SelectedStep) -> Set<StepIdentity> {
        var required: Set<StepIdentity> = []
        for requirement in step.requires {
            switch requirement {
            case .step(let identity): if steps[identity] != nil { required.insert(identity) }
            case .items(let path): required.formUnion(changes[path] ?? [])
            }
        }
        func isNear(_ other: StepIdentity) -> Bool {
            other != step.identity && (step.identity.node == nil || other.node == nil || other.node == step.identity.node)
        }
        if step.isUndo {
            for path in SelectionRequirements.lineage(of: step.identity.item) {
                required.formUnion((undoAfter[path] ?? []).filter(isNear))
            }
        } else {
            for place in places(requiredBy: step.identity.item) { required.formUnion((changes[place] ?? []).filter(isNear)) }
        }
        required.remove(step.identity)
        return required
    }

    /// The changes and undo steps by which `identity` is in the plan: itself, or what it accompanies in the end.
    func primaries(behind identity: StepIdentity) -> [StepIdentity] {
        var found: Set<StepIdentity> = []
        var open = [identity]
        var seen: Set<StepIdentity> = []
        while let next = open.popLast() {
            guard seen.insert(next).inserted, let step = steps[next] else { continue }
            if step.isPrimary {
                found.insert(next)
            } else if step.triggers.isEmpty, let node = next.node {
                found.formUnion(disturbing[node] ?? [])
            } else {
                open += step.triggers
            }
        }
        return found.sorted()
    }

    private func places(requiredBy item: ItemPath) -> [ItemPath] {
        var found: [ItemPath] = []
        var path = item
        while let parent = path.parent {
            let structure = input.item(at: parent).flatMap { input.context.declared.registry.structure(of: $0.type) }
            found += (structure?.field(String(path.name))?.requires ?? []).map { parent.appending($0) }
            path = parent
        }
        return found
    }

    private static func lineage(of item: ItemPath) -> [ItemPath] {
        var paths = [item]
        while let parent = paths.last?.parent { paths.append(parent) }
        return paths
    }
}
