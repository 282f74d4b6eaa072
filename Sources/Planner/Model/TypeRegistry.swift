/// All property types and item types that this Planner knows. Built once from the plugins, immutable afterwards.
package struct TypeRegistry: Sendable {
    private let propertyTypes: [String: PropertyType]
    private let structures: [String: Structure]
    /// For every item type, what an item is whose type nobody says.
    private let onlyTypes: [String: String]

    /// An item type with everything that it inherits from the types it extends.
    package struct Structure: Sendable {
        package let name: String
        package let summary: String
        package let isAbstract: Bool
        /// The type itself and all that it extends.
        package let lineage: [String]
        /// Those of the types it extends first, each in the order of its declaration.
        package let properties: [PropertyDefinition]
        package let fields: [Field]
        package let rules: [ItemRule]
        private let propertyPositions: [String: Int]
        private let fieldPositions: [String: Int]

        fileprivate init(
            type: ItemType, lineage: [String], properties: [PropertyDefinition], fields: [Field], rules: [ItemRule]
        ) {
            name = type.name
            summary = type.summary
            isAbstract = type.isAbstract
            self.lineage = lineage
            self.properties = properties
            self.fields = fields
            self.rules = rules
            propertyPositions = Dictionary(zip(properties.map(\.name), 0...), uniquingKeysWith: { first, _ in first })
            fieldPositions = Dictionary(zip(fields.map(\.name), 0...), uniquingKeysWith: { first, _ in first })
        }

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
    /// - Throws: ``RegistrationError`` with every fault: two declarations of one name (both owners are named), unknown types, a type that
    ///   extends itself, a property or field declared again or with a reserved name, a default that breaks the rule of its property, a
    ///   field that requires one that is not there.
    package init(_ declarations: [TypeDeclarations]) throws(RegistrationError) {
        var faults: [String] = []
        var owners: [String: String] = [:]
        var propertyTypes: [String: PropertyType] = [:]
        var itemTypes: [String: ItemType] = [:]
        for declaration in declarations {
            for type in declaration.propertyTypes {
                if let owner = owners.updateValue(declaration.owner, forKey: "property type \(type.name)") {
                    faults.append("property type '\(type.name)' is declared by \(owner) and by \(declaration.owner)")
                }
                propertyTypes[type.name] = type
            }
            for type in declaration.itemTypes {
                if let owner = owners.updateValue(declaration.owner, forKey: "item type \(type.name)") {
                    faults.append("item type '\(type.name)' is declared by \(owner) and by \(declaration.owner)")
                }
                itemTypes[type.name] = type
            }
        }
        var structures: [String: Structure] = [:]
        for name in itemTypes.keys.sorted() {
            TypeRegistry.addStructure(of: name, from: itemTypes, to: &structures, faults: &faults, below: [])
        }
        for type in itemTypes.values {
            faults += TypeRegistry.faults(
                of: type, fields: structures[type.name]?.fields ?? [], propertyTypes, itemTypes)
        }
        guard faults.isEmpty else { throw RegistrationError(faults: faults.sorted()) }
        self.propertyTypes = propertyTypes
        self.structures = structures
        onlyTypes = TypeRegistry.onlyTypes(of: structures)
    }

    /// What is wrong with the properties and fields that a type declares itself.
    private static func faults(
        of type: ItemType, fields: [Field], _ propertyTypes: [String: PropertyType], _ itemTypes: [String: ItemType]
    ) -> [String] {
        var faults: [String] = []
        for name in type.properties.map(\.name) + type.fields.map(\.name) where reservedNames.contains(name) {
            faults.append("'\(name)' of '\(type.name)' is a reserved word of model files")
        }
        for property in type.properties {
            guard let propertyType = propertyTypes[property.type] else {
                faults.append("property '\(property.name)' of '\(type.name)' has the unknown type '\(property.type)'")
                continue
            }
            faults += secretFaults(of: property, propertyType, in: type)
            guard let value = property.defaultValue, !property.isSecret else { continue }
            do {
                let read = try propertyType.value(from: value.list.map { .sequence($0) } ?? .scalar(value.text))
                if read != value {
                    faults.append("the default of '\(property.name)' of '\(type.name)' is not a \(propertyType.kind)")
                }
            } catch {
                faults.append("the default of '\(property.name)' of '\(type.name)' breaks its rule: \(error.rule)")
            }
        }
        for field in type.fields {
            if itemTypes[field.itemType] == nil {
                faults.append("field '\(field.name)' of '\(type.name)' has the unknown type '\(field.itemType)'")
            }
            for sibling in field.requires where !fields.contains(where: { $0.name == sibling }) {
                faults.append("field '\(field.name)' of '\(type.name)' requires the unknown field '\(sibling)'")
            }
        }
        return faults
    }

    /// A secret is one text, and every site has its own.
    private static func secretFaults(of property: PropertyDefinition, _ type: PropertyType, in item: ItemType) -> [String] {
        guard property.isSecret else { return [] }
        var faults: [String] = []
        if property.defaultValue != nil {
            faults.append("'\(property.name)' of '\(item.name)' is a secret and must not have a default")
        }
        if type.kind != .string { faults.append("'\(property.name)' of '\(item.name)' is a secret and must be a string") }
        return faults
    }

    private static func onlyTypes(of structures: [String: Structure]) -> [String: String] {
        var concrete: [String: [String]] = [:]
        for structure in structures.values where !structure.isAbstract {
            for base in structure.lineage { concrete[base, default: []].append(structure.name) }
        }
        return concrete.compactMapValues { names in names.count == 1 ? names.first : nil }
            .merging(structures.values.filter { !$0.isAbstract }.map { ($0.name, $0.name) }) { only, _ in only }
    }

    private static func addStructure(
        of name: String, from types: [String: ItemType], to structures: inout [String: Structure],
        faults: inout [String], below: [String]
    ) {
        guard structures[name] == nil, let type = types[name] else { return }
        guard !below.contains(name) else {
            faults.append("item type '\(name)' extends itself: " + (below + [name]).joined(separator: " -> "))
            return
        }
        var lineage = [name]
        var properties: [PropertyDefinition] = []
        var fields: [Field] = []
        var rules: [ItemRule] = []
        if let base = type.base {
            addStructure(of: base, from: types, to: &structures, faults: &faults, below: below + [name])
            if let parent = structures[base] {
                lineage += parent.lineage
                properties = parent.properties
                fields = parent.fields
                rules = parent.rules
            } else if types[base] == nil {
                faults.append("item type '\(name)' extends the unknown type '\(base)'")
            }
        }
        var known = Set(properties.map(\.name) + fields.map(\.name))
        for declared in type.properties.map(\.name) + type.fields.map(\.name) where !known.insert(declared).inserted {
            faults.append("'\(declared)' of '\(name)' is declared already, by it or by a type that it extends")
        }
        structures[name] = Structure(
            type: type, lineage: lineage, properties: properties + type.properties, fields: fields + type.fields,
            rules: rules + type.rules)
    }

    package func propertyType(_ name: String) -> PropertyType? { propertyTypes[name] }
    package func structure(of itemType: String) -> Structure? { structures[itemType] }

    /// Whether items of `type` are handled by what handles `base`.
    package func isKind(_ type: String, of base: String) -> Bool { structures[type]?.isKind(of: base) ?? false }

    /// The type of an item of the declared type `base` when nobody says it: the only concrete one, or `base` itself if that is concrete.
    package func onlyType(of base: String) -> String? { onlyTypes[base] }

    /// The types that an item of the declared type `base` may have, by name; one when the place admits one type only.
    package func concreteTypes(of base: String) -> [String] {
        structures.values.filter { !$0.isAbstract && $0.isKind(of: base) }.map(\.name).sorted()
    }

    package var itemTypeNames: [String] { structures.keys.sorted() }
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
