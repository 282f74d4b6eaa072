package import Model

/// Writes models in the XML of LITP (`reference/engine.md` 2.4): the same bytes for the same tree, and a file that loads back to that tree.
///
/// The order is LITP's: the base type first, then what each extending type adds; in each the properties before the fields, both by name;
/// members of collections in natural order of their ids. Only what items set themselves is written.
package struct XMLModelWriter: Sendable {
    private let registry: TypeRegistry

    package init(registry: TypeRegistry) { self.registry = registry }

    /// - Parameter subtree: the item or the collection that becomes the top element.
    /// - Returns: the text, ending in a line break.
    /// - Throws: ``ModelError`` with every value that XML or LITP's form cannot carry, and everything that no registered type knows.
    /// - Complexity: O(items written × depth).
    package func text(of tree: Tree, subtree: ItemPath = .root) throws(ModelError) -> String {
        var writing = XMLWriting(tree: tree, registry: registry)
        writing.writeTop(subtree)
        guard writing.errors.isEmpty else { throw ModelError(writing.errors) }
        return writing.text
    }
}

private struct XMLWriting {
    let tree: Tree
    let registry: TypeRegistry
    let vocabulary: XMLVocabulary
    var text = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n"
    var errors: [Diagnostic] = []

    init(tree: Tree, registry: TypeRegistry) {
        self.tree = tree
        self.registry = registry
        vocabulary = XMLVocabulary(registry: registry)
    }

    mutating func writeTop(_ path: ItemPath) {
        let declaration = " xmlns:\(XMLVocabulary.prefix)=\"\(XMLVocabulary.namespace)\""
        if let owner = path.parent, let type = tree.seenType(of: owner), let (level, field) = field(String(path.name), of: type),
            field.isCollection
        {
            writeCollection(field, declaredBy: level, of: owner, level: 0, declaration: declaration)
        } else if tree[path] != nil || tree.hasChildren(path) {
            writeItem(path, level: 0, declaration: declaration)
        } else {
            errors.append(.noItem(path, in: ResolvedTree.resolving(tree, registry: registry).tree))
        }
    }

    private func field(_ name: String, of type: String) -> (type: String, field: Field)? {
        for level in vocabulary.levels(of: type) {
            if let field = level.fields.first(where: { $0.name == name }) { return (level.type, field) }
        }
        return nil
    }

    // MARK: Items and collections

    /// Writes an item, or one that is only seen at `path` and has items of its own below it.
    private mutating func writeItem(_ path: ItemPath, level: Int, declaration: String = "") {
        guard let type = tree[path]?.type ?? (tree.hasChildren(path) ? tree.seenType(of: path) : nil) else { return }
        let item = tree[path] ?? Item(path: path, type: type)
        let source = item.source ?? tree.impliedSource(of: path)
        let name = source == nil ? type : XMLVocabulary.inheriting(type)
        let id = path.isRoot ? XMLVocabulary.rootIdentifier : String(path.name)
        let attributes = source.map { " source_path=\"\($0)\"" } ?? ""
        let element = "\(XMLVocabulary.prefix):\(name)"
        begin(element, "\(declaration) id=\"\(id)\"\(attributes)", level)
        let body = text.endIndex
        for part in vocabulary.levels(of: type) {
            for property in part.properties {
                guard let value = item.properties[property.name] else { continue }
                write(value, of: property.name, item: item, level: level + 1)
            }
            for field in part.fields { write(field, declaredBy: part.type, of: item, level: level + 1) }
        }
        reportUnknown(in: item)
        end(element, level, body: body)
    }

    private mutating func write(_ field: Field, declaredBy type: String, of item: Item, level: Int) {
        if field.isCollection {
            guard tree.hasChildren(item.path.appending(field.name)) else { return }
            writeCollection(field, declaredBy: type, of: item.path, level: level)
        } else {
            writeItem(item.path.appending(field.name), level: level)
        }
    }

    private mutating func writeCollection(
        _ field: Field, declaredBy type: String, of owner: ItemPath, level: Int, declaration: String = ""
    ) {
        let path = owner.appending(field.name)
        let source = (tree[owner]?.source ?? tree.impliedSource(of: owner))?.appending(field.name)
        let name = XMLVocabulary.collectionName(of: field, in: type)
        let element = XMLVocabulary.prefix + ":" + (source == nil ? name : XMLVocabulary.inheriting(name))
        begin(element, "\(declaration) id=\"\(field.name)\"" + (source.map { " source_path=\"\($0)\"" } ?? ""), level)
        let body = text.endIndex
        for child in tree.childPaths(of: path) { writeItem(child, level: level + 1) }
        end(element, level, body: body)
    }

    /// Values and children that the item's type does not have would be lost without a word.
    private mutating func reportUnknown(in item: Item) {
        let structure = registry.structure(of: item.type)
        guard let structure else {
            errors.append(
                Diagnostic(.invalidType, "unknown item type '\(item.type)'", path: item.path, place: item.place(of: "type")))
            return
        }
        for name in item.properties.keys.sorted() where structure.property(name) == nil {
            errors.append(
                Diagnostic(
                    .propertyNotAllowed, "a \(item.type) has no property '\(name)'", path: item.path, property: name,
                    place: item.place(of: name)))
        }
        for name in tree.children(of: item.path) where structure.field(name) == nil {
            errors.append(
                Diagnostic(.childNotAllowed, "a \(item.type) has no field '\(name)'", path: item.path.appending(name)))
        }
    }

    // MARK: Values

    private mutating func write(_ value: PropertyValue, of name: String, item: Item, level: Int) {
        if let problem = XMLText.problem(with: value) {
            errors.append(
                Diagnostic(
                    .validation, "the value of '\(name)' cannot be written as XML", path: item.path, property: name,
                    value: value.text, rule: problem, place: item.place(of: name),
                    nextStep: "write the model as YAML instead, with --format yaml"))
            return
        }
        indent(level)
        let written = XMLText.escaped(value.text)
        text += written.isEmpty ? "<\(name)/>\n" : "<\(name)>\(written)</\(name)>\n"
    }

    // MARK: Lines

    private mutating func begin(_ element: String, _ attributes: String, _ level: Int) {
        indent(level)
        text += "<\(element)\(attributes)>\n"
    }

    /// Closes an element; one without content becomes `<a/>`.
    private mutating func end(_ element: String, _ level: Int, body: String.Index) {
        if text.endIndex == body {
            text.removeLast(2)
            text += "/>\n"
        } else {
            indent(level)
            text += "</\(element)>\n"
        }
    }

    private mutating func indent(_ level: Int) {
        for _ in 0..<level { text += "  " }
    }
}

/// Text as XML has it (Extensible Markup Language 1.0, sections 2.2, 2.4 and 2.11).
enum XMLText {
    /// `text` as the content of an element or as the value of an attribute. A carriage return is written as a reference, because a parser
    /// reads a plain one as a line feed.
    static func escaped(_ text: String) -> String {
        guard text.utf8.contains(where: { "&<>\"\r".utf8.contains($0) }) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": result += "&amp;"
            case "<": result += "&lt;"
            case ">": result += "&gt;"
            case "\"": result += "&quot;"
            case "\r": result += "&#13;"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// Why a value cannot be written; nil when it can.
    static func problem(with value: PropertyValue) -> String? {
        if let list = value.list {
            if list == [""] { return "a list with nothing but an empty entry reads back as an empty list" }
            if let entry = list.first(where: { $0.utf8.contains(UInt8(ascii: ",")) }) {
                return "lists are joined with commas, and the entry '\(entry)' has one"
            }
        }
        guard let scalar = value.text.unicodeScalars.first(where: { !isCharacter($0) }) else { return nil }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        return "XML has no character U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }

    static func isCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x9, 0xA, 0xD, 0x20...0xFFFD, 0x10000...: true
        default: false
        }
    }
}
