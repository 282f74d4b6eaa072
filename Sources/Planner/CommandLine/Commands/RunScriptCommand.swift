import ArgumentParser
import Formats
import Model
import Service

struct RunScriptCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run_script",
        abstract: "Carry out a file of create, inherit, update and remove commands: all of them, or none.",
        discussion: """
            The lines are those of a shell script of LITP: 'litp' or 'planner', the command and its options, with quotes, comments and lines \
            joined by a backslash. Nothing is expanded: variables, patterns, pipes and other commands are refused at their place. 'set -x' and \
            the like are passed over with a warning.

              planner run_script deployment.sh
              planner run_script --dry-run deployment.sh    every mistake, and the changes
              ssh ms cat deployment.sh | planner run_script -
            """)

    @Argument(help: ArgumentHelp("The script; - for standard input.", valueName: "file"))
    var file: String

    @Flag(help: "Check all lines, and show what would be changed.")
    var dryRun = false

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let script = CommandScript(file: file)
        if !output.json {
            for warning in script.warnings { Output.errors.line(DiagnosticText.text(of: warning)) }
        }
        let summary = try site.open().runScript(script, isTrial: dryRun)
        let changes = summary.changes
        if output.json {
            return Output.standard.line(
                JSONOutput.document(
                    JSONScript(
                        commands: script.steps.count, dryRun: dryRun, changes: changes,
                        warnings: script.warnings + summary.warnings)))
        }
        Output.errors.write(DiagnosticText.text(of: summary.warnings))
        let counts =
            "\(changes.added.count) added, \(changes.changed.count) changed, \(changes.removed.count) removed"
        let commands = script.steps.count == 1 ? "1 command" : "\(script.steps.count) commands"
        Output.standard.line(dryRun ? "\(commands): \(counts). Nothing was changed." : "\(commands): \(counts).")
    }
}

/// What `run_script --json` prints.
struct JSONScript: Encodable {
    let commands: Int
    let dryRun: Bool
    let changes: ModelChanges
    let warnings: [Diagnostic]
}
