import ArgumentParser
import Foundation
import Service
import Store
import TaskKit

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report", abstract: "Write a run, finished or not, as one page for a browser.",
        discussion: """
            The page loads nothing and runs no script: nodes and their steps, what failed with its last output, phases, and when what ran. \
            It can be attached to a ticket.

              planner report --html run.html
              planner report --html run.html --plan 5fdb
            """)

    @Option(help: ArgumentHelp("The file to write.", valueName: "file"))
    var html: String

    @Option(help: ArgumentHelp("Of another plan than the current one.", valueName: "id"))
    var plan: String?

    @OptionGroup var site: SiteOptions

    func run() throws {
        let site = try site.open()
        let view = try site.plan(id: plan)
        let stored = view.stored
        guard !view.history.isEmpty else {
            throw ServiceError.wrongState(
                "plan \(stored.plan.id) was not run yet", nextStep: "planner show_plan --html FILE shows the plan")
        }
        let places = PlanPlaces(stored.plan)
        let logs = site.logs
        let maker = RunReportMaker(
            records: view.history.map { RunRecord($0, in: places) }, places: places,
            logPath: { logs.file(of: $0, attempt: $1, plan: stored.serial) })
        let holder = try site.activeHolder()
        let last = view.history.last?.time ?? 0
        let isRunning = stored.state == .running && holder != nil
        let results = view.history.reversed().lazy.compactMap { if case .runFinished(let result) = $0.event { result } else { nil } }
        let state = StatusText.state(stored.state, latest: results.first, isHeld: holder != nil)
        let page = maker.page(state: state, lastTime: isRunning ? secondsNow() : last)
        try Output.write(try RunPage.text(of: page), to: html)
    }
}
