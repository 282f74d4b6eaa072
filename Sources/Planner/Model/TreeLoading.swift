/// Loading a fragment into a tree (`reference/engine.md` 2.4). Pure: what comes of it is for the caller to validate and to store.
extension Tree {
    /// What happens to items that are there already.
    package enum LoadingMode: Sendable {
        /// The top of the fragment must not be there.
        case new
        /// Properties of the fragment are set, all others stay.
        case merge
        /// At the top of the fragment and below it, nothing stays that the fragment does not have.
        case replace
    }

    /// A tree into which a fragment was loaded.
    package struct Loading: Sendable {
        package let tree: Tree
        /// What is in the tree before and not in this one, in tree order: what the fragment does not have, and what inherited from that.
        package let removed: [ItemPath]
        /// What is wrong with the fragment by itself, or with its place in the tree. The types have not been asked.
        package let errors: [Diagnostic]
    }

    /// The tree with the items of `fragment`.
    ///
    /// An item of another type takes the place of the one that is there, with all that is below it. Where a fragment repeats what is seen anyway,
    /// because something above it inherits, nothing is kept of that: neither the source, nor an item that adds nothing.
    ///
    /// - Complexity: O(items of the fragment × depth), and O(items) when something is removed.
    package func loading(_ fragment: TreeFragment, mode: LoadingMode, registry: TypeRegistry) -> Loading {
        var loading = FragmentLoading(old: self, fragment: fragment, mode: mode, registry: registry)
        loading.refuseExisting()
        for written in fragment.items { loading.take(written) }
        loading.forgetRepetitions()
        if mode == .replace { loading.removeUnmentioned() }
        loading.removeOrphans()
        return Loading(
            tree: loading.new, removed: loading.gone.filter { loading.new[$0] == nil }.sorted(), errors: loading.errors.sorted())
    }

    /// Where the values at `path` would come from if the item there did not name a source itself: the matching place below the source of
    /// something above it. Nil when nothing above inherits, or when nothing is seen at that place.
    package func impliedSource(of path: ItemPath) -> ItemPath? {
        guard let parent = path.parent else { return nil }
        guard let place = Inheritance(tree: self).origin(of: parent)?.appending(path.name), seenType(of: place) != nil
        else { return nil }
        return place
    }

    /// The type of the item at `path`, or of the one that is seen there because something above it inherits; nil when there is none.
    package func seenType(of path: ItemPath) -> String? {
        let inheritance = Inheritance(tree: self)
        var next: ItemPath? = path
        for _ in 0..<Inheritance.maximumChain {
            guard let current = next else { return nil }
            if let item = self[current] { return item.type }
            next = inheritance.origin(of: current)
        }
        return nil
    }
}

/// One fragment on its way into a tree.
private struct FragmentLoading {
    let old: Tree
    let fragment: TreeFragment
    let mode: Tree.LoadingMode
    let registry: TypeRegistry
    var new: Tree
    /// Items that were taken out on the way; some came back.
    var gone: Set<ItemPath> = []
    var errors: [Diagnostic] = []
    private var mentioned: Set<ItemPath> = []

    init(old: Tree, fragment: TreeFragment, mode: Tree.LoadingMode, registry: TypeRegistry) {
        self.old = old
        self.fragment = fragment
        self.mode = mode
        self.registry = registry
        new = old
    }

    mutating func refuseExisting() {
        guard mode == .new else { return }
        let top = fragment.top
        let members = old.children(of: top).count
        if top.isRoot {
            if old.count > 1 { refuse("the model has \(old.count - 1) \(old.count == 2 ? "item" : "items") already") }
        } else if old[top] != nil {
            refuse("there is an item \(top) already")
        } else if members > 0 {
            refuse("the collection \(top) has \(members) \(members == 1 ? "item" : "items") already")
        }
    }

    private mutating func refuse(_ summary: String) {
        errors.append(
            Diagnostic(
                .itemExists, summary, path: fragment.top, place: fragment.place,
                nextStep: "--merge adds the file to it, --replace makes it what the file says"))
    }

    // MARK: Items of the fragment

    mutating func take(_ written: WrittenItem) {
        mentioned.insert(written.path)
        guard var item = new.item(from: written, registry: registry, errors: &errors) else { return }
        guard let existing = new[item.path] else { return new.insert(item) }
        if mode != .replace, registry.isKind(existing.type, of: item.type) { item.type = existing.type }
        guard existing.type == item.type else {
            gone.formUnion(new.remove(item.path).map(\.path))
            return new.insert(item)
        }
        if mode != .replace {
            if let source = item.source, let known = Inheritance(tree: old).origin(of: item.path), known != source {
                errors.append(otherSource(of: item, known: known))
            }
            // An item that stood alone may begin to inherit; one that inherits goes on.
            if item.source == nil || Inheritance(tree: old).origin(of: item.path) != nil { item.source = existing.source }
            item.properties.merge(existing.properties) { new, _ in new }
            item.places = item.places?.adding(existing.places)
        }
        if !existing.isSameDeclaration(as: item) { new.insert(item) }
    }

    private func otherSource(of item: Item, known: ItemPath) -> Diagnostic {
        Diagnostic(
            .invalidRequest, "the item inherits from another source already", path: item.path, property: "inherit",
            value: item.source?.text, rule: "it inherits from \(known)", place: item.place(of: "inherit"),
            nextStep: "--replace makes it inherit from the source that the file names")
    }

    mutating func forgetRepetitions() {
        var repetitions: Set<ItemPath> = []
        for written in fragment.items where written.source != nil {
            guard var item = new[written.path], let source = item.source, new.impliedSource(of: item.path) == source else {
                continue
            }
            item.source = nil
            new.insert(item)
            if item.properties.isEmpty, item.type == new.seenType(of: source), old[item.path] == nil {
                repetitions.insert(item.path)
            }
        }
        // Items below stay: they are seen below the source too.
        if !repetitions.isEmpty { new = Tree(items: new.ordered.filter { !repetitions.contains($0.path) }) }
    }

    // MARK: What goes

    mutating func removeUnmentioned() {
        remove(Set(new.subtree(of: fragment.top).map(\.path).filter { !mentioned.contains($0) && !$0.isRoot }))
    }

    /// What inherited from something that was removed goes with it, unless the fragment wants it: that is a contradiction.
    mutating func removeOrphans() {
        guard gone.contains(where: { new[$0] == nil }) else { return }
        let known = orphans(in: old)
        var reported: Set<ItemPath> = []
        while true {
            let lost = orphans(in: new).subtracting(known)
            for path in lost.intersection(mentioned).sorted() where reported.insert(path).inserted {
                // A source that was never there is for validation to report.
                guard let item = new[path], let source = item.source, old.seenType(of: source) != nil else { continue }
                errors.append(
                    Diagnostic(
                        .methodNotAllowed, "the item would lose its source", path: path, property: "inherit",
                        value: source.text, rule: "\(source) is removed, because the file does not have it",
                        place: item.place(of: "inherit"), nextStep: "add the source to the file, or leave this item out"))
            }
            let leaving = lost.subtracting(mentioned)
            guard !leaving.isEmpty else { return }
            remove(Set(leaving.flatMap { new.subtree(of: $0).map(\.path) }))
        }
    }

    private func orphans(in tree: Tree) -> Set<ItemPath> {
        let (_, errors) = ResolvedTree.resolving(tree, registry: registry)
        return Set(errors.filter { $0.identifier == .invalidLocation && $0.property == "inherit" }.compactMap(\.path))
    }

    /// All at once: one at a time would cost O(siblings) for each.
    private mutating func remove(_ paths: Set<ItemPath>) {
        guard !paths.isEmpty else { return }
        gone.formUnion(paths)
        new = Tree(items: new.ordered.filter { !paths.contains($0.path) })
    }
}
