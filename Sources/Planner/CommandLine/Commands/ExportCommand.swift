import ArgumentParser
import Formats
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

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let format = format ?? file.flatMap { ModelFormat(fileName: $0) } ?? .yaml
        let site = try site.open()
        let text = try format == .xml ? site.exportXML(path) : site.export(path)
        if !output.json || file != nil { try Output.write(text, to: file) }
        guard output.json else { return }
        Output.standard.line(JSONOutput.document(JSONExport(path: path, file: file, text: file == nil ? text : nil)))
    }
}

/// What `export --json` prints: the text, or the file that it went to.
struct JSONExport: Encodable {
    let path: ItemPath
    let file: String?
    let text: String?
}
