package import Model

/// What a command has changed in the declared tree, by path.
package struct ModelChanges: Sendable, Equatable, Encodable {
    /// In tree order, like the others.
    package let added: [ItemPath]
    /// Items that declare something else than before.
    package let changed: [ItemPath]
    package let removed: [ItemPath]

    package init(added: [ItemPath] = [], changed: [ItemPath] = [], removed: [ItemPath] = []) {
        self.added = added
        self.changed = changed
        self.removed = removed
    }

    /// - Parameter inserted: what `new` has otherwise than `old`, in tree order.
    init(from old: Tree, to new: Tree, inserted: [Item], removed: [ItemPath]) {
        added = inserted.map(\.path).filter { old[$0] == nil }
        changed = inserted.filter { item in old[item.path].map { !$0.isSameDeclaration(as: item) } ?? false }.map(\.path)
        self.removed = removed
    }

    init(from old: Tree, to new: Tree) {
        self.init(
            from: old, to: new, inserted: new.ordered.filter { old[$0.path] != $0 },
            removed: old.ordered.map(\.path).filter { new[$0] == nil })
    }

    package var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }
}
