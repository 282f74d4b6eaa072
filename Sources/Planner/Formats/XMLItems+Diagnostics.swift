internal import Model

/// The words for elements that cannot stand where they do.
extension XMLItems {
    func unknownElement(_ tag: Tag, below parent: OpenElement, allowed: [String]) -> Diagnostic {
        guard tag.namespace == XMLVocabulary.namespace else { return foreign(tag, below: parent) }
        let nearest = NearestWord.to(tag.name, among: allowed) ?? NearestWord.to(tag.name, among: vocabulary.names)
        return Diagnostic(
            .invalidXML, "unknown element <\(tag.qualifiedName)>", path: parent.path, value: tag.name,
            rule: rule(allowed, in: parent), place: tag.place,
            nextStep: nearest.map { "did you mean <\(qualified($0, like: tag))>?" })
    }

    func notAllowed(_ tag: Tag, in parent: OpenElement, allowed: [String]) -> Diagnostic {
        Diagnostic(
            .invalidChildType, "the element <\(tag.qualifiedName)> cannot stand here", path: parent.path, value: tag.name,
            rule: rule(allowed, in: parent), place: tag.place,
            nextStep: NearestWord.to(tag.name, among: allowed).map { "did you mean <\(qualified($0, like: tag))>?" })
    }

    /// An element of no namespace, or of another one, where an item or a collection is needed.
    private func foreign(_ tag: Tag, below parent: OpenElement) -> Diagnostic {
        let isOurs = tag.namespace == nil && vocabulary.element(named: tag.name) != nil
        return Diagnostic(
            .invalidXML, "the element <\(tag.qualifiedName)> is not in the namespace of LITP", path: parent.path, value: tag.name,
            rule: "items and collections are in \(XMLVocabulary.namespace)", place: tag.place,
            nextStep: isOurs ? "write <\(XMLVocabulary.prefix):\(tag.name)>" : nil)
    }

    func unknownProperty(_ tag: Tag, of structure: TypeRegistry.Structure, at path: ItemPath) -> Diagnostic {
        if vocabulary.element(named: tag.name) != nil {
            return Diagnostic(
                .invalidXML, "the element <\(tag.qualifiedName)> is not in the namespace of LITP", path: path, value: tag.name,
                rule: "items and collections are in \(XMLVocabulary.namespace)", place: tag.place,
                nextStep: "write <\(XMLVocabulary.prefix):\(tag.name)>")
        }
        return Diagnostic(
            .propertyNotAllowed, "a \(structure.name) has no property '\(tag.name)'", path: path, property: tag.name,
            place: tag.place,
            nextStep: registry.advice(onUnknownProperty: tag.name, of: structure, among: structure.properties.map(\.name)))
    }

    func isPropertyInNamespace(_ tag: Tag, of structure: TypeRegistry.Structure) -> Bool {
        tag.namespace == XMLVocabulary.namespace && vocabulary.element(named: tag.name) == nil
            && structure.property(tag.name) != nil
    }

    func propertyInNamespace(_ tag: Tag, at path: ItemPath) -> Diagnostic {
        Diagnostic(
            .invalidXML, "the property <\(tag.qualifiedName)> is in the namespace of LITP", path: path, property: tag.name,
            rule: "properties are in no namespace", place: tag.place,
            nextStep: tag.qualifiedName.contains(":")
                ? "write <\(tag.name)>"
                : "bind the namespace to a prefix, not as the default: xmlns:\(XMLVocabulary.prefix)=\"\(XMLVocabulary.namespace)\""
        )
    }

    func noIdentifier(_ tag: Tag, below parent: OpenElement, example: String) -> Diagnostic {
        Diagnostic(
            .invalidXML, "<\(tag.qualifiedName)> has no id", path: parent.path, rule: "every item and collection has one",
            place: tag.place, nextStep: "write <\(tag.qualifiedName) id=\"\(example)\">")
    }

    func noSource(_ tag: Tag, path: ItemPath) -> Diagnostic {
        Diagnostic(
            .invalidXML, "<\(tag.qualifiedName)> has no source_path", path: path, property: "inherit",
            rule: "what inherits names the path of its source", place: tag.place,
            nextStep: "write source_path=\"PATH\", or <\(tag.qualifiedName.dropLast("-inherit".count))> for an item of its own")
    }

    /// An element whose id is not the name of a field that can hold it.
    func otherIdentifier(_ id: String, _ tag: Tag, below parent: OpenElement, _ fields: [String]) -> Diagnostic {
        Diagnostic(
            .childNotAllowed, "<\(tag.qualifiedName)> cannot have the id '\(id.prefix(80))' here", path: parent.path, value: id,
            rule: "the name of its field: " + fields.joined(separator: ", "), place: tag.place,
            nextStep: (NearestWord.to(id, among: fields) ?? (fields.count == 1 ? fields.first : nil)).map {
                "did you mean '\($0)'?"
            })
    }

    private func rule(_ allowed: [String], in parent: OpenElement) -> String {
        let place = parent.name.isEmpty ? "at \(parent.path)" : "in <\(parent.name)>"
        guard !allowed.isEmpty else { return "\(place): no items" }
        let shown = allowed.prefix(8).joined(separator: ", ")
        return "\(place): " + shown + (allowed.count > 8 ? ", ... (\(allowed.count))" : "")
    }

    /// `name` with the prefix that the document uses.
    private func qualified(_ name: String, like tag: Tag) -> String {
        guard let colon = tag.qualifiedName.firstIndex(of: ":") else { return name }
        return tag.qualifiedName[...colon] + name
    }
}
