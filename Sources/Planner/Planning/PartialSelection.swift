import Model
import PluginKit
import TaskKit

/// The part of a plan that an operator has asked for, and what cannot be without it (`create_plan --only`, `--exclude`).
///
/// Selected are changes and undo steps. What they require comes along, then what accompanies all of these, then what that requires, until
/// nothing is missing; and what is owed on the nodes of a cluster of which a node is changed, because a node that was left out of service is
/// brought back before another is touched. The order of groups and clusters alone brings nothing along.
struct PartialSelection {
    private(set) var selection: StepSelection
    private(set) var input: PlanningInput
    private let whole: StepSelection
    /// What earlier plans owe, selected or not.
    private let debts: [OwedTask]
    private let targets: PlanTargets
    private let steps: [StepIdentity: SelectedStep]
    private let requirements: SelectionRequirements
    private var chosen: Set<StepIdentity>
    private var additions: [StepIdentity: PlanSelection.Addition] = [:]

    init(of whole: StepSelection, targets: PlanTargets, input: PlanningInput) throws(PlanningError) {
        self.whole = whole
        self.targets = targets
        self.input = input
        debts = input.owed
        selection = whole
        steps = Dictionary(whole.selected.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
        requirements = SelectionRequirements(whole, input: input)
        let matching = TargetMatching(input)
        let primary = whole.selected.filter(\.isPrimary)
        chosen = Set(
            primary.filter { step in
                (targets.only.isEmpty || targets.only.contains { matching.concerns(step, $0) })
                    && !targets.excluded.contains { matching.concerns(step, $0) }
            }.map(\.identity))
        var kept = Set(
            debts.map(\.task.identity).filter { owed in
                (targets.only.isEmpty || targets.only.contains { TargetMatching.stands(owed, in: $0) })
                    && !targets.excluded.contains { TargetMatching.stands(owed, in: $0) }
            })
        try close(primary.filter { chosen.contains($0.identity) }, matching)
        var count: Int
        repeat {
            count = chosen.count
            try keepOwed(&kept)
            self.input.admitted = chosen
            self.input.owed = debts.filter { kept.contains($0.task.identity) }
            selection = try StepSelection(self.input)
            // What accompanies the chosen steps requires others in its turn.
            try close(selection.selected, matching, present: Set(selection.selected.map(\.identity)))
        } while chosen.count > count
        try refuseExcludedCompanions()
        noteCompanions(matching)
    }

    // MARK: The closure

    /// Adds what `open` requires, and what that requires.
    private mutating func close(
        _ open: [SelectedStep], _ matching: TargetMatching, present: Set<StepIdentity> = []
    ) throws(PlanningError) {
        var open = open.sorted { $0.identity < $1.identity }
        var seen: Set<StepIdentity> = []
        while let step = open.popLast() {
            guard seen.insert(step.identity).inserted else { continue }
            for required in requirements.required(by: step).sorted() where !present.contains(required) {
                for primary in requirements.primaries(behind: required) where !chosen.contains(primary) {
                    guard let other = steps[primary] else { continue }
                    if let target = targets.excluded.first(where: { matching.concerns(other, $0) }) {
                        throw .excluded(other.summary, by: target, link: .required, neededFor: step.summary)
                    }
                    chosen.insert(primary)
                    open.append(other)
                    additions[primary] = PlanSelection.Addition(
                        step: primary, summary: other.summary, because: step.identity, becauseSummary: step.summary,
                        link: .required)
                }
            }
        }
    }

    /// Where a node of a cluster is changed, those come back first that were left out of service.
    private mutating func keepOwed(_ kept: inout Set<StepIdentity>) throws(PlanningError) {
        let touched = Dictionary(
            chosen.sorted().compactMap { steps[$0] }.filter(\.group.isPerNode).compactMap { step in
                step.cluster.map { ($0, step) }
            },
            uniquingKeysWith: { first, _ in first })
        for debt in debts where !kept.contains(debt.task.identity) {
            let owed = debt.task.identity
            let cluster = debt.cluster ?? owed.node.flatMap { input.node(at: $0)?.cluster }
            guard let step = cluster.flatMap({ touched[$0] }), steps[owed] != nil else { continue }
            if let target = targets.excluded.first(where: { TargetMatching.stands(owed, in: $0) }) {
                throw .excluded(debt.task.summary, by: target, link: .owed, neededFor: step.summary)
            }
            kept.insert(owed)
            additions[owed] = PlanSelection.Addition(
                step: owed, summary: debt.task.summary, because: step.identity, becauseSummary: step.summary, link: .owed)
        }
    }

    private func refuseExcludedCompanions() throws(PlanningError) {
        guard !targets.excluded.isEmpty else { return }
        for step in selection.selected where !step.isPrimary {
            guard let target = targets.excluded.first(where: { TargetMatching.stands(step.identity, in: $0) }) else { continue }
            let trigger = step.triggers.compactMap { steps[$0] }.first
            throw .excluded(
                step.summary, by: target, link: trigger == nil ? .owed : .companion,
                neededFor: trigger?.summary ?? selection.selected.first(where: \.isPrimary)?.summary ?? "")
        }
    }

    private mutating func noteCompanions(_ matching: TargetMatching) {
        for step in selection.selected where !step.isPrimary && additions[step.identity] == nil {
            guard !targets.only.contains(where: { TargetMatching.stands(step.identity, in: $0) }),
                let trigger = step.triggers.compactMap({ steps[$0] }).first
            else { continue }
            additions[step.identity] = PlanSelection.Addition(
                step: step.identity, summary: step.summary, because: trigger.identity, becauseSummary: trigger.summary,
                link: .companion)
        }
    }

    // MARK: What it means for items

    /// Writes into the plan what it was limited to, and which items are as declared when it is done.
    func limit(_ plan: inout Plan) {
        let comparison = input.context.comparison
        PlanMaker.distinguish(whole.selected)
        let identities = Dictionary(whole.selected.map { ($0.id, $0.identity) }, uniquingKeysWith: { first, _ in first })
        let inWhole = Completions.of(whole.selected, comparison: comparison)
        let share = SelectionShare(whole.selected.filter(\.isPrimary), chosen: chosen)
        let unhandled = Set(whole.unhandled.map(\.path))
        var completes: [ItemPath] = []
        for (path, state) in comparison.changed {
            guard state == .forRemoval || !unhandled.contains(path) else { continue }
            if let tasks = inWhole[path] {
                let needed = tasks.compactMap { identities[$0] }.filter { steps[$0]?.isPrimary == true }
                guard needed.allSatisfy(chosen.contains) else {
                    plan.completions[path] = nil
                    continue
                }
                if plan.completions[path] == nil, !needed.isEmpty { completes.append(path) }
                continue
            }
            plan.completions[path] = nil
            let isTouched =
                share.isTouched(path)
                || (targets.only.isEmpty
                    ? !targets.excluded.contains { path.isWithin($0) } : targets.only.contains { path.isWithin($0) })
            guard share.isWhole(path), isTouched else { continue }
            completes.append(path)
        }
        plan.selection = PlanSelection(
            only: targets.only, excluded: targets.excluded,
            additions: selection.selected.compactMap { additions[$0.identity] }.sorted { $0.step < $1.step },
            leftOut: Set(steps.keys).subtracting(selection.selected.map(\.identity)).count, completes: completes)
    }
}

/// How many of the steps at and below each item were chosen.
private struct SelectionShare {
    private var all: [ItemPath: Int] = [:]
    private var chosen: [ItemPath: Int] = [:]

    init(_ steps: [SelectedStep], chosen: Set<StepIdentity>) {
        for step in steps {
            var paths: Set<ItemPath> = []
            for start in [step.identity.item, step.identity.node].compactMap({ $0 }) {
                var path: ItemPath? = start
                while let current = path {
                    paths.insert(current)
                    path = current.parent
                }
            }
            let isChosen = chosen.contains(step.identity)
            for path in paths {
                all[path, default: 0] += 1
                if isChosen { self.chosen[path, default: 0] += 1 }
            }
        }
    }

    func isWhole(_ path: ItemPath) -> Bool { all[path] == chosen[path] }
    func isTouched(_ path: ItemPath) -> Bool { chosen[path] != nil }
}

extension SelectedStep {
    /// Whether it is selected for itself: a change or an undo, not a companion.
    var isPrimary: Bool { fingerprint != nil || isUndo }

    /// The steps that brought a companion into the plan.
    var triggers: [StepIdentity] {
        accompanies + reasons.flatMap { if case .accompanies(let steps) = $0 { steps } else { [StepIdentity]() } }
    }
}
