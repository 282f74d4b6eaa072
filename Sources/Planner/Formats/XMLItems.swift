internal import Model

/// Makes items of the elements of a document, in the order in which they come, and says what is wrong with them. It holds the way from the top
/// to the element that is open, and what was made of the elements before.
struct XMLItems {
    /// A start tag.
    struct Tag {
        let namespace: String?
        let name: String
        let qualifiedName: String
        let attributes: [String: String]
        let place: SourcePlace
    }

    /// An element that is open.
    struct OpenElement {
        enum Content {
            /// What is around the top element.
            case document(FragmentPlace)
            /// An item; its number is nil when it cannot be kept because of a mistake.
            case item(TypeRegistry.Structure, number: Int?)
            case collection(Field)
            case property(String, item: Int?)
            /// Nothing can be said about what is within.
            case unknown
        }

        let content: Content
        let name: String
        let place: SourcePlace
        /// The item or collection, or for a property its item.
        let path: ItemPath
        /// Where the item's values come from, as far as the document says.
        var source: ItemPath?
        var text = ""
        var hasReportedText = false
    }

    /// What stands directly below an element that is open: items and collections by id, properties by name. Beside ``OpenElement``, whose copies
    /// would each cost a copy of this.
    private struct Children {
        var identifiers: [String: SourcePlace] = [:]
        var properties: [String: SourcePlace] = [:]
    }

    let registry: TypeRegistry
    let vocabulary: XMLVocabulary
    let limits: XMLModelReader.Limits
    private(set) var errors: [Diagnostic] = []
    /// Whether the document was given up because it is too large.
    private(set) var isOverflowing = false
    var items: [WrittenItem] = []
    private var top: (path: ItemPath, place: SourcePlace)?
    private var open: [OpenElement]
    /// As many as there are open elements.
    private var children = [Children()]
    private var elementCount = 0

    init(registry: TypeRegistry, place: FragmentPlace, limits: XMLModelReader.Limits) {
        self.registry = registry
        self.limits = limits
        vocabulary = XMLVocabulary(registry: registry)
        open = [
            OpenElement(
                content: .document(place), name: "", place: SourcePlace(file: "", line: 1, column: 1), path: place.path)
        ]
    }

    /// What was read; nil when the top element could not be understood.
    var fragment: TreeFragment? { top.map { TreeFragment(top: $0.path, place: $0.place, items: items) } }

    /// The innermost element that is open.
    var openElement: OpenElement? { open.count > 1 ? open.last : nil }

    mutating func report(_ error: Diagnostic) { errors.append(error) }

    // MARK: Elements

    mutating func open(_ tag: Tag) {
        guard !isOverflowing else { return }
        elementCount += 1
        guard elementCount <= limits.elements else {
            return overflow("the document has too many elements", rule: "at most \(limits.elements)", at: tag.place)
        }
        guard open.count <= limits.depth else {
            return overflow("the document is nested too deeply", rule: "at most \(limits.depth) levels", at: tag.place)
        }
        open.append(element(for: tag))
        children.append(Children())
    }

    mutating func close() {
        guard open.count > 1, let element = open.popLast() else { return }
        children.removeLast()
        guard case .property(let name, let number?) = element.content else { return }
        items[number].properties[name] = .scalar(element.text)
    }

    /// Takes in text between two tags. False when nothing but blanks can stand there; then the caller reports it, once for each element.
    mutating func add(_ text: String) -> Bool {
        let last = open.count - 1
        switch open[last].content {
        case .unknown: return true
        case .property:
            if open[last].text.utf8.count + text.utf8.count <= limits.value {
                open[last].text += text
            } else {
                overflow("the value is too long", rule: "at most \(limits.value) bytes", at: open[last].place)
            }
            return true
        case .document, .item, .collection:
            guard !open[last].hasReportedText, !text.utf8.allSatisfy({ $0 == 32 || (9...13).contains($0) }) else { return true }
            open[last].hasReportedText = true
            return false
        }
    }

    mutating func reportMisplacedText(at place: SourcePlace) {
        report(
            Diagnostic(
                .invalidXML, "text stands where only elements can", path: open.last?.path,
                rule: "values stand within the element of their property", place: place))
    }

    private mutating func overflow(_ summary: String, rule: String, at place: SourcePlace) {
        isOverflowing = true
        report(Diagnostic(.invalidXML, summary, rule: rule, place: place))
    }

    // MARK: What an element is

    private mutating func element(for tag: Tag) -> OpenElement {
        let parent = open[open.count - 1]
        switch parent.content {
        case .unknown: return unknown(tag, below: parent)
        case .property(let name, _):
            report(
                Diagnostic(
                    .invalidXML, "an element stands within the value of '\(name)'", path: parent.path, property: name,
                    rule: "a value is text; lists are joined with commas", place: tag.place))
            return unknown(tag, below: parent)
        case .document(let place):
            if tag.namespace == XMLVocabulary.namespace, tag.name == TypeRegistry.rootType { return root(tag, at: place) }
            switch place.content {
            case .item(let type): return below(registry.structure(of: type), tag, of: parent)
            case .collection(let field): return member(tag, of: field, below: parent)
            }
        case .item(let structure, let number):
            if tag.namespace == nil { return property(tag, of: structure, number: number) }
            if isPropertyInNamespace(tag, of: structure) {
                report(propertyInNamespace(tag, at: parent.path))
                return unknown(tag, below: parent)
            }
            return below(structure, tag, of: parent)
        case .collection(let field): return member(tag, of: field, below: parent)
        }
    }

    func unknown(_ tag: Tag, below parent: OpenElement) -> OpenElement {
        OpenElement(content: .unknown, name: tag.qualifiedName, place: tag.place, path: parent.path)
    }

    private mutating func root(_ tag: Tag, at place: FragmentPlace) -> OpenElement {
        guard place.path.isRoot else {
            report(
                Diagnostic(
                    .invalidChildType, "the root of a model cannot stand at \(place.path)", path: place.path, place: tag.place,
                    nextStep: "load the file with -p /"))
            return unknown(tag, below: open[0])
        }
        checkAttributes(of: tag, allowed: ["id"], path: .root)
        if let id = tag.attributes["id"], id != XMLVocabulary.rootIdentifier {
            report(
                Diagnostic(
                    .invalidXML, "the id of the root is '\(XMLVocabulary.rootIdentifier)'", path: .root, value: id,
                    place: tag.place))
        }
        guard let structure = registry.structure(of: TypeRegistry.rootType) else { return unknown(tag, below: open[0]) }
        return keep(
            WrittenItem(path: .root, type: structure.name, places: Item.Places(item: tag.place)), structure, tag, source: nil,
            isKept: true)
    }

    /// An element of a property.
    private mutating func property(_ tag: Tag, of structure: TypeRegistry.Structure, number: Int?) -> OpenElement {
        let parent = open.count - 1
        let path = open[parent].path
        guard structure.property(tag.name) != nil else {
            report(unknownProperty(tag, of: structure, at: path))
            return unknown(tag, below: open[parent])
        }
        checkAttributes(of: tag, allowed: [], path: path)
        if let first = children[parent].properties[tag.name] {
            report(
                Diagnostic(
                    .invalidXML, "the property '\(tag.name)' stands twice", path: path, property: tag.name,
                    rule: "it stands first at \(first)", place: tag.place, nextStep: "remove one of the two"))
            return OpenElement(content: .property(tag.name, item: nil), name: tag.qualifiedName, place: tag.place, path: path)
        }
        children[parent].properties[tag.name] = tag.place
        if let number {
            let place = Item.Places.Entry(property: tag.name, place: tag.place)
            items[number].places = items[number].places?.adding([place])
        }
        return OpenElement(content: .property(tag.name, item: number), name: tag.qualifiedName, place: tag.place, path: path)
    }

    // MARK: Keeping

    /// Notes the id of what a tag stands for; false, with an error, when a sibling has it already.
    mutating func claim(_ id: String, for tag: Tag, path: ItemPath) -> Bool {
        let parent = open.count - 1
        guard let first = children[parent].identifiers[id] else {
            children[parent].identifiers[id] = tag.place
            return true
        }
        report(
            Diagnostic(
                .invalidXML, "the id '\(id)' stands twice", path: path, value: id, rule: "it stands first at \(first)",
                place: tag.place, nextStep: "remove one of the two, or give it another id"))
        return false
    }

    /// Opens an item, and keeps it unless it has a mistake that leaves it no place in the tree.
    mutating func keep(
        _ item: WrittenItem, _ structure: TypeRegistry.Structure, _ tag: Tag, source: ItemPath?, isKept: Bool
    ) -> OpenElement {
        noteTop(item.path, tag)
        if isKept { items.append(item) }
        return OpenElement(
            content: .item(structure, number: isKept ? items.count - 1 : nil), name: tag.qualifiedName, place: tag.place,
            path: item.path, source: source)
    }

    mutating func noteTop(_ path: ItemPath, _ tag: Tag) {
        if open.count == 1, top == nil { top = (path, tag.place) }
    }
}
