package import Model

extension ResolvedTree {
    /// Says that an item breaks a rule over several items. The place is where the value was written: at the item's source when it is only
    /// seen here.
    ///
    /// - Parameter value: the part of the property's value that is wrong; else all of it.
    package func breach(
        by item: ResolvedItem, _ property: String?, _ summary: String, severity: Diagnostic.Severity = .error,
        value: String? = nil,
        rule: String, nextStep: String? = nil
    ) -> Diagnostic {
        Diagnostic(
            .validation, summary, severity: severity, path: item.path, property: property,
            value: value ?? property.map { item.text($0) }, rule: rule,
            place: writing(of: property, in: item)?.place(of: property),
            nextStep: nextStep)
    }

    /// Whether somebody wrote the property, here or at a source; not when it has its default.
    package func isWritten(_ property: String, in item: ResolvedItem) -> Bool {
        writing(of: property, in: item)?.properties[property] != nil
    }

    /// The declaration that says the property: the item's own, else that of the nearest source that has it; else the nearest declaration.
    private func writing(of property: String?, in item: ResolvedItem) -> Item? {
        var nearest: Item?
        var next: ResolvedItem? = item
        // No chain of sources is longer than this; resolution refuses it.
        for _ in 0..<64 {
            guard let current = next else { break }
            if let declaration = current.declaration {
                guard let property, declaration.properties[property] == nil else { return declaration }
                nearest = nearest ?? declaration
            }
            next = current.source.flatMap { self[$0] }
        }
        return nearest
    }
}
