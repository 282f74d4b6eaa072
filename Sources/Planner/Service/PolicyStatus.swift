import Engine
package import Model
import Store
package import TaskKit

/// Where a plan stands by its rolling policies: what it waits for, how many nodes have failed where some may, and its window. All of it from
/// the journal.
package struct PolicyStatus: Hashable, Sendable {
    /// A wait that was reached and is not over.
    package struct Wait: Hashable, Sendable {
        package let phase: Int
        package let wait: PhaseWait
        package let cluster: ItemPath?
        /// Seconds since 1970.
        package let since: Double
        /// When a soak is over, in seconds since 1970; nil for an approval.
        package let until: Double?
        package let approvedBy: String?

        package var wantsApproval: Bool { wait.kind == .approval && approvedBy == nil }
    }

    /// A cluster or pool in which nodes may fail.
    package struct Budget: Hashable, Sendable {
        package let group: RollingGroup
        /// The nodes that have failed in the latest run, in this order.
        package let failed: [ItemPath]
    }

    /// The window of the latest run.
    package struct Window: Hashable, Sendable {
        /// Seconds since 1970.
        package let until: Double
        package let kept: [Kept]
    }

    /// Something that a window has kept from starting.
    package struct Kept: Hashable, Sendable {
        package let phase: Int
        package let node: ItemPath?
        package let needsMilliseconds: Int
        package let leftMilliseconds: Int
    }

    package let waits: [Wait]
    package let budgets: [Budget]
    package let window: Window?

    package var wantsApproval: Bool { waits.contains(where: \.wantsApproval) }

    init(_ view: Site.PlanView, _ progress: PlanProgress) {
        let plan = view.stored.plan
        var starts: [Int: Double] = [:]
        var failed: [ItemPath: [ItemPath]] = [:]
        var end: Double?
        var kept: [Kept] = []
        let phases = Dictionary(plan.phases.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        for entry in view.history {
            switch entry.event {
            case .runStarted: (failed, end, kept) = ([:], nil, [])
            case .phaseStarted(let phase): if starts[phase] == nil { starts[phase] = entry.time }
            case .nodeFailed(let node, let group, _, _): failed[group, default: []].append(node)
            case .windowOpened(let until): end = until
            case .notStarted(let phase, let needed, let left):
                kept.append(
                    Kept(phase: phase, node: phases[phase]?.node, needsMilliseconds: needed, leftMilliseconds: left))
            default: continue
            }
        }
        waits = plan.phases.compactMap { phase in
            guard let wait = phase.wait, let since = starts[phase.number], !progress.finishedPhases.contains(phase.number) else {
                return nil
            }
            let until: Double? = if case .soak(let seconds) = wait.kind { since + Double(seconds) } else { nil }
            return Wait(
                phase: phase.number, wait: wait, cluster: phase.cluster, since: since, until: until,
                approvedBy: progress.approvals[phase.number])
        }
        budgets = (plan.rolling ?? []).filter { $0.maximumFailures > 0 }.map { Budget(group: $0, failed: failed[$0.path] ?? []) }
        let isOver = view.stored.state == .successful
        window = isOver ? nil : end.map { Window(until: $0, kept: kept) }
    }
}
