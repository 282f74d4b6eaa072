import Model
import PluginKit
import TaskKit

/// After which tasks each changed item is as it is declared.
struct Completions {
    /// What is known of an item by the steps that are about it.
    private struct Entry {
        var tasks: [TaskID] = []
        /// Whether a step is the item's own, and does not only look at it.
        var isOwner = false
    }

    private let steps: [SelectedStep]
    private var byItem: [ItemPath: Entry] = [:]
    private var byScope: [ItemPath: [TaskID]] = [:]
    private var byHost: [ItemPath: [TaskID]] = [:]
    private lazy var ordered = steps.sorted { $0.identity < $1.identity }

    /// - Complexity: O(steps + changed items × depth of the tree), but for sorting.
    static func of(_ steps: [SelectedStep], comparison: TreeComparison) -> [ItemPath: [TaskID]] {
        var known = Completions(steps)
        var completions: [ItemPath: [TaskID]] = [:]
        completions.reserveCapacity(comparison.changed.count)
        for (path, state) in comparison.changed {
            switch state {
            case .applied: continue
            case .initial, .updated: completions[path] = known.tasks(for: path)
            case .forRemoval: completions[path] = Completions.nearest(in: known.byScope, at: path)?.sorted()
            }
        }
        return completions
    }

    private init(_ steps: [SelectedStep]) {
        self.steps = steps
        byItem.reserveCapacity(steps.count)
        for step in steps {
            note(step.id, isOwner: true, of: step.identity.item)
            if !step.inputs.isEmpty {
                for path in Set(step.inputs) where path != step.identity.item { note(step.id, isOwner: false, of: path) }
            }
            if let host = step.identity.node { byHost[host, default: []].append(step.id) }
            if step.isUndo {
                for path in Set(step.forgets.map(\.item)) { byScope[path, default: []].append(step.id) }
            }
        }
    }

    private mutating func note(_ task: TaskID, isOwner: Bool, of path: ItemPath) {
        func add(to entry: inout Entry) {
            entry.tasks.append(task)
            if isOwner { entry.isOwner = true }
        }
        add(to: &byItem[path, default: Entry()])
    }

    /// A host, and what belongs to it without a step of its own, is as declared when all is done that is done for it: from then on it serves
    /// and is taken out of service properly, however the rest of the plan ends.
    private mutating func tasks(for path: ItemPath) -> [TaskID]? {
        if let ofHost = byHost[path] { return Array(Set(ofHost + (byItem[path]?.tasks ?? []))).sorted() }
        guard let entry = byItem[path] else { return Completions.nearest(in: byHost, at: path)?.sorted() }
        if entry.isOwner { return entry.tasks.count > 1 ? entry.tasks.sorted() : entry.tasks }
        // What is only looked at by steps of others (a service by the step that writes who its members are) is as declared when what is
        // below it is, too.
        let below = ordered[first(at: path)...].prefix { $0.identity.item.isWithin(path) }.map(\.id)
        return Array(Set(entry.tasks + below)).sorted()
    }

    /// Where the steps of the item, and of those below it, begin.
    private mutating func first(at path: ItemPath) -> Int {
        var start = 0
        var end = ordered.count
        while start < end {
            let middle = (start + end) / 2
            if ordered[middle].identity.item < path { start = middle + 1 } else { end = middle }
        }
        return start
    }

    private static func nearest(in tasks: [ItemPath: [TaskID]], at path: ItemPath) -> [TaskID]? {
        var above: ItemPath? = path
        while let current = above {
            if let found = tasks[current] { return found }
            above = current.parent
        }
        return nil
    }
}
