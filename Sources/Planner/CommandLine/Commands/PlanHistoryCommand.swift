import ArgumentParser
import Service

struct PlanHistoryCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan_history", abstract: "List the plans that were made: when, what came of them, who ran them.",
        discussion: """
            The newest first. planner show_plan --plan ID shows one of them, planner show_plan --against ID what is different now.
            """)

    @Option(name: [.customShort("n"), .long], help: "At most so many.")
    var limit = 20

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func validate() throws {
        guard limit > 0 else { throw ValidationError("--limit is 1 or more.") }
    }

    func run() throws {
        let records = try site.open().planHistory(limit: limit)
        if output.json { return Output.standard.line(JSONOutput.document(JSONPlanHistory(records))) }
        Output.standard.write(PlanHistoryText(records, style: Style(usesColor: Output.standard.usesColor)).text)
    }
}
