import Model
import Planning
import PluginKit
import Store
import TaskKit

/// What plans that did not come to their end have left behind, and what it means for the next one.
extension Site {
    /// The changes that cannot be made to what an unfinished plan has begun to make: under its new name nobody would find what the old one has
    /// made. As long as nothing was begun of an item, it may change in any way.
    ///
    /// - Complexity: O(items of the attempts); the recorded steps are looked at only when something is refused.
    func refusalsOfBegunItems(_ snapshot: StoreSnapshot, declared: ResolvedTree) -> [Diagnostic] {
        var found: [Diagnostic] = []
        for attempt in snapshot.attempts {
            let items = attempt.items.filter { snapshot.applied[$0.path] == nil }.sorted { $0.path < $1.path }
            let begun = ResolvedTree(ordered: items, registry: registry)
            found += TreeComparison(declared: declared, applied: begun).refusals
        }
        guard !found.isEmpty else { return [] }
        let recorded = Set(snapshot.appliedSteps.keys.map(\.item))
        var seen: Set<String> = []
        return found.filter { problem in
            guard let path = problem.path, recorded.contains(path) else { return false }
            return seen.insert("\(path) \(problem.property ?? "")").inserted
        }
        .map { problem in
            Diagnostic(
                problem.identifier,
                problem.property == "type"
                    ? "the type cannot be changed once a plan has begun to make the item true"
                    : "'\(problem.property ?? "")' cannot be changed once a plan has begun to make the item true",
                path: problem.path, property: problem.property, value: problem.value,
                rule: problem.rule?.replacing("it was applied as", with: "an unfinished plan has begun it as"),
                place: problem.place,
                nextStep: "set it back and run a plan; or remove the item, run a plan, and create it again")
        }
    }

    /// What is kept with a plan beside its tasks.
    func basis(of plan: Plan, _ outcome: PlanOutcome, _ snapshot: StoreSnapshot, by creator: String?) -> PlanBasis {
        var basis = PlanBasis(declaredSerial: snapshot.declaredSerial, secretVersions: plannedSecrets(of: plan))
        basis.attempts = outcome.attemptsInUse.sorted().map { snapshot.attempts[$0].planSerial }
        basis.createdBy = creator
        let summary = PlanSummary(plan)
        basis.changes = Dictionary(uniqueKeysWithValues: PlanChange.allCases.map { ($0.rawValue, summary.count($0)) })
        return basis
    }

    /// Who keeps which node out of service.
    static func outOfService(_ facts: [NodeFact]) -> [ItemPath: Set<String>] {
        Dictionary(facts.map { ($0.node, [$0.contributor]) }, uniquingKeysWith: { $0.union($1) })
    }
}
