import ArgumentParser
import Model
import Service

struct RestoreModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "restore_model", abstract: "Make the declared model what was applied again; also after a failed plan.",
        discussion: """
            What was declared since the last plan is given up. Hosts are not touched; a plan that is there becomes stale.

              planner restore_model --dry-run    what would come back, change back and go
            """)

    @Flag(help: "Only show what would be changed.")
    var dryRun = false

    @Flag(help: "With --dry-run: show each item, however many change in the same way.")
    var full = false

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let restoration = try site.open().restoreModel(isTrial: dryRun)
        if output.json {
            return Output.standard.line(JSONOutput.document(JSONRestoration(restoration, isTrial: dryRun)))
        }
        if dryRun {
            let text = DiffText(
                words: .restoring, isFull: full, style: Style(usesColor: Output.standard.usesColor),
                width: Output.standard.cutWidth)
            Output.standard.write(text.text(of: restoration.differences))
        }
        let changes = restoration.changes
        let counts = "\(changes.added.count) added, \(changes.changed.count) changed, \(changes.removed.count) removed"
        if changes.isEmpty {
            Output.standard.line("Nothing to restore: the model is as it was applied.")
        } else {
            Output.standard.line(
                dryRun ? "Would be restored: \(counts). Nothing was changed." : "The model is as it was applied: \(counts).")
        }
        for path in restoration.kept {
            Output.standard.line("kept: \(path) was not applied, but what was applied needs it")
        }
        for problem in restoration.problems {
            var problem = problem
            problem.severity = .warning
            Output.errors.line(DiagnosticText.text(of: problem))
        }
    }
}

/// What `restore_model --json` prints.
struct JSONRestoration: Encodable {
    let dryRun: Bool
    let changes: ModelChanges
    let kept: [ItemPath]
    let problems: [Diagnostic]

    init(_ restoration: Site.Restoration, isTrial: Bool) {
        dryRun = isTrial
        changes = restoration.changes
        kept = restoration.kept
        problems = restoration.problems
    }
}
