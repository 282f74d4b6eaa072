/// The way back from what was applied to a declared tree that means it.
///
/// What was applied are effective values, with the declaration that each came from. As long as the sources are as they were then, the
/// declarations alone give the same tree again. Where a source has changed since (a plan that failed half-way has applied the source and not
/// the inheritor, or the other way round), the item keeps its `inherit` and gets its values as overrides; where that cannot say it (the
/// source shows an item or a property that was not applied), the item is declared in full, without `inherit`.
package struct TreeRestoration {
    /// The declared tree whose resolution is the applied tree.
    package private(set) var tree: Tree
    /// Items that were not applied and stay all the same, because what was applied stands in them or needs them: a management server whose
    /// first plan failed after its first file.
    package private(set) var kept: Set<ItemPath> = []

    private let applied: ResolvedTree
    private let declared: ResolvedTree
    private var cut: Set<ItemPath> = []

    /// - Parameter applied: what plans have made true.
    /// - Parameter declared: what is declared now; only for what cannot be left out.
    /// - Complexity: O(items seen) for each level of inheritance that has to be mended; once when no source has changed.
    package init(of applied: ResolvedTree, declared: ResolvedTree) {
        self.applied = applied
        self.declared = declared
        tree = Tree()
        for item in applied.ordered { if let declaration = item.declaration { insert(declaration, like: item) } }
        keepWhatIsNeeded()
        // Every round writes a value that stays, or takes away an `inherit` for good.
        while mend() {}
    }

    /// A declaration as it was, as far as it says what was applied.
    private mutating func insert(_ declaration: Item, like item: ResolvedItem) {
        tree.insert(
            Item(
                path: item.path, type: item.type, source: declaration.source,
                properties: declaration.properties.filter { item.properties[$0.key] == $0.value }))
    }

    // MARK: What cannot be left out

    /// Keeps the items above what was applied, and the required items of all that is there, as far as they are declared.
    private mutating func keepWhatIsNeeded() {
        var pending = applied.ordered
        while let item = pending.popLast() {
            for path in neighbours(of: item) where applied[path] == nil && !path.isRoot {
                guard let needed = declared[path], kept.insert(path).inserted else { continue }
                tree.insert(
                    Item(
                        path: path, type: needed.type, source: needed.declaration?.source, properties: needed.properties))
                pending.append(needed)
            }
        }
    }

    /// The item that this one stands in, and the items that its type wants.
    private func neighbours(of item: ResolvedItem) -> [ItemPath] {
        var paths = (applied.registry.structure(of: item.type)?.fields ?? []).filter(\.isRequired).map {
            item.path.appending($0.name)
        }
        var above = item.path.parent
        while let path = above {
            if applied[path] != nil || declared[path] != nil {
                paths.append(path)
                break
            }
            above = path.parent
        }
        return paths
    }

    // MARK: Mending

    /// Brings the tree nearer to what was applied; false when there is nothing more to bring.
    private mutating func mend() -> Bool {
        let limit = 2 * (applied.ordered.count + kept.count) + 100
        let (seen, problems) = ResolvedTree.resolving(tree, registry: applied.registry, maximumItems: limit)
        var isChanged = false
        // Declarations of different times can inherit from each other's surroundings and show far more than was ever applied: then only what
        // shows too much is taken away in this round.
        for item in applied.ordered where seen.ordered.count < limit {
            if let now = seen[item.path] {
                if !now.isSameEffect(as: item), override(item, seenAs: now) { isChanged = true }
            } else if tree[item.path] == nil {
                declare(item, in: seen)
                isChanged = true
            }
        }
        for item in seen.ordered where applied[item.path] == nil && !kept.contains(item.path) {
            if cutHeir(of: item.path) { isChanged = true }
        }
        guard !isChanged else { return true }
        // Only now: a source that was missing may have come in this round.
        for problem in problems where problem.property == "inherit" {
            if let path = problem.path, cutHeir(of: path) { isChanged = true }
        }
        return isChanged
    }

    /// Declares an item that nothing shows any more.
    private mutating func declare(_ item: ResolvedItem, in seen: ResolvedTree) {
        let source = cut.contains(item.path) ? nil : item.source
        tree.insert(
            Item(
                path: item.path, type: item.type, source: source.flatMap { seen[$0]?.path },
                properties: item.properties))
    }

    /// Writes the values in which an item differs. Where it shows a value that was not applied, it cannot go on inheriting.
    private mutating func override(_ item: ResolvedItem, seenAs now: ResolvedItem) -> Bool {
        var own = tree[item.path] ?? Item(path: item.path, type: item.type)
        let before = own
        own.type = item.type
        for (name, value) in item.properties where now.properties[name] != value { own.properties[name] = value }
        if own != before || tree[item.path] == nil {
            tree.insert(own)
            return true
        }
        // A default that the type has got since then cannot be taken away; the item differs by it, and should.
        let structure = applied.registry.structure(of: item.type)
        let surplus = now.properties.keys.contains {
            item.properties[$0] == nil && structure?.property($0)?.defaultValue == nil
        }
        return surplus && cutHeir(of: item.path)
    }

    /// Takes away the `inherit` by which something is seen at `path`.
    private mutating func cutHeir(of path: ItemPath) -> Bool {
        var next: ItemPath? = path
        while let current = next {
            if var heir = tree[current], heir.source != nil {
                heir.source = nil
                cut.insert(current)
                tree.insert(heir)
                return true
            }
            next = current.parent
        }
        return false
    }
}

extension Field {
    /// Whether an item of the owner's type needs one here.
    fileprivate var isRequired: Bool {
        switch kind {
        case .child(_, let isRequired), .reference(_, let isRequired): isRequired
        case .collection, .referenceCollection: false
        }
    }
}
