package import Model

/// Writes the registered types as an XML Schema (XSD 1.0), with which other programs check documents in the form of LITP
/// (`reference/engine.md` 2.4): substitution groups for types that are extended, occurrences from cardinality, enumerations from choices.
///
/// Like LITP's, the schema wants the order in which ``XMLModelWriter`` writes; ``XMLModelReader`` takes any. The rules of values are left to
/// `planner load`.
package struct XMLSchemaWriter: Sendable {
    private let registry: TypeRegistry

    package init(registry: TypeRegistry) { self.registry = registry }

    package var text: String {
        var writing = SchemaWriting(registry: registry)
        writing.write()
        return writing.text
    }
}

private struct SchemaWriting {
    let registry: TypeRegistry
    let vocabulary: XMLVocabulary
    /// Property types that stand for a placeholder too, at some property.
    private var siteSpecificTypes: Set<String> = []
    var text = ""

    init(registry: TypeRegistry) {
        self.registry = registry
        vocabulary = XMLVocabulary(registry: registry)
        siteSpecificTypes = Set(properties.filter(\.isSiteSpecific).map(\.type))
    }

    mutating func write() {
        line(0, "<?xml version=\"1.0\" encoding=\"utf-8\"?>")
        line(
            0,
            "<xs:schema xmlns:xs=\"http://www.w3.org/2001/XMLSchema\" xmlns:litp=\"\(XMLVocabulary.namespace)\" "
                + "targetNamespace=\"\(XMLVocabulary.namespace)\" elementFormDefault=\"unqualified\">")
        writeIdentifiers()
        for name in propertyTypeNames { writePropertyType(name) }
        for name in registry.itemTypeNames {
            guard let structure = registry.structure(of: name), let level = vocabulary.levels(of: name).last else { continue }
            writeItem(structure, level, isInherited: false)
            if name != TypeRegistry.rootType { writeItem(structure, level, isInherited: true) }
            for field in level.fields where field.isCollection {
                writeCollection(field, of: name, isInherited: false)
                if name != TypeRegistry.rootType { writeCollection(field, of: name, isInherited: true) }
            }
        }
        line(0, "</xs:schema>")
    }

    // MARK: Values

    private var propertyTypeNames: [String] {
        Set(properties.map(\.type)).sorted()
    }

    private var properties: [PropertyDefinition] {
        registry.itemTypeNames.compactMap { registry.structure(of: $0) }.flatMap(\.properties)
    }

    private mutating func writeIdentifiers() {
        simpleType("identifier", facets: ["<xs:pattern value=\"[A-Za-z0-9_.\\-]+\"/>"])
        simpleType("placeholder", facets: ["<xs:pattern value=\"%%[A-Za-z0-9_.\\-]+%%\"/>"])
        simpleType("item-path", facets: ["<xs:pattern value=\"/[A-Za-z0-9_.\\-/]*\"/>"])
    }

    private mutating func writePropertyType(_ name: String) {
        guard let type = registry.propertyType(name) else { return }
        var base = "xs:string"
        var facets: [String] = []
        switch type.kind {
        case .string:
            facets = type.choices.map { "<xs:enumeration value=\"\(XMLText.escaped($0))\"/>" }
            if let pattern = type.pattern { facets.append("<xs:pattern value=\"\(XMLText.escaped(pattern))\"/>") }
        case .integer:
            base = "xs:integer"
            facets = ["<xs:pattern value=\"-?[0-9]+\"/>"]
            if let range = type.range {
                facets.append("<xs:minInclusive value=\"\(range.lowerBound)\"/>")
                if range.upperBound < Int.max { facets.append("<xs:maxInclusive value=\"\(range.upperBound)\"/>") }
            }
        case .boolean: facets = ["true", "false"].map { "<xs:enumeration value=\"\($0)\"/>" }
        case .list: if !type.allowsEmptyList { facets = ["<xs:minLength value=\"1\"/>"] }
        }
        simpleType("property." + name, documentation: type.rule, base: base, facets: facets)
        guard siteSpecificTypes.contains(name) else { return }
        line(1, "<xs:simpleType name=\"property.\(name).site\">")
        line(2, "<xs:union memberTypes=\"litp:property.\(name) litp:placeholder\"/>")
        line(1, "</xs:simpleType>")
    }

    private mutating func simpleType(_ name: String, documentation: String = "", base: String = "xs:string", facets: [String]) {
        line(1, "<xs:simpleType name=\"\(name)\">")
        annotate(documentation, 2)
        line(2, "<xs:restriction base=\"\(base)\"" + (facets.isEmpty ? "/>" : ">"))
        for facet in facets { line(3, facet) }
        if !facets.isEmpty { line(2, "</xs:restriction>") }
        line(1, "</xs:simpleType>")
    }

    // MARK: Items

    private mutating func writeItem(_ structure: TypeRegistry.Structure, _ level: XMLVocabulary.Level, isInherited: Bool) {
        let name = elementName(structure.name, isInherited)
        let base = structure.lineage.dropFirst().first.map { elementName($0, isInherited) }
        let group = base.map { " substitutionGroup=\"litp:\($0)\"" } ?? ""
        let abstraction = structure.isAbstract ? " abstract=\"true\"" : ""
        line(1, "<xs:element name=\"\(name)\" type=\"litp:\(name)\"\(abstraction)\(group)/>")
        line(1, "<xs:complexType name=\"\(name)\">")
        annotate(structure.summary, 2)
        if let base {
            line(2, "<xs:complexContent>")
            line(3, "<xs:extension base=\"litp:\(base)\">")
            writeContent(level, at: 4, isInherited: isInherited)
            line(3, "</xs:extension>")
            line(2, "</xs:complexContent>")
        } else {
            writeContent(level, at: 2, isInherited: isInherited)
            writeAttributes(at: 2, fixedIdentifier: nil, isInherited: isInherited)
        }
        line(1, "</xs:complexType>")
    }

    private func elementName(_ name: String, _ isInherited: Bool) -> String {
        isInherited ? XMLVocabulary.inheriting(name) : name
    }

    private mutating func writeAttributes(at indentation: Int, fixedIdentifier: String?, isInherited: Bool) {
        let fixed = fixedIdentifier.map { " fixed=\"\($0)\"" } ?? ""
        line(indentation, "<xs:attribute name=\"id\" type=\"litp:identifier\" use=\"required\"\(fixed)/>")
        if isInherited { line(indentation, "<xs:attribute name=\"source_path\" type=\"litp:item-path\" use=\"required\"/>") }
    }

    private mutating func writeContent(_ level: XMLVocabulary.Level, at indentation: Int, isInherited: Bool) {
        guard !level.properties.isEmpty || !level.fields.isEmpty else { return line(indentation, "<xs:sequence/>") }
        line(indentation, "<xs:sequence>")
        for property in level.properties { writeProperty(property, at: indentation + 1, isInherited: isInherited) }
        var written: Set<String> = []
        for field in level.fields where written.insert(XMLVocabulary.elementName(of: field, in: level.type)).inserted {
            if field.isCollection {
                writeReference(to: field, of: level.type, at: indentation + 1, isInherited: isInherited)
            } else {
                // Several fields of one type cannot be told apart by their elements, only by their ids.
                let alike = level.fields.filter { !$0.isCollection && $0.itemType == field.itemType }
                writeChildren(alike, at: indentation + 1, isInherited: isInherited)
            }
        }
        line(indentation, "</xs:sequence>")
    }

    private mutating func writeProperty(_ property: PropertyDefinition, at indentation: Int, isInherited: Bool) {
        let isOptional = isInherited || !property.isRequired || property.defaultValue != nil
        let type = property.isSecret ? "xs:string" : "litp:property.\(property.type)" + (property.isSiteSpecific ? ".site" : "")
        let occurrence = isOptional ? " minOccurs=\"0\"" : ""
        line(indentation, "<xs:element name=\"\(property.name)\" type=\"\(type)\"\(occurrence)>")
        // Not the attribute `default`: it would stand for an empty element, which is an empty text here.
        let value = property.defaultValue.map { " Default: \($0.text)" } ?? ""
        annotate(property.summary + value, indentation + 1)
        line(indentation, "</xs:element>")
    }

    private mutating func writeReference(to field: Field, of type: String, at indentation: Int, isInherited: Bool) {
        let name = XMLVocabulary.collectionName(of: field, in: type)
        guard isInherited else {
            return line(indentation, "<xs:element ref=\"litp:\(name)\" minOccurs=\"\(minimum(of: field) > 0 ? 1 : 0)\"/>")
        }
        writeChoice([name, XMLVocabulary.inheriting(name)], "minOccurs=\"0\"", at: indentation)
    }

    private mutating func writeChildren(_ fields: [Field], at indentation: Int, isInherited: Bool) {
        guard let type = fields.first?.itemType else { return }
        let required = isInherited ? 0 : fields.reduce(0) { $0 + minimum(of: $1) }
        let names = fields.allSatisfy(\.isReference) ? [] : [type]
        writeChoice(
            names + [XMLVocabulary.inheriting(type)], "minOccurs=\"\(required)\" maxOccurs=\"\(fields.count)\"", at: indentation)
    }

    /// How many elements the schema demands. References are optional in it, as in LITP's.
    private func minimum(of field: Field) -> Int {
        switch field.kind {
        case .child(_, let isRequired): isRequired ? 1 : 0
        case .reference: 0
        case .collection(_, let minimum, _), .referenceCollection(_, let minimum, _): minimum
        }
    }

    private mutating func writeChoice(_ names: [String], _ occurrence: String, at indentation: Int) {
        line(indentation, "<xs:choice \(occurrence)>")
        for name in names { line(indentation + 1, "<xs:element ref=\"litp:\(name)\"/>") }
        line(indentation, "</xs:choice>")
    }

    // MARK: Collections

    private mutating func writeCollection(_ field: Field, of type: String, isInherited: Bool) {
        let name = elementName(XMLVocabulary.collectionName(of: field, in: type), isInherited)
        line(1, "<xs:element name=\"\(name)\" type=\"litp:\(name)\"/>")
        line(1, "<xs:complexType name=\"\(name)\">")
        annotate(field.summary, 2)
        var occurrence = "minOccurs=\"\(isInherited ? 0 : minimum(of: field))\" maxOccurs=\"unbounded\""
        switch field.kind {
        case .collection(_, _, let maximum), .referenceCollection(_, _, let maximum):
            if maximum < Int.max { occurrence.replace("unbounded", with: String(maximum)) }
        case .child, .reference: break
        }
        let names = field.isReference ? [] : [field.itemType]
        writeChoice(names + [XMLVocabulary.inheriting(field.itemType)], occurrence, at: 2)
        writeAttributes(at: 2, fixedIdentifier: field.name, isInherited: isInherited)
        line(1, "</xs:complexType>")
    }

    // MARK: Lines

    private mutating func annotate(_ documentation: String, _ indentation: Int) {
        guard !documentation.isEmpty else { return }
        line(
            indentation,
            "<xs:annotation><xs:documentation>\(XMLText.escaped(documentation))</xs:documentation></xs:annotation>")
    }

    private mutating func line(_ indentation: Int, _ content: String) {
        for _ in 0..<indentation { text += "  " }
        text += content
        text += "\n"
    }
}
