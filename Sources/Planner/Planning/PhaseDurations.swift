package import TaskKit

/// How long each phase of a plan may take: for a window, in which nothing is begun that might not be done in time.
///
/// A task counts with the longest time that it took in earlier runs, else that its like took on other nodes, but never with more than its
/// limit. One that was never run counts with its limit: at night nobody is there to see that a guess was wrong.
package struct PhaseDurations: Hashable, Sendable {
    /// By number of the phase.
    package let durations: [Int: Duration]

    /// - Parameter width: how many tasks a run carries out at once.
    /// - Complexity: O(tasks + records).
    package init(of plan: Plan, from history: DurationHistory, width: Int) {
        let own = history.milliseconds.compactMapValues { $0.max() }
        var likes: [DurationEstimate.Kind: Int] = [:]
        for task in plan.tasks {
            if let time = own[task.id] { likes[DurationEstimate.Kind(task)] = max(likes[DurationEstimate.Kind(task)] ?? 0, time) }
        }
        var durations: [Int: Duration] = [:]
        for phase in plan.phases {
            var longest = 0
            var sum = 0
            for task in phase.tasks {
                let limit = task.action.action.limit.wholeMilliseconds
                let time = min(own[task.id] ?? likes[DurationEstimate.Kind(task)] ?? limit, limit)
                longest = max(longest, time)
                sum += time
            }
            durations[phase.number] = .milliseconds(max(longest, sum / max(1, width)))
        }
        self.durations = durations
    }
}
