extension TreeComparison {
    /// The changes that cannot be made to what was applied: of properties that are not updatable, and of types.
    ///
    /// - Complexity: O(changed items).
    package var refusals: [Diagnostic] {
        changed.flatMap { path, state -> [Diagnostic] in
            guard state == .updated, let declared = declared[path], let applied = applied[path] else { return [] }
            guard declared.type == applied.type else { return [refusal(ofTypeOf: declared, applied: applied)] }
            return refusals(of: declared)
        }
    }

    private func refusal(ofTypeOf item: ResolvedItem, applied: ResolvedItem) -> Diagnostic {
        Diagnostic(
            .methodNotAllowed, "the type of an applied item cannot be changed", path: item.path, property: "type",
            value: item.type, rule: "it was applied as \(applied.type)", place: item.declaration?.place(of: "type"),
            nextStep: "remove the item, run a plan, and create it again")
    }

    private func refusals(of item: ResolvedItem) -> [Diagnostic] {
        let structure = declared.registry.structure(of: item.type)
        return changes(of: item.path).compactMap { change in
            guard let property = structure?.property(change.property), !property.isUpdatable, let old = change.old else {
                return nil
            }
            return Diagnostic(
                .invalidRequest, "'\(change.property)' cannot be changed once it was applied", path: item.path,
                property: change.property, value: change.new?.text, rule: "it was applied as '\(old.text)'",
                place: item.declaration?.place(of: change.property),
                nextStep: "remove the item, run a plan, and create it again")
        }
    }
}
