package import Model

extension ResolvedTree {
    /// Says that an item breaks a rule over several items. The place is where the value was written: at the item's source when it is only
    /// seen here.
    package func breach(
        by item: ResolvedItem, _ property: String?, _ summary: String, rule: String, nextStep: String? = nil
    ) -> Diagnostic {
        let written = item.declaration ?? item.source.flatMap { self[$0]?.declaration }
        return Diagnostic(
            .validation, summary, path: item.path, property: property, value: property.map { item.text($0) }, rule: rule,
            place: written?.place(of: property), nextStep: nextStep)
    }
}
