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
        package let tally: Tally?
        /// Who made it; nil when that was not noted.
        package let createdBy: String?
        /// Nil when it was never run.
        package let facts: RunFacts?
    }

    /// How much is in a plan.
    package struct Tally: Hashable, Sendable {
        package let taskCount: Int
        package let destructiveCount: Int
        /// How many things, each an item on a host, are changed in which way.
        package let changes: [PlanChange: Int]
    }

    /// Every plan that was ever made, newest first.
    ///
    /// - Parameter limit: at most so many.
    /// - Complexity: O(limit) and the records of these plans; plans of earlier versions are read whole.
    package func planHistory(limit: Int) throws -> [PlanRecord] {
        let plans = try ServiceError.wrapping { try store.planOutlines(limit: limit) }
        guard let first = plans.last else { return [] }
        let facts = try ServiceError.wrapping { try store.runFacts(from: first.head.serial) }
        return plans.map { head, outline in
            PlanRecord(
                head: head, tally: outline.flatMap(tally), createdBy: outline?.basis.createdBy, facts: facts[head.serial])
        }
    }

    private func tally(_ outline: PlanOutline) -> Tally? {
        let counts = outline.counts
        if let changes = outline.basis.changes {
            let known = changes.compactMap { word, count in PlanChange(rawValue: word).map { ($0, count) } }
            return Tally(
                taskCount: counts.tasks, destructiveCount: counts.destructive,
                changes: Dictionary(known, uniquingKeysWith: { first, _ in first }))
        }
        // A plan of an earlier version: what it changes stands in its tasks. The history is shown also when they cannot be read any more.
        guard let plan = try? store.plan(serial: outline.serial)?.plan else { return nil }
        return Tally(
            taskCount: counts.tasks, destructiveCount: counts.destructive, changes: PlanSummary(plan).changes)
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
        let isCurrent = head.serial == heads.last?.serial && head.state != .removed && head.state != .superseded
        return try view(of: stored, staleness: isCurrent ? try staleness(of: stored) : [])
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

    /// How long tasks took.
    ///
    /// - Parameter serial: the plan whose own runs do not count; nil: all count.
    func durations(excluding serial: Int?) throws -> DurationHistory {
        // The newest runs are those of the hosts and images of today; more records would only take longer to read.
        let rows = try ServiceError.wrapping { try store.taskDurations(inLast: 20_000, excluding: serial ?? 0) }
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
