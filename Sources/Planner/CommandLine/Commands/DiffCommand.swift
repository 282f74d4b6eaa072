import ArgumentParser
import Model
import Service

struct DiffCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "diff", abstract: "Show what is declared otherwise than it was applied, item by item.",
        discussion: """
            Behind each changed property stands what the change costs on the real system: live (nothing that serves is touched), restart, or \
            replace. Neighbours that differ in the same way are shown once, with their number.

              planner diff                          all that the next plan is about
              planner diff -p /deployments --full   every item, also a hundred equal ones
              planner diff --exit-code              status 2 when there is a difference
            """)

    @Option(name: .shortAndLong, help: "Only what is at and below this item.")
    var path = ItemPath.root

    @Flag(help: "Show each item, however many differ in the same way.")
    var full = false

    @Flag(help: "Exit with status 2 when there is a difference.")
    var exitCode = false

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let differences = try site.open().differences(within: path)
        if output.json {
            Output.standard.line(JSONOutput.document(JSONDifferences(differences)))
        } else {
            let text = DiffText(
                isFull: full, style: Style(usesColor: Output.standard.usesColor), width: Output.standard.cutWidth)
            Output.standard.write(text.text(of: differences))
            if !differences.isEmpty { Output.standard.line() }
            Output.standard.line(text.summary(of: differences))
        }
        if exitCode, !differences.isEmpty { throw ExitCode(ExitStatus.hasChanges.rawValue) }
    }
}
