import Foundation
import Model
import Service
import TaskKit

/// Pauses, soaks, budgets and windows, as runs and `status` tell them.
enum PolicyText {
    private static func time(_ seconds: Double) -> String { LocalTime.text(seconds, in: .current) }

    // MARK: Where it stands

    /// The lines of `status`.
    static func lines(of status: PolicyStatus, style: Style) -> [String] {
        status.waits.map { line(for: $0, style: style) } + status.budgets.map { line(for: $0, style: style) }
            + lines(for: status.window)
    }

    private static func line(for wait: PolicyStatus.Wait, style: Style) -> String {
        let name = StrategyText.name(of: wait.wait.group, in: wait.cluster)
        let place = StrategyText.place(of: wait.wait)
        if let until = wait.until { return "Soak   \(name): until \(time(until)), \(place)" }
        if let by = wait.approvedBy { return "Wait   \(name): approved by \(by), \(place) (phase \(wait.phase))" }
        return "Wait   \(name): " + style.caution("waits for approval")
            + " since \(time(wait.since)), \(place) (phase \(wait.phase))"
    }

    private static func line(for budget: PolicyStatus.Budget, style: Style) -> String {
        let name = StrategyText.name(of: budget.group.path, in: budget.group.cluster)
        let count = "\(budget.failed.count)/\(budget.group.maximumFailures) failures"
        guard !budget.failed.isEmpty else { return "Budget \(name): \(count)" }
        return "Budget \(name): " + style.caution(count) + " (\(NameList.text(budget.failed.map { String($0.name) })))"
    }

    private static func lines(for window: PolicyStatus.Window?) -> [String] {
        guard let window else { return [] }
        return ["Window until \(time(window.until))"]
            + window.kept.map {
                "       " + StrategyText.kept($0.node, $0.phase, needed: $0.needsMilliseconds, left: $0.leftMilliseconds)
            }
    }
}

/// The same as `--json` prints it; times in seconds since 1970.
struct JSONPolicyStatus: Encodable {
    struct Wait: Encodable {
        let phase: Int
        let group: ItemPath
        let kind: String
        let since: Double
        let until: Double?
        let approvedBy: String?
        let doneNodes: Int
        let nodeCount: Int
    }

    struct Budget: Encodable {
        let group: ItemPath
        let allowed: Int
        let failed: [ItemPath]
    }

    struct Window: Encodable {
        struct Kept: Encodable {
            let phase: Int
            let node: ItemPath?
            let needsMilliseconds: Int
            let leftMilliseconds: Int
        }

        let until: Double
        let notStarted: [Kept]
    }

    let waits: [Wait]
    let budgets: [Budget]
    let window: Window?

    init(_ status: PolicyStatus) {
        waits = status.waits.map { it in
            Wait(
                phase: it.phase, group: it.wait.group, kind: it.wait.kind == .approval ? "approval" : "soak", since: it.since,
                until: it.until, approvedBy: it.approvedBy, doneNodes: it.wait.doneNodes, nodeCount: it.wait.nodeCount)
        }
        budgets = status.budgets.map { Budget(group: $0.group.path, allowed: $0.group.maximumFailures, failed: $0.failed) }
        window = status.window.map { window in
            Window(
                until: window.until,
                notStarted: window.kept.map {
                    Window.Kept(
                        phase: $0.phase, node: $0.node, needsMilliseconds: $0.needsMilliseconds,
                        leftMilliseconds: $0.leftMilliseconds)
                })
        }
    }
}
