package import Model
package import Planning
package import Store
package import TaskKit

/// Plans that were, and what they tell about the one that is.
extension Site {
    /// One plan of the history.
    package struct PlanRecord: Sendable {
        package let head: PlanHead
        /// Nil when the stored plan cannot be read any more, for it was made by another version.
        package let summary: PlanSummary?
        /// Nil when it was never run.
        package let facts: RunFacts?
    }

    /// Every plan that was ever made, newest first.
    ///
    /// - Parameter limit: at most so many.
    /// - Complexity: O(tasks of these plans).
    package func planHistory(limit: Int) throws -> [PlanRecord] {
        let heads = try ServiceError.wrapping { try store.planHeads() }.suffix(max(0, limit))
        guard let first = heads.first else { return [] }
        let facts = try ServiceError.wrapping { try store.runFacts(from: first.serial) }
        return heads.reversed().map { head in
            // The history is shown also when one plan of long ago has a form that this version does not read.
            let stored = try? store.plan(serial: head.serial)
            return PlanRecord(head: head, summary: stored.map { PlanSummary($0.plan) }, facts: facts[head.serial])
        }
    }

    /// The newest plan with this id, or the only one whose id begins so; nil asks for the current plan.
    ///
    /// - Throws: ``ServiceError/noPlan``, or ``ServiceError/unknownPlan(_:near:)``.
    package func plan(id: String?) throws -> PlanView {
        guard let id else { return try currentPlan() }
        let heads = try ServiceError.wrapping { try store.planHeads() }
        let begins = heads.filter { $0.id.hasPrefix(id) }
        let isClear = id.count >= 4 && Set(begins.map(\.id)).count == 1
        guard let head = heads.last(where: { $0.id == id }) ?? (isClear ? begins.last : nil),
            let stored = try ServiceError.wrapping({ try store.plan(serial: head.serial) })
        else { throw ServiceError.unknownPlan(id, near: NearestWord.to(id, among: heads.map(\.id))) }
        let history = try ServiceError.wrapping { try store.journal(planSerial: stored.serial) }
        let isCurrent = head.serial == heads.last?.serial && head.state != .removed && head.state != .superseded
        return PlanView(stored: stored, history: history, staleness: isCurrent ? try staleness(of: stored) : [])
    }

    /// Says how many seconds a plan still takes of which some tasks are done, by what earlier runs took; nil when too little is known.
    ///
    /// - Parameter width: how many tasks a run carries out at once.
    package func remainingTime(of stored: StoredPlan, width: Int) throws -> @Sendable (Set<TaskID>) -> Int? {
        let history = try durations(excluding: stored.serial)
        return { done in
            var rest = stored.plan
            for index in rest.phases.indices { rest.phases[index].tasks.removeAll { done.contains($0.id) } }
            return DurationEstimate(of: rest, from: history, width: width).map { ($0.milliseconds + 999) / 1000 }
        }
    }

    private func durations(excluding serial: Int) throws -> DurationHistory {
        // The newest runs are those of the hosts and images of today; more records would only take longer to read.
        let rows = try ServiceError.wrapping { try store.taskDurations(inLast: 20_000, excluding: serial) }
        return DurationHistory(
            milliseconds: Dictionary(rows.map { ($0.task, [$0.milliseconds]) }, uniquingKeysWith: +),
            runCount: Set(rows.map(\.planSerial)).count)
    }

    /// How long the plan will take by what earlier runs took; nil when too little is known.
    ///
    /// - Parameter width: how many tasks a run carries out at once.
    package func estimate(of stored: StoredPlan, width: Int) throws -> DurationEstimate? {
        DurationEstimate(of: stored.plan, from: try durations(excluding: stored.serial), width: width)
    }

    /// What a change of each property that the plan names costs on the real system, as its type says.
    package func effects(of plan: Plan) throws -> [ItemPath: [String: Effect]] {
        let declared = try declared().resolved
        let applied = try applied()
        var effects: [ItemPath: [String: Effect]] = [:]
        for task in plan.tasks {
            for case .changed(let path, let property, _, _) in task.reasons where effects[path]?[property] == nil {
                guard let type = (declared[path] ?? applied[path])?.type else { continue }
                effects[path, default: [:]][property] = registry.structure(of: type)?.property(property)?.effect
            }
        }
        return effects
    }
}
