import Dispatch
import Formats
package import Model
import PluginKit
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
        /// What is not wrong, but better otherwise.
        package let warnings: [Diagnostic]
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
        guard draft.errors.isEmpty else {
            let reading = draft.checked()
            let found = try check(reading.tree, reading.resolved, errors: reading.errors)
            throw ServiceError.model(ModelError(found.errors + found.warnings))
        }
        return try store(draft.tree, insteadOf: old, serial: serial, valueCheck: .all) {
            let reading = draft.checked()
            return try check(reading.tree, reading.resolved, errors: reading.errors)
        }
    }

    private func merge(_ draft: ModelDraft, into old: Tree, serial: Int) throws -> LoadSummary {
        let reading = draft.checked()
        let new = merged(reading.tree, into: old)
        return try store(new, insteadOf: old, serial: serial, valueCheck: .all) {
            let (resolved, problems) = ResolvedTree.resolving(new, registry: registry)
            let faults = problems + Validation.errors(of: new, resolved: resolved)
            let errors = Set(reading.errors.filter { !isForTheWholeToSay($0, about: reading.tree) } + faults)
            return try check(new, resolved, errors: Array(errors))
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

    /// What came of checking a model before it is stored.
    struct ModelCheck: Sendable {
        var errors: [Diagnostic]
        var warnings: [Diagnostic] = []
        /// What counts as applied without a plan, because only what is no configuration has changed.
        var appliedAtOnce: [ResolvedItem] = []
    }

    /// Holds a tree against the rules over several items and against what was applied.
    ///
    /// - Parameter errors: what is wrong as far as types say.
    func check(_ tree: Tree, _ resolved: ResolvedTree, errors: [Diagnostic]) throws -> ModelCheck {
        let context = try planningContext(declared: resolved)
        let found = crossItemDiagnostics(in: context, beside: errors, acceptingPlaceholders: true)
        return ModelCheck(
            errors: errors + found.filter { $0.severity == .error },
            warnings: (Validation.warnings(of: tree, resolved: resolved) + found.filter { $0.severity == .warning }).sorted(),
            appliedAtOnce: context.comparison.appliedAtOnce)
    }

    /// Writes a tree in one transaction while it is checked, and commits when nothing is wrong with it.
    ///
    /// - Parameters:
    ///   - serial: of `old`; nothing is written when somebody has changed it meanwhile.
    ///   - valueCheck: which values `check` has looked at.
    func store(
        _ new: Tree, insteadOf old: Tree, serial: Int, valueCheck: ValueCheck,
        unless check: @escaping @Sendable () throws -> ModelCheck
    ) throws -> LoadSummary {
        let verdict = Verdict(of: check)
        let outcome = Mutex(Result<(EditOutcome, [Diagnostic]), any Error>.success((EditOutcome(), [])))
        // The checks come first, so that on one processor the transaction finds them done.
        DispatchQueue.concurrentPerform(iterations: 2) { number in
            if number == 0 { return verdict.reach() }
            let written = Result {
                let outcome = old.outcome(of: new)
                return try store.editDeclared { items in
                    try refuseDuringRun(try items.leaseHolder())
                    guard try items.declaredSerial == serial else {
                        throw ServiceError.wrongState(
                            "the model was changed meanwhile by somebody else", nextStep: "give the command again")
                    }
                    return DeclaredChanges(inserting: outcome.inserted, removing: outcome.removed, check: valueCheck)
                } confirming: {
                    let found = try verdict.wait()
                    guard found.errors.isEmpty else { throw ServiceError.model(ModelError(found.errors + found.warnings)) }
                    return (found.appliedAtOnce, (outcome, found.warnings))
                }
            }
            outcome.withLock { $0 = written }
        }
        let (written, warnings) = try ServiceError.wrapping { try outcome.withLock { $0 }.get() }
        return LoadSummary(items: new.count - 1, changes: ModelChanges(written, of: old), warnings: warnings)
    }

    /// The declared model, or what is below `path`, as YAML that loads to the same tree.
    package func export(_ path: ItemPath) throws -> String {
        let tree = try ServiceError.wrapping { try store.declared() }
        guard path.isRoot || tree[path] != nil || tree.hasChildren(path) else {
            let resolved = ResolvedTree.resolving(tree, registry: registry).tree
            throw ServiceError.model(ModelError(.noItem(path, in: resolved)))
        }
        return YAMLModelWriter(registry: registry).text(of: tree, subtree: path)
    }

    // MARK: One item at a time

    /// `create` and `inherit`.
    @discardableResult
    package func create(_ written: WrittenItem) throws -> EditOutcome { try edit(.create(written)) }

    @discardableResult
    package func update(
        _ path: ItemPath, properties: [String: WrittenValue], deleting: [String]
    ) throws -> EditOutcome {
        try edit(.update(path, properties: properties, deleting: deleting))
    }

    /// Removes an item with everything below it and everything that inherits from it. Returns what was removed.
    package func remove(_ path: ItemPath) throws -> [ItemPath] { try edit(.remove(path)).removed }

    /// Carries out one edit of the declared tree in one transaction. Costs what the edit touches, not what the tree holds.
    ///
    /// - Throws: ``ServiceError/model(_:)`` with every fault; nothing is stored then.
    package func edit(_ edit: ModelEdit) throws -> EditOutcome {
        try ServiceError.wrapping {
            var outcome = EditOutcome()
            return try store.editDeclared { items in
                try refuseDuringRun(try items.leaseHolder())
                outcome = try edit.outcome(on: items, applied: items, registry: registry)
                return DeclaredChanges(inserting: outcome.inserted, removing: outcome.removed, check: .changes)
            } confirming: {
                (outcome.appliedAtOnce, outcome)
            }
        }
    }
}
