package import Model

/// What a plan has still to do on one host, in its order.
package struct HostWork: Sendable {
    package struct Entry: Hashable, Sendable {
        package var phase: Int
        package var task: PlanTask

        package init(phase: Int, task: PlanTask) {
            self.phase = phase
            self.task = task
        }
    }

    package let hostname: String
    package let entries: [Entry]

    package init(hostname: String, entries: [Entry]) {
        self.hostname = hostname
        self.entries = entries
    }

    /// The work of each host of a plan that has any, in order of the plan.
    ///
    /// - Parameter done: tasks that an earlier run has done.
    package static func all(in plan: Plan, done: Set<TaskID>) -> [(host: ItemPath, work: HostWork)] {
        var order: [ItemPath] = []
        var entries: [ItemPath: [Entry]] = [:]
        for phase in plan.phases {
            for task in phase.tasks where !done.contains(task.id) {
                if entries[task.host] == nil { order.append(task.host) }
                entries[task.host, default: []].append(Entry(phase: phase.number, task: task))
            }
        }
        return order.map { host in
            let name = plan.hosts[host]?.hostname ?? String(host.name)
            return (host, HostWork(hostname: name, entries: entries[host] ?? []))
        }
    }

    /// The first step of an operator in an earlier phase: it may put right what is missing now. What only accompanies others (a lock, a
    /// restart) brings nothing that was not there.
    package func preparation(before phase: Int) -> PlanTask? {
        entries.first { entry in
            entry.phase < phase && entry.task.fingerprint != nil && entry.task.action.action.needs.runsForeignCode
        }?.task
    }

    /// Whether a step in an earlier phase puts the file in place.
    func writes(_ path: String, before phase: Int) -> Bool {
        entries.contains { entry in entry.phase < phase && entry.task.action.action.needs.writes.contains { $0.path == path } }
    }
}
