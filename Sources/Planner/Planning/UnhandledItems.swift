package import Model
import PluginKit
import TaskKit

/// An item that differs from what was applied, and that no plugin has anything to do with though its type does not say that it needs no task
/// (``ItemType/needsNoTask``).
package struct UnhandledItem: Hashable, Sendable {
    package let path: ItemPath
    package let type: String
    /// Whether it is no longer declared: what it made, if anything, stays where it is.
    package let isRemoved: Bool

    package init(path: ItemPath, type: String, isRemoved: Bool) {
        self.path = path
        self.type = type
        self.isRemoved = isRemoved
    }
}

/// Finds the items that no plugin handles, while the steps of the plugins pass by.
///
/// An item is handled when a step is of it or takes it in, or of an item above it that is not mere structure: the step of a virtual machine
/// is that of its interfaces too. What is no longer declared is handled by an undo, or when what it was a part of still has a step.
package struct UnhandledItems {
    private let input: PlanningInput
    private let candidates: [(path: ItemPath, state: ItemState)]
    private var handled: Set<ItemPath> = []
    private var undone: Set<ItemPath> = []
    private var registry: TypeRegistry { input.context.declared.registry }

    init(_ input: PlanningInput) {
        self.input = input
        var candidates: [(path: ItemPath, state: ItemState)] = []
        let registry = input.context.declared.registry
        for (path, state) in input.context.comparison.changed {
            guard let type = input.item(at: path)?.type, registry.structure(of: type)?.needsNoTask != true else { continue }
            candidates.append((path, state))
        }
        self.candidates = candidates
    }

    /// All of a model, whatever is applied of its steps. Asks every plugin for all of its steps when any item might be one.
    package static func all(in input: PlanningInput) -> [UnhandledItem] {
        var search = UnhandledItems(input)
        guard !search.items.isEmpty else { return [] }
        for plugin in input.plugins {
            search.note(plugin.steps(in: input.context))
            search.note(plugin.undoSteps(in: input.context))
            search.note(plugin.locks(in: input.context).map(\.lock))
        }
        return search.items
    }

    mutating func note(_ steps: [Step]) {
        guard !candidates.isEmpty else { return }
        for step in steps {
            handled.insert(step.identity.item)
            handled.formUnion(step.inputs)
            if case .undo(let scopes) = step.role { undone.formUnion(scopes.map(\.item)) }
        }
    }

    /// In tree order.
    var items: [UnhandledItem] {
        candidates.compactMap { path, state in
            guard !isHandled(path), let type = input.item(at: path)?.type else { return nil }
            return UnhandledItem(path: path, type: type, isRemoved: state == .forRemoval)
        }
    }

    private func isHandled(_ path: ItemPath) -> Bool {
        var isPart = true
        var above: ItemPath? = path
        while let current = above {
            if undone.contains(current) || isPart && handled.contains(current) { return true }
            if let structure = input.item(at: current).flatMap({ registry.structure(of: $0.type) }) {
                if structure.holdsDefinitions { return true }
                if structure.needsNoTask { isPart = false }
            }
            above = current.parent
        }
        return false
    }
}

extension [UnhandledItem] {
    /// As warnings: each item, and of many of one type the first ten.
    package var diagnostics: [Diagnostic] {
        var counts: [String: Int] = [:]
        var warnings: [Diagnostic] = []
        for item in self {
            let kind = "\(item.isRemoved) \(item.type)"
            counts[kind, default: 0] += 1
            guard counts[kind, default: 0] <= 10 else { continue }
            warnings.append(item.diagnostic(isLast: false, more: 0))
        }
        for (kind, count) in counts.sorted(by: { $0.key < $1.key }) where count > 10 {
            let same = filter { "\($0.isRemoved) \($0.type)" == kind }
            if let last = same.last { warnings.append(last.diagnostic(isLast: true, more: count - 10)) }
        }
        return warnings
    }
}

extension UnhandledItem {
    fileprivate func diagnostic(isLast: Bool, more: Int) -> Diagnostic {
        let others = isLast && more > 1 ? "; the same is true of \(more - 1) more items of this type" : ""
        return Diagnostic(
            .unhandledItem,
            isRemoved
                ? "no plugin takes away items of type '\(type)'\(others)"
                : "no plugin has a step for this item of type '\(type)'\(others)",
            severity: .warning, path: path,
            nextStep: isRemoved
                ? "what it made stays on the hosts; take it away by hand if it is in the way"
                : "nothing is done for it, and it is not counted as applied; does the plugin that knows '\(type)' belong to this Planner?"
        )
    }
}
