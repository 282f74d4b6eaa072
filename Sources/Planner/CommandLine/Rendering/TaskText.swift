import Engine
import Model
import Service
import TaskKit

/// One task in full: why it is there, where it runs, what it does, what it waits for.
struct TaskText {
    private let plan: Plan
    private let progress: PlanProgress?
    private let style: Style

    init(_ plan: Plan, progress: PlanProgress?, style: Style) {
        self.plan = plan
        self.progress = progress
        self.style = style
    }

    func text(of task: PlanTask) -> String {
        let host = plan.hosts[task.host]
        var lines = [style.bold("\(task.id)") + "  \(task.summary)"]
        if let progress, progress.wasStarted, let state = progress.tasks[task.id] {
            lines.append("  state   \(PlanText.word(for: state))")
        }
        lines.append("  host    " + (host.map { "\($0.hostname) (\($0.user)@\($0.address):\($0.port))" } ?? task.host.text))
        lines.append("  item    \(task.identity.item)")
        if let phase = plan.phases.first(where: { $0.tasks.contains { $0.id == task.id } }) {
            let after = phase.after.isEmpty ? "" : ", after " + NameList.text(phase.after.map(String.init))
            lines.append("  phase   \(phase.number), \(phase.group.rawValue)\(after)")
        }
        lines.append("  effect  \(task.effect.rawValue)" + (task.isDestructive ? ", takes something away for good" : ""))
        let reasons = ReasonText(plan, isWhole: true)
        lines += task.reasons.map { "  why     \(reasons.text(of: $0))" }
        if let tries = task.retries?.tries { lines.append("  tries   \(tries)") }
        lines += task.action.action.preview.map { "  \($0)" }
        return lines.map { $0 + "\n" }.joined()
    }
}
