/// A tree as plugins, validation and planning see it: every item with its effective values, and the children of a source under
/// every inheritor.
package struct ResolvedTree: Sendable {
    package let registry: TypeRegistry
    /// Parents first, siblings in natural order.
    package let ordered: [ResolvedItem]
    private let positions: [ItemPath: Int]
    private let childNames: [ItemPath: [String]]
    private let positionsByType: [String: [Int]]

    /// - Parameter items: parents first, siblings in natural order.
    package init(ordered items: [ResolvedItem], registry: TypeRegistry) {
        self.registry = registry
        ordered = items
        var positions: [ItemPath: Int] = [:]
        positions.reserveCapacity(items.count)
        var childNames: [ItemPath: [String]] = [:]
        childNames.reserveCapacity(items.count / 2)
        var positionsByType: [String: [Int]] = [:]
        for (position, item) in items.enumerated() {
            positions[item.path] = position
            for type in registry.structure(of: item.type)?.lineage ?? [item.type] {
                positionsByType[type, default: []].append(position)
            }
            var path = item.path
            while let parent = path.parent {
                let isLinked = childNames[parent] != nil
                if childNames[parent]?.last.map({ $0[...] == path.name }) != true {
                    childNames[parent, default: []].append(String(path.name))
                }
                // A collection is linked to its owner by its first member; an item was linked when it came by itself.
                if isLinked || positions[parent] != nil { break }
                path = parent
            }
        }
        self.positions = positions
        self.childNames = childNames
        self.positionsByType = positionsByType
    }

    package subscript(path: ItemPath) -> ResolvedItem? { positions[path].map { ordered[$0] } }

    /// The ids one level below an item or a collection, in natural order.
    package func childNames(of path: ItemPath) -> [String] { childNames[path] ?? [] }

    /// The items of a collection (`/software/images`), in natural order; for an item, its children at fixed names.
    package func children(of path: ItemPath) -> [ResolvedItem] {
        childNames(of: path).compactMap { self[path.appending($0)] }
    }

    /// All items that are of `type` or of a type that extends it, in tree order.
    package func items(ofType type: String) -> [ResolvedItem] { (positionsByType[type] ?? []).map { ordered[$0] } }

    /// Whether the item is of `type` or of a type that extends it.
    package func isKind(_ item: ResolvedItem, of type: String) -> Bool { registry.isKind(item.type, of: type) }

    /// The nearest item above `path`, or at it, that is of `type`.
    package func nearest(_ type: String, at path: ItemPath) -> ResolvedItem? {
        var next: ItemPath? = path
        while let current = next {
            if let item = self[current], isKind(item, of: type) { return item }
            next = current.parent
        }
        return nil
    }

    /// The items at `path` and below it.
    package func subtree(of path: ItemPath) -> [ResolvedItem] {
        var found: [ResolvedItem] = []
        var stack = [path]
        while let next = stack.popLast() {
            if let item = self[next] { found.append(item) }
            for name in childNames(of: next).reversed() { stack.append(next.appending(name)) }
        }
        return found
    }
}
