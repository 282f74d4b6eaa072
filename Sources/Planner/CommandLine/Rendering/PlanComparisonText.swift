import Model
import TaskKit

/// What is in one plan and not in the other, by the identity of steps, and what both have for other reasons.
struct PlanComparison: Encodable {
    struct Pair: Encodable {
        let now: PlanTask
        let before: PlanTask
    }

    let onlyNow: [PlanTask]
    let onlyBefore: [PlanTask]
    /// In both, but for another reason, with another content or in another way.
    let different: [Pair]
    let sameCount: Int

    /// - Complexity: O(tasks of both).
    init(_ plan: Plan, against other: Plan) {
        let before = Dictionary(other.tasks.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
        let now = Set(plan.tasks.map(\.identity))
        var onlyNow: [PlanTask] = []
        var different: [Pair] = []
        var same = 0
        for task in plan.tasks {
            guard let former = before[task.identity] else {
                onlyNow.append(task)
                continue
            }
            let isSame =
                task.reasons == former.reasons && task.fingerprint == former.fingerprint && task.action == former.action
                && task.effect == former.effect
            if isSame { same += 1 } else { different.append(Pair(now: task, before: former)) }
        }
        self.onlyNow = onlyNow
        self.different = different
        onlyBefore = other.tasks.filter { !now.contains($0.identity) }
        sameCount = same
    }
}

/// The comparison for people, in order of execution.
struct PlanComparisonText {
    private let plan: Plan
    private let other: Plan
    private let style: Style

    init(_ plan: Plan, against other: Plan, style: Style = Style(usesColor: false)) {
        self.plan = plan
        self.other = other
        self.style = style
    }

    var text: String {
        let comparison = PlanComparison(plan, against: other)
        var lines = [style.bold("Plan \(plan.id) against \(other.id)")]
        lines += section("Only in \(plan.id)", style.good("+"), comparison.onlyNow, ReasonText(plan))
        lines += section("Only in \(other.id)", style.bad("-"), comparison.onlyBefore, ReasonText(other))
        if !comparison.different.isEmpty {
            lines += ["", style.bold("In both, but not the same") + "  \(tasks(comparison.different.count))"]
            for pair in comparison.different { lines += self.lines(of: pair) }
        }
        lines += ["", "\(tasks(comparison.sameCount)) \(comparison.sameCount == 1 ? "is" : "are") the same in both."]
        return lines.map { $0 + "\n" }.joined()
    }

    private func section(_ title: String, _ mark: String, _ tasks: [PlanTask], _ reasons: ReasonText) -> [String] {
        guard !tasks.isEmpty else { return [] }
        return ["", style.bold(title) + "  \(self.tasks(tasks.count))"]
            + tasks.flatMap { task in
                ["  \(mark) \(task.id)  \(task.summary)\(effect(of: task))"]
                    + reasons.texts(of: task).map { style.faint("              why: \($0)") }
            }
    }

    private func lines(of pair: PlanComparison.Pair) -> [String] {
        let now = ReasonText(plan).texts(of: pair.now)
        let before = ReasonText(other).texts(of: pair.before)
        let head = "  \(style.caution("~")) \(pair.now.id)  \(pair.now.summary)\(effect(of: pair.now))"
        guard pair.now.reasons != pair.before.reasons else {
            return [head, style.faint("              for the same reason, with another content")]
        }
        return [head] + now.map { style.faint("              now: \($0)") }
            + before.map { style.faint("              was: \($0)") }
    }

    private func effect(of task: PlanTask) -> String { task.effect == .live ? "" : style.caution("  (\(task.effect.rawValue))") }
    private func tasks(_ count: Int) -> String { "\(count) \(count == 1 ? "task" : "tasks")" }
}
