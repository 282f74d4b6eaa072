import Formats
package import Model
import PluginKit
import Store

/// Loading, editing and showing the model.
extension Site {
    /// What happens to what is declared already when files are loaded.
    package enum LoadMode: Sendable {
        /// Only into an empty model.
        case new
        /// Items of the files are added; those that are there get the properties that the files give them.
        case merge
        /// The files are the whole model.
        case replace
    }

    /// What loading has done.
    package struct LoadSummary: Sendable {
        package let items: Int
        package let added: Int
        package let changed: Int
        package let removed: Int
        /// What is not wrong, but better otherwise.
        package let warnings: [Diagnostic]
    }

    /// Reads YAML files, or directories of them, and makes them the declared model, or part of it.
    ///
    /// - Throws: ``ServiceError/model(_:)`` with every error of the resulting model; nothing is stored then.
    package func load(files: [String], mode: LoadMode) throws -> LoadSummary {
        try refuseDuringRun()
        let reading = YAMLModelReader(registry: registry).read(files: files)
        let old = try ServiceError.wrapping { try store.declared() }
        if case .new = mode, old.count > 1 {
            throw ServiceError.wrongState(
                "the model is not empty: it has \(old.count - 1) items",
                nextStep: "--replace makes the files the whole model, --merge adds them to it")
        }
        var new = reading.tree
        var errors = reading.errors
        if case .merge = mode {
            new = merged(reading.tree, into: old)
            let (resolved, problems) = ResolvedTree.resolving(new, registry: registry)
            let whole = problems + Validation.errors(of: new, resolved: resolved)
            errors = Array(Set(errors.filter { !isForTheWholeToSay($0, about: reading.tree) } + whole))
        }
        let context = try planningContext(declared: ResolvedTree.resolving(new, registry: registry).tree)
        var warnings = Validation.warnings(of: new, resolved: context.declared)
        let found = crossItemDiagnostics(in: context, beside: errors, acceptingPlaceholders: true)
        errors += found.filter { $0.severity == .error }
        warnings += found.filter { $0.severity == .warning }
        guard errors.isEmpty else { throw ServiceError.model(ModelError(errors + warnings)) }
        let summary = try store(new, insteadOf: old, warnings: warnings.sorted())
        try recordAppliedAtOnce(context.comparison)
        return summary
    }

    /// Changes of what is no configuration count as applied without a plan.
    func recordAppliedAtOnce(_ comparison: TreeComparison) throws {
        let items = comparison.appliedAtOnce
        guard !items.isEmpty else { return }
        try ServiceError.wrapping { try store.changeApplied(inserting: items, removing: []) }
    }

    /// The tree with the items of `added`: new ones as they are, those that are there with the properties that the files give them.
    private func merged(_ added: Tree, into old: Tree) -> Tree {
        var merged = old
        for var item in added.ordered {
            if let before = old[item.path], before.type == item.type {
                item.properties = before.properties.merging(item.properties) { _, new in new }
                item.source = item.source ?? before.source
            }
            merged.insert(item)
        }
        return merged
    }

    /// What files alone may lack, because the model has it: asked again of both together. An item that could not be read at all is not in
    /// `tree`, and what is said of it stands.
    private func isForTheWholeToSay(_ error: Diagnostic, about tree: Tree) -> Bool {
        guard let path = error.path, tree[path] != nil else { return false }
        switch error.identifier {
        case .missingRequiredProperty, .missingRequiredItem, .cardinality: return true
        case .invalidLocation: return error.property == "inherit"
        default: return false
        }
    }

    private func store(_ new: Tree, insteadOf old: Tree, warnings: [Diagnostic] = []) throws -> LoadSummary {
        let inserted = new.ordered.filter { old[$0.path] != $0 }
        let removed = old.ordered.map(\.path).filter { new[$0] == nil }
        try ServiceError.wrapping { try store.changeDeclared(inserting: inserted, removing: removed) }
        let changed = inserted.filter { item in old[item.path].map { !$0.isSameDeclaration(as: item) } ?? false }
        return LoadSummary(
            items: new.count - 1, added: inserted.filter { old[$0.path] == nil }.count, changed: changed.count,
            removed: removed.count, warnings: warnings)
    }

    /// The declared model, or what is below `path`, as YAML that loads to the same tree.
    package func export(_ path: ItemPath) throws -> String {
        let (tree, resolved, _) = try declared()
        guard path.isRoot || tree[path] != nil || !tree.children(of: path).isEmpty else {
            throw ServiceError.model(ModelError(.noItem(path, in: resolved)))
        }
        return YAMLModelWriter(registry: registry).text(of: tree, subtree: path)
    }

    // MARK: One item at a time

    /// `create` and `inherit`. Returns the warnings about the item.
    @discardableResult
    package func create(_ written: WrittenItem) throws -> [Diagnostic] {
        try edit(at: written.path) { try $0.create(written, registry: registry) }
    }

    /// Changes properties of an item. Returns the warnings about it.
    @discardableResult
    package func update(
        _ path: ItemPath, properties: [String: WrittenValue], deleting: [String]
    ) throws -> [Diagnostic] {
        try edit(at: path) { try $0.update(path, properties: properties, deleting: deleting, registry: registry) }
    }

    /// Removes an item with everything below it and everything that inherits from it. Returns what was removed.
    package func remove(_ path: ItemPath) throws -> [ItemPath] {
        var removed: [ItemPath] = []
        _ = try edit(at: path) { removed = try $0.removeItem(path, registry: registry) }
        return removed
    }

    /// Carries out a change, and returns the warnings about the item at `path`.
    private func edit(at path: ItemPath, _ change: (inout Tree) throws -> Void) throws -> [Diagnostic] {
        try refuseDuringRun()
        let old = try ServiceError.wrapping { try store.declared() }
        var new = old
        try ServiceError.wrapping { try change(&new) }
        let (resolved, _) = ResolvedTree.resolving(new, registry: registry)
        let comparison = TreeComparison(declared: resolved, applied: try applied())
        let errors = readOnlyErrors(comparison)
        guard errors.isEmpty else { throw ServiceError.model(ModelError(errors)) }
        _ = try store(new, insteadOf: old)
        try recordAppliedAtOnce(comparison)
        return new[path].map { Validation.warnings(of: Tree(items: [$0]), resolved: resolved) } ?? []
    }

    // MARK: Looking

    /// An item as `show` presents it.
    package struct ShownItem: Sendable {
        package let item: ResolvedItem
        package let state: ItemState
        /// Names of fixed children and collections, and of the members where the path is a collection.
        package let children: [String]
    }

    /// The item at `path`, or the collection, and with `recursive` all below it; in tree order.
    package func show(_ path: ItemPath, recursive: Bool) throws -> [ShownItem] {
        let (_, resolved, _) = try declared()
        let comparison = TreeComparison(declared: resolved, applied: try applied())
        func shown(_ item: ResolvedItem) -> ShownItem? {
            comparison.state(of: item.path).map {
                ShownItem(item: item, state: $0, children: resolved.childNames(of: item.path))
            }
        }
        let gone = comparison.removed.filter { $0.path.isWithin(path) }
        if recursive || resolved[path] == nil {
            let found = (resolved.subtree(of: path) + gone).sorted { $0.path < $1.path }
            let wanted = recursive ? found : found.filter { $0.path.parent == path || $0.path == path }
            guard !wanted.isEmpty else { throw ServiceError.model(ModelError(.noItem(path, in: resolved))) }
            return wanted.compactMap(shown)
        }
        return [resolved[path]].compactMap { $0 }.compactMap(shown)
    }
}
