internal import Model

/// Items and collections: which element may stand where.
extension XMLItems {
    /// An element below an item: one of its fields.
    mutating func below(_ structure: TypeRegistry.Structure?, _ tag: Tag, of parent: OpenElement) -> OpenElement {
        guard let structure else { return unknown(tag, below: parent) }
        guard let element = known(tag) else {
            report(unknownElement(tag, below: parent, allowed: names(below: structure)))
            return unknown(tag, below: parent)
        }
        switch element {
        case .collection(let owner, let declared, let isInherited):
            guard structure.lineage.contains(owner), let field = structure.field(declared.name), field.isCollection else {
                report(notAllowed(tag, in: parent, allowed: names(below: structure)))
                return unknown(tag, below: parent)
            }
            return collection(tag, of: field, isInherited: isInherited, below: parent)
        case .item(let type, let isInherited):
            let possible = structure.fields.filter { !$0.isCollection && registry.isKind(type, of: $0.itemType) }
            guard !possible.isEmpty else {
                report(notAllowed(tag, in: parent, allowed: names(below: structure)))
                return unknown(tag, below: parent)
            }
            guard let id = identifier(of: tag, below: parent) else { return unknown(tag, below: parent) }
            guard let field = possible.first(where: { $0.name == id }) else {
                report(otherIdentifier(id, tag, below: parent, possible.map(\.name)))
                return unknown(tag, below: parent)
            }
            return item(tag, type: type, isInherited: isInherited, id: id, in: field, below: parent)
        }
    }

    /// An element in a collection.
    mutating func member(_ tag: Tag, of field: Field, below parent: OpenElement) -> OpenElement {
        guard let element = known(tag) else {
            report(unknownElement(tag, below: parent, allowed: registry.concreteTypes(of: field.itemType)))
            return unknown(tag, below: parent)
        }
        guard case .item(let type, let isInherited) = element, registry.isKind(type, of: field.itemType) else {
            report(notAllowed(tag, in: parent, allowed: registry.concreteTypes(of: field.itemType)))
            return unknown(tag, below: parent)
        }
        guard let id = identifier(of: tag, below: parent) else { return unknown(tag, below: parent) }
        return item(tag, type: type, isInherited: isInherited, id: id, in: field, below: parent)
    }

    // MARK: One element

    private mutating func item(
        _ tag: Tag, type: String, isInherited: Bool, id: String, in field: Field, below parent: OpenElement
    ) -> OpenElement {
        let path = parent.path.appending(id)
        checkAttributes(of: tag, allowed: isInherited ? ["id", "source_path"] : ["id"], path: path)
        guard let structure = registry.structure(of: type) else { return unknown(tag, below: parent) }
        var isKept = claim(id, for: tag, path: path)
        if structure.isAbstract {
            isKept = false
            report(
                Diagnostic(
                    .invalidType, "'\(type)' is only there to be extended", path: path, value: tag.qualifiedName,
                    rule: "one of " + registry.concreteTypes(of: type).joined(separator: ", "), place: tag.place))
        }
        if field.isReference, !isInherited, parent.source == nil {
            report(
                Diagnostic(
                    .childNotAllowed, "'\(field.name)' holds inherited items only", path: path, place: tag.place,
                    nextStep: "write <\(XMLVocabulary.inheriting(tag.qualifiedName)) id=\"\(id)\" source_path=\"PATH\">"))
        }
        var source = parent.source?.appending(id)
        var written: String?
        if isInherited {
            written = tag.attributes["source_path"]
            source = written.flatMap { ItemPath($0) }
            if written == nil { report(noSource(tag, path: path)) }
        }
        return keep(
            WrittenItem(path: path, type: type, source: written, places: Item.Places(item: tag.place)), structure, tag,
            source: source, isKept: isKept)
    }

    private mutating func collection(_ tag: Tag, of field: Field, isInherited: Bool, below parent: OpenElement) -> OpenElement {
        let path = parent.path.appending(field.name)
        checkAttributes(of: tag, allowed: isInherited ? ["id", "source_path"] : ["id"], path: path)
        if let id = tag.attributes["id"] {
            if id != field.name { report(otherIdentifier(id, tag, below: parent, [field.name])) }
        } else {
            report(noIdentifier(tag, below: parent, example: field.name))
        }
        let source = parent.source?.appending(field.name)
        if isInherited { checkSource(of: tag, path: path, expected: source) }
        _ = claim(field.name, for: tag, path: path)
        noteTop(path, tag)
        return OpenElement(content: .collection(field), name: tag.qualifiedName, place: tag.place, path: path, source: source)
    }

    /// A collection takes its members from the matching collection of its item's source, and from nowhere else.
    private mutating func checkSource(of tag: Tag, path: ItemPath, expected: ItemPath?) {
        guard let text = tag.attributes["source_path"] else { return report(noSource(tag, path: path)) }
        // At the top of a fragment, what is above it says where it inherits from.
        guard ItemPath(text) != expected, expected != nil || openElement != nil else { return }
        report(
            Diagnostic(
                .invalidXML, "a collection inherits only together with its item", path: path, property: "inherit", value: text,
                rule: expected.map { "the source of this one is \($0)" } ?? "its item inherits from nothing", place: tag.place,
                nextStep: expected.map { "write source_path=\"\($0)\"" } ?? "inherit each of its members instead"))
    }

    /// What the element stands for; nil when no registered type has such an element.
    private func known(_ tag: Tag) -> XMLVocabulary.Element? {
        tag.namespace == XMLVocabulary.namespace ? vocabulary.element(named: tag.name) : nil
    }

    private mutating func identifier(of tag: Tag, below parent: OpenElement) -> String? {
        guard let id = tag.attributes["id"] else {
            report(noIdentifier(tag, below: parent, example: "ID"))
            return nil
        }
        guard ItemPath.isIdentifier(id) else {
            report(
                Diagnostic(
                    .validation, "'\(id.prefix(80))' cannot be the id of an item", path: parent.path, value: id,
                    rule: "letters, digits, '_', '-' and '.', at most 255, not only dots", place: tag.place))
            return nil
        }
        return id
    }

    mutating func checkAttributes(of tag: Tag, allowed: [String], path: ItemPath) {
        // Attributes of other namespaces, such as xsi:schemaLocation, are for other programs.
        for name in tag.attributes.keys.sorted() where !name.contains(":") && name != "xmlns" && !allowed.contains(name) {
            report(
                Diagnostic(
                    .invalidXML, "<\(tag.qualifiedName)> has no attribute '\(name)'", path: path, value: tag.attributes[name],
                    rule: allowed.isEmpty ? "no attributes" : allowed.joined(separator: ", "), place: tag.place,
                    nextStep: NearestWord.to(name, among: allowed).map { "did you mean '\($0)'?" }))
        }
    }

    /// The elements that may stand below an item.
    private func names(below structure: TypeRegistry.Structure) -> [String] {
        vocabulary.levels(of: structure.name).flatMap { level in
            level.fields.flatMap { field in
                field.isCollection
                    ? [XMLVocabulary.collectionName(of: field, in: level.type)] : registry.concreteTypes(of: field.itemType)
            }
        }
    }
}
