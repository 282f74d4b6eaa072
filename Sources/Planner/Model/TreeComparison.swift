/// What is different between what is declared and what was applied.
package struct TreeComparison: Sendable {
    /// A property that differs; nil where it is or was not set.
    package struct PropertyChange: Hashable, Sendable {
        package let property: String
        package let old: PropertyValue?
        package let new: PropertyValue?
    }

    package let declared: ResolvedTree
    package let applied: ResolvedTree
    /// Every item that is not as it was applied, with its state, in tree order; what is only applied comes where it was.
    package let changed: [(path: ItemPath, state: ItemState)]

    /// - Complexity: O(items of both trees).
    package init(declared: ResolvedTree, applied: ResolvedTree) {
        self.declared = declared
        self.applied = applied
        var changed: [(path: ItemPath, state: ItemState)] = []
        TreeComparison.walk(declared, applied) { path, state in
            if state != .applied { changed.append((path, state)) }
        }
        self.changed = changed
    }

    /// Goes through both trees side by side: both are in tree order, so that nothing has to be looked up.
    private static func walk(_ declared: ResolvedTree, _ applied: ResolvedTree, _ visit: (ItemPath, ItemState) -> Void) {
        var old = applied.ordered[...]
        for item in declared.ordered {
            while let gone = old.first, gone.path != item.path, gone.path < item.path {
                visit(gone.path, .forRemoval)
                old.removeFirst()
            }
            guard let before = old.first, before.path == item.path else {
                visit(item.path, .initial)
                continue
            }
            visit(item.path, isSameEffect(item, before, declared.registry) ? .applied : .updated)
            old.removeFirst()
        }
        for gone in old { visit(gone.path, .forRemoval) }
    }

    /// The state of the item at `path`; nil when it is neither declared nor applied. O(1).
    package func state(of path: ItemPath) -> ItemState? {
        switch (declared[path], applied[path]) {
        case (let declared?, let applied?): TreeComparison.isSameEffect(declared, applied, registry) ? .applied : .updated
        case (.some, nil): .initial
        case (nil, .some): .forRemoval
        case (nil, nil): nil
        }
    }

    /// Whether both mean the same on the real system. What is no configuration (``PropertyDefinition/isConfiguration``) does not count.
    private static func isSameEffect(_ declared: ResolvedItem, _ applied: ResolvedItem, _ registry: TypeRegistry) -> Bool {
        if declared.isSameEffect(as: applied) { return true }
        guard declared.type == applied.type,
            let ignored = registry.structure(of: declared.type)?.nonConfiguration, !ignored.isEmpty
        else { return false }
        return declared.properties.filter { !ignored.contains($0.key) } == applied.properties.filter { !ignored.contains($0.key) }
    }

    private var registry: TypeRegistry { declared.registry }

    /// The applied items whose only difference is in what is no configuration, as they are to be recorded: no plan is needed for them.
    package var appliedAtOnce: [ResolvedItem] {
        applied.ordered.compactMap { applied in
            guard let item = declared[applied.path], item.properties != applied.properties,
                TreeComparison.isSameEffect(item, applied, registry)
            else {
                return nil
            }
            return item
        }
    }

    /// The properties of the item that differ in what is true on the real system, by name.
    package func changes(of path: ItemPath) -> [PropertyChange] {
        let old = applied[path]?.properties ?? [:]
        let new = declared[path]?.properties ?? [:]
        let type = declared[path]?.type ?? applied[path]?.type ?? ""
        let ignored = registry.structure(of: type)?.nonConfiguration ?? []
        return Set(old.keys).union(new.keys).subtracting(ignored).sorted()
            .filter { old[$0] != new[$0] }
            .map { PropertyChange(property: $0, old: old[$0], new: new[$0]) }
    }

    /// Every item of either tree with its state, in tree order; what is only applied comes where it was.
    package var states: [(path: ItemPath, state: ItemState)] {
        var states: [(path: ItemPath, state: ItemState)] = []
        states.reserveCapacity(declared.ordered.count)
        TreeComparison.walk(declared, applied) { states.append(($0, $1)) }
        return states
    }

    /// The items that were applied and are no longer declared, in tree order.
    package var removed: [ResolvedItem] {
        changed.compactMap { path, state in state == .forRemoval ? applied[path] : nil }
    }
}
