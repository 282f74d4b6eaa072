/// Joins what the plugins declare, and finds what does not fit together.
///
/// The faults: two declarations of one name; unknown types; a type that extends itself; a property or field that is declared again; a name
/// that cannot be written in a model; a default that breaks the rule of its property; a pattern that cannot be used; bounds that nothing
/// keeps; fields that require each other, or one that is not there; required children without end. Each names the plugins that declare what
/// it is about.
struct Registration {
    private(set) var propertyTypes: [String: PropertyType] = [:]
    private(set) var propertyTypeOwners: [String: String] = [:]
    private(set) var structures: [String: TypeRegistry.Structure] = [:]
    private var itemTypes: [String: ItemType] = [:]
    private var itemTypeOwners: [String: String] = [:]
    private var found: Set<String> = []

    /// By text, so that they come in the same order whatever the order of the plugins.
    var faults: [String] { found.sorted() }

    init(_ declarations: [TypeDeclarations]) {
        for declaration in declarations {
            for type in declaration.propertyTypes { add(type, of: declaration.owner) }
            for type in declaration.itemTypes { add(type, of: declaration.owner) }
        }
        for name in itemTypes.keys.sorted() { addStructure(of: name, below: []) }
        for name in itemTypes.keys.sorted() {
            guard let type = itemTypes[name] else { continue }
            for property in type.properties { check(property, of: type) }
            for field in type.fields { check(field, of: type) }
            checkRequires(of: type)
        }
        checkRequiredChildren()
    }

    private mutating func add(_ type: PropertyType, of owner: String) {
        if let other = propertyTypeOwners.updateValue(owner, forKey: type.name) {
            found.insert("property type '\(type.name)' is declared by \(other) and by \(owner)")
        }
        propertyTypes[type.name] = type
        for fault in type.faults { found.insert("property type '\(type.name)' (\(owner)): \(fault)") }
        if type.entryCount.lowerBound < 0 { found.insert("property type '\(type.name)' (\(owner)): less than no entries") }
    }

    private mutating func add(_ type: ItemType, of owner: String) {
        if let other = itemTypeOwners.updateValue(owner, forKey: type.name) {
            found.insert("item type '\(type.name)' is declared by \(other) and by \(owner)")
        }
        itemTypes[type.name] = type
        if !ItemPath.isIdentifier(type.name) {
            found.insert("item type '\(type.name)' (\(owner)): this cannot be the name of a type")
        }
    }

    /// A type with its plugin: `'node' (core)`.
    private func named(_ type: String) -> String { "'\(type)' (\(itemTypeOwners[type] ?? "unknown"))" }

    // MARK: Lineage

    private mutating func addStructure(of name: String, below: [String]) {
        guard structures[name] == nil, let type = itemTypes[name] else { return }
        guard !below.contains(name) else {
            // The circle is the same wherever one enters it: it is told from its first type on.
            let circle = Array(below.drop { $0 != name })
            guard let first = circle.min(), let start = circle.firstIndex(of: first) else { return }
            let told = circle[start...] + circle[..<start] + [first]
            found.insert("item type \(named(first)) extends itself: " + told.joined(separator: " -> "))
            return
        }
        var lineage = [name]
        var properties: [PropertyDefinition] = []
        var fields: [Field] = []
        var rules: [ItemRule] = []
        if let base = type.base {
            addStructure(of: base, below: below + [name])
            if let parent = structures[base] {
                lineage += parent.lineage
                properties = parent.properties
                fields = parent.fields
                rules = parent.rules
            } else if itemTypes[base] == nil {
                found.insert("item type \(named(name)) extends the unknown type '\(base)'")
            }
        }
        checkNames(of: type, lineage: lineage)
        structures[name] = TypeRegistry.Structure(
            type: type, base: type.base.flatMap { structures[$0] }, owner: itemTypeOwners[name] ?? "", lineage: lineage,
            properties: properties + type.properties,
            fields: fields + type.fields, rules: rules + type.rules)
    }

    /// What a type inherits it cannot declare again: neither a property nor a field, so that what a plugin knows of a base stays true of
    /// every subtype.
    private mutating func checkNames(of type: ItemType, lineage: [String]) {
        var own: Set<String> = []
        for name in type.properties.map(\.name) + type.fields.map(\.name) {
            if TypeRegistry.reservedNames.contains(name) {
                found.insert("'\(name)' of \(named(type.name)) is a reserved word of model files")
            } else if !Registration.isName(name) {
                found.insert("'\(name)' of \(named(type.name)) is no name: letters, digits, '_' and '-', and a letter first")
            }
            if !own.insert(name).inserted { found.insert("'\(name)' of \(named(type.name)) is declared twice there") }
            let declarer = lineage.dropFirst().last { base in
                guard let above = itemTypes[base] else { return false }
                return above.properties.contains { $0.name == name } || above.fields.contains { $0.name == name }
            }
            if let declarer {
                found.insert("'\(name)' of \(named(type.name)) is declared already by \(named(declarer)), which it extends")
            }
        }
    }

    /// Whether a property or field can be called so: names are keys in YAML, elements in XML and options on command lines.
    private static func isName(_ text: String) -> Bool {
        guard let first = text.unicodeScalars.first, LetterClass.word.contains(first), !LetterClass.digit.contains(first) else {
            return false
        }
        return text.unicodeScalars.allSatisfy { LetterClass.word.contains($0) || $0 == "-" } && text.lowercased() != "xml"
    }

    // MARK: Properties

    private mutating func check(_ property: PropertyDefinition, of type: ItemType) {
        guard let propertyType = propertyTypes[property.type] else {
            let near = NearestWord.to(property.type, among: propertyTypes.keys.sorted())
            found.insert(
                "property '\(property.name)' of \(named(type.name)) has the unknown type '\(property.type)'"
                    + (near.map { "; did you mean '\($0)'?" } ?? ""))
            return
        }
        checkSecret(property, propertyType, of: type)
        guard let value = property.defaultValue, !property.isSecret else { return }
        do {
            let read = try propertyType.value(from: value.written)
            if read != value {
                let kind = propertyType.kind == .integer ? "an integer" : "a \(propertyType.kind)"
                found.insert("the default of '\(property.name)' of \(named(type.name)) is not \(kind)")
            }
        } catch {
            found.insert("the default of '\(property.name)' of \(named(type.name)) breaks its rule: \(error.rule)")
        }
    }

    /// A secret is one text, and every site has its own.
    private mutating func checkSecret(_ property: PropertyDefinition, _ propertyType: PropertyType, of type: ItemType) {
        guard property.isSecret else { return }
        let name = "'\(property.name)' of \(named(type.name))"
        if property.defaultValue != nil { found.insert("\(name) is a secret and must not have a default") }
        if propertyType.kind != .string { found.insert("\(name) is a secret and must be a string") }
    }

    // MARK: Fields

    private mutating func check(_ field: Field, of type: ItemType) {
        let place = "field '\(field.name)' of \(named(type.name))"
        if itemTypes[field.itemType] == nil {
            let near = NearestWord.to(field.itemType, among: itemTypes.keys.sorted())
            found.insert("\(place) has the unknown type '\(field.itemType)'" + (near.map { "; did you mean '\($0)'?" } ?? ""))
        }
        switch field.kind {
        case .child, .reference: break
        case .collection(_, let minimum, let maximum), .referenceCollection(_, let minimum, let maximum):
            if minimum < 0 || maximum < minimum {
                found.insert("\(place) holds at least \(minimum) and at most \(maximum) items")
            }
        }
        if field.isReadOnly, !field.isReference { found.insert("\(place) is read-only, and holds items that do not inherit") }
    }

    private mutating func checkRequires(of type: ItemType) {
        let fields = structures[type.name]?.fields ?? []
        let byName = Dictionary(fields.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
        for field in type.fields {
            for sibling in field.requires where byName[sibling] == nil {
                found.insert("field '\(field.name)' of \(named(type.name)) requires the unknown field '\(sibling)'")
            }
        }
        // Only what a type adds itself can close a circle that its base does not have.
        let own = Set(type.fields.map(\.name))
        for cycle in Cycles.all(in: fields.map(\.name), successors: { byName[$0]?.requires ?? [] })
        where cycle.contains(where: own.contains) {
            found.insert("fields of \(named(type.name)) require each other: " + cycle.joined(separator: " -> "))
        }
    }

    /// A required child is declared with its parent; that must come to an end.
    private mutating func checkRequiredChildren() {
        var concrete: [String: [String]] = [:]
        for structure in structures.values where !structure.isAbstract {
            for base in structure.lineage { concrete[base, default: []].append(structure.name) }
        }
        let cycles = Cycles.all(in: structures.keys.sorted()) { name in
            (structures[name]?.fields ?? []).compactMap { field in
                guard case .child(let child, isRequired: true) = field.kind else { return nil }
                if structures[child]?.isAbstract == false { return child }
                return concrete[child]?.count == 1 ? concrete[child]?.first : nil
            }
        }
        for cycle in cycles {
            found.insert("required children without end: " + cycle.map { named($0) }.joined(separator: " -> "))
        }
    }
}
