import ArgumentParser
import Model
import Service

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the model as YAML or XML that loads to the same model.",
        discussion: """
              planner export -f site.yaml
              planner export -p /software/services -f services.xml    what LITP's export writes; loads with -p /software
            """)

    @Option(name: .shortAndLong, help: "Only what is at and below this item.")
    var path = ItemPath.root

    @Option(name: [.customShort("f"), .long], help: "The file to write; else standard output.")
    var file: String?

    @Option(help: "The form; else by the name of the file (.xml), else yaml.")
    var format: ModelFormat?

    @OptionGroup var site: SiteOptions

    func run() throws {
        let format = format ?? file.flatMap { ModelFormat(fileName: $0) } ?? .yaml
        let site = try site.open()
        try Output.write(format == .xml ? site.exportXML(path) : site.export(path), to: file)
    }
}

struct CreateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Declare an item.",
        discussion:
            "  planner create -t vm-image -p /software/images/node -o name=node source_uri=http://ms/node.qcow2 checksum=...")

    @Option(name: .shortAndLong, help: "The item type; may be left out where only one can stand.")
    var type: String?

    @Option(name: .shortAndLong, help: "Where the item is to stand.")
    var path: ItemPath

    @OptionGroup var options: PropertyOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let item = WrittenItem(path: path, type: type, properties: try options.values())
        Output.errors.write(DiagnosticText.text(of: try site.open().create(item)))
    }
}

struct InheritCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inherit", abstract: "Declare an item that takes its values and children from another.",
        discussion: "  planner inherit -p /ms/services/director -s /software/services/director")

    @Option(name: .shortAndLong, help: "Where the item is to stand.")
    var path: ItemPath

    @Option(name: .shortAndLong, help: "The item that it inherits from.")
    var source: ItemPath

    @OptionGroup var options: PropertyOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let item = WrittenItem(path: path, source: source.text, properties: try options.values())
        Output.errors.write(DiagnosticText.text(of: try site.open().create(item)))
    }
}

struct UpdateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "update", abstract: "Change properties of an item, or delete them.",
        discussion: "  planner update -p /software/services/worker -o cpus=8 -d hostnames")

    @Option(name: .shortAndLong, help: "The item.")
    var path: ItemPath

    @OptionGroup var options: PropertyOptions

    @Option(
        name: .shortAndLong, parsing: .upToNextOption,
        help: ArgumentHelp("Properties that fall back to the source or the default.", valueName: "name"))
    var delete: [String] = []

    @OptionGroup var site: SiteOptions

    func run() throws {
        let values = try options.values()
        let deleted = delete.flatMap { $0.split(separator: ",").map(String.init) }
        guard !values.isEmpty || !deleted.isEmpty else { throw ValidationError("name properties with -o or -d") }
        if let both = deleted.first(where: { values[$0] != nil }) {
            throw ValidationError("'\(both)' is both set and deleted")
        }
        let warnings = try site.open().update(path, properties: values, deleting: deleted)
        Output.errors.write(DiagnosticText.text(of: warnings))
    }
}

struct RemoveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove", abstract: "Remove an item from the model, with everything below it and what inherits from it.",
        discussion: "Nothing is taken away on any host until a plan has run.")

    @Option(name: .shortAndLong, help: "The item.")
    var path: ItemPath

    @OptionGroup var site: SiteOptions

    func run() throws {
        let removed = try site.open().remove(path)
        guard removed.count > 1 else { return }
        Output.standard.line("\(removed.count) items removed from the model:")
        for path in removed { Output.standard.line("  \(path)") }
    }
}
