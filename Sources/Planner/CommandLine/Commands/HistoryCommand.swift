import ArgumentParser
import Foundation
import Model
import Service
import Store
import TaskKit

struct HistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history", abstract: "List the runs: who, when, how long, with what result.",
        discussion: """
            The newest first. planner plan_history lists the plans, also those that were never run. --json prints the records of these runs, an \
            object each, oldest first; --since all records after one, of every plan.
            """)

    @Option(name: [.customShort("n"), .long], help: "At most so many runs.")
    var limit = 20

    @Option(help: ArgumentHelp("With --json: all records after this one.", valueName: "sequence"))
    var since: Int?

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
        guard since == nil || output.json else { throw ValidationError("--since needs --json.") }
    }

    func run() throws {
        let site = try site.open()
        let runs = try site.runHistory(limit: limit)
        guard output.json else {
            return Output.standard.write(HistoryText(runs, style: Style(usesColor: Output.standard.usesColor)).text)
        }
        Output.standard.line(JSONOutput.text(of: RunStreamHead(planner: plannerVersion)))
        let first = runs.last.map { $0.records.lowerBound - 1 }
        if let start = since ?? first {
            try site.records(after: start) { Output.standard.line(JSONOutput.text(of: $0)) }
        }
        Output.standard.line(JSONOutput.text(of: RunStreamEnd(exit: 0, reason: "read")))
    }
}

/// Runs, a line each.
struct HistoryText {
    private let runs: [Site.RunSummary]
    private let style: Style
    private let zone: TimeZone

    init(_ runs: [Site.RunSummary], style: Style = Style(usesColor: false), zone: TimeZone = .current) {
        self.runs = runs
        self.style = style
        self.zone = zone
    }

    var text: String {
        guard !runs.isEmpty else { return "No plan was ever run.\n" }
        return TextTable(["BEGAN", "TOOK", "RESULT", "PLAN", "TASKS", "RECORDS", "BY"], runs.map(row)).text(style: style)
    }

    private func row(_ run: Site.RunSummary) -> [String] {
        let counts = Outcome.allCases.compactMap { outcome in run.outcomes[outcome].map { "\($0) \(outcome.word)" } }
        return [
            LocalTime.text(run.began, in: zone), ShortTime.text(seconds: Int(run.ended - run.began)),
            run.ending.rawValue + (run.isResumed ? " (resumed)" : ""), run.plan.id,
            counts.isEmpty ? "-" : counts.joined(separator: ", "), "\(run.records.lowerBound)-\(run.records.upperBound)", run.by,
        ]
    }
}
