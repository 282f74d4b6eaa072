package import TaskKit

/// Why a plan, or a plan with this journal, cannot be carried out. None of these is a state that Planner itself makes.
package enum PlanError: Error, Hashable, Sendable, CustomStringConvertible {
    case repeatedPhase(Int)
    case repeatedTask(TaskID)
    /// A phase waits for one that the plan does not have.
    case unknownPredecessor(phase: Int, predecessor: Int)
    /// The phases that wait for each other.
    case cycle([Int])
    /// The plan does not say how to reach the host of this task.
    case unknownHost(TaskID)
    /// The journal names a task that the plan does not have.
    case unknownTask(TaskID)
    /// The journal names a phase that the plan does not have.
    case unknownPhase(Int)
    /// The journal says something of the task that cannot follow what it said before.
    case inconsistentTask(TaskID, state: TaskState, event: String)
    /// The journal says that a phase is complete that is not, or says so twice.
    case inconsistentPhase(Int)

    package var description: String {
        switch self {
        case .repeatedPhase(let number): "the plan has phase \(number) twice"
        case .repeatedTask(let task): "the plan has task \(task) twice"
        case .unknownPredecessor(let phase, let predecessor):
            "phase \(phase) waits for phase \(predecessor), which the plan does not have"
        case .cycle(let phases): "phases wait for each other: \(phases.map(String.init).joined(separator: ", "))"
        case .unknownHost(let task): "the plan does not say how to reach the host of task \(task)"
        case .unknownTask(let task): "the journal names task \(task), which the plan does not have"
        case .unknownPhase(let number): "the journal names phase \(number), which the plan does not have"
        case .inconsistentTask(let task, let state, let event):
            "the journal contradicts itself: task \(task) was \(state) when it recorded \(event)"
        case .inconsistentPhase(let number): "the journal completes phase \(number), which was not to be completed"
        }
    }
}
