package import Engine
package import Model
package import Planning
import PluginKit
package import Store
package import TaskKit

/// Where everything stands, in words.
extension Site {
    /// A node that is not simply in service and idle.
    package struct NodeStatus: Sendable {
        package let node: ItemPath
        /// What has taken it out of service: `ha:worker`, `kubernetes`.
        package let takenOutBy: [String]
        /// What was under way on it when the run was interrupted, or is now.
        package let inFlight: [PlanTask]
        /// What failed on it.
        package let failed: [(task: PlanTask, failure: TaskFailure?)]
        /// What an unfinished plan still owes it, in order of the plan.
        package let owed: [PlanTask]
    }

    /// The whole picture.
    package struct Status: Sendable {
        package let plan: PlanOutline?
        /// Why the plan cannot be run as it is; empty when it can.
        package let staleness: [String]
        /// Nil when there is no plan, or nothing of it was begun.
        package let progress: PlanProgress?
        /// Who runs it now.
        package let holder: LeaseHolder?
        /// Who ran it last and is gone without an end, and when it was last heard of, in seconds since 1970.
        package let lost: (holder: LeaseHolder, at: Double)?
        package let nodes: [NodeStatus]
        /// How many items are in which state.
        package let items: [ItemState: Int]
        /// Changed items that no plugin has anything to do with.
        package let unhandled: [UnhandledItem]
        /// What the plan waits for, and how much may still fail; nil without a plan.
        package let policy: PolicyStatus?
        /// What hosts have said last before the plan is run; nil when they were not asked, or nothing of it is left.
        package let preflight: StoredPreflight?
        /// When this was looked at, in seconds since 1970.
        package let time: Double
    }

    /// - Parameter known: the current plan, when it was read already.
    package func status(knowing known: StoredPlan? = nil) throws -> Status {
        let comparison = TreeComparison(declared: try declared().resolved, applied: try applied())
        var items: [ItemState: Int] = [:]
        for (path, state) in comparison.states where !path.isRoot { items[state, default: 0] += 1 }
        let current: (outline: PlanOutline, staleness: [String])?
        do {
            current = try currentPlanOutline()
        } catch ServiceError.noPlan {
            current = nil
        }
        // What is in a plan that nobody has begun says nothing about where anything stands.
        let isBegun = current.map { $0.outline.state != .initial } ?? false
        let view = isBegun ? try currentPlan(knowing: known) : nil
        let progress = try view.map { try PlanProgress(of: $0.stored.plan, history: $0.history.map(\.event)) }
        return Status(
            plan: current?.outline, staleness: current?.staleness ?? [], progress: progress, holder: try activeHolder(),
            lost: try lostHolder(view), nodes: try nodes(view, progress), items: items,
            unhandled: try unhandledItems(current?.outline, comparison),
            policy: view.flatMap { view in progress.map { PolicyStatus(view, $0) } },
            preflight: try preflight(of: current?.outline), time: now())
    }

    private func preflight(of plan: PlanOutline?) throws -> StoredPreflight? {
        guard let plan, plan.state != .successful else { return nil }
        return try ServiceError.wrapping { try store.preflight(planSerial: plan.serial) }
    }

    /// Whether a plan that was carried out to its end has left nothing to do: a plan for all of a model that was not changed since. Known
    /// without comparing the trees again.
    package func leavesNothing(_ stored: StoredPlan) throws -> Bool {
        guard stored.plan.selection == nil, (stored.plan.unhandled ?? []).isEmpty else { return false }
        return try ServiceError.wrapping {
            guard let outline = try store.currentPlanOutline(), outline.serial == stored.serial, outline.state == .successful
            else { return false }
            return try store.declaredSerial == stored.basis.declaredSerial && store.owedSteps().isEmpty
        }
    }

    /// The holder of a lease that is void, when its run has no end.
    private func lostHolder(_ view: PlanView?) throws -> (holder: LeaseHolder, at: Double)? {
        guard let view, view.stored.state == .running else { return nil }
        guard let lease = try ServiceError.wrapping({ try store.leaseHolder() }), !lease.isHeld(at: now()) else { return nil }
        return (lease.holder, max(lease.heartbeatAt, view.history.last?.time ?? 0))
    }

    private func nodes(_ view: PlanView?, _ progress: PlanProgress?) throws -> [NodeStatus] {
        let facts = try ServiceError.wrapping { try store.nodeFacts() }
        let owed = try ServiceError.wrapping { try store.owedSteps() }
        var inFlight: [ItemPath: [PlanTask]] = [:]
        var failed: [ItemPath: [(task: PlanTask, failure: TaskFailure?)]] = [:]
        var order: [TaskID: Int] = [:]
        for task in view?.stored.plan.tasks ?? [] {
            order[task.id] = order.count
            guard let node = task.identity.node, let state = progress?.tasks[task.id] else { continue }
            if state.isInFlight { inFlight[node, default: []].append(task) }
            if case .failed(_, _, let failure) = state { failed[node, default: []].append((task, failure)) }
        }
        let contributors = Dictionary(grouping: facts, by: \.node)
        let debts = Dictionary(grouping: owed, by: \.node)
        let paths = Set(contributors.keys).union(inFlight.keys).union(failed.keys).union(debts.keys.compactMap { $0 })
        return paths.sorted().map { node in
            NodeStatus(
                node: node, takenOutBy: (contributors[node] ?? []).map(\.contributor).sorted(), inFlight: inFlight[node] ?? [],
                failed: failed[node] ?? [],
                owed: (debts[node] ?? []).map(\.task).sorted {
                    (order[$0.id] ?? Int.max, $0.id) < (order[$1.id] ?? Int.max, $1.id)
                })
        }
    }
}
