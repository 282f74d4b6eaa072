import ArgumentParser
import Foundation
import Service
import Store
import TaskKit

struct LogsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logs", abstract: "Show what a task has said, or what has happened in a plan.",
        discussion: """
            A task is named by its place (2.6: the sixth of phase 2), by its id, or by the beginning of its id. Its output is shown attempt by \
            attempt; of a very long one, the middle is left out. -f goes on while the task runs, also in another process.

            Without a task: the records of the plan, a line each as run_plan prints them; with --json an object each (planner schema \
            --format run).

            EXAMPLES
              planner logs                          what has happened
              planner logs 2.6                      all that the task has said
              planner logs -f 5fdb                  and what it says next
              planner logs --json --since 812       records after that one
            """)

    @Argument(help: ArgumentHelp("The task.", valueName: "phase.task|id"))
    var task: String?

    @Flag(name: .shortAndLong, help: "Go on until the task, or the run, has ended.")
    var follow = false

    @Option(help: ArgumentHelp("Of another plan than the current one.", valueName: "id"))
    var plan: String?

    @Option(help: "Only this attempt.")
    var attempt: Int?

    @Option(help: ArgumentHelp("Only records after this one.", valueName: "sequence"))
    var since = 0

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() async throws {
        let site = try site.open()
        let stored = try site.plan(id: plan).stored
        let places = PlanPlaces(stored.plan)
        guard let task else { return try await showRecords(of: site, stored) { _ in true } }
        let place = try places.task(named: task)
        if output.json { return try await showRecords(of: site, stored) { $0.task?.id == place.task.id } }
        try await showOutput(of: place, site, stored)
    }

    // MARK: Records

    private func showRecords(of site: Site, _ stored: StoredPlan, _ isShown: (RunRecord) -> Bool) async throws {
        var feed = site.feed(of: stored)
        var picture = RunPicture(feed.places)
        let logs = site.logs
        let serial = stored.serial
        let lines = RunLines(
            style: Style(usesColor: Output.standard.usesColor), width: Output.standard.cutWidth,
            logPath: { logs.file(of: $0, attempt: $1, plan: serial) })
        if output.json { Output.standard.line(JSONOutput.text(of: RunStreamHead(planner: plannerVersion))) }
        var isLast = false
        while true {
            let records = try feed.next()
            var text = ""
            for record in records {
                picture.take(record)
                guard record.sequence > since, isShown(record) else { continue }
                text +=
                    output.json
                    ? JSONOutput.text(of: record) + "\n" : lines.lines(of: record, in: picture).map { $0 + "\n" }.joined()
            }
            Output.standard.write(text)
            if !records.isEmpty { continue }
            if isLast { break }
            // Once more after the end: records may have come between the two questions.
            isLast = try !follow || site.activeHolder() == nil
            if !isLast { try await Task.sleep(for: .milliseconds(200)) }
        }
        guard output.json else { return }
        let end = picture.began == nil ? RunStreamEnd(exit: 0, reason: "not-run") : RunStreamEnd(exit: 0, reason: reason(picture))
        Output.standard.line(JSONOutput.text(of: end))
    }

    /// How the run stands; the command itself ends well.
    private func reason(_ picture: RunPicture) -> String { RunEnding(picture).status.reason }

    // MARK: Output

    private func showOutput(of place: PlanPlaces.Place, _ site: Site, _ stored: StoredPlan) async throws {
        var readers: [Int: TaskLogReader] = [:]
        var isLast = false
        var hasSaid = false
        while true {
            var text = ""
            for log in site.logs.logs(of: place.task.id, plan: stored.serial) where attempt == nil || log.attempt == attempt {
                var reader = readers[log.attempt] ?? TaskLogReader(log.path)
                text += reader.next()
                readers[log.attempt] = reader
            }
            hasSaid = hasSaid || !text.isEmpty
            Output.standard.write(Output.standard.isTerminal ? LogsCommand.harmless(text) : text)
            if isLast { break }
            isLast = try !follow || hasEnded(place.task.id, site, stored)
            if !isLast { try await Task.sleep(for: .milliseconds(200)) }
        }
        guard hasSaid else {
            throw ServiceError.wrongState(
                "there is no log of \(place.text) \(place.task.summary)",
                nextStep: "planner show_plan --task \(place.task.id) shows what it does and how far it is")
        }
    }

    private func hasEnded(_ task: TaskID, _ site: Site, _ stored: StoredPlan) throws -> Bool {
        guard try site.activeHolder() != nil else { return true }
        var feed = site.feed(of: stored)
        var picture = RunPicture(feed.places)
        while case let records = try feed.next(), !records.isEmpty { for record in records { picture.take(record) } }
        // A task that has not begun is waited for.
        return picture.outcomes[task] != nil || picture.done.contains(task)
    }

    /// What a host says must not move the cursor of who reads it.
    private static func harmless(_ text: String) -> String {
        text.split(separator: "\n", omittingEmptySubsequences: false)
            .map { ValueText.said($0) }.joined(separator: "\n")
    }
}
