package import TaskKit

/// How long the tasks of earlier runs took, by what they were.
package struct DurationHistory: Sendable {
    /// Milliseconds of every time that a task changed something, by its id: a step has the same id in every plan.
    package let milliseconds: [TaskID: [Int]]
    /// How many plans they come from.
    package let runCount: Int

    package init(milliseconds: [TaskID: [Int]], runCount: Int) {
        self.milliseconds = milliseconds
        self.runCount = runCount
    }
}

/// How long a plan will take, when the tasks in it take what they took before. Not part of the plan: it depends on what was run since.
package struct DurationEstimate: Hashable, Sendable {
    package let milliseconds: Int
    package let runCount: Int
    /// Tasks of which nothing is known: no such step was ever carried out. They are not counted in ``milliseconds``.
    package let unknownTasks: Int

    /// The time on the longest way through the phases; a phase takes as long as its longest task, or as the work in it on as many hands as a
    /// run has.
    ///
    /// - Parameter width: how many tasks a run carries out at once.
    /// - Returns: nil when less than half of the tasks are known: then a number would say nothing.
    /// - Complexity: O(tasks + records × log records).
    package init?(of plan: Plan, from history: DurationHistory, width: Int) {
        guard !history.milliseconds.isEmpty, plan.taskCount > 0 else { return nil }
        let own = history.milliseconds.mapValues(DurationEstimate.median)
        // A task on a new node takes what its like takes on the others.
        var likes: [Kind: [Int]] = [:]
        for task in plan.tasks { if let time = own[task.id] { likes[Kind(task), default: []].append(time) } }
        let typical = likes.mapValues(DurationEstimate.median)
        var unknown = 0
        var ends: [Int: Int] = [:]
        for phase in plan.phases {
            var longest = 0
            var sum = 0
            if case .soak(let seconds) = phase.wait?.kind { longest = seconds * 1000 }
            for task in phase.tasks {
                guard let time = own[task.id] ?? typical[Kind(task)] else {
                    unknown += 1
                    continue
                }
                longest = max(longest, time)
                sum += time
            }
            let start = phase.after.compactMap { ends[$0] }.max() ?? 0
            ends[phase.number] = start + max(longest, sum / max(1, width))
        }
        guard unknown * 2 <= plan.taskCount else { return nil }
        milliseconds = ends.values.max() ?? 0
        runCount = history.runCount
        unknownTasks = unknown
    }

    /// Tasks that take about the same time on every node.
    struct Kind: Hashable {
        let name: String
        let action: String

        init(_ task: PlanTask) {
            name = task.identity.name
            action = task.action.kind
        }
    }

    private static func median(_ values: [Int]) -> Int {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[(sorted.count - 1) / 2]
    }
}
