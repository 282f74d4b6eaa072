/// A tree as plugins, validation and planning see it: every item with its effective values, and the children of a source under
/// every inheritor. A reference, because everybody is given it.
package final class ResolvedTree: Sendable {
    package let registry: TypeRegistry
    /// Parents first, siblings in natural order.
    package let ordered: [ResolvedItem]
    private let positions: [ItemPath: Int]
    private let childPaths: ChildPaths
    private let positionsByType: [String: [Int]]

    /// - Parameter items: parents first, siblings in natural order.
    package convenience init(ordered items: [ResolvedItem], registry: TypeRegistry) {
        var positions: [ItemPath: Int] = [:]
        positions.reserveCapacity(items.count)
        var childPaths = ChildPaths(capacity: items.count / 2)
        for (position, item) in items.enumerated() {
            positions[item.path] = position
            childPaths.append(item.path) { positions[$0] != nil }
        }
        self.init(items, positions, childPaths, registry)
    }

    /// - Parameter items: in any order.
    /// - Complexity: O(items), but for sorting siblings that do not come in their order.
    package convenience init(_ items: [ResolvedItem], registry: TypeRegistry) {
        var places: [ItemPath: Int] = [:]
        places.reserveCapacity(items.count)
        var childPaths = ChildPaths(capacity: items.count / 2)
        for (place, item) in items.enumerated() where places.updateValue(place, forKey: item.path) == nil {
            childPaths.append(item.path) { places[$0] != nil }
        }
        childPaths.sort()
        var ordered: [ResolvedItem] = []
        ordered.reserveCapacity(items.count)
        childPaths.walk(from: .root) { path in
            guard let place = places[path] else { return }
            places[path] = ordered.count
            ordered.append(items[place])
        }
        self.init(ordered, places, childPaths, registry)
    }

    /// - Parameter childPaths: of these items.
    convenience init(ordered items: [ResolvedItem], childPaths: ChildPaths, registry: TypeRegistry) {
        var positions: [ItemPath: Int] = [:]
        positions.reserveCapacity(items.count)
        for (position, item) in items.enumerated() { positions[item.path] = position }
        self.init(items, positions, childPaths, registry)
    }

    private init(
        _ ordered: [ResolvedItem], _ positions: [ItemPath: Int], _ childPaths: ChildPaths, _ registry: TypeRegistry
    ) {
        self.ordered = ordered
        self.positions = positions
        self.childPaths = childPaths
        self.registry = registry
        var positionsByType = PositionsByType()
        for (position, item) in ordered.enumerated() { positionsByType.append(position, of: item.type) }
        self.positionsByType = positionsByType.merged(by: registry)
    }

    package subscript(path: ItemPath) -> ResolvedItem? { positions[path].map { ordered[$0] } }

    /// The ids one level below an item or a collection, in natural order.
    package func childNames(of path: ItemPath) -> [String] { childPaths(of: path).map { String($0.name) } }

    /// The paths one level below an item or a collection, in natural order.
    package func childPaths(of path: ItemPath) -> [ItemPath] { childPaths[path] }

    /// The item of the id `name` below `path`. Costs no new path, but a look at the siblings.
    package func child(_ name: String, of path: ItemPath) -> ResolvedItem? {
        childPaths[path].last { $0.name == name }.flatMap { self[$0] }
    }

    /// The items of a collection (`/software/images`), in natural order; for an item, its children at fixed names.
    package func children(of path: ItemPath) -> [ResolvedItem] {
        childPaths(of: path).compactMap { self[$0] }
    }

    /// All items that are of `type` or of a type that extends it, in tree order.
    package func items(ofType type: String) -> [ResolvedItem] { (positionsByType[type] ?? []).map { ordered[$0] } }

    /// All items whose types have a property of this name, in tree order.
    package func items(having property: String) -> [ResolvedItem] {
        let positions = registry.declarers(of: property).flatMap { positionsByType[$0] ?? [] }
        return Set(positions).sorted().map { ordered[$0] }
    }

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
        childPaths.walk(from: path) { if let item = self[$0] { found.append(item) } }
        return found
    }
}

/// Positions by exact type, which nearly always is that of the item before.
private struct PositionsByType {
    private var lists: [[Int]] = []
    private var indices: [String: Int] = [:]
    private var last: (type: String, index: Int)?

    mutating func append(_ position: Int, of type: String) {
        if let last, last.type == type { return lists[last.index].append(position) }
        let index = indices[type] ?? lists.count
        if index == lists.count {
            lists.append([])
            indices[type] = index
        }
        lists[index].append(position)
        last = (type, index)
    }

    /// The positions of the items of each type, and of the types that extend it.
    func merged(by registry: TypeRegistry) -> [String: [Int]] {
        var merged: [String: [Int]] = [:]
        for (type, index) in indices {
            for base in registry.structure(of: type)?.lineage ?? [type] { merged[base, default: []] += lists[index] }
        }
        return merged.mapValues { $0.sorted() }
    }
}
