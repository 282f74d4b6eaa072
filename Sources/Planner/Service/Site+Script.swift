package import Formats
import Model
import Store

/// Command scripts.
extension Site {
    /// Carries out the changes of a script, all of them or none: one transaction at the end.
    ///
    /// - Parameter isTrial: only says what would be changed.
    /// - Throws: ``ServiceError/model(_:)`` with every line that cannot be understood; or else with the faults of the first change that cannot
    ///   be made, at its line. Nothing is stored then.
    package func runScript(_ script: CommandScript, isTrial: Bool = false) throws -> ModelChanges {
        guard script.errors.isEmpty else { throw ServiceError.model(ModelError(script.errors)) }
        if !isTrial { try refuseDuringRun() }
        let old = try ServiceError.wrapping { try store.declared() }
        var new = old
        for step in script.steps {
            do {
                try new.apply(step.edit, registry: registry)
            } catch {
                throw ServiceError.model(error.placed(at: step.place))
            }
        }
        let (resolved, _) = ResolvedTree.resolving(new, registry: registry)
        let errors = readOnlyErrors(TreeComparison(declared: resolved, applied: try applied()))
        guard errors.isEmpty else { throw ServiceError.model(ModelError(errors.map { placed($0, by: script) })) }
        guard !isTrial else { return ModelChanges(from: old, to: new) }
        return try store(new, insteadOf: old).changes
    }

    /// The error at the last line that touched its item.
    private func placed(_ error: Diagnostic, by script: CommandScript) -> Diagnostic {
        guard error.place == nil, let step = script.steps.last(where: { $0.edit.path == error.path }) else { return error }
        var error = error
        error.place = step.place
        return error
    }
}

extension ModelError {
    /// The faults of a line of a script: those that say no place of their own are at its beginning.
    fileprivate func placed(at place: SourcePlace) -> ModelError {
        ModelError(
            diagnostics.map { diagnostic in
                var diagnostic = diagnostic
                diagnostic.place = diagnostic.place?.file == place.file ? diagnostic.place : place
                return diagnostic
            })
    }
}
