import Engine
import Foundation
import Model
import Planning
import Service
import Store
import TaskKit

/// A plan as one page for a browser: phases as lanes, the detail of a task on a click. It loads nothing from anywhere, runs no script (its
/// Content-Security-Policy allows its own style sheet and nothing else) and can be attached to a ticket. The same plan in the same state
/// gives the same bytes.
struct PlanPage {
    private let plan: Plan
    private let progress: PlanProgress?
    private let reasons: ReasonText
    private let folding: PlanFolding

    /// Of what a task does, a page shows so much; `show_plan --task ID` shows all.
    private static let maximumLines = 60
    private static let maximumColumns = 400

    init(_ plan: Plan, progress: PlanProgress?) {
        self.plan = plan
        self.progress = progress
        reasons = ReasonText(plan, isWhole: true)
        folding = PlanFolding(plan, progress: progress)
    }

    /// - Complexity: O(tasks and what they do).
    func text(
        state: String, staleness: [String], estimate: DurationEstimate?, preflight: StoredPreflight? = nil
    ) -> String {
        var parts = [head(title: "Plan \(plan.id)")]
        parts.append(heading(state: state, staleness: staleness, estimate: estimate))
        if let preflight { parts.append(section(of: preflight)) }
        parts.append("<main>\n")
        for fold in folding.folds() {
            parts.append(section(of: fold.lead))
            for block in fold.others { parts.append(section(of: block, like: block.isPause ? nil : fold.lead)) }
        }
        parts.append("</main>\n</body>\n</html>\n")
        return parts.joined()
    }

    // MARK: Head

    /// The only way by which text comes into the page.
    private func escaped(_ text: some StringProtocol) -> String {
        var result = ""
        result.reserveCapacity(text.utf8.count)
        for scalar in ValueText.line(String(text)).unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "'": result += "&#39;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private func head(title: String) -> String {
        """
        <!DOCTYPE html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'sha256-\(PlanPageStyle.digest)'">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <title>\(escaped(title))</title>
        <style>\(PlanPageStyle.sheet)</style>
        </head>
        <body>

        """
    }

    private func heading(state: String, staleness: [String], estimate: DurationEstimate?) -> String {
        let lines = PlanHeading(plan, style: Style(usesColor: false)).lines(state: state, staleness: [], estimate: estimate)
        var html = "<header>\n<h1>Plan \(escaped(plan.id)) <span class=\"state\">\(escaped(state))</span></h1>\n"
        if !staleness.isEmpty {
            html +=
                "<p class=\"stale\">Stale: \(escaped(staleness.joined(separator: "; "))). Make a new plan before it is run.</p>\n"
        }
        html += "<dl>\n"
        for line in lines.dropFirst() {
            let label = line.prefix(10).trimmingCharacters(in: .whitespaces)
            html += "<dt>\(escaped(label))</dt><dd>\(escaped(line.dropFirst(10)))</dd>\n"
        }
        return html + "</dl>\n</header>\n"
    }

    /// What hosts have said before the plan is run.
    private func section(of preflight: StoredPreflight) -> String {
        let report = preflight.report
        let time = LocalTime.text(preflight.askedAt, in: .current)
        let words = "\(report.counts); \(report.hosts), \(time) by \(preflight.askedBy)"
        let title = "<h2>Preflight</h2><span class=\"note\">\(escaped(words))</span>"
        guard !report.findings.isEmpty else { return "<section class=\"preflight\">\(title)</section>\n" }
        let rows = PreflightFindings(report, of: plan).entries.map { entry in
            "<li class=\"\(entry.finding.severity.rawValue)\"><b>\(escaped(entry.label))</b> <b>\(escaped(entry.subjects))</b>: "
                + "\(escaped(entry.finding.found))<small>rule: \(escaped(entry.rule))</small>"
                + "<small>do: \(escaped(entry.finding.nextStep))</small></li>\n"
        }
        return "<section class=\"preflight\">\(title)\n<ul>\n\(rows.joined())</ul></section>\n"
    }

    // MARK: Lanes

    private func section(of block: PlanBlock, like lead: PlanBlock? = nil) -> String {
        let lanes = block.phases.map(lane).joined()
        guard let node = block.node else { return "<section>\n\(lanes)</section>\n" }
        var steps: [String] = []
        for phase in block.phases where steps.last != PlanText.word(for: phase.group) {
            steps.append(PlanText.word(for: phase.group))
        }
        let title = "<h2>\(escaped(node.name))</h2>"
        let words = "<span class=\"steps\">\(escaped(steps.joined(separator: " \u{203A} ")))</span>"
        let range = PlanBlock.extent(block.first, block.last, tasks: block.tasks.count)
        let note = lead?.node.map { "the same as \($0.name): \(range)" } ?? range
        let open = lead == nil ? " open" : ""
        return "<details class=\"block\"\(open)><summary>\(title)\(words)<span class=\"note\">\(escaped(note))</span></summary>\n"
            + lanes + "</details>\n"
    }

    private func lane(of phase: Phase) -> String {
        let place = (phase.node == nil ? phase.cluster : nil).map { " <span class=\"place\">\(escaped($0.name))</span>" } ?? ""
        let after = links(to: phase.after)
        let pause = StrategyText.text(of: phase).map { "<p>\(escaped($0))</p>" } ?? ""
        let tasks = pause + phase.tasks.map(card).joined()
        return
            "<div class=\"lane\" id=\"p\(phase.number)\"><div class=\"phase\"><b>\(phase.number)</b> \(escaped(phase.group.rawValue))"
            + place + (after.isEmpty ? "" : "<small>after \(after)</small>") + "</div><div class=\"tasks\">\n" + tasks
            + "</div></div>\n"
    }

    /// `1, 2, 4 ... 150`: a phase may come after a thousand.
    private func links(to phases: [Int]) -> String {
        func link(_ number: Int) -> String { "<a href=\"#p\(number)\">\(number)</a>" }
        var runs: [ClosedRange<Int>] = []
        for number in phases {
            if let last = runs.last, last.upperBound + 1 == number {
                runs[runs.count - 1] = last.lowerBound...number
            } else {
                runs.append(number...number)
            }
        }
        return runs.flatMap { run in
            run.count > 3 ? ["\(link(run.lowerBound)) ... \(link(run.upperBound))"] : run.map(link)
        }.joined(separator: ", ")
    }

    private func card(of task: PlanTask) -> String {
        var marks = ""
        if task.effect > .live { marks += " <mark class=\"\(task.effect.rawValue)\">\(task.effect.rawValue)</mark>" }
        if task.change == .remove { marks += " <mark class=\"replace\">remove</mark>" }
        var state = ""
        var kind = "task"
        if let progress, progress.wasStarted, let now = progress.tasks[task.id] {
            state = "<span class=\"word\">\(escaped(PlanText.word(for: now)))</span> "
            kind += now.isSuccess ? " done" : now.isFailure ? " failed" : now.isInFlight ? " running" : ""
        }
        if task.effect == .replace || task.isDestructive { kind += " heavy" }
        return "<details class=\"\(kind)\"><summary>\(state)\(escaped(task.summary))\(marks)</summary>" + detail(of: task)
            + "</details>\n"
    }

    private func detail(of task: PlanTask) -> String {
        let host = plan.hosts[task.host].map { "\($0.hostname) (\($0.user)@\($0.address):\($0.port))" } ?? task.host.text
        var rows: [(String, String)] = [("task", task.id.text), ("host", host), ("item", task.identity.item.text)]
        rows.append(("effect", task.effect.rawValue + (task.isDestructive ? ", takes something away for good" : "")))
        rows += task.reasons.map { ("why", reasons.text(of: $0)) }
        let table = rows.map { "<dt>\($0.0)</dt><dd>\(escaped($0.1))</dd>" }.joined()
        let lines = task.action.action.preview.flatMap { $0.split(separator: "\n", omittingEmptySubsequences: false) }
        var shown = lines.prefix(PlanPage.maximumLines).map { line in
            line.count > PlanPage.maximumColumns ? escaped(line.prefix(PlanPage.maximumColumns)) + "..." : escaped(line)
        }
        if lines.count > PlanPage.maximumLines {
            shown.append("... \(lines.count - PlanPage.maximumLines) more lines: planner show_plan --task \(task.id)")
        }
        return "<dl>\(table)</dl><pre>\(shown.joined(separator: "\n"))</pre>"
    }
}
