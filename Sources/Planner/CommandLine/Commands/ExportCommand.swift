import ArgumentParser
import Foundation
import Model
import Service

struct ExportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export", abstract: "Write the model as YAML that loads to the same model.",
        discussion: "  planner export -p /software -f software.yaml")

    @Option(name: .shortAndLong, help: "Only what is at and below this item.")
    var path = ItemPath.root

    @Option(name: [.customShort("f"), .long], help: "The file to write; else standard output.")
    var file: String?

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let text = try site.open().export(path)
        if let file {
            do {
                try Data(text.utf8).write(to: URL(fileURLWithPath: file), options: .atomic)
            } catch {
                throw ServiceError.store(message: "cannot write \(file): \(error.localizedDescription)", nextStep: nil)
            }
        }
        if output.json {
            Output.standard.line(JSONOutput.document(JSONExport(path: path, file: file, text: file == nil ? text : nil)))
        } else if file == nil {
            Output.standard.write(text)
        }
    }
}

/// What `export --json` prints: the text, or the file that it went to.
struct JSONExport: Encodable {
    let path: ItemPath
    let file: String?
    let text: String?
}
