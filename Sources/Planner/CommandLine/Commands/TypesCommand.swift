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

    @Flag(help: "Types of properties only.")
    var properties = false

    @OptionGroup var output: JSONOptions

    func run() throws {
        let registry = try TypeRegistry(plugins.map(\.declarations))
        Output.standard.write(output.json ? try json(of: registry) + "\n" : try text(of: registry))
    }

    private func text(of registry: TypeRegistry) throws -> String {
        let text = TypeText(registry, width: Output.standard.width, style: Style(usesColor: Output.standard.usesColor))
        guard let name else { return properties ? text.allPropertyTypes : text.allItemTypes }
        // An item type and a property type may have one name: network.
        let found = [properties ? nil : text.itemType(name), text.propertyType(name)].compactMap { $0 }
        guard !found.isEmpty else { throw TypesCommand.unknown(name, in: registry) }
        return found.joined(separator: "\n")
    }

    /// One type, or an array of all; of a name that an item type and a property type have, the item type.
    private func json(of registry: TypeRegistry) throws -> String {
        guard let name else {
            return properties
                ? JSONOutput.document(registry.propertyTypeNames.compactMap { JSONPropertyType($0, in: registry) })
                : JSONOutput.document(registry.itemTypeNames.compactMap { JSONItemType($0, in: registry) })
        }
        if !properties, let type = JSONItemType(name, in: registry) { return JSONOutput.document(type) }
        guard let type = JSONPropertyType(name, in: registry) else { throw TypesCommand.unknown(name, in: registry) }
        return JSONOutput.document(type)
    }

    static func unknown(_ name: String, in registry: TypeRegistry) -> ModelError {
        let near = NearestWord.to(name, among: registry.itemTypeNames + registry.propertyTypeNames)
        return ModelError(
            Diagnostic(
                .invalidType, "there is no type '\(name)'",
                nextStep: near.map { "did you mean '\($0)'?" } ?? "planner types lists them"))
    }
}
