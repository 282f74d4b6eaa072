import TaskKit

/// Why a task is in a plan, in words.
struct ReasonText {
    private let summaries: [StepIdentity: String]

    init(_ plan: Plan) {
        summaries = Dictionary(plan.tasks.map { ($0.identity, $0.summary) }, uniquingKeysWith: { first, _ in first })
    }

    func text(of reason: Reason) -> String {
        switch reason {
        case .created(let path): "\(path) is new"
        case .changed(let path, let property, let old, let new):
            "\(property) of \(path): \(value(old)) -> \(value(new))"
        case .removed(let path): "\(path) is no longer declared"
        case .notApplied: "not applied yet"
        case .accompanies(let steps):
            "accompanies '\(steps.first.map { summaries[$0] ?? $0.description } ?? "")'"
                + (steps.count > 1 ? " and \(steps.count - 1) more" : "")
        case .owed(let plan): "plan \(plan) began what this completes, and did not get to it"
        }
    }

    /// The reasons of a task, the first three in full.
    func texts(of task: PlanTask) -> [String] {
        let shown = task.reasons.prefix(3).map(text)
        return task.reasons.count > 3 ? shown + ["and \(task.reasons.count - 3) more changes"] : shown
    }

    private func value(_ text: String?) -> String {
        guard let text else { return "(not set)" }
        return text.count <= 40 ? text : text.prefix(16) + "..."
    }
}
