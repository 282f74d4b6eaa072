import Model
import PluginKit
import TaskKit

/// After which tasks each changed item is as it is declared.
enum Completions {
    static func of(
        _ steps: [SelectedStep], ids: [StepIdentity: TaskID], comparison: TreeComparison
    ) -> [ItemPath: [TaskID]] {
        var byItem: [ItemPath: [TaskID]] = [:]
        var owners: Set<ItemPath> = []
        var byScope: [ItemPath: [TaskID]] = [:]
        var byHost: [ItemPath: [TaskID]] = [:]
        byItem.reserveCapacity(steps.count)
        owners.reserveCapacity(steps.count)
        for step in steps {
            guard let id = ids[step.identity] else { continue }
            byItem[step.identity.item, default: []].append(id)
            for path in Set(step.inputs) where path != step.identity.item { byItem[path, default: []].append(id) }
            owners.insert(step.identity.item)
            if let host = step.identity.node { byHost[host, default: []].append(id) }
            for path in Set(step.forgets.map(\.item)) { byScope[path, default: []].append(id) }
        }
        /// What is only looked at by steps of others (a service by the step that writes who its members are) is as declared when what is
        /// below it is, too.
        lazy var ordered = steps.map(\.identity).sorted()
        func ownAndBelow(_ path: ItemPath) -> [TaskID]? {
            guard let looking = byItem[path], !owners.contains(path) else { return byItem[path] }
            let below = ordered[first(in: ordered, at: path)...].prefix { $0.item.isWithin(path) }.compactMap { ids[$0] }
            return Array(Set(looking + below))
        }
        var completions: [ItemPath: [TaskID]] = [:]
        for (path, state) in comparison.changed {
            switch state {
            case .applied: continue
            case .initial, .updated:
                // A host, and what belongs to it without a step of its own, is as declared when all is done that is done for it: from
                // then on it serves and is taken out of service properly, however the rest of the plan ends.
                completions[path] =
                    (byHost[path].map { Array(Set($0 + (byItem[path] ?? []))) } ?? ownAndBelow(path)
                    ?? nearest(in: byHost, at: path))?.sorted()
            case .forRemoval:
                var above: ItemPath? = path
                while let current = above, completions[path] == nil {
                    completions[path] = byScope[current]?.sorted()
                    above = current.parent
                }
            }
        }
        return completions
    }

    /// Where the steps of the item, and of those below it, begin.
    private static func first(in ordered: [StepIdentity], at path: ItemPath) -> Int {
        var start = 0
        var end = ordered.count
        while start < end {
            let middle = (start + end) / 2
            if ordered[middle].item < path { start = middle + 1 } else { end = middle }
        }
        return start
    }

    private static func nearest(in tasks: [ItemPath: [TaskID]], at path: ItemPath) -> [TaskID]? {
        var above = path.parent
        while let current = above {
            if let found = tasks[current] { return found }
            above = current.parent
        }
        return nil
    }
}
