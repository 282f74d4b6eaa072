import Dispatch
package import Model
import Planning
import PluginKit
package import Store
import TaskKit

/// Making plans, and looking at them.
extension Site {
    /// What came of `create_plan`.
    package enum PlanCreation: Sendable {
        case created(StoredPlan)
        /// Every host is as the model says. `recorded` items changed in ways that need no task; they count as applied now.
        case nothingToDo(recorded: Int)
    }

    /// Validates the whole model and makes the plan that makes it true. When it fails, the plan before stays as it was.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970, for the record; not part of the plan.
    ///   - warn: takes what is not wrong with the model, but better otherwise; not called when there are errors, which have the warnings with
    ///     them.
    package func createPlan(now: Double, warn: ([Diagnostic]) -> Void = { _ in }) throws -> PlanCreation {
        try refuseDuringRun()
        let (snapshot, judged) = try ServiceError.wrapping {
            try store.snapshot(registry: registry) { JudgedTree($0, registry: registry) }
        }
        let resolved = judged.resolved
        var errors = judged.errors
        let uses = snapshot.declared.secretUses
        let versions = try secretVersions(for: uses)
        let context = PlanningContext(declared: resolved, applied: snapshot.applied, secretVersions: versions)
        // Taking a large site apart again takes a good while; a command that ends does not wait for it.
        defer { DispatchQueue.global(qos: .background).async { withExtendedLifetime((context, snapshot)) {} } }
        var warnings = judged.warnings
        let found = crossItemDiagnostics(in: context, beside: errors, acceptingPlaceholders: false)
        errors += found.filter { $0.severity == .error } + missingSecrets(uses, known: versions)
        warnings += found.filter { $0.severity == .warning }
        guard errors.isEmpty else { throw ServiceError.model(ModelError(Array(Set(errors + warnings)))) }
        warn(warnings.sorted())
        let input = PlanningInput(
            context: context, plugins: plugins,
            appliedSteps: snapshot.appliedSteps.mapValues(\.fingerprint),
            owed: snapshot.owedSteps.map { OwedTask(plan: $0.planID, cluster: $0.cluster, task: $0.task) },
            appliedSerial: snapshot.appliedSerial, plannerVersion: plannerVersion)
        let plan: Plan?
        do {
            plan = try PlanMaker.plan(for: input)
        } catch {
            throw ServiceError.planning(error)
        }
        guard let plan else {
            try supersedeUnfinishedPlan()
            return .nothingToDo(recorded: try recordItemsWithoutTasks(context))
        }
        let basis = PlanBasis(declaredSerial: snapshot.declaredSerial, secretVersions: plannedSecrets(of: plan))
        return .created(try ServiceError.wrapping { try store.savePlan(plan, basis: basis, now: now) })
    }

    /// The declared tree resolved, and what the types say against it.
    private struct JudgedTree: Sendable {
        let resolved: ResolvedTree
        let errors: [Diagnostic]
        let warnings: [Diagnostic]

        init(_ tree: Tree, registry: TypeRegistry) {
            let (resolved, problems) = ResolvedTree.resolving(tree, registry: registry)
            self.resolved = resolved
            errors = problems + Validation.errors(of: tree, resolved: resolved) + Placeholder.errors(in: resolved)
            warnings = Validation.warnings(of: tree, resolved: resolved)
        }
    }

    /// A plan that was never finished has nothing more to do when there is nothing to do.
    private func supersedeUnfinishedPlan() throws {
        guard let plan = try ServiceError.wrapping({ try store.currentPlanOutline() }), plan.state != .successful else { return }
        try ServiceError.wrapping { try store.setPlanState(.superseded, serial: plan.serial) }
    }

    /// Items that differ only in ways that no step depends on count as applied without a run.
    private func recordItemsWithoutTasks(_ context: PlanningContext) throws -> Int {
        let changed = context.declared.ordered.filter { context.comparison.state(of: $0.path) != .applied }
        let removed = context.comparison.removed.map(\.path)
        guard !changed.isEmpty || !removed.isEmpty else { return 0 }
        try ServiceError.wrapping { try store.changeApplied(inserting: changed, removing: removed) }
        return changed.count + removed.count
    }

    func planningContext(declared: ResolvedTree) throws -> PlanningContext {
        PlanningContext(declared: declared, applied: try applied())
    }

    /// The rules of plugins over several items, and those between what is declared and what was applied: errors and warnings.
    ///
    /// - Parameters:
    ///   - errors: what is wrong as far as types say.
    ///   - acceptingPlaceholders: whether what is said of a placeholder waits until it has a value.
    func crossItemDiagnostics(
        in context: PlanningContext, beside errors: [Diagnostic], acceptingPlaceholders: Bool
    ) -> [Diagnostic] {
        let found =
            CrossItemRules.diagnostics(of: plugins, in: context, beside: errors)
            + (errors.isEmpty ? context.comparison.refusals : [])
        guard acceptingPlaceholders else { return found }
        return found.filter { problem in
            problem.value.map { $0.split(separator: ",").allSatisfy { Placeholder.token(of: $0) == nil } } ?? true
        }
    }

    // MARK: Removing it

    /// Forgets the current plan; its journal stays.
    package func removePlan() throws -> StoredPlan {
        try refuseDuringRun()
        guard let stored = try ServiceError.wrapping({ try store.currentPlan() }) else { throw ServiceError.noPlan }
        try ServiceError.wrapping { try store.setPlanState(.removed, serial: stored.serial) }
        return stored
    }
}
