/// How an item differs from what was applied of it.
package struct ItemDifference: Hashable, Sendable {
    /// A property with its old and its new value; nil where it is or was not set.
    package struct Property: Hashable, Sendable {
        package let name: String
        package let old: PropertyValue?
        package let new: PropertyValue?
        /// What the change costs on the real system; nil for items that come or go as a whole.
        package let effect: Effect?
    }

    package let path: ItemPath
    /// `initial`, `updated` or `forRemoval`.
    package let state: ItemState
    package let type: String
    /// The type that was applied, when it was another.
    package let oldType: String?
    package let source: ItemPath?
    /// By name; of an item that comes or goes all that it has.
    package let properties: [Property]
}

extension TreeComparison {
    /// Everything at `path` and below it that is not as it was applied, in tree order.
    ///
    /// The root itself is left out: it comes and goes with what is in it.
    ///
    /// - Complexity: O(items of both trees).
    package func differences(within path: ItemPath = .root) -> [ItemDifference] {
        var found: [ItemDifference] = []
        for (path, state) in states(within: path) where state != .applied && !path.isRoot {
            guard let item = declared[path] ?? applied[path] else { continue }
            let oldType = applied[path]?.type
            let structure = declared.registry.structure(of: item.type)
            let properties = changes(of: path).map { change in
                ItemDifference.Property(
                    name: change.property, old: change.old, new: change.new,
                    effect: state == .updated ? structure?.property(change.property)?.effect ?? .live : nil)
            }
            found.append(
                ItemDifference(
                    path: path, state: state, type: item.type, oldType: oldType == item.type ? nil : oldType,
                    source: item.source, properties: properties))
        }
        return found
    }

    private func states(within path: ItemPath) -> [(path: ItemPath, state: ItemState)] {
        path.isRoot ? states : states.filter { $0.path.isWithin(path) }
    }
}
