/// All property types and item types that this Planner knows. Built once from the plugins, immutable afterwards; a reference, because
/// everybody asks it.
package final class TypeRegistry: Sendable {
    private let propertyTypes: [String: PropertyType]
    private let structures: [String: Structure]
    /// For every item type, what an item is whose type nobody says.
    private let onlyTypes: [String: String]
    /// For every item type, the concrete types that are of it, by name.
    private let concrete: [String: [String]]
    /// The plugins that declare each property type.
    private let propertyTypeOwners: [String: String]
    /// Whether any field of any type is read-only, so that nobody need look where there is none.
    package let hasReadOnlyFields: Bool

    /// An item type with everything that it inherits from the types it extends. A reference, as ``PropertyDefinition``.
    package final class Structure: Sendable {
        package let name: String
        /// The plugin that declares it.
        package let owner: String
        package let summary: String
        package let isAbstract: Bool
        /// ``ItemType/needsNoTask`` of the type or of one that it extends.
        package let needsNoTask: Bool
        /// ``ItemType/holdsDefinitions`` of the type or of one that it extends.
        package let holdsDefinitions: Bool
        /// The type itself and all that it extends, the nearest first.
        package let lineage: [String]
        /// Those of the types it extends first, each in the order of its declaration.
        package let properties: [PropertyDefinition]
        package let fields: [Field]
        /// The values that properties have when nobody gives them one.
        let defaults: [(String, PropertyValue)]
        /// The fields that ask for items, or for not too many.
        let demandingFields: [Field]
        package let rules: [ItemRule]
        /// The names of the properties that are not part of what is made true on hosts.
        package let nonConfiguration: Set<String>
        private let propertyPositions: [String: Int]
        private let fieldPositions: [String: Int]

        init(
            type: ItemType, base: Structure?, owner: String, lineage: [String], properties: [PropertyDefinition], fields: [Field],
            rules: [ItemRule]
        ) {
            name = type.name
            self.owner = owner
            summary = type.summary
            isAbstract = type.isAbstract
            needsNoTask = type.needsNoTask || base?.needsNoTask == true
            holdsDefinitions = type.holdsDefinitions || base?.holdsDefinitions == true
            self.lineage = lineage
            self.properties = properties
            self.fields = fields
            defaults = properties.compactMap { property in property.defaultValue.map { (property.name, $0) } }
            demandingFields = fields.filter(\.isDemanding)
            self.rules = rules
            nonConfiguration = Set(properties.filter { !$0.isConfiguration }.map(\.name))
            propertyPositions = Dictionary(zip(properties.map(\.name), 0...), uniquingKeysWith: { first, _ in first })
            fieldPositions = Dictionary(zip(fields.map(\.name), 0...), uniquingKeysWith: { first, _ in first })
        }

        /// The type that it extends.
        package var base: String? { lineage.dropFirst().first }

        package func property(_ name: String) -> PropertyDefinition? { propertyPositions[name].map { properties[$0] } }
        package func field(_ name: String) -> Field? { fieldPositions[name].map { fields[$0] } }

        /// Whether the type is `name` or extends it.
        package func isKind(of name: String) -> Bool { lineage.contains(name) }
    }

    /// The type of the root item.
    package static let rootType = "root"

    /// What an item says about itself in a file; no property or field has such a name.
    package static let reservedNames: Set<String> = ["type", "inherit"]

    /// Checks and joins what the plugins declare.
    ///
    /// - Parameter declarations: for each plugin its name, its property types and its item types.
    /// - Throws: ``RegistrationError`` with every fault (``Registration``), each with the plugins that it is about.
    package init(_ declarations: [TypeDeclarations]) throws(RegistrationError) {
        let registration = Registration(declarations)
        guard registration.faults.isEmpty else { throw RegistrationError(faults: registration.faults) }
        propertyTypes = registration.propertyTypes
        propertyTypeOwners = registration.propertyTypeOwners
        structures = registration.structures
        var concrete: [String: [String]] = [:]
        for structure in structures.values.sorted(by: { $0.name < $1.name }) where !structure.isAbstract {
            for base in structure.lineage { concrete[base, default: []].append(structure.name) }
        }
        self.concrete = concrete
        onlyTypes = concrete.compactMapValues { names in names.count == 1 ? names.first : nil }
            .merging(structures.values.filter { !$0.isAbstract }.map { ($0.name, $0.name) }) { only, _ in only }
        hasReadOnlyFields = structures.values.contains { $0.fields.contains(where: \.isReadOnly) }
    }

    package func propertyType(_ name: String) -> PropertyType? { propertyTypes[name] }
    package func structure(of itemType: String) -> Structure? { structures[itemType] }

    /// The plugin that declares a property type.
    package func owner(ofPropertyType name: String) -> String? { propertyTypeOwners[name] }

    /// Whether items of `type` are handled by what handles `base`.
    package func isKind(_ type: String, of base: String) -> Bool { structures[type]?.isKind(of: base) ?? false }

    /// The type of an item of the declared type `base` when nobody says it: the only concrete one, or `base` itself if that is concrete.
    package func onlyType(of base: String) -> String? { onlyTypes[base] }

    /// The types that an item of the declared type `base` may have, by name; one when the place admits one type only.
    package func concreteTypes(of base: String) -> [String] { concrete[base] ?? [] }

    package var itemTypeNames: [String] { structures.keys.sorted() }
    package var propertyTypeNames: [String] { propertyTypes.keys.sorted() }

    /// The type in the lineage of `type` that declares the property or field `name`.
    package func declarer(of name: String, in type: String) -> String? {
        structures[type]?.lineage.last { base in
            guard let structure = structures[base] else { return false }
            return structure.property(name) != nil || structure.field(name) != nil
        }
    }

    /// The item types that declare a property of this name, and do not just inherit it.
    func declarers(of property: String) -> [String] {
        structures.values.filter { structure in
            structure.property(property) != nil && structure.base.flatMap { structures[$0] }?.property(property) == nil
        }.map(\.name)
    }

    /// The fields in which an item of `type` may stand, each at the type that declares it, in natural order.
    package func places(for type: String) -> [(owner: String, field: Field)] {
        guard let lineage = structures[type]?.lineage else { return [] }
        return structures.values.sorted { NaturalOrder.isBefore($0.name, $1.name) }.flatMap { structure in
            structure.fields.filter {
                lineage.contains($0.itemType) && declarer(of: $0.name, in: structure.name) == structure.name
            }
            .map { (structure.name, $0) }
        }
    }

    /// The properties that are of a property type, each at the item type that declares it, in natural order.
    package func uses(ofPropertyType name: String) -> [(owner: String, property: PropertyDefinition)] {
        structures.values.sorted { NaturalOrder.isBefore($0.name, $1.name) }.flatMap { structure in
            structure.properties.filter { $0.type == name && declarer(of: $0.name, in: structure.name) == structure.name }
                .map { (structure.name, $0) }
        }
    }

    /// What to do about a property that a type does not have: the name that was probably meant, or a type that has it.
    package func advice(onUnknownProperty name: String, of structure: Structure, among words: [String]) -> String {
        if let near = NearestWord.to(name, among: words) { return "did you mean '\(near)'?" }
        let owners = structures.values.filter { $0.isKind(of: structure.name) && $0.property(name) != nil }.map(\.name).sorted()
        return owners.first.map { "a \($0) has one: type: \($0)" } ?? "planner types \(structure.name) shows what it can have"
    }
}

/// What one plugin adds to the type system.
package struct TypeDeclarations: Sendable {
    package var owner: String
    package var propertyTypes: [PropertyType]
    package var itemTypes: [ItemType]

    package init(owner: String, propertyTypes: [PropertyType], itemTypes: [ItemType]) {
        self.owner = owner
        self.propertyTypes = propertyTypes
        self.itemTypes = itemTypes
    }
}

/// The plugins do not fit together; a mistake of theirs, found when Planner starts.
package struct RegistrationError: Error, Hashable, Sendable, CustomStringConvertible {
    package let faults: [String]
    package var description: String { "the plugins do not fit together:\n  " + faults.joined(separator: "\n  ") }
}
