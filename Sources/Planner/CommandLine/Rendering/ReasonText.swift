import Model
import TaskKit

/// Why a task is in a plan, in words.
struct ReasonText {
    private let summaries: [StepIdentity: String]
    private let isWhole: Bool

    /// - Parameter isWhole: shows long values in full; else of each the part in which they differ.
    init(_ plan: Plan, isWhole: Bool = false) {
        self.isWhole = isWhole
        summaries = Dictionary(plan.tasks.map { ($0.identity, $0.summary) }, uniquingKeysWith: { first, _ in first })
    }

    func text(of reason: Reason) -> String {
        switch reason {
        case .created(let path): "\(path) is new"
        case .changed(let path, let property, let old, let new):
            "\(property) of \(path): " + change(from: old, to: new)
        case .removed(let path): "\(path) is no longer declared"
        case .removedFrom(let path, let node): "\(path) is no longer declared on \(node.name)"
        case .notApplied: "not applied yet"
        case .secretChanged(let name): "secret \(name) was set anew"
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

    /// Both values, and of long ones the part in which they differ.
    private func change(from old: String?, to new: String?) -> String {
        guard let old, let new else { return "\(old.map(shortened) ?? "(not set)") -> \(new.map(shortened) ?? "(not set)")" }
        guard !isWhole, max(old.count, new.count) > ReasonText.longest else { return "\(shortened(old)) -> \(shortened(new))" }
        let common = zip(old, new).prefix { $0 == $1 }.count
        // A few letters before the difference, so that the eye finds the place.
        let dropped = max(0, common - 4)
        let lead = dropped > 0 ? "..." : ""
        return lead + shortened(String(old.dropFirst(dropped))) + " -> " + lead + shortened(String(new.dropFirst(dropped)))
    }

    private static let longest = 40

    private func shortened(_ text: String) -> String {
        let line = text.replacing("\n", with: "\\n")
        if isWhole { return line }
        return line.count <= ReasonText.longest ? line : line.prefix(16) + "..."
    }
}
