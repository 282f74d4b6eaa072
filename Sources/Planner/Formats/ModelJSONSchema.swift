package import Model

/// A JSON Schema (draft 2020-12) of the YAML form, with which an editor completes and checks model files (DESIGN section 3).
///
/// It knows names, types, choices, what is required and how many; the rules of values are left to `planner load`. There are two definitions
/// of each item type: below an item that inherits nothing is required, and `type` may be left out everywhere, because the source has it.
package struct ModelJSONSchema: Sendable {
    private let registry: TypeRegistry

    package init(registry: TypeRegistry) { self.registry = registry }

    package var document: JSONValue {
        var definitions: [String: JSONValue] = [:]
        for name in registry.itemTypeNames {
            guard let structure = registry.structure(of: name) else { continue }
            for isInherited in [false, true] where name != TypeRegistry.rootType || !isInherited {
                definitions[slotName(name, isInherited)] = slot(of: structure, isInherited: isInherited)
                if !structure.isAbstract {
                    definitions[itemName(name, isInherited)] = item(of: structure, isInherited: isInherited)
                }
            }
        }
        return [
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "A model of Planner",
            "description": "Put this line at the top of a model file: # yaml-language-server: $schema=planner-schema.json",
            "$ref": reference(itemName(TypeRegistry.rootType, false)), "$defs": .object(definitions),
        ]
    }

    // MARK: Names of definitions

    /// What may stand where an item of the declared type `type` is wanted.
    private func slotName(_ type: String, _ isInherited: Bool) -> String { "a-\(type)" + (isInherited ? "-inherited" : "") }

    /// An item that is exactly of `type`.
    private func itemName(_ type: String, _ isInherited: Bool) -> String { "\(type)" + (isInherited ? "-inherited" : "") }

    private func reference(_ definition: String) -> JSONValue { .string("#/$defs/" + definition) }

    // MARK: Places for items

    private func slot(of structure: TypeRegistry.Structure, isInherited: Bool) -> JSONValue {
        let types = registry.concreteTypes(of: structure.name)
        guard !types.isEmpty else { return ["not": [:], "description": "No registered type can stand here."] }
        let only = registry.onlyType(of: structure.name)
        let typed: [JSONValue] = types.map { type in
            [
                "if": ["required": ["type"], "properties": ["type": ["const": .string(type)]]],
                "then": variants(of: type, isInherited: isInherited),
            ]
        }
        let inherited = anyOf(types, isInherited: true)
        let untyped: JSONValue =
            isInherited
            ? inherited : ["if": ["required": ["inherit"]], "then": inherited, "else": untyped(types, only: only)]
        return [
            "type": "object", "description": .string(structure.summary),
            "properties": [
                "type": [
                    "enum": .array(types.map { .string($0) }),
                    "description": .string(
                        only.map { "The item type; '\($0)' when left out." } ?? "The item type; several can stand here."),
                ]
            ],
            "allOf": .array(typed + [["if": ["not": ["required": ["type"]]], "then": untyped]]),
        ]
    }

    /// An item that neither says its type nor inherits.
    private func untyped(_ types: [String], only: String?) -> JSONValue {
        if let only, types == [only] { return ["$ref": reference(itemName(only, false))] }
        let typed: JSONValue = only.map { ["$ref": reference(itemName($0, false))] } ?? ["required": ["type"]]
        return passThrough(then: anyOf(types, isInherited: false), else: typed)
    }

    private func anyOf(_ types: [String], isInherited: Bool) -> JSONValue {
        ["anyOf": .array(types.map { ["$ref": reference(itemName($0, isInherited))] })]
    }

    private func variants(of type: String, isInherited: Bool) -> JSONValue {
        let inherited: JSONValue = ["$ref": reference(itemName(type, true))]
        guard !isInherited else { return inherited }
        return ["if": ["required": ["inherit"]], "then": inherited, "else": ["$ref": reference(itemName(type, false))]]
    }

    // MARK: Items

    private func item(of structure: TypeRegistry.Structure, isInherited: Bool) -> JSONValue {
        var properties: [String: JSONValue] = [:]
        for property in structure.properties { properties[property.name] = JSONSchemaValue(property, registry).schema }
        for field in structure.fields { properties[field.name] = schema(of: field, isInherited: isInherited) }
        properties["type"] = ["const": .string(structure.name)]
        if structure.name != TypeRegistry.rootType {
            properties["inherit"] = [
                "type": "string", "pattern": "^/",
                "description": "The path of the item from which values and children are taken.",
            ]
        }
        var schema: [String: JSONValue] = [
            "type": structure.name == TypeRegistry.rootType ? ["object", "null"] : "object",
            "description": .string(structure.summary), "properties": .object(properties), "additionalProperties": false,
        ]
        let required = isInherited ? [] : requiredNames(of: structure)
        if !required.isEmpty {
            schema["allOf"] = [passThrough(else: ["required": .array(required.map { .string($0) })])]
        }
        return .object(schema)
    }

    private func requiredNames(of structure: TypeRegistry.Structure) -> [String] {
        let properties = structure.properties.filter { $0.isRequired && $0.defaultValue == nil }.map(\.name)
        let fields = structure.fields.filter { field in
            switch field.kind {
            case .child(_, let isRequired), .reference(_, let isRequired): isRequired
            case .collection, .referenceCollection: false
            }
        }
        return (properties + fields.map(\.name)).sorted()
    }

    /// A file of several may pass through an item that another file declares, on the way to what it declares itself: nothing is demanded of a
    /// mapping that has only mappings in it.
    private func passThrough(then passing: JSONValue = true, else demand: JSONValue) -> JSONValue {
        ["if": ["minProperties": 1, "additionalProperties": ["type": "object"]], "then": passing, "else": demand]
    }

    private func schema(of field: Field, isInherited: Bool) -> JSONValue {
        let member: JSONValue
        let slot = reference(slotName(field.itemType, isInherited))
        if field.isReference, !isInherited {
            member = ["$ref": reference(slotName(field.itemType, true)), "required": ["inherit"]]
        } else {
            member = ["$ref": slot]
        }
        guard field.isCollection else { return member }
        var collection: [String: JSONValue] = [
            "type": "object", "additionalProperties": member,
            "propertyNames": ["pattern": "^[A-Za-z0-9_.-]*[A-Za-z0-9_-][A-Za-z0-9_.-]*$"],
        ]
        if !field.summary.isEmpty { collection["description"] = .string(field.summary) }
        switch field.kind {
        case .collection(_, _, let maximum), .referenceCollection(_, _, let maximum):
            if maximum < Int.max { collection["maxProperties"] = .integer(maximum) }
        case .child, .reference: break
        }
        return .object(collection)
    }
}

/// The forms in which a property may be written.
private struct JSONSchemaValue {
    let property: PropertyDefinition
    let type: PropertyType?

    init(_ property: PropertyDefinition, _ registry: TypeRegistry) {
        self.property = property
        type = registry.propertyType(property.type)
    }

    var schema: JSONValue {
        var schema = form
        schema["description"] = .string(description)
        schema["default"] = property.defaultValue.map(value)
        if property.deprecation != nil { schema["deprecated"] = true }
        return .object(schema)
    }

    private var form: [String: JSONValue] {
        if property.isSecret { return reference }
        guard let type else { return [:] }
        guard property.isSiteSpecific else { return form(of: type) }
        return ["anyOf": [.object(form(of: type)), ["type": "string", "pattern": .string("^%%[A-Za-z0-9_.-]+%%$")]]]
    }

    /// A secret is referred to: a mapping with one key, or the same as a text.
    private var reference: [String: JSONValue] {
        let keywords = SecretReference.Keyword.allCases.map { ($0.rawValue, JSONValue.object(["type": "string"])) }
        return [
            "type": ["object", "string"], "pattern": .string("^ *\\{.*\\} *$"), "minProperties": 1, "maxProperties": 1,
            "additionalProperties": false,
            "properties": .object(Dictionary(keywords, uniquingKeysWith: { first, _ in first })),
        ]
    }

    private func form(of type: PropertyType) -> [String: JSONValue] {
        switch type.kind {
        case .string: return word(of: type)
        case .integer:
            // The bounds are asked of numbers, the pattern of texts.
            var number: [String: JSONValue] = ["type": ["integer", "string"], "pattern": "^-?[0-9]+$"]
            if let range = type.range {
                number["minimum"] = .integer(range.lowerBound)
                if range.upperBound < Int.max { number["maximum"] = .integer(range.upperBound) }
            }
            return number
        case .boolean: return ["enum": [true, false, "true", "false"]]
        case .list:
            var list: [String: JSONValue] = ["type": "array", "items": .object(word(of: type))]
            if type.entryCount.lowerBound > 0 { list["minItems"] = .integer(type.entryCount.lowerBound) }
            if type.entryCount.upperBound < Int.max { list["maxItems"] = .integer(type.entryCount.upperBound) }
            return ["anyOf": [.object(list), ["type": ["string", "number", "boolean"]]]]
        }
    }

    /// One word. What looks like a number or a truth value is read as the text that it is.
    private func word(of type: PropertyType) -> [String: JSONValue] {
        guard type.choices.isEmpty else { return ["enum": choices(of: type)] }
        var word: [String: JSONValue] = ["type": ["string", "number", "boolean"]]
        if let pattern = type.pattern { word["pattern"] = .string("^(?:\(pattern))$") }
        return word
    }

    private func choices(of type: PropertyType) -> JSONValue { .array(type.choices.map { .string($0) }) }

    private var description: String {
        var sentences = [property.summary]
        if let rule = type?.rule { sentences.append("Rule: \(rule).") }
        if let deprecation = property.deprecation { sentences.append("Not to be set any more: \(deprecation).") }
        if !property.isUpdatable { sentences.append("Cannot be changed once it was applied.") }
        switch property.effect {
        case .live: break
        case .restart: sentences.append("A change restarts what serves.")
        case .replace: sentences.append("A change replaces what serves.")
        }
        return sentences.filter { !$0.isEmpty }.joined(separator: " ")
    }

    private func value(_ value: PropertyValue) -> JSONValue {
        switch value {
        case .string(let text): .string(text)
        case .integer(let number): .integer(number)
        case .boolean(let flag): .boolean(flag)
        case .list(let entries): .array(entries.map { .string($0) })
        case .secret(let reference): .string(reference.text)
        }
    }
}
