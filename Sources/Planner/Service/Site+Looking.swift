package import Model
import Store

/// Looking at the model: `show` and `diff`.
extension Site {
    /// What `show` is asked for.
    package struct ShowQuery: Sendable {
        package var path: ItemPath
        /// How many levels below the path; nil for all.
        package var depth: Int?
        /// With a filter, the items that it admits, at the path and below it.
        package var filter: ItemFilter

        package init(_ path: ItemPath, depth: Int? = 0, filter: ItemFilter = ItemFilter()) {
            self.path = path
            self.depth = depth
            self.filter = filter
        }
    }

    /// What stands at a path, and below it; parents first, siblings in natural order.
    ///
    /// - Throws: ``ServiceError/model(_:)`` when there is nothing at the path, or no such type.
    package func show(_ query: ShowQuery) throws -> [ShownPlace] {
        if let type = query.filter.type, registry.structure(of: type) == nil {
            let near = NearestWord.to(type, among: registry.itemTypeNames)
            throw ServiceError.model(
                ModelError(
                    Diagnostic(
                        .invalidType, "there is no item type '\(type)'", value: type,
                        nextStep: near.map { "did you mean '\($0)'?" })))
        }
        if let depth = query.depth, depth <= 1, query.filter.isEmpty {
            let near = try ServiceError.wrapping {
                try store.readItems { items in
                    try TreeComparison.around(query.path, levels: depth, declared: items, applied: items, registry: registry)
                }
            }
            let found = near.places(within: query.path, depth: depth)
            if near.place(at: query.path) != nil { return found }
        }
        let comparison = TreeComparison(declared: try declared().resolved, applied: try applied())
        let found = comparison.places(within: query.path, depth: query.depth)
        guard comparison.place(at: query.path) != nil || !found.isEmpty else { throw noItem(query.path, in: comparison) }
        guard !query.filter.isEmpty else { return found }
        return found.filter { place in
            place.item.map { query.filter.admits($0, place.state, registry: registry) } ?? false
        }
    }

    /// The collections of an item that hold nothing yet, for completion.
    package func emptyCollections(of place: ShownPlace) -> [ItemPath] {
        guard let item = place.item else { return [] }
        let known = Set(place.children)
        return (registry.structure(of: item.type)?.fields ?? []).filter { $0.isCollection && !known.contains($0.name) }
            .map { place.path.appending($0.name) }
    }

    /// What is declared otherwise than it was applied, at a path and below it; in tree order.
    ///
    /// - Throws: ``ServiceError/model(_:)`` when there is nothing at the path.
    package func differences(within path: ItemPath) throws -> [ItemDifference] {
        let comparison = TreeComparison(declared: try declared().resolved, applied: try applied())
        guard path.isRoot || comparison.place(at: path) != nil else { throw noItem(path, in: comparison) }
        return comparison.differences(within: path)
    }

    private func noItem(_ path: ItemPath, in comparison: TreeComparison) -> ServiceError {
        ServiceError.model(ModelError(.noItem(path, in: comparison.declared)))
    }
}
