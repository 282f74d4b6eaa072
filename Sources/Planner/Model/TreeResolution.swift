/// The way from a declared tree to effective values.
extension ResolvedTree {
    /// How many items a tree may show; a few items that inherit from each other's parents could show more than fit in memory.
    package static let maximumItems = 1_000_000

    /// Resolves inheritance and defaults.
    ///
    /// - Returns: the resolved tree, and an error for each item whose source does not exist, is of another type or leads back to the item.
    ///   Such an item is resolved as if it did not inherit.
    /// - Complexity: O(items seen), where the children of a source count once for every inheritor.
    package static func resolving(
        _ tree: Tree, registry: TypeRegistry, maximumItems: Int = ResolvedTree.maximumItems
    ) -> (tree: ResolvedTree, errors: [Diagnostic]) {
        var resolution = TreeResolution(tree: tree, registry: registry, maximumItems: maximumItems)
        resolution.refuseLoops()
        resolution.visit(.root, source: nil)
        // Where nobody inherits, every place is one of the declared tree.
        let resolved =
            tree.hasHeirs
            ? ResolvedTree(ordered: resolution.ordered, registry: registry)
            : ResolvedTree(ordered: resolution.ordered, childPaths: tree.childPaths, registry: registry)
        return (resolved, resolution.errors)
    }
}

private struct TreeResolution {
    let tree: Tree
    let registry: TypeRegistry
    let maximumItems: Int
    var ordered: [ResolvedItem] = []
    var errors: [Diagnostic] = []
    private var inheritance: Inheritance
    private var isTooLarge = false

    init(tree: Tree, registry: TypeRegistry, maximumItems: Int) {
        self.tree = tree
        self.registry = registry
        self.maximumItems = maximumItems
        inheritance = Inheritance(tree: tree)
        ordered.reserveCapacity(tree.count)
    }

    mutating func refuseLoops() {
        for loop in inheritance.refuseLoops() {
            errors.append(
                diagnostic(
                    .methodNotAllowed, "inherit leads back to the item itself", of: loop.item,
                    rule: "a source holds and inherits, directly or through others, nothing that inherits from it: "
                        + loop.way.map(\.text).joined(separator: " -> ")))
        }
    }

    /// Adds the item at `path`, if there is one, and everything below it.
    ///
    /// - Parameter source: where the item's values come from because its parent inherits; nil outside of inherited subtrees.
    mutating func visit(_ path: ItemPath, source: ItemPath?) {
        guard ordered.count < maximumItems else { return reportSize(at: path) }
        let declaration = tree[path]
        let source = declaration?.source == nil ? source : declaration.flatMap { usableSource(of: $0) }
        if let item = item(at: path, declaration: declaration, source: source) { ordered.append(item) }
        guard let source else {
            for child in tree.childPaths(of: path) { visit(child, source: nil) }
            return
        }
        for name in names(at: path, source: source) { visit(path.appending(name), source: source.appending(name)) }
    }

    private func item(at path: ItemPath, declaration: Item?, source: ItemPath?) -> ResolvedItem? {
        let inherited = source.flatMap { effective($0) }
        guard let type = declaration?.type ?? inherited?.type else { return nil }
        let structure = registry.structure(of: type)
        var properties = declaration?.properties ?? [:]
        for (name, value) in inherited?.properties ?? [:] where properties[name] == nil {
            // A source of a narrower type may have properties that this item's type does not know.
            if let structure, structure.property(name) == nil { continue }
            properties[name] = value
        }
        if let structure { properties.merge(structure.defaults) { own, _ in own } }
        return ResolvedItem(
            path: path, type: type, source: inherited == nil ? nil : source, declaration: declaration,
            properties: properties)
    }

    /// Type and values of a source, which may inherit in turn: directly, or because an ancestor of it does.
    private func effective(_ path: ItemPath) -> (type: String, properties: [String: PropertyValue])? {
        let declaration = tree[path]
        let inherited = inheritance.origin(of: path).flatMap { effective($0) }
        guard let type = declaration?.type ?? inherited?.type else { return nil }
        let own = declaration?.properties ?? [:]
        return (type, inherited.map { own.merging($0.properties) { own, _ in own } } ?? own)
    }

    /// The ids below `path`: its own, and those of its source.
    private func names(at path: ItemPath, source: ItemPath?) -> [String] {
        let own = tree.children(of: path)
        guard let source else { return own }
        let inherited = names(at: source, source: inheritance.origin(of: source))
        if own.isEmpty { return inherited }
        let known = Set(own)
        return (own + inherited.filter { !known.contains($0) }).sorted { NaturalOrder.isBefore($0, $1) }
    }

    // MARK: Sources that cannot be used

    private mutating func usableSource(of item: Item) -> ItemPath? {
        guard let source = item.source, !inheritance.refused.contains(item.path) else { return nil }
        guard let problem = problem(with: source, of: item) else { return source }
        inheritance.refuse(item.path)
        errors.append(problem)
        return nil
    }

    private func problem(with source: ItemPath, of item: Item) -> Diagnostic? {
        guard chainEnds(from: source) else {
            return diagnostic(
                .methodNotAllowed, "inherit goes through too many items", of: item,
                rule: "at most \(Inheritance.maximumChain) sources, one behind the other")
        }
        guard let found = effective(source) else {
            let siblings = source.parent.map { tree.children(of: $0) } ?? []
            let suggestion = NearestWord.to(String(source.name), among: siblings)
            return diagnostic(
                .invalidLocation, "inherit names an item that does not exist", of: item,
                nextStep: suggestion.map { "did you mean '\(source.parent?.appending($0).text ?? $0)'?" })
        }
        guard registry.isKind(found.type, of: item.type) || registry.isKind(item.type, of: found.type) else {
            return diagnostic(
                .invalidChildType, "inherit names an item of another type", of: item,
                rule: "\(source) is a \(found.type), this item is a \(item.type)")
        }
        return nil
    }

    private func chainEnds(from source: ItemPath) -> Bool {
        var next: ItemPath? = source
        for _ in 0..<Inheritance.maximumChain {
            guard let current = next else { return true }
            next = inheritance.origin(of: current)
        }
        return false
    }

    private mutating func reportSize(at path: ItemPath) {
        guard !isTooLarge, let heir = inheritance.heir(at: path) ?? tree[.root] else { return }
        isTooLarge = true
        errors.append(
            diagnostic(
                .methodNotAllowed, "the model shows too many items", of: heir,
                rule: "at most \(maximumItems), where the items below a source count for every inheritor"))
    }

    private func diagnostic(
        _ identifier: Diagnostic.Identifier, _ summary: String, of item: Item, rule: String? = nil,
        nextStep: String? = nil
    ) -> Diagnostic {
        Diagnostic(
            identifier, summary, path: item.path, property: "inherit", value: item.source?.text, rule: rule,
            place: item.place(of: "inherit"), nextStep: nextStep)
    }
}
