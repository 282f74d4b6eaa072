/// One change of the declared tree by an operator: what `create`, `inherit`, `update` and `remove` say.
package enum ModelEdit: Sendable {
    /// Declares an item; with a source it inherits.
    case create(WrittenItem)
    /// Changes properties; names in `deleting` fall back to the source or the default.
    case update(ItemPath, properties: [String: WrittenValue], deleting: [String])
    /// Removes an item with everything below it and everything that inherits from it.
    case remove(ItemPath)

    package var path: ItemPath {
        switch self {
        case .create(let written): written.path
        case .update(let path, _, _), .remove(let path): path
        }
    }
}

/// What an edit has come to.
package struct EditOutcome: Sendable {
    /// Items that were not there before, in tree order.
    package var added: [Item]
    /// Items that were there and are written anew, in tree order.
    package var changed: [Item]
    /// Items that are gone, in tree order.
    package var removed: [ItemPath]
    /// Items that count as applied without a plan: only what is no configuration has changed.
    package var appliedAtOnce: [ResolvedItem] = []
    /// What is not wrong with the items, but better otherwise.
    package var warnings: [Diagnostic] = []

    package init(added: [Item] = [], changed: [Item] = [], removed: [ItemPath] = []) {
        self.added = added
        self.changed = changed
        self.removed = removed
    }

    /// Everything to write.
    package var inserted: [Item] { changed.isEmpty ? added : added + changed }
}

/// An applied tree that is read item by item: a whole ``ResolvedTree``, or what a store keeps.
package protocol AppliedItems {
    func appliedItem(at path: ItemPath) throws -> ResolvedItem?
    /// The applied item at `path`, if there is one, and all below it; parents first.
    func appliedItems(within path: ItemPath) throws -> [ResolvedItem]
    /// The ids one level below `path`, at most `limit` of them.
    func appliedNames(below path: ItemPath, limit: Int) throws -> [String]
}

extension ResolvedTree: AppliedItems {
    package func appliedItem(at path: ItemPath) -> ResolvedItem? { self[path] }
    package func appliedItems(within path: ItemPath) -> [ResolvedItem] { subtree(of: path) }
    package func appliedNames(below path: ItemPath, limit: Int) -> [String] { Array(childNames(of: path).prefix(limit)) }
}

extension ModelEdit {
    /// Carries the edit out on the part of a tree that it depends on (``TreeSlice``).
    ///
    /// An item that was removed and is still applied comes back as it was when it is created again, with everything below it; the
    /// properties that are given now win (LITP's recovery, `reference/engine.md` 1.8). What inherited from it is declared again by its own
    /// `inherit`.
    ///
    /// - Returns: what to write; nothing was written.
    /// - Throws: ``ModelError`` with every fault, or what reading throws.
    /// - Complexity: O(items that the edit touches, with what is above them and what they inherit), not O(tree).
    package func outcome(
        on whole: some DeclaredItems, applied: some AppliedItems, registry: TypeRegistry
    ) throws -> EditOutcome {
        var slice = try TreeSlice(of: whole)
        let after: Tree
        var affected: [ResolvedItem] = []
        switch self {
        case .create(let written):
            try slice.prepareCreation(at: written.path, source: written.source.flatMap { ItemPath($0) })
            let former = try applied.appliedItems(within: written.path)
            after = try slice.tree.declaring(written, former: former, registry: registry)
            affected = try after.places(showing: written.path).sorted().flatMap { try applied.appliedItems(within: $0) }
        case .update(let path, let properties, let deleting):
            try slice.prepareUpdate(of: path)
            var edited = slice.tree
            try edited.update(path, properties: properties, deleting: deleting, registry: registry)
            after = edited
            affected = try after.places(showing: path).sorted().compactMap { try applied.appliedItem(at: $0) }
        case .remove(let path):
            try slice.prepareRemoval(of: path)
            var edited = slice.tree
            _ = try edited.removeItem(path, registry: registry)
            after = edited
        }
        var outcome = slice.tree.outcome(of: after)
        guard !outcome.added.isEmpty || !outcome.changed.isEmpty else { return outcome }
        let declared = ResolvedTree.resolving(after, registry: registry).tree
        let comparison = TreeComparison(declared: declared, applied: ResolvedTree(ordered: affected, registry: registry))
        guard comparison.refusals.isEmpty else { throw ModelError(comparison.refusals) }
        outcome.appliedAtOnce = comparison.appliedAtOnce
        outcome.warnings = Validation.warnings(of: Tree(items: outcome.inserted), resolved: declared)
        return outcome
    }
}

extension Tree {
    /// What must be written so that this tree becomes `other`.
    package func outcome(of other: Tree) -> EditOutcome {
        var outcome = EditOutcome()
        if count == 1, self[.root] == other[.root] {
            outcome.added = Array(other.ordered.dropFirst())
            return outcome
        }
        for item in other.ordered {
            guard let former = self[item.path] else {
                outcome.added.append(item)
                continue
            }
            if former != item { outcome.changed.append(item) }
        }
        outcome.removed = ordered.map(\.path).filter { other[$0] == nil }
        return outcome
    }

    /// This tree with a new item, or with one that was removed and comes back.
    fileprivate func declaring(
        _ written: WrittenItem, former: [ResolvedItem], registry: TypeRegistry
    ) throws(ModelError) -> Tree {
        var edited = self
        guard let restored = written.recovered(from: former), self[written.path] == nil else {
            try edited.create(written, registry: registry)
            return edited
        }
        try edited.restore(restored, at: written.path, registry: registry)
        if !written.properties.isEmpty {
            try edited.update(written.path, properties: written.properties, deleting: [], registry: registry)
        }
        return edited
    }
}

extension WrittenItem {
    /// The declarations that come back with this one; nil when nothing like it was applied: it is a new item then, and what cannot be
    /// changed about an applied one is refused as in every change.
    fileprivate func recovered(from applied: [ResolvedItem]) -> [Item]? {
        guard let former = applied.first(where: { $0.path == path })?.declaration, source == former.source?.text,
            type == nil || type == former.type
        else { return nil }
        return applied.compactMap(\.declaration)
    }
}
