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

    /// What a change of one item, or of a whole tree, has come to.
    ///
    /// - Parameter old: the tree before, when it is at hand: items that only moved within their files are no change.
    package init(_ outcome: EditOutcome, of old: Tree? = nil) {
        added = outcome.added.map(\.path)
        changed = outcome.changed.filter { item in
            old?[item.path].map { !$0.isSameDeclaration(as: item) } ?? true
        }.map(\.path)
        removed = outcome.removed
    }

    package var isEmpty: Bool { added.isEmpty && changed.isEmpty && removed.isEmpty }
}
