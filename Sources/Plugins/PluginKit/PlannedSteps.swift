package import Model
package import TaskKit

/// The steps of a plan that are not done yet, as a plugin looks at them when it says what hosts are asked before the plan is run.
package struct PlannedSteps: Sendable {
    private let hostsInOrder: [ItemPath]
    private let work: [ItemPath: HostWork]
    private let places: [StepIdentity: HostWork.Entry]
    private let hosts: [ItemPath: HostConnection]

    /// - Parameter done: tasks that an earlier run has done.
    package init(_ plan: Plan, done: Set<TaskID> = []) {
        let all = HostWork.all(in: plan, done: done)
        hostsInOrder = all.map(\.host)
        work = Dictionary(all.map { ($0.host, $0.work) }, uniquingKeysWith: { first, _ in first })
        places = Dictionary(
            all.flatMap { $0.work.entries.map { ($0.task.identity, $0) } }, uniquingKeysWith: { first, _ in first })
        hosts = plan.hosts
    }

    /// Whether the plan has still to carry the step out.
    package func contains(_ step: StepIdentity) -> Bool { places[step] != nil }

    /// The first step on each host that is one of these, in order of the plan.
    package func first(where isMeant: (PlanTask) -> Bool) -> [(host: ItemPath, step: StepIdentity)] {
        hostsInOrder.compactMap { host in
            work[host]?.entries.first { isMeant($0.task) }.map { (host, $0.task.identity) }
        }
    }

    /// The name of a host, for what is found there.
    package func hostname(of host: ItemPath) -> String { hosts[host]?.hostname ?? String(host.name) }

    /// An operator's own step that comes before a step on the same host, and may put right what that one needs
    /// (``TaskKit/PreflightFinding/unless(_:)``).
    package func preparation(for step: StepIdentity) -> PlanTask? {
        places[step].flatMap { place in work[place.task.host]?.preparation(before: place.phase) }
    }
}
