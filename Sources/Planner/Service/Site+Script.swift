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
    /// - Complexity: O(items of the site + what the changes touch).
    package func runScript(_ script: CommandScript, isTrial: Bool = false) throws -> LoadSummary {
        guard script.errors.isEmpty else { throw ServiceError.model(ModelError(script.errors)) }
        if !isTrial { try refuseDuringRun() }
        let serial = try ServiceError.wrapping { try store.declaredSerial }
        let old = try ServiceError.wrapping { try store.declared() }
        let applied = try applied()
        var new = old
        var check = ModelCheck(errors: [])
        for step in script.steps {
            do {
                let outcome = try step.edit.outcome(on: new, applied: applied, registry: registry)
                for path in outcome.removed { new.remove(path) }
                for item in outcome.inserted { new.insert(item) }
                check.appliedAtOnce += outcome.appliedAtOnce
                check.warnings += outcome.warnings
            } catch let error as ModelError {
                throw ServiceError.model(error.placed(at: step.place))
            }
        }
        guard !isTrial else {
            return LoadSummary(
                items: new.count - 1, changes: ModelChanges(old.outcome(of: new), of: old), warnings: check.warnings)
        }
        // What a later line took away again is not applied.
        check.appliedAtOnce.removeAll { new[$0.path] == nil }
        let found = check
        return try store(new, insteadOf: old, serial: serial, valueCheck: .changes) { found }
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
