import Model

/// Items and collections for people, in the forms of LITP (`reference/engine.md` 2.3).
struct ShowText {
    private let style: Style
    /// Columns of the terminal; nil where nobody wants lines to be cut.
    private let width: Int?
    /// What the root says of this Planner.
    private let version: String

    init(style: Style = Style(usesColor: false), width: Int? = nil, version: String = plannerVersion) {
        self.style = style
        self.width = width
        self.version = version
    }

    // MARK: Long form

    /// Every place with all that it has.
    func long(_ places: [ShownPlace], withChildren: Bool) -> String {
        places.map { long($0, withChildren: withChildren) }.joined()
    }

    private func long(_ place: ShownPlace, withChildren: Bool) -> String {
        var lines = [style.bold(place.path.text)]
        if let source = place.source { lines.append("    inherited from: \(source)") }
        lines.append("    type: \(place.typeWord)")
        if place.path.isRoot { lines.append("    version: planner \(version)") }
        lines.append("    state: " + style.state(place.state, place.state.rawValue))
        if let item = place.item { lines += properties(of: item) }
        if withChildren, !place.children.isEmpty {
            lines.append("    children:")
            lines += place.children.map { "        /\($0)" }
        }
        return lines.joined(separator: "\n") + "\n"
    }

    private func properties(of item: ResolvedItem) -> [String] {
        guard !item.properties.isEmpty else { return [] }
        let inherits = item.source != nil
        let heading = inherits ? "    properties (inherited properties are marked with [*]):" : "    properties:"
        let sorted = item.properties.sorted { NaturalOrder.isBefore($0.key, $1.key) }
        return [heading]
            + sorted.map { name, value in
                let mark = inherits && item.declaration?.properties[name] == nil ? " [*]" : ""
                let beginning = "        \(name): "
                let room = width.map { $0 - beginning.count - mark.count }
                return beginning + ValueText.cut(ValueText.line(value.text), to: room) + mark
            }
    }

    // MARK: Short forms

    /// One path a line.
    func list(_ places: [ShownPlace]) -> String { places.map { $0.path.text + "\n" }.joined() }

    /// The first path, and below it each id, four columns further in for each level.
    func tree(_ places: [ShownPlace]) -> String {
        guard let top = places.first else { return "" }
        let level = top.path.components.count
        return places.map { place in
            let depth = place.path.components.count - level
            guard depth > 0 else { return place.path.text + "\n" }
            return String(repeating: "    ", count: depth) + "/\(place.path.name)\n"
        }.joined()
    }

    /// For completion: collections end in a slash, items in their type.
    ///
    /// - Parameter empty: the collections of a place that hold nothing yet.
    func completions(_ places: [ShownPlace], empty: (ShownPlace) -> [ItemPath]) -> String {
        let listed = places.map { place in
            (place.path, place.item == nil ? "/" : ":\(place.typeWord)")
        }
        let more = places.flatMap(empty).map { ($0, "/") }
        return (listed + more).sorted { $0.0 < $1.0 }.map { $0.text + $1 + "\n" }.joined()
    }
}

/// An item or a collection as `show --json` prints it.
struct JSONPlace: Encodable {
    let path: ItemPath
    /// `item`, `reference`, `collection` or `ref-collection`.
    let kind: String
    /// The item type; of a collection, that of its members.
    let type: String
    let state: ItemState
    let inherits: ItemPath?
    let properties: [String: PropertyValue]
    /// The names of properties that are set here and not inherited.
    let overwritten: [String]
    let children: [String]

    init(_ place: ShownPlace) {
        path = place.path
        state = place.state
        inherits = place.source
        children = place.children
        switch place.content {
        case .item(let item, _):
            kind = item.source == nil ? "item" : "reference"
            type = item.type
            properties = item.properties
            overwritten = item.source == nil ? [] : (item.declaration?.properties.keys.sorted() ?? [])
        case .collection(let field, _, _):
            kind = field.isReference ? "ref-collection" : "collection"
            type = field.itemType
            properties = [:]
            overwritten = []
        }
    }
}
