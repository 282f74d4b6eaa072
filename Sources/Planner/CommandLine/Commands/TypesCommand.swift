import ArgumentParser
import Model
import PluginKit

struct TypesCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "types", abstract: "Show the types that items and their properties can have.",
        discussion: """
            Without a name: all item types, each below the one that it extends. With a name: everything about an item type, or about \
            the type of a property. What handles a type handles those that extend it.

              planner types
              planner types vm-service
              planner types ipv4_address
              planner types --properties           the types of properties
            """)

    @Argument(help: "An item type or a property type.")
    var name: String?

    @Flag(help: "List the types of properties in place of item types.")
    var properties = false

    @OptionGroup var output: JSONOptions

    func validate() throws {
        if name != nil, properties { throw ValidationError("--properties lists them all; leave the name out") }
    }

    func run() throws {
        let registry = try TypeRegistry(plugins.map(\.declarations))
        let text = TypeText(registry, width: Output.standard.width, style: Style(usesColor: Output.standard.usesColor))
        guard let name else {
            guard output.json else { return Output.standard.write(properties ? text.allPropertyTypes : text.allItemTypes) }
            let names = properties ? registry.propertyTypeNames : registry.itemTypeNames
            if properties {
                return Output.standard.line(JSONOutput.document(names.compactMap { JSONPropertyType($0, in: registry) }))
            }
            return Output.standard.line(JSONOutput.document(names.compactMap { JSONItemType($0, in: registry) }))
        }
        if let type = JSONItemType(name, in: registry), output.json { return Output.standard.line(JSONOutput.document(type)) }
        if let type = JSONPropertyType(name, in: registry), output.json { return Output.standard.line(JSONOutput.document(type)) }
        guard let found = text.itemType(name) ?? text.propertyType(name) else { throw TypesCommand.unknown(name, in: registry) }
        Output.standard.write(found)
    }

    static func unknown(_ name: String, in registry: TypeRegistry) -> ModelError {
        let near = NearestWord.to(name, among: registry.itemTypeNames + registry.propertyTypeNames)
        return ModelError(
            Diagnostic(
                .invalidType, "there is no type '\(name)'",
                nextStep: near.map { "did you mean '\($0)'?" } ?? "planner types lists them"))
    }
}
