import Dispatch
import Formats
package import Model
import Store
import Synchronization

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
        let draft = YAMLModelReader(registry: registry).draft(ofFiles: files)
        let serial = try ServiceError.wrapping { try store.declaredSerial }
        let old = try ServiceError.wrapping { try store.declared() }
        if case .new = mode, old.count > 1 {
            throw ServiceError.wrongState(
                "the model is not empty: it has \(old.count - 1) items",
                nextStep: "--replace makes the files the whole model, --merge adds them to it")
        }
        if case .merge = mode { return try merge(draft, into: old, serial: serial) }
        guard draft.errors.isEmpty else { throw ServiceError.model(ModelError(draft.checked().errors)) }
        return try store(draft.tree, insteadOf: old, serial: serial) {
            let reading = draft.checked()
            return try reading.errors.isEmpty
                ? crossItemErrors(in: planningContext(declared: reading.resolved)) : reading.errors
        }
    }

    private func merge(_ draft: ModelDraft, into old: Tree, serial: Int) throws -> LoadSummary {
        let reading = draft.checked()
        let new = merged(reading.tree, into: old)
        return try store(new, insteadOf: old, serial: serial) {
            let (resolved, problems) = ResolvedTree.resolving(new, registry: registry)
            let faults = problems + Validation.errors(of: new, resolved: resolved)
            let errors = Set(reading.errors.filter { !isForTheWholeToSay($0, about: reading.tree) } + faults)
            return try errors.isEmpty ? crossItemErrors(in: planningContext(declared: resolved)) : Array(errors)
        }
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

    /// Writes a tree in one transaction while it is checked, and commits when nothing is wrong with it.
    ///
    /// - Parameter serial: of `old`; nothing is written when somebody has changed it meanwhile.
    func store(
        _ new: Tree, insteadOf old: Tree, serial: Int, unless faults: @escaping @Sendable () throws -> [Diagnostic]
    ) throws -> LoadSummary {
        let verdict = Verdict(of: faults)
        let outcome = Mutex(Result<EditOutcome, any Error>.success(EditOutcome()))
        // The checks come first, so that on one processor the transaction finds them done.
        DispatchQueue.concurrentPerform(iterations: 2) { number in
            if number == 0 { return verdict.reach() }
            let written = Result {
                let outcome = old.outcome(of: new)
                let changes = DeclaredChanges(inserting: outcome.inserted, removing: outcome.removed)
                try store.editDeclared { items in
                    try refuseDuringRun(try items.leaseHolder())
                    guard try items.declaredSerial == serial else {
                        throw ServiceError.wrongState(
                            "the model was changed meanwhile by somebody else", nextStep: "give the command again")
                    }
                    return (changes, ())
                } unless: {
                    let errors = try verdict.wait()
                    if !errors.isEmpty { throw ServiceError.model(ModelError(errors)) }
                }
                return outcome
            }
            outcome.withLock { $0 = written }
        }
        let written = try ServiceError.wrapping { try outcome.withLock { $0 }.get() }
        return LoadSummary(items: new.count - 1, changes: ModelChanges(written, of: old))
    }

    /// The declared model, or what is below `path`, as YAML that loads to the same tree.
    package func export(_ path: ItemPath) throws -> String {
        let tree = try ServiceError.wrapping { try store.declared() }
        guard path.isRoot || tree[path] != nil || !tree.children(of: path).isEmpty else {
            let resolved = ResolvedTree.resolving(tree, registry: registry).tree
            throw ServiceError.model(ModelError(.noItem(path, in: resolved)))
        }
        return YAMLModelWriter(registry: registry).text(of: tree, subtree: path)
    }

    // MARK: One item at a time

    /// `create` and `inherit`.
    @discardableResult
    package func create(_ written: WrittenItem) throws -> ModelChanges { ModelChanges(try edit(.create(written))) }

    @discardableResult
    package func update(
        _ path: ItemPath, properties: [String: WrittenValue], deleting: [String]
    ) throws -> ModelChanges {
        ModelChanges(try edit(.update(path, properties: properties, deleting: deleting)))
    }

    /// Removes an item with everything below it and everything that inherits from it. Returns what was removed.
    package func remove(_ path: ItemPath) throws -> [ItemPath] { try edit(.remove(path)).removed }

    /// Carries out one edit of the declared tree in one transaction. Costs what the edit touches, not what the tree holds.
    ///
    /// - Throws: ``ServiceError/model(_:)`` with every fault; nothing is stored then.
    package func edit(_ edit: ModelEdit) throws -> EditOutcome {
        try ServiceError.wrapping {
            try store.editDeclared { items in
                try refuseDuringRun(try items.leaseHolder())
                let outcome = try edit.outcome(on: items, applied: items, registry: registry)
                return (DeclaredChanges(inserting: outcome.inserted, removing: outcome.removed), outcome)
            }
        }
    }
}
