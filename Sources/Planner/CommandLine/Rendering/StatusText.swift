import Engine
import Foundation
import Model
import Planning
import Service
import Store
import TaskKit

/// Where everything stands, for people, with the next command.
struct StatusText {
    private let status: Site.Status
    /// What is under way at this moment.
    private let running: RunningRows?
    private let style: Style
    private let width: Int?

    /// So many rows are shown of what is under way; the others are counted.
    private static let shownRows = 12

    /// - Parameters:
    ///   - running: what is under way; nil when nobody runs the plan.
    ///   - width: columns of the terminal; nil for a pipe.
    init(_ status: Site.Status, running: RunningRows? = nil, style: Style, width: Int? = nil) {
        self.status = status
        self.running = running
        self.style = style
        self.width = width
    }

    var text: String {
        var lines = [modelLine]
        lines += unhandledLines
        lines += planLines + runningLines
        if let policy = status.policy { lines += PolicyText.lines(of: policy, style: style) }
        for node in status.nodes where !isToldAlready(node) { lines += self.lines(for: node) }
        lines.append("Next   \(nextCommand)")
        return lines.joined(separator: "\n") + "\n"
    }

    private var modelLine: String {
        let counts = ItemState.allCases.compactMap { state in
            status.items[state].map { "\($0) \(state.rawValue)" }
        }
        return "Model  " + (counts.isEmpty ? "empty" : counts.joined(separator: ", "))
    }

    /// What is changed and no plugin handles, the first five by name.
    private var unhandledLines: [String] {
        let items = status.unhandled
        guard !items.isEmpty else { return [] }
        let shown = items.prefix(5).map { item in
            style.caution("       no plugin \(item.isRemoved ? "takes away" : "handles"): \(item.path) (\(item.type))")
        }
        return items.count > 5 ? shown + ["       and \(items.count - 5) more"] : shown
    }

    /// The state in words: a plan that was running when nobody runs it was interrupted.
    static func state(of status: Site.Status) -> String? {
        status.plan.map { state($0.state, latest: status.progress?.latestResult, isHeld: status.holder != nil) }
    }

    /// - Parameters:
    ///   - latest: how the latest run ended.
    ///   - isHeld: whether somebody runs it now.
    static func state(_ state: PlanState, latest: RunResult?, isHeld: Bool) -> String {
        switch state {
        case .running where !isHeld: "interrupted"
        case .stopped where latest == .paused: RunResult.paused.rawValue
        default: state.rawValue
        }
    }

    private var planLines: [String] {
        guard let plan = status.plan else { return ["Plan   none"] }
        let states = status.progress.map { Array($0.tasks.values) } ?? []
        let done = states.filter(\.isSuccess).count
        let failed = states.filter(\.isFailure).count
        var line = "Plan   \(plan.id)  \(StatusText.state(of: status) ?? "")"
        line += ": \(done) of \(plan.counts.tasks) tasks done" + (failed > 0 ? ", \(failed) failed" : "")
        var lines = [line]
        if let holder = status.holder { lines.append("Run    \(holder)") }
        if let lost = status.lost {
            let time = LocalTime.text(lost.at, in: .current)
            lines.append(style.caution("Run    \(lost.holder) is gone; last heard of at \(time)"))
            lines.append("       what it began on hosts may still go on there; resuming joins it, nothing is done twice")
        }
        lines += status.staleness.map { style.caution("       stale: \($0)") }
        return lines + preflightLines
    }

    /// What runs, since when, and what it waits for.
    private var runningLines: [String] {
        guard let rows = running?.rows, !rows.isEmpty else { return [] }
        let shown = rows.prefix(StatusText.shownRows).enumerated().flatMap { index, row in
            let time = row.time.isEmpty ? "" : "  (\(row.time))"
            let words = row.words(within: width.map { $0 - 9 })
            return [(index == 0 ? "Now    " : "       ") + row.name + time] + (words.isEmpty ? [] : ["         \(words)"])
        }
        return shown + (rows.count > StatusText.shownRows ? ["       and \(rows.count - StatusText.shownRows) more"] : [])
    }

    /// What hosts have said of the plan, how long ago, and what blocks it.
    private var preflightLines: [String] {
        guard let preflight = status.preflight else { return [] }
        let report = preflight.report
        let age = ShortTime.text(seconds: Int(status.time - preflight.askedAt))
        return ["Asked  \(age) ago by \(preflight.askedBy) (preflight): \(report.counts); \(report.hosts)"]
            + (blockers.map { "       \(style.bad($0.label)) \($0.text)" })
    }

    private var blockers: [PreflightFindings.Entry] {
        status.preflight.map { PreflightFindings($0.report, knownWarnings: 0).entries.filter(\.isBlocker) } ?? []
    }

    /// Whether nothing is to be said of the node but what runs on it.
    private func isToldAlready(_ node: Site.NodeStatus) -> Bool {
        running != nil && node.takenOutBy.isEmpty && node.failed.isEmpty && node.owed.isEmpty
    }

    private func lines(for node: Site.NodeStatus) -> [String] {
        let name = style.bold("Node \(node.node.name)")
        var lines = [
            "\(name)  "
                + (node.takenOutBy.isEmpty
                    ? "in service"
                    : style.caution("OUT OF SERVICE") + " (taken out by \(node.takenOutBy.joined(separator: ", ")))")
        ]
        // What runs is not half done yet.
        let unfinished = (status.holder == nil ? node.inFlight : []).map { ($0, true) } + node.failed.map { ($0.task, false) }
        lines += NodeWords.lines(node: String(node.node.name), takenOutBy: node.takenOutBy, unfinished: unfinished).dropFirst()
            .map { "       " + style.caution($0) }
        if running == nil {
            lines += node.inFlight.map { "       \(status.holder == nil ? "interrupted in" : "running"): \($0.summary)" }
        }
        for (task, failure) in node.failed {
            lines.append("       " + style.bad("failed") + ": \(task.summary)")
            if let failure {
                let text = "\(failure.failureClass.rawValue): \(failure.message)"
                lines += text.split(separator: "\n").map { "         \(ValueText.said($0))" }
                if let nextStep = failure.nextStep { lines.append("         \(nextStep)") }
            }
        }
        if !node.owed.isEmpty {
            lines.append(node.takenOutBy.isEmpty ? "       still to come:" : "       still to come before it is back:")
            lines += node.owed.map { "         \($0.summary)" }
            if status.holder == nil, !node.takenOutBy.isEmpty {
                lines.append("       planner unlock \(node.node.name) puts it back into service as it is")
            }
        }
        return lines
    }

    /// How many items a plan would bring nearer to what is declared.
    private var changed: Int {
        let staying = status.unhandled.filter { !$0.isRemoved }.count
        return status.items.filter { $0.key != .applied }.values.reduce(0, +) - staying
    }

    static let nothingToDo = "nothing: all is as the model says"

    /// What to do now.
    var nextCommand: String {
        let wantsApproval = status.policy?.wantsApproval ?? false
        if status.holder != nil {
            return (wantsApproval ? "planner approve, or " : "wait (planner attach shows it), or ") + "planner stop_plan"
        }
        guard let plan = status.plan else {
            if status.items.isEmpty { return "planner load FILE" }
            return changed > 0 || status.unhandled.isEmpty
                ? "planner create_plan" : "nothing: all that a plugin handles is as the model says"
        }
        if !status.staleness.isEmpty { return "planner create_plan" }
        switch plan.state {
        case .initial:
            return blockers.isEmpty ? "planner run_plan" : "put right what blocks, then planner run_plan --preflight"
        case .running, .failed, .stopped:
            return wantsApproval ? "planner approve, then planner run_plan --resume" : "planner run_plan --resume"
        case .successful, .removed, .superseded:
            return changed > 0 || status.nodes.contains { !$0.owed.isEmpty }
                ? "planner create_plan" : StatusText.nothingToDo
        }
    }
}
