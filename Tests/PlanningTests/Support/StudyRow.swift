import Model
import Planning
import TaskKit
import Testing

/// One row of an expected plan of the study: a phase in which these tasks are carried out, and no others.
struct StudyRow {
    /// `P7` in the reference.
    let name: String
    let group: DeploymentGroup
    /// The host on which the tasks are carried out; nil where each names its own.
    let host: String?
    let tasks: [String]
    /// Where our plan has the step in another way: why.
    let reason: String?

    init(_ name: String, _ group: DeploymentGroup, on host: String? = nil, _ tasks: [String], because reason: String? = nil) {
        self.name = name
        self.group = group
        self.host = host
        self.tasks = tasks
        self.reason = reason
    }

    /// A phase of LITP that has no counterpart here.
    static func none(_ name: String, _ group: DeploymentGroup, because reason: String) -> StudyRow {
        StudyRow(name, group, [], because: reason)
    }

    /// Holds a plan against the rows: each task of it is in one row and each row has all its tasks, in its group and on its host; every
    /// task of a row comes after every task of the rows above it.
    static func expect(_ plan: Plan, is rows: [StudyRow]) {
        var left: [String: [(phase: Int, task: PlanTask)]] = [:]
        for phase in plan.phases {
            for task in phase.tasks { left["\(task.summary) [\(task.group.rawValue)]", default: []].append((phase.number, task)) }
        }
        let after = predecessors(in: plan)
        var before: [Int] = []
        for row in rows {
            var phases: [Int] = []
            for summary in row.tasks {
                let key = "\(summary) [\(row.group.rawValue)]"
                guard let found = left[key]?.first else {
                    Issue.record("\(row.name): the plan has no '\(key)'")
                    continue
                }
                left[key]?.removeFirst()
                phases.append(found.phase)
                if let host = row.host { #expect(found.task.host.name == host, "\(row.name): \(summary)") }
            }
            for phase in Set(phases) {
                for earlier in Set(before) where !after[phase, default: []].contains(earlier) {
                    Issue.record("\(row.name): phase \(phase) does not come after phase \(earlier) of the rows above")
                }
            }
            if !phases.isEmpty { before = phases }
        }
        let rest = left.filter { !$0.value.isEmpty }.keys.sorted()
        #expect(rest == [], "tasks of the plan that no row has")
    }

    /// For each phase all those that come before it, directly or not.
    private static func predecessors(in plan: Plan) -> [Int: Set<Int>] {
        var before: [Int: Set<Int>] = [:]
        for phase in plan.phases {
            before[phase.number] = phase.after.reduce(into: Set(phase.after)) { $0.formUnion(before[$1] ?? []) }
        }
        return before
    }
}
