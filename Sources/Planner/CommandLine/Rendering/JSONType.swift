import Model

/// An item type as `types --json` prints it.
struct JSONItemType: Encodable {
    let name: String
    let plugin: String
    let summary: String
    let isAbstract: Bool
    let extends: [String]
    let extendedBy: [String]
    let properties: [Property]
    let fields: [Place]
    let rules: [String]
    let standsIn: [String]

    struct Property: Encodable {
        let name: String
        let type: String
        let rule: String
        let choices: [String]
        let declaredBy: String
        let summary: String
        let `default`: PropertyValue?
        let required: Bool
        let updatable: Bool
        let pluginUpdatable: Bool
        let siteSpecific: Bool
        let secret: Bool
        let configuration: Bool
        let deprecated: String?
        let effect: Effect
    }

    struct Place: Encodable {
        let name: String
        let kind: String
        let type: String
        let types: [String]
        let required: Bool
        let minimum: Int?
        let maximum: Int?
        let readOnly: Bool
        let requires: [String]
        let declaredBy: String
    }

    /// Nil when there is no such type.
    init?(_ name: String, in registry: TypeRegistry) {
        guard let structure = registry.structure(of: name) else { return nil }
        self.name = name
        plugin = structure.owner
        summary = structure.summary
        isAbstract = structure.isAbstract
        extends = Array(structure.lineage.dropFirst())
        extendedBy = registry.itemTypeNames.filter { registry.structure(of: $0)?.base == name }
        rules = structure.rules.map(\.summary).filter { !$0.isEmpty }
        standsIn = registry.places(for: name).map { "\($0.owner).\($0.field.name)" }
        properties = structure.properties.map { property in
            let type = registry.propertyType(property.type)
            return Property(
                name: property.name, type: property.type,
                rule: property.isSecret ? PropertyDefinition.secretRule : type?.rule ?? "", choices: type?.choices ?? [],
                declaredBy: registry.declarer(of: property.name, in: name) ?? name, summary: property.summary,
                default: property.defaultValue, required: property.isRequired, updatable: property.isUpdatable,
                pluginUpdatable: property.isPluginUpdatable, siteSpecific: property.isSiteSpecific,
                secret: property.isSecret,
                configuration: property.isConfiguration, deprecated: property.deprecation, effect: property.effect)
        }
        fields = structure.fields.map { field in
            Place(
                name: field.name, kind: field.word, type: field.itemType, types: registry.concreteTypes(of: field.itemType),
                required: field.isRequired, minimum: field.bounds?.minimum,
                maximum: field.bounds.flatMap { $0.maximum == Int.max ? nil : $0.maximum }, readOnly: field.isReadOnly,
                requires: field.requires, declaredBy: registry.declarer(of: field.name, in: name) ?? name)
        }
    }
}

/// A property type as `types --json` prints it.
struct JSONPropertyType: Encodable {
    let name: String
    let plugin: String
    let kind: String
    let rule: String
    let choices: [String]
    let pattern: String?
    let minimum: Int?
    let maximum: Int?
    let minimumEntries: Int?
    let maximumEntries: Int?
    let usedBy: [String]

    /// Nil when there is no such type.
    init?(_ name: String, in registry: TypeRegistry) {
        guard let type = registry.propertyType(name) else { return nil }
        func bound(_ number: Int?) -> Int? { number == Int.max || number == Int.min ? nil : number }
        self.name = name
        plugin = registry.owner(ofPropertyType: name) ?? ""
        kind = type.kind.rawValue
        rule = type.rule
        choices = type.choices
        pattern = type.pattern
        minimum = bound(type.range?.lowerBound)
        maximum = bound(type.range?.upperBound)
        minimumEntries = type.kind == .list ? type.entryCount.lowerBound : nil
        maximumEntries = type.kind == .list ? bound(type.entryCount.upperBound) : nil
        usedBy = registry.uses(ofPropertyType: name).map { "\($0.owner).\($0.property.name)" }
    }
}

extension Field {
    /// What the field is, in LITP's words.
    var word: String {
        switch kind {
        case .child: "child"
        case .collection: "collection"
        case .reference: "reference"
        case .referenceCollection: "ref-collection"
        }
    }

    var isRequired: Bool {
        switch kind {
        case .child(_, let isRequired), .reference(_, let isRequired): isRequired
        case .collection, .referenceCollection: false
        }
    }

    /// How many items a collection holds.
    var bounds: (minimum: Int, maximum: Int)? {
        switch kind {
        case .child, .reference: nil
        case .collection(_, let minimum, let maximum), .referenceCollection(_, let minimum, let maximum): (minimum, maximum)
        }
    }
}
