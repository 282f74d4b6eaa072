package import Model
import Store

/// Back to what was applied.
extension Site {
    /// What `restore_model` has done, or would do.
    package struct Restoration: Sendable {
        package let changes: ModelChanges
        /// What is declared afterwards against what is declared now.
        package let differences: [ItemDifference]
        /// Items that were never applied and stay declared, because what was applied stands in them.
        package let kept: [ItemPath]
        /// What the next `create_plan` will say of the restored model.
        package let problems: [Diagnostic]
    }

    /// Makes the declared tree the applied one again, whatever has become of the last plan. What is carried out on hosts is not touched.
    ///
    /// - Parameter isTrial: only says what would be done.
    /// - Throws: ``ServiceError/model(_:)`` when nothing was ever applied; ``ServiceError/runActive(holder:)``.
    package func restoreModel(isTrial: Bool) throws -> Restoration {
        if !isTrial { try refuseDuringRun() }
        let serial = try ServiceError.wrapping { try store.declaredSerial }
        let (old, seen, _) = try declared()
        let applied = try applied()
        guard !applied.ordered.isEmpty else {
            throw ServiceError.model(
                ModelError(
                    Diagnostic(
                        .invalidRequest, "no plan was ever applied: there is nothing to restore",
                        rule: "restore_model brings the model back to what plans have made true",
                        nextStep: "planner remove -p PATH takes away what is declared")))
        }
        let restoration = TreeRestoration(of: applied, declared: seen)
        // What is declared in the same words keeps its place in the files.
        let tree = Tree(
            items: restoration.tree.ordered.map { item in
                old[item.path].flatMap { $0.isSameDeclaration(as: item) ? $0 : nil } ?? item
            })
        let (resolved, errors) = ResolvedTree.resolving(tree, registry: registry)
        let result = Restoration(
            changes: ModelChanges(old.outcome(of: tree), of: old),
            differences: TreeComparison(declared: resolved, applied: seen).differences(), kept: restoration.kept.sorted(),
            problems: (errors + Validation.errors(of: tree, resolved: resolved)).sorted())
        // It is stored whatever is wrong with it: what was applied is true.
        if !isTrial {
            let valueCheck: ValueCheck = result.problems.isEmpty ? .all : .none
            _ = try store(tree, insteadOf: old, serial: serial, valueCheck: valueCheck) { ModelCheck(errors: []) }
        }
        return result
    }
}
