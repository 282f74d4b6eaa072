import Model

/// Differences of items for people, in tree order. A hundred equal ones are shown as the first and a line.
struct DiffText {
    /// What the states are called.
    enum Words {
        /// Declared against applied.
        case states
        /// What restoring does to the declared tree.
        case restoring

        func word(for state: ItemState) -> String {
            switch (self, state) {
            case (.states, _): state.rawValue
            case (.restoring, .initial): "comes back"
            case (.restoring, .forRemoval): "goes"
            case (.restoring, _): "changes back"
            }
        }
    }

    private let words: Words
    private let isFull: Bool
    private let style: Style
    /// Columns of the terminal; nil where values are shown whole.
    private let width: Int?

    /// More neighbours than this that differ in the same way are folded.
    private static let maximumRun = 3

    /// - Parameter isFull: shows each item, however many differ in the same way.
    init(words: Words = .states, isFull: Bool = false, style: Style = Style(usesColor: false), width: Int? = nil) {
        self.words = words
        self.isFull = isFull
        self.style = style
        self.width = width
    }

    /// - Parameter differences: in tree order.
    func text(of differences: [ItemDifference]) -> String {
        var lines: [String] = []
        append(DifferenceTree(differences).top, to: &lines)
        return lines.map { $0 + "\n" }.joined()
    }

    private func append(_ nodes: [DifferenceTree.Node], to lines: inout [String]) {
        var index = 0
        while index < nodes.count {
            let first = nodes[index]
            let run = nodes[index...].prefix {
                $0.shape == first.shape && $0.difference.path.parent == first.difference.path.parent
            }
            lines += self.lines(of: first.difference)
            append(first.children, to: &lines)
            if isFull || run.count <= DiffText.maximumRun {
                index += 1
            } else {
                lines.append(fold(run.dropFirst()))
                index += run.count
            }
        }
    }

    private func fold(_ nodes: ArraySlice<DifferenceTree.Node>) -> String {
        guard let first = nodes.first, let last = nodes.last else { return "" }
        let items = nodes.reduce(0) { $0 + $1.count }
        let range = "\(first.difference.path) ... \(last.difference.path.name)"
        let inAll = items > nodes.count ? ", \(items) items in all" : ""
        return mark(first.difference.state) + " \(range)  "
            + style.state(first.difference.state, words.word(for: first.difference.state))
            + "  \(nodes.count) more like it\(inAll); --full shows each"
    }

    private func mark(_ state: ItemState) -> String {
        switch state {
        case .initial: style.good("+")
        case .forRemoval: style.bad("-")
        case .updated, .applied: style.caution("~")
        }
    }

    private func lines(of difference: ItemDifference) -> [String] {
        let type = difference.oldType.map { "\($0) -> \(difference.type)" } ?? difference.type
        let source = difference.source.map { ", inherits \($0)" } ?? ""
        let word = style.state(difference.state, words.word(for: difference.state))
        let heading = mark(difference.state) + " \(style.bold(difference.path.text))  \(word)  \(type)\(source)"
        return [heading] + difference.properties.map { line(of: $0, difference.state) }
    }

    private func line(of property: ItemDifference.Property, _ state: ItemState) -> String {
        let beginning = "    \(property.name): "
        // Restoring touches nothing; what a change costs is said of what a plan would do.
        let effect = words == .states ? property.effect.map { "  (\($0.rawValue))" } ?? "" : ""
        let room = width.map { $0 - beginning.count - effect.count }
        let shownEffect = effect.isEmpty ? "" : property.effect == .live ? style.faint(effect) : style.caution(effect)
        guard state == .updated else {
            let value = (state == .forRemoval ? property.old : property.new)?.text ?? ""
            return beginning + ValueText.cut(ValueText.line(value), to: room)
        }
        return beginning + ValueText.change(from: property.old, to: property.new, width: room) + shownEffect
    }

    // MARK: Summary

    /// How many items are in which state, and what the changed properties cost.
    func summary(of differences: [ItemDifference]) -> String {
        guard !differences.isEmpty else { return "No difference: everything is declared as it was applied." }
        let counts = DifferenceCounts(differences)
        let states = [ItemState.initial, .updated, .forRemoval].compactMap { state in
            counts.states[state.rawValue].map { "\($0) \(words.word(for: state))" }
        }
        let effects = Effect.allCases.reversed().compactMap { effect in
            counts.effects[effect.rawValue].map { "\($0) \(effect.rawValue)" }
        }
        let properties = counts.effects.values.reduce(0, +)
        return "\(differences.count) \(differences.count == 1 ? "item differs" : "items differ"): "
            + states.joined(separator: ", ")
            + (effects.isEmpty
                ? ""
                : "; \(properties) changed \(properties == 1 ? "property" : "properties"): " + effects.joined(separator: ", "))
    }
}

/// How many differences there are of each kind.
struct DifferenceCounts: Encodable {
    let states: [String: Int]
    let effects: [String: Int]

    init(_ differences: [ItemDifference]) {
        states = Dictionary(differences.map { ($0.state.rawValue, 1) }, uniquingKeysWith: +)
        effects = Dictionary(
            differences.flatMap { $0.properties.compactMap(\.effect) }.map { ($0.rawValue, 1) }, uniquingKeysWith: +)
    }
}

/// Differences below those of the items that they lie in, each with a number for its shape: equal numbers for what differs in the same way.
struct DifferenceTree {
    struct Node {
        let difference: ItemDifference
        let children: [Node]
        let shape: Int
        /// The items of the node and below it.
        let count: Int
    }

    private(set) var top: [Node] = []
    private var shapes: [String: Int] = [:]

    init(_ differences: [ItemDifference]) {
        var rest = differences[...]
        while !rest.isEmpty { top.append(node(&rest)) }
    }

    /// Takes the first difference, and all below its item.
    private mutating func node(_ rest: inout ArraySlice<ItemDifference>) -> Node {
        let difference = rest.removeFirst()
        var children: [Node] = []
        while let next = rest.first, next.path.isWithin(difference.path) { children.append(node(&rest)) }
        var words = [difference.state.rawValue, difference.type, difference.oldType ?? ""]
        for property in difference.properties {
            words.append(property.name)
            // What comes and goes is alike when it has the same properties; what changes, when the values are the same.
            guard difference.state == .updated else { continue }
            words += [property.old?.text ?? "-", property.new?.text ?? "-"].map { "\($0.utf8.count):\($0)" }
        }
        for child in children {
            words.append("\(child.difference.path.text.dropFirst(difference.path.text.count)) \(child.shape)")
        }
        let key = words.joined(separator: "\n")
        let shape = shapes[key] ?? shapes.count
        shapes[key] = shape
        return Node(
            difference: difference, children: children, shape: shape, count: children.reduce(1) { $0 + $1.count })
    }
}

/// A difference as `diff --json` prints it.
struct JSONDifferences: Encodable {
    struct Item: Encodable {
        let path: ItemPath
        let state: ItemState
        let type: String
        let oldType: String?
        let inherits: ItemPath?
        let properties: [Property]
    }

    struct Property: Encodable {
        let name: String
        let old: PropertyValue?
        let new: PropertyValue?
        let effect: Effect?
    }

    let schema = "planner.diff/1"
    let items: [Item]
    let summary: DifferenceCounts

    init(_ differences: [ItemDifference]) {
        items = differences.map { difference in
            Item(
                path: difference.path, state: difference.state, type: difference.type, oldType: difference.oldType,
                inherits: difference.source,
                properties: difference.properties.map {
                    Property(name: $0.name, old: $0.old, new: $0.new, effect: $0.effect)
                })
        }
        summary = DifferenceCounts(differences)
    }
}
