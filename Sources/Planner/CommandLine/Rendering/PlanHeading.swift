import Foundation
import Model
import Planning
import Service
import Store
import TaskKit

/// The first lines of a plan: what it changes, what it interrupts, what is dangerous. The same plan gives the same bytes.
struct PlanHeading {
    private let plan: Plan
    private let summary: PlanSummary
    private let style: Style

    init(_ plan: Plan, style: Style) {
        self.plan = plan
        self.style = style
        summary = PlanSummary(plan)
    }

    /// - Parameters:
    ///   - state: the word for the state of the plan.
    ///   - estimate: nil when too little is known.
    ///   - creator: who made it; nil when that was not noted.
    ///   - preflight: what hosts have said last before it is run; nil when they were not asked.
    func lines(
        state: String, staleness: [String], estimate: DurationEstimate?, creator: String? = nil, preflight: StoredPreflight? = nil
    ) -> [String] {
        var lines = PlanHeading.opening(of: plan.id, state: state, staleness: staleness, creator: creator, style: style)
        lines.append("Tasks     \(summary.taskCount) in \(summary.phaseCount) \(summary.phaseCount == 1 ? "phase" : "phases")")
        if let limit { lines.append("Limited   \(limit)") }
        lines += strategy
        if let estimate { lines.append("Takes     \(PlanHeading.text(of: estimate))") }
        return lines + costs + (preflight.map(self.lines) ?? [])
    }

    /// When hosts were asked, and not how long ago: the same store gives the same bytes.
    private func lines(of preflight: StoredPreflight) -> [String] {
        let report = preflight.report
        let counts = report.blockers.isEmpty ? report.counts : style.bad(report.counts)
        let time = LocalTime.text(preflight.askedAt, in: .current)
        return ["Preflight \(counts); \(report.hosts), \(time) by \(preflight.askedBy)"]
            + PreflightFindings(report, of: plan).entries.map { entry in
                let label = entry.isBlocker ? style.bad(entry.label) : style.caution(entry.label)
                return "          \(label) \(entry.text)"
            }
    }

    /// How the nodes of each cluster or pool take turns.
    private var strategy: [String] {
        StrategyText.lines(of: plan.rolling ?? []).enumerated().map { index, line in
            (index == 0 ? "Strategy  " : "          ") + line
        }
    }

    /// What the plan was limited to: who reads it must not take it for the whole.
    private var limit: String? {
        guard let selection = plan.selection else { return nil }
        func names(_ paths: [ItemPath]) -> String { NameList.text(paths.map { String($0.name) }) }
        let words = [
            selection.only.isEmpty ? nil : "to \(names(selection.only))",
            selection.excluded.isEmpty ? nil : "without \(names(selection.excluded))",
            selection.leftOut == 0
                ? nil : "\(selection.leftOut) \(selection.leftOut == 1 ? "step is" : "steps are") left for a later plan",
        ]
        return words.compactMap { $0 }.joined(separator: "; ")
    }

    /// The first lines, for which no task need be known.
    static func opening(of id: String, state: String, staleness: [String], creator: String?, style: Style) -> [String] {
        var lines: [String] = []
        if !staleness.isEmpty {
            lines.append(style.caution("STALE: \(staleness.joined(separator: "; ")); planner create_plan makes a new plan"))
        }
        lines.append(style.bold("Plan \(id)") + "  \(state)" + (creator.map { "  created by \($0)" } ?? ""))
        return lines
    }

    /// What it changes, interrupts and takes away, and the warnings.
    var costs: [String] {
        let destructive = summary.destructiveCount
        var lines = [
            "Changes   \(changes)" + (destructive > 0 ? "; " + style.caution("\(destructive) take something away for good") : "")
        ]
        if !summary.disruptedNodes.isEmpty { lines.append("Disrupts  \(disrupted)") }
        for (index, warning) in summary.warnings.enumerated() {
            let label = index == 0 ? "Warnings  " : "          "
            lines.append(label + style.caution("W\(index + 1)") + " " + PlanHeading.text(of: warning))
        }
        return lines
    }

    /// The heaviest first; what there is none of is left out, but for what everybody looks for.
    private var changes: String {
        let shown: [PlanChange] = [.replace, .restart, .update, .create, .remove]
        return shown.map { change in
            let text = "\(summary.count(change)) \(change.rawValue)"
            return change >= .restart && summary.count(change) > 0 ? style.caution(text) : text
        }
        .joined(separator: ", ")
    }

    private var disrupted: String {
        let nodes = summary.disruptedNodes
        let services = NameList.text(summary.disruptedServices.map { String($0.name) }.firstOfEach)
        return "\(nodes.count) \(nodes.count == 1 ? "host" : "hosts"): " + NameList.text(nodes.map { String($0.name) })
            + (services.isEmpty ? "; " : "; services \(services); ").dropLast(2)
    }

    static func text(of estimate: DurationEstimate) -> String {
        let runs = "\(estimate.runCount) earlier \(estimate.runCount == 1 ? "run" : "runs")"
        let time = text(ofMilliseconds: estimate.milliseconds)
        guard estimate.unknownTasks > 0 else { return "est. \(time) (from \(runs))" }
        let tasks = estimate.unknownTasks == 1 ? "1 task was" : "\(estimate.unknownTasks) tasks were"
        return "est. \(time) or more (from \(runs); \(tasks) never run before)"
    }

    /// Minutes from two on; an estimate is no measurement.
    private static func text(ofMilliseconds milliseconds: Int) -> String {
        let seconds = (milliseconds + 999) / 1000
        if seconds < 120 { return "\(seconds) s" }
        let minutes = (seconds + 30) / 60
        return minutes < 120 ? "\(minutes) min" : "\(minutes / 60) h \(minutes % 60) min"
    }

    static func text(of warning: PlanWarning) -> String {
        func names(_ paths: [ItemPath]) -> String { NameList.text(paths.map { String($0.name) }) }
        switch warning {
        case .stillOut(let nodes, let plan):
            return "\(names(nodes)): out of service since plan \(plan); brought back first"
        case .notTakenOut(let nodes, let cluster):
            return "\(names(nodes)): what serves there is stopped without taking the node out of service first; "
                + "\(cluster) has nothing that does it (ha_manager)"
        case .risk(let risk): return text(of: risk)
        }
    }

    private static func text(of risk: PlanRisk) -> String {
        switch risk {
        case .outage(let service, let node):
            "\(service.name): OUTAGE, its only instance is on \(node.name) and does not serve until that node is back"
        case .wholeClusterOut(let cluster, 1): "\(cluster.name): it has one node, and nothing of it serves while that is changed"
        case .wholeClusterOut(let cluster, let count):
            "\(cluster.name): all \(count) nodes may be out of service at the same time (max_unavailable)"
        case .everyNodeReplaced(let cluster, let count):
            "\(cluster.name): every one of its \(count) nodes gets something built anew"
        case .protectedDisturbed(let item, let summary): "\(item.name) is protected, and disturbed: \(summary)"
        case .leftOut(let node, let contributors):
            "\(node.name): out of service (taken out by \(contributors.joined(separator: ", "))), and this plan does not put it back"
        }
    }
}

extension [String] {
    /// Each text once, at its first place.
    var firstOfEach: [String] {
        var seen: Set<String> = []
        return filter { seen.insert($0).inserted }
    }
}
