package import Model

/// The rules of plugins over several items.
package enum CrossItemRules {
    /// What the plugins say of a model, beside what its types say.
    ///
    /// All that is wrong is told in one go, but nothing that only follows from what is told already: an item whose own values are wrong is
    /// left alone, and where items may be missing, or the names by which others refer to them, nothing can be said of references.
    ///
    /// - Parameter errors: what is wrong as far as types say.
    package static func diagnostics(
        of plugins: [any Plugin], in context: PlanningContext, beside errors: [Diagnostic]
    ) -> [Diagnostic] {
        guard errors.allSatisfy(isAboutAValue) else { return [] }
        guard !errors.isEmpty else { return plugins.flatMap { $0.validate(context) } }
        let found = plugins.filter(\.validatesBesideErrors).flatMap { $0.validate(context) }
        let wrong = Set(errors.compactMap(\.path))
        return found.filter { problem in
            !origins(of: problem.path, in: context.declared).contains(where: wrong.contains)
        }
    }

    private static func isAboutAValue(_ error: Diagnostic) -> Bool {
        switch error.identifier {
        case .validation, .missingRequiredProperty: error.property.map { $0 != "name" } ?? false
        case .propertyNotAllowed, .missingRequiredItem, .cardinality: true
        default: false
        }
    }

    /// The item and all that it inherits from.
    private static func origins(of path: ItemPath?, in tree: ResolvedTree) -> [ItemPath] {
        guard let path else { return [] }
        var origins = [path]
        // No chain of sources is longer than this; resolution refuses it.
        while origins.count < 64, let last = origins.last, let source = tree[last]?.source { origins.append(source) }
        return origins
    }
}
