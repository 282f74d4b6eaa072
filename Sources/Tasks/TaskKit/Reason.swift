package import Model

/// Why a task is in a plan.
package enum Reason: Hashable, Sendable, Codable {
    /// The item is declared and was never applied.
    case created(ItemPath)
    /// A property of an item differs from what was applied. `old` or `new` is nil where the property was or is not set.
    case changed(ItemPath, property: String, old: String?, new: String?)
    /// The item is no longer declared.
    case removed(ItemPath)
    /// The item is declared, but no longer on this node.
    case removedFrom(ItemPath, node: ItemPath)
    /// The item is as it was, but what this step would make true is not: it was never finished, or the way in which Planner makes
    /// it true has changed.
    case notApplied(ItemPath)
    /// The secret of this name was set anew since the step was applied.
    case secretChanged(String)
    /// The task accompanies others, and is in the plan because they are.
    case accompanies([StepIdentity])
    /// An earlier plan began what this task completes, and did not get to it.
    case owed(plan: String)
}
