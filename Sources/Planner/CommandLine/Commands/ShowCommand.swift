import ArgumentParser
import Model
import Service

struct ShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show items of the model, with their state.",
        discussion: """
            States: Initial (declared, not applied), Applied, Updated (differs from what was applied), ForRemoval (applied, no longer \
            declared). A value with [*] is inherited.

              planner show -p /deployments -r -l
            """)

    @Option(name: .shortAndLong, help: "The item or collection.")
    var path = ItemPath.root

    @Flag(name: .shortAndLong, help: "Also everything below it.")
    var recursive = false

    @Flag(name: [.customShort("l"), .long], help: "Only paths, one a line.")
    var list = false

    @Option(name: [.customShort("o"), .long], help: "Only the value of this property.")
    var option: String?

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func validate() throws {
        if list, option != nil { throw ValidationError("-l and -o exclude each other") }
    }

    func run() throws {
        let items = try site.open().show(path, recursive: recursive)
        if let option {
            guard let value = items.first?.item[option] else {
                throw ServiceError.model(
                    ModelError(Diagnostic(.propertyNotAllowed, "property '\(option)' is not set", path: path, property: option)))
            }
            return Output.standard.line(value.text)
        }
        if list { return Output.standard.write(items.map { $0.item.path.text + "\n" }.joined()) }
        if output.json { return Output.standard.line(JSONOutput.document(items.map(JSONItem.init))) }
        Output.standard.write(items.map(ShowCommand.text).joined())
    }

    /// One item in LITP's long form.
    private static func text(of shown: Site.ShownItem) -> String {
        let item = shown.item
        var lines = [item.path.text]
        if let source = item.source { lines.append("    inherited from: \(source)") }
        lines.append("    type: \(item.type)")
        lines.append("    state: \(shown.state.rawValue)")
        if !item.properties.isEmpty {
            lines.append("    properties:")
            for (name, value) in item.properties.sorted(by: { $0.key < $1.key }) {
                let isInherited = item.source != nil && item.declaration?.properties[name] == nil
                let text = value.text.replacing("\n", with: "\\n")
                lines.append("        \(name): \(text)" + (isInherited ? " [*]" : ""))
            }
        }
        if !shown.children.isEmpty {
            lines.append("    children:")
            lines += shown.children.map { "        /\($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }
}

/// An item as `show --json` prints it.
struct JSONItem: Encodable {
    let path: ItemPath
    let type: String
    let state: ItemState
    let inherits: ItemPath?
    let properties: [String: PropertyValue]
    let children: [String]

    init(_ shown: Site.ShownItem) {
        path = shown.item.path
        type = shown.item.type
        state = shown.state
        inherits = shown.item.source
        properties = shown.item.properties
        children = shown.children
    }
}
