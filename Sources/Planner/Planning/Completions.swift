import Model
import PluginKit
import TaskKit

/// After which tasks each changed item is as it is declared.
enum Completions {
    static func of(
        _ steps: [SelectedStep], ids: [StepIdentity: TaskID], comparison: TreeComparison
    ) -> [ItemPath: [TaskID]] {
        var byItem: [ItemPath: [TaskID]] = [:]
        var byScope: [ItemPath: [TaskID]] = [:]
        for step in steps {
            guard let id = ids[step.identity] else { continue }
            for path in Set([step.identity.item] + step.inputs) { byItem[path, default: []].append(id) }
            for path in Set(step.forgets.map(\.item)) { byScope[path, default: []].append(id) }
        }
        var completions: [ItemPath: [TaskID]] = [:]
        for (path, state) in comparison.states {
            switch state {
            case .applied: continue
            case .initial, .updated: completions[path] = byItem[path]?.sorted()
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
}
