import Model
import PluginKit

/// The sibling places that must be done before an item, because fields on the way to it require them.
struct FieldRequirements {
    /// What is known of an item or a collection with something below it.
    private struct Owner {
        var structure: TypeRegistry.Structure?
        var requirements: [ItemPath]
    }

    private let input: PlanningInput
    private var owners: [ItemPath: Owner] = [:]

    init(_ input: PlanningInput) { self.input = input }

    mutating func requirements(of item: ItemPath) -> [ItemPath] {
        guard let parent = item.parent else { return [] }
        let owner = owner(at: parent)
        guard let required = owner.structure?.field(String(item.name))?.requires, !required.isEmpty else {
            return owner.requirements
        }
        return required.map { parent.appending($0) } + owner.requirements
    }

    private mutating func owner(at path: ItemPath) -> Owner {
        if let known = owners[path] { return known }
        let owner = Owner(
            structure: (input.item(at: path)?.type).flatMap { input.context.declared.registry.structure(of: $0) },
            requirements: requirements(of: path))
        owners[path] = owner
        return owner
    }
}
