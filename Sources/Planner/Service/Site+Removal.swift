package import Model

/// What a removal would take along.
extension Site {
    /// An item that a removal takes away, and why.
    package struct RemovedItem: Sendable, Encodable {
        package let path: ItemPath
        /// The source by which it goes; nil when it is what is removed, or lies below it.
        package let inherits: ItemPath?
        /// Whether it was declared there. Else it is only seen there because something above it inherits.
        package let isDeclared: Bool
    }

    /// What `remove` would take away, in tree order. Nothing is changed.
    ///
    /// - Throws: ``ServiceError/model(_:)`` when the item cannot be removed.
    /// - Complexity: O(items).
    package func removal(of path: ItemPath) throws -> [RemovedItem] {
        let (old, seen, _) = try declared()
        var new = old
        _ = try ServiceError.wrapping { try new.removeItem(path, registry: registry) }
        let (left, _) = ResolvedTree.resolving(new, registry: registry)
        return seen.ordered.filter { left[$0.path] == nil }.map { item in
            RemovedItem(
                path: item.path, inherits: item.path.isWithin(path) ? nil : item.source, isDeclared: item.declaration != nil)
        }
    }
}
