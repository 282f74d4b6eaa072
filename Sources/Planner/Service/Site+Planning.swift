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
        /// Nothing is to be done of what was asked for; so many steps are for the rest of the model. The plan before stays as it was.
        case nothingSelected(leftOut: Int)
    }

    /// What `create_plan` is asked for beside the whole model, in the operator's words (``Planning/TargetNames``).
    package struct PlanRequest: Sendable {
        package var only: [String] = []
        package var excluded: [String] = []
        /// The clusters whose nodes are not locked: nil for none, empty for all.
        package var unlockedClusters: [String]?
        package var locksInitialNodes = false
        /// Refuses a plan that replaces more things than this.
        package var maximumReplaced: Int?
        /// Who asks: `alice@ops1`; for the record, and no part of the plan.
        package var creator: String?

        package init() {}

        func targets(in names: TargetNames) throws(ModelError) -> PlanTargets {
            PlanTargets(
                only: try names.items(only, option: "--only"), excluded: try names.items(excluded, option: "--exclude"))
        }

        func locking(in names: TargetNames) throws(ModelError) -> LockPolicy {
            guard let unlockedClusters else { return LockPolicy(locksInitialNodes: locksInitialNodes) }
            let clusters = try names.clusters(unlockedClusters, option: "--no-lock-tasks")
            return LockPolicy(
                unlocked: clusters.isEmpty ? .all : .clusters(Set(clusters)), locksInitialNodes: locksInitialNodes)
        }
    }

    /// Validates the whole model and makes the plan that makes it true. When it fails, the plan before stays as it was.
    ///
    /// - Parameters:
    ///   - now: seconds since 1970, for the record; not part of the plan.
    ///   - request: what the plan is limited to, and what it may cost.
    ///   - warn: takes what is not wrong with the model, but better otherwise; not called when there are errors, which have the warnings with
    ///     them.
    package func createPlan(
        now: Double, request: PlanRequest = PlanRequest(), warn: ([Diagnostic]) -> Void = { _ in }
    ) throws -> PlanCreation {
        try refuseDuringRun()
        let (snapshot, judged) = try ServiceError.wrapping {
            try store.snapshot(registry: registry) { tree, areValuesChecked in
                JudgedTree(tree, registry: registry, checkingValues: !areValuesChecked)
            }
        }
        let resolved = judged.resolved
        var errors = judged.errors
        let uses = snapshot.declared.secretUses
        let versions = try secretVersions(for: uses)
        let context = planningContext(resolved, snapshot, secretVersions: versions)
        defer { Site.takeApartLater((context, snapshot)) }
        var warnings = judged.warnings
        let found = crossItemDiagnostics(in: context, beside: errors, acceptingPlaceholders: false)
        errors += found.filter { $0.severity == .error } + missingSecrets(uses, known: versions)
        warnings += found.filter { $0.severity == .warning }
        if errors.isEmpty { errors = refusalsOfBegunItems(snapshot, declared: resolved) }
        guard errors.isEmpty else { throw ServiceError.model(ModelError(Array(Set(errors + warnings)))) }
        if !snapshot.areValuesChecked {
            try ServiceError.wrapping { try store.noteCheckedValues(declaredSerial: snapshot.declaredSerial) }
        }
        let names = TargetNames(context)
        let targets: PlanTargets
        let outcome: PlanOutcome
        do {
            targets = try request.targets(in: names)
            let locking = try request.locking(in: names)
            outcome = try PlanMaker.outcome(for: planningInput(context, snapshot, locking: locking), targets: targets)
        } catch let error as PlanningError {
            throw ServiceError.planning(error)
        } catch let error as ModelError {
            throw ServiceError.model(error)
        }
        try refuse(outcome.plan, in: context, maximumReplaced: request.maximumReplaced)
        warn((warnings + outcome.unhandled.diagnostics).sorted())
        guard let plan = outcome.plan else {
            guard targets.isEmpty else { return .nothingSelected(leftOut: outcome.leftOut) }
            try supersedeUnfinishedPlan()
            let recorded = try recordItemsWithoutTasks(
                context, except: outcome.unhandled, endsAttempts: !snapshot.attempts.isEmpty)
            return .nothingToDo(recorded: recorded)
        }
        Site.takeApartLater(plan)
        let basis = basis(of: plan, outcome, snapshot, by: request.creator)
        return .created(try ServiceError.wrapping { try store.savePlan(plan, basis: basis, now: now) })
    }

    /// Taking a large site or plan apart again takes a good while, and a command that ends soon need not do it at all.
    private static func takeApartLater(_ value: some Sendable) {
        DispatchQueue.global(qos: .background).asyncAfter(deadline: .now() + .seconds(2)) {
            withExtendedLifetime(value) {}
        }
    }

    /// - Parameter declared: the declared tree of the snapshot, resolved.
    func planningContext(
        _ declared: ResolvedTree, _ snapshot: StoreSnapshot, secretVersions: [String: String]
    ) -> PlanningContext {
        PlanningContext(
            declared: declared, applied: snapshot.applied, secretVersions: secretVersions,
            carriedOut: { snapshot.appliedSteps[$0]?.wasTrue == true })
    }

    func planningInput(
        _ context: PlanningContext, _ snapshot: StoreSnapshot, locking: LockPolicy = LockPolicy()
    ) -> PlanningInput {
        var input = PlanningInput(
            context: context, plugins: plugins,
            appliedSteps: snapshot.appliedSteps.mapValues(\.fingerprint),
            owed: snapshot.owedSteps.map { OwedTask(plan: $0.planID, cluster: $0.cluster, task: $0.task) },
            attempts: snapshot.attempts.map(\.items), appliedSerial: snapshot.appliedSerial, plannerVersion: plannerVersion,
            locking: locking)
        input.outOfService = Site.outOfService(snapshot.nodeFacts)
        return input
    }

    /// Throws when the plan would hit a protected item, or replaces more than the operator allows.
    private func refuse(_ plan: Plan?, in context: PlanningContext, maximumReplaced: Int?) throws {
        let breaches = ProtectedItems.breaches(of: plan, in: context)
        guard breaches.isEmpty else {
            let items = breaches.count == 1 ? "a protected item" : "\(breaches.count) protected items"
            throw ServiceError.refused("the plan would replace or remove \(items)", breaches, nextStep: nil)
        }
        guard let plan, let maximumReplaced else { return }
        let replaced = PlanSummary(plan).count(.replace)
        guard replaced > maximumReplaced else { return }
        throw ServiceError.refused(
            "the plan would replace \(replaced), and --max-replace allows \(maximumReplaced)", [],
            nextStep: "planner diff shows what changed; a greater --max-replace allows it")
    }

    /// The declared tree resolved, and what the types say against it.
    private struct JudgedTree: Sendable {
        let resolved: ResolvedTree
        let errors: [Diagnostic]
        let warnings: [Diagnostic]

        init(_ tree: Tree, registry: TypeRegistry, checkingValues: Bool) {
            let (resolved, problems) = ResolvedTree.resolving(tree, registry: registry)
            self.resolved = resolved
            errors =
                problems + Validation.errors(of: tree, resolved: resolved, checkingValues: checkingValues)
                + Placeholder.errors(in: resolved)
            warnings = Validation.warnings(of: tree, resolved: resolved)
        }
    }

    /// A plan that was never finished has nothing more to do when there is nothing to do.
    private func supersedeUnfinishedPlan() throws {
        guard let plan = try ServiceError.wrapping({ try store.currentPlanOutline() }), plan.state != .successful else { return }
        try ServiceError.wrapping { try store.setPlanState(.superseded, serial: plan.serial) }
    }

    /// Items that differ only in ways that no step depends on count as applied without a run.
    private func recordItemsWithoutTasks(
        _ context: PlanningContext, except unhandled: [UnhandledItem], endsAttempts: Bool
    ) throws -> Int {
        let staying = Set(unhandled.filter { !$0.isRemoved }.map(\.path))
        let differing = context.comparison.changed.filter { !staying.contains($0.path) }
        let changed = differing.compactMap { context.declared[$0.path] }
        let removed = differing.filter { $0.state == .forRemoval }.map(\.path)
        guard !changed.isEmpty || !removed.isEmpty || endsAttempts else { return 0 }
        try ServiceError.wrapping { try store.changeApplied(inserting: changed, removing: removed, isComplete: true) }
        return changed.count + removed.count
    }

    /// The items that no plugin has anything to do with: as the current plan says; when there is none, as the plugins say now.
    func unhandledItems(_ plan: PlanOutline?, _ comparison: TreeComparison) throws -> [UnhandledItem] {
        let changed = Dictionary(
            comparison.changed.map { ($0.path, $0.state) }, uniquingKeysWith: { first, _ in first }
        )
        guard !changed.isEmpty else { return [] }
        if let plan {
            return plan.unhandled.compactMap { path in
                changed[path].map { state in
                    let item = comparison.declared[path] ?? comparison.applied[path]
                    return UnhandledItem(path: path, type: item?.type ?? "", isRemoved: state == .forRemoval)
                }
            }
        }
        return UnhandledItems.all(
            in: PlanningInput(
                context: PlanningContext(declared: comparison.declared, applied: comparison.applied), plugins: plugins,
                plannerVersion: plannerVersion))
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
    package func removePlan() throws -> PlanOutline {
        try refuseDuringRun()
        guard let plan = try ServiceError.wrapping({ try store.currentPlanOutline() }) else { throw ServiceError.noPlan }
        try ServiceError.wrapping { try store.setPlanState(.removed, serial: plan.serial) }
        logs.remove(plan: plan.serial)
        return plan
    }
}
