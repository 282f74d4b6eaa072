import ArgumentParser
import Model
import Service

struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Read a model from YAML files, or directories of them.",
        discussion: """
            All errors are shown at once, each with file, line and column; then nothing is stored.

              planner load models/lab/site.yaml
              planner load --replace site/           the files are the whole model; what they lack is removed from it
              planner load --merge new-nodes.yaml    the files are added to the model
            """)

    @Argument(help: ArgumentHelp("YAML files or directories.", valueName: "file"))
    var paths: [String] = []

    @Option(name: [.customShort("f"), .long], help: "A file, as in LITP; the same as an argument.")
    var file: [String] = []

    @Flag(help: "Add the files to the model that is there.")
    var merge = false

    @Flag(help: "Make the files the whole model.")
    var replace = false

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func validate() throws {
        if paths.isEmpty, file.isEmpty { throw ValidationError("name a YAML file or a directory of them") }
        if merge, replace { throw ValidationError("--merge and --replace exclude each other") }
    }

    func run() throws {
        let summary = try site.open().load(files: paths + file, mode: merge ? .merge : replace ? .replace : .new)
        let changes = summary.changes
        if output.json {
            return Output.standard.line(
                JSONOutput.document(JSONLoad(items: summary.items, changes: changes, warnings: summary.warnings)))
        }
        Output.errors.write(DiagnosticText.text(of: summary.warnings))
        Output.standard.line(
            "\(summary.items) items declared: \(changes.added.count) new, \(changes.changed.count) changed, "
                + "\(changes.removed.count) removed")
    }
}

/// What `load --json` prints.
struct JSONLoad: Encodable {
    let items: Int
    let changes: ModelChanges
    let warnings: [Diagnostic]
}
