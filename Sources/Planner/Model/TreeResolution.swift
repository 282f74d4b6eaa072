/// The way from a declared tree to effective values.
extension ResolvedTree {
    /// Resolves inheritance and defaults.
    ///
    /// - Returns: the resolved tree, and an error for each item whose source does not exist, is of another type or leads back to the item.
    ///   Such an item is resolved as if it did not inherit.
    /// - Complexity: O(items seen), where the children of a source count once for every inheritor.
    package static func resolving(_ tree: Tree, registry: TypeRegistry) -> (tree: ResolvedTree, errors: [Diagnostic]) {
        var resolution = TreeResolution(tree: tree, registry: registry)
        resolution.visit(.root, source: nil)
        return (ResolvedTree(ordered: resolution.ordered, registry: registry), resolution.errors)
    }
}

private struct TreeResolution {
    let tree: Tree
    let registry: TypeRegistry
    var ordered: [ResolvedItem] = []
    var errors: [Diagnostic] = []
    /// Sources that were found to be unusable, so that each is reported once.
    private var refused: Set<ItemPath> = []

    init(tree: Tree, registry: TypeRegistry) {
        self.tree = tree
        self.registry = registry
        ordered.reserveCapacity(tree.count)
    }

    /// Adds the item at `path`, if there is one, and everything below it.
    ///
    /// - Parameter source: where the item's values come from because its parent inherits; nil outside of inherited subtrees.
    mutating func visit(_ path: ItemPath, source: ItemPath?) {
        let declaration = tree[path]
        let source = declaration?.source.flatMap { isUsable($0, for: declaration) ? $0 : nil } ?? source
        if let item = item(at: path, declaration: declaration, source: source) { ordered.append(item) }
        guard let source else {
            for name in tree.children(of: path) { visit(path.appending(name), source: nil) }
            return
        }
        for name in names(at: path, source: source) {
            visit(path.appending(name), source: source.appending(name))
        }
    }

    private func item(at path: ItemPath, declaration: Item?, source: ItemPath?) -> ResolvedItem? {
        let inherited = source.flatMap { effective($0) }
        guard let type = declaration?.type ?? inherited?.type else { return nil }
        var properties = declaration?.properties ?? [:]
        if let inherited { properties.merge(inherited.properties) { own, _ in own } }
        for property in registry.structure(of: type)?.properties ?? []
        where properties[property.name] == nil {
            properties[property.name] = property.defaultValue
        }
        return ResolvedItem(
            path: path, type: type, source: inherited == nil ? nil : source, declaration: declaration,
            properties: properties)
    }

    /// Type and values of a source, which may inherit in turn: directly, or because an ancestor of it does.
    private func effective(_ path: ItemPath) -> (type: String, properties: [String: PropertyValue])? {
        let declaration = tree[path]
        let inherited = sourcePosition(of: path).flatMap { effective($0) }
        guard let type = declaration?.type ?? inherited?.type else { return nil }
        let own = declaration?.properties ?? [:]
        return (type, inherited.map { own.merging($0.properties) { own, _ in own } } ?? own)
    }

    /// Where the values of `path` come from when it inherits: its own source, or the matching place below an ancestor's.
    private func sourcePosition(of path: ItemPath) -> ItemPath? {
        if let declaration = tree[path], let source = declaration.source, !refused.contains(path) { return source }
        guard let parent = path.parent, let parentSource = sourcePosition(of: parent) else { return nil }
        return parentSource.appending(path.name)
    }

    /// The ids below `path`: its own, and those of its source.
    private func names(at path: ItemPath, source: ItemPath?) -> [String] {
        let own = tree.children(of: path)
        guard let source else { return own }
        let inherited = names(at: source, source: sourcePosition(of: source))
        if own.isEmpty { return inherited }
        let known = Set(own)
        return (own + inherited.filter { !known.contains($0) }).sorted { NaturalOrder.isBefore($0, $1) }
    }

    private mutating func isUsable(_ source: ItemPath, for item: Item?) -> Bool {
        guard let item, !refused.contains(item.path) else { return false }
        guard let problem = problem(with: source, of: item) else { return true }
        refused.insert(item.path)
        errors.append(problem)
        return false
    }

    private func problem(with source: ItemPath, of item: Item) -> Diagnostic? {
        func diagnostic(
            _ identifier: Diagnostic.Identifier, _ summary: String, rule: String? = nil, nextStep: String? = nil
        ) -> Diagnostic {
            Diagnostic(
                identifier, summary, path: item.path, property: "inherit", value: source.text, rule: rule,
                place: item.place(of: "inherit"), nextStep: nextStep)
        }
        var seen = [item.path]
        var next: ItemPath? = source
        while let current = next {
            if current.isWithin(item.path) || item.path.isWithin(current) || seen.contains(current) {
                return diagnostic(
                    .methodNotAllowed, "inherit leads back to the item itself",
                    rule: "a source inherits, directly or through others, from no item that inherits from it: "
                        + (seen + [current]).map(\.text).joined(separator: " -> "))
            }
            seen.append(current)
            next = sourcePosition(of: current)
        }
        guard let found = effective(source) else {
            let siblings = source.parent.map { tree.children(of: $0) } ?? []
            let suggestion = NearestWord.to(String(source.name), among: siblings)
            return diagnostic(
                .invalidLocation, "inherit names an item that does not exist",
                nextStep: suggestion.map { "did you mean '\(source.parent?.appending($0).text ?? $0)'?" })
        }
        guard registry.isKind(found.type, of: item.type) || registry.isKind(item.type, of: found.type) else {
            return diagnostic(
                .invalidChildType, "inherit names an item of another type",
                rule: "\(source) is a \(found.type), this item is a \(item.type)")
        }
        return nil
    }
}
