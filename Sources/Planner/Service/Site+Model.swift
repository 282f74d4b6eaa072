import Formats
package import Model
import Store

/// Loading and editing the model.
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
        package let changes: ModelChanges
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
        if errors.isEmpty { errors = crossItemErrors(in: context) }
        guard errors.isEmpty else { throw ServiceError.model(ModelError(errors)) }
        return try store(new, insteadOf: old)
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

    func store(_ new: Tree, insteadOf old: Tree) throws -> LoadSummary {
        let inserted = new.ordered.filter { old[$0.path] != $0 }
        let removed = old.ordered.map(\.path).filter { new[$0] == nil }
        try ServiceError.wrapping { try store.changeDeclared(inserting: inserted, removing: removed) }
        return LoadSummary(items: new.count - 1, changes: ModelChanges(from: old, to: new, inserted: inserted, removed: removed))
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

    /// `create` and `inherit`. Items on the way that need nothing are added with it.
    @discardableResult
    package func create(_ written: WrittenItem) throws -> ModelChanges {
        try edit { try $0.create(written, registry: registry) }
    }

    @discardableResult
    package func update(
        _ path: ItemPath, properties: [String: WrittenValue], deleting: [String]
    ) throws -> ModelChanges {
        try edit { try $0.update(path, properties: properties, deleting: deleting, registry: registry) }
    }

    /// Removes an item with everything below it and everything that inherits from it. Returns what was removed.
    package func remove(_ path: ItemPath) throws -> [ItemPath] {
        var removed: [ItemPath] = []
        _ = try edit { removed = try $0.removeItem(path, registry: registry) }
        return removed
    }

    private func edit(_ change: (inout Tree) throws -> Void) throws -> ModelChanges {
        try refuseDuringRun()
        let old = try ServiceError.wrapping { try store.declared() }
        var new = old
        try ServiceError.wrapping { try change(&new) }
        let (resolved, _) = ResolvedTree.resolving(new, registry: registry)
        let errors = readOnlyErrors(TreeComparison(declared: resolved, applied: try applied()))
        guard errors.isEmpty else { throw ServiceError.model(ModelError(errors)) }
        return try store(new, insteadOf: old).changes
    }
}
