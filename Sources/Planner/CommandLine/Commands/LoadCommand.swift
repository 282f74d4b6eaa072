import ArgumentParser
import Model
import Service

struct LoadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "load", abstract: "Read a model from YAML files, directories of them, or an XML file of LITP.",
        discussion: """
            All errors are shown at once, each with file, line and column; then nothing is stored.

              planner load models/lab/site.yaml
              planner load --replace site/           the files are the whole model; what they lack is removed from it
              planner load --merge new-nodes.yaml    the files are added to the model

            An XML file goes below the item or collection that -p names; what its top element stands for must be new there, unless --merge or \
            --replace says what happens to it.

              planner load -p /software/services -f service.xml
              planner load -p / -f site.xml --replace
            """)

    @Argument(help: ArgumentHelp("YAML files or directories, or one XML file.", valueName: "file"))
    var paths: [String] = []

    @Option(name: [.customShort("f"), .long], help: "A file, as in LITP; the same as an argument.")
    var file: [String] = []

    @Flag(help: "Add to what is there; properties that the files leave out stay.")
    var merge = false

    @Flag(help: "Keep only what the files say: of the model, or of the top element of an XML file.")
    var replace = false

    @Option(name: .shortAndLong, help: "Where the top element of an XML file goes.")
    var path = ItemPath.root

    @Option(help: "The form; else by the name of the file (.xml), else yaml.")
    var format: ModelFormat?

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func validate() throws {
        if paths.isEmpty, file.isEmpty { throw ValidationError("name a file or a directory") }
        if merge, replace { throw ValidationError("--merge and --replace exclude each other") }
        if isXML, paths.count + file.count > 1 {
            throw ValidationError("load XML files one at a time; each has its own place (-p)")
        }
        if !isXML, !path.isRoot {
            throw ValidationError("a YAML file begins at the root, whatever it holds; -p is for XML files")
        }
    }

    private var isXML: Bool {
        (format ?? (paths + file).lazy.compactMap { ModelFormat(fileName: $0) }.first { $0 == .xml }) == .xml
    }

    func run() throws {
        let mode: Site.LoadMode = merge ? .merge : replace ? .replace : .new
        let site = try site.open()
        let summary =
            isXML ? try site.load(xml: (paths + file)[0], at: path, mode: mode) : try site.load(files: paths + file, mode: mode)
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
