package import Model
package import PluginKit
package import TaskKit

/// Items that say `protected: true`: no plan replaces or removes them.
///
/// What is declared decides; of an item that is not declared any more, what was applied: taking it out of the model is the mistake that
/// protection is for.
package enum ProtectedItems {
    /// The property of clusters, nodes and services.
    package static let property = "protected"

    /// For every protected item the first change that would hit it.
    ///
    /// - Parameter plan: nil when no step is needed; then only items that would vanish from what is applied can be hit.
    /// - Complexity: O(tasks × depth of paths + items of both trees), and nothing of that when no item is protected.
    package static func breaches(of plan: Plan?, in context: PlanningContext) -> [Diagnostic] {
        let items = protected(in: context)
        guard !items.isEmpty else { return [] }
        var hits: [ItemPath: String] = [:]
        for (path, item) in items where context.declared[path] == nil && item.isApplied {
            hits[path] = "is protected and would be removed: it is no longer declared"
        }
        for task in plan?.tasks ?? [] where task.change == .replace || task.isDestructive {
            // A member of a cluster that is taken out for a moment, and comes back, is accompaniment and not the loss of it.
            guard let change = task.change else { continue }
            let word = change == .remove ? "removed" : "replaced"
            for start in [task.identity.item, task.identity.node].compactMap({ $0 }) {
                var path: ItemPath? = start
                while let current = path {
                    if items[current] != nil, hits[current] == nil {
                        hits[current] = "is protected and would be \(word): \(task.summary)\(cause(of: task))"
                    }
                    path = current.parent
                }
            }
        }
        return hits.compactMap { path, what in
            items[path].map { diagnostic(path, what, $0, isDeclared: context.declared[path] != nil) }
        }
        .sorted()
    }

    private struct Item {
        let place: SourcePlace?
        let isApplied: Bool
    }

    private static func protected(in context: PlanningContext) -> [ItemPath: Item] {
        var items: [ItemPath: Item] = [:]
        for item in context.declared.items(having: property) where item.flag(property) {
            items[item.path] = Item(place: item.declaration?.place(of: property), isApplied: context.applied[item.path] != nil)
        }
        for item in context.applied.items(having: property) where item.flag(property) && context.declared[item.path] == nil {
            items[item.path] = Item(place: nil, isApplied: true)
        }
        return items
    }

    private static func cause(of task: PlanTask) -> String {
        for case .changed(let path, let property, _, _) in task.reasons { return " (\(property) of \(path) changed)" }
        return ""
    }

    private static func diagnostic(_ path: ItemPath, _ what: String, _ item: Item, isDeclared: Bool) -> Diagnostic {
        Diagnostic(
            .methodNotAllowed, "\(path.name) \(what)", path: path, property: property, value: "true",
            rule: "what is protected is neither replaced nor removed", place: item.place,
            nextStep: isDeclared
                ? "planner update -p \(path) -o protected=false, if that is meant"
                : "planner restore_model brings it back; to remove it, set protected=false first")
    }
}
