import ArgumentParser
import Service

/// The form of a model file.
enum ModelFormat: String, ExpressibleByArgument, CaseIterable {
    case yaml, xml

    /// What the name of a file says; nil when it says nothing.
    init?(fileName: String) {
        let name = fileName.lowercased()
        if name.hasSuffix(".xml") {
            self = .xml
        } else if name.hasSuffix(".yaml") || name.hasSuffix(".yml") {
            self = .yaml
        } else {
            return nil
        }
    }
}

struct SchemaCommand: ParsableCommand {
    enum Format: String, ExpressibleByArgument, CaseIterable {
        case json, xsd
        /// The lines of a run.
        case run
    }

    static let configuration = CommandConfiguration(
        commandName: "schema", abstract: "Write a schema of model files, for editors and other programs.",
        discussion: """
            json is a JSON Schema (draft 2020-12) of the YAML form: an editor with it completes and checks while you write. xsd is an XML Schema of \
            the XML form of LITP, with the same names.

              planner schema -f planner-schema.json
              # yaml-language-server: $schema=planner-schema.json       as the first line of a model file

              planner schema --format xsd -f litp.xsd
              xmllint --noout --schema litp.xsd model.xml

            run is a JSON Schema of the lines that run_plan --json prints, and attach, logs and history with it.
            """)

    @Option(help: "The kind of schema; else by the name of the file, else json.")
    var format: Format?

    @Option(name: [.customShort("f"), .long], help: "The file to write; else standard output.")
    var file: String?

    func run() throws {
        if format == .run { return try Output.write(RunStreamSchema.text, to: file) }
        let schema = try ModelSchema(plugins: plugins)
        let isXSD = format.map { $0 == .xsd } ?? file.map { $0.lowercased().hasSuffix(".xsd") } ?? false
        try Output.write(isXSD ? schema.xsd : JSONOutput.document(schema.json) + "\n", to: file)
    }
}
