import Model

/// Types for people: all of them as a tree, or one with everything about it.
struct TypeText {
    private let registry: TypeRegistry
    private let width: Int
    private let style: Style

    /// - Parameter width: the columns of the terminal.
    init(_ registry: TypeRegistry, width: Int = 80, style: Style = Style(usesColor: false)) {
        self.registry = registry
        self.width = min(max(width, 40), 120)
        self.style = style
    }

    // MARK: All

    /// Every item type below the one that it extends, in natural order.
    var allItemTypes: String {
        let names = registry.itemTypeNames.sorted { NaturalOrder.isBefore($0, $1) }
        let children = Dictionary(grouping: names) { registry.structure(of: $0)?.base ?? "" }
        var rows: [(String, String)] = []
        func add(_ name: String, depth: Int) {
            guard let structure = registry.structure(of: name) else { return }
            let note = structure.isAbstract ? " (only to be extended)" : ""
            rows.append((String(repeating: "  ", count: depth) + name, structure.summary + note))
            for child in children[name] ?? [] { add(child, depth: depth + 1) }
        }
        for name in children[""] ?? [] { add(name, depth: 0) }
        return table(rows)
    }

    /// Every property type with its rule, in natural order.
    var allPropertyTypes: String {
        table(
            registry.propertyTypeNames.sorted { NaturalOrder.isBefore($0, $1) }.compactMap { name in
                registry.propertyType(name).map { (name, TypeText.rule(of: $0)) }
            })
    }

    // MARK: One

    /// Nil when there is no such item type.
    func itemType(_ name: String) -> String? {
        guard let structure = registry.structure(of: name) else { return nil }
        var lines = [style.bold(name) + style.faint("  item type of the plugin \(structure.owner)")]
        lines += wrapped(structure.summary + (structure.isAbstract ? " Only there to be extended." : ""), indent: 2)
        lines += labelled("extends", structure.lineage.dropFirst().joined(separator: " -> "))
        let extending = registry.itemTypeNames.filter { registry.structure(of: $0)?.base == name }
        lines += labelled("extended by", extending.sorted { NaturalOrder.isBefore($0, $1) }.joined(separator: ", "))
        lines += labelled("stands in", registry.places(for: name).map { "\($0.owner).\($0.field.name)" }.joined(separator: ", "))
        for rule in structure.rules.map(\.summary) where !rule.isEmpty { lines += labelled("rule", rule) }
        if !structure.properties.isEmpty { lines += ["", style.bold("Properties")] }
        for property in structure.properties { lines += self.lines(for: property, of: name) }
        if !structure.fields.isEmpty { lines += ["", style.bold("Below it")] }
        for field in structure.fields { lines += self.lines(for: field, of: name) }
        return lines.joined(separator: "\n") + "\n"
    }

    /// Nil when there is no such property type.
    func propertyType(_ name: String) -> String? {
        guard let type = registry.propertyType(name) else { return nil }
        let owner = registry.owner(ofPropertyType: name) ?? ""
        var lines = [style.bold(name) + style.faint("  property type of the plugin \(owner)")]
        lines += wrapped(TypeText.rule(of: type), indent: 2)
        lines += labelled("form", TypeText.form(of: type))
        if let pattern = type.pattern { lines += labelled("pattern", pattern) }
        lines += labelled(
            "used by", registry.uses(ofPropertyType: name).map { "\($0.owner).\($0.property.name)" }.joined(separator: ", "))
        return lines.joined(separator: "\n") + "\n"
    }

    private static func rule(of type: PropertyType) -> String { type.rule.prefix(1).uppercased() + type.rule.dropFirst() }

    private static func form(of type: PropertyType) -> String {
        guard type.kind == .list else { return type.kind.rawValue }
        switch (type.entryCount.lowerBound, type.entryCount.upperBound) {
        case (0, Int.max): return "list"
        case (let minimum, Int.max): return "list of at least \(minimum == 1 ? "one entry" : "\(minimum) entries")"
        case (let minimum, let maximum): return "list of \(minimum) to \(maximum) entries"
        }
    }

    // MARK: Parts of an item type

    private func lines(for property: PropertyDefinition, of type: String) -> [String] {
        var flags: [String] = []
        if property.isRequired, property.defaultValue == nil { flags.append("required") }
        if property.isSecret { flags.append("a secret, given by reference") }
        if !property.isUpdatable { flags.append("fixed once applied") }
        if property.isPluginUpdatable { flags.append("set by plugins") }
        if property.isSiteSpecific { flags.append("takes %%token%%") }
        if !property.isConfiguration { flags.append("a change needs no plan") }
        if property.isConfiguration, property.isUpdatable { flags.append(TypeText.words(for: property.effect)) }
        var lines = [
            "  " + style.bold(property.name) + "  \(property.type)"
                + (flags.isEmpty ? "" : "  (\(flags.joined(separator: ", ")))")
        ]
        if TypeText.plainCount(lines[0], style) > width {
            lines =
                ["  " + style.bold(property.name) + "  \(property.type)"]
                + wrapped("(\(flags.joined(separator: ", ")))", indent: 6)
        }
        lines += wrapped(property.summary, indent: 6)
        if let deprecation = property.deprecation { lines += wrapped("Not to be used any more: \(deprecation)", indent: 6) }
        let rule = property.isSecret ? PropertyDefinition.secretRule : registry.propertyType(property.type)?.rule
        if let rule { lines += wrapped("rule: \(rule)", indent: 6) }
        if let value = property.defaultValue, !value.text.isEmpty {
            lines += wrapped("default: \(value.text.replacing("\n", with: "\\n"))", indent: 6)
        }
        return lines + origin(of: property.name, in: type)
    }

    private static func words(for effect: Effect) -> String {
        switch effect {
        case .live: "a change is live"
        case .restart: "a change restarts"
        case .replace: "a change replaces"
        }
    }

    private func lines(for field: Field, of type: String) -> [String] {
        var words = "\(field.word) of \(field.itemType)"
        if let bounds = field.bounds { words += TypeText.text(of: bounds) }
        if field.isRequired { words += ", required" }
        if field.isReadOnly { words += ", read-only" }
        var lines = ["  " + style.bold(field.name) + "  \(words)"]
        lines += wrapped(field.summary, indent: 6)
        let types = registry.concreteTypes(of: field.itemType)
        if types != [field.itemType] {
            lines += wrapped("types: " + (types.isEmpty ? "none yet" : types.joined(separator: ", ")), indent: 6)
        }
        if !field.requires.isEmpty { lines += wrapped("after: \(field.requires.joined(separator: ", "))", indent: 6) }
        return lines + origin(of: field.name, in: type)
    }

    private static func text(of bounds: (minimum: Int, maximum: Int)) -> String {
        switch bounds {
        case (0, Int.max): ""
        case (let minimum, Int.max): ", \(minimum) or more"
        case (0, let maximum): ", at most \(maximum)"
        case (let minimum, let maximum): minimum == maximum ? ", exactly \(minimum)" : ", \(minimum) to \(maximum)"
        }
    }

    private func origin(of name: String, in type: String) -> [String] {
        guard let declarer = registry.declarer(of: name, in: type), declarer != type else { return [] }
        return ["      from: \(declarer)"]
    }

    // MARK: Layout

    private func table(_ rows: [(String, String)]) -> String {
        let column = min((rows.map(\.0.count).max() ?? 0) + 2, width / 2)
        return rows.map { name, text in
            let lines = TypeText.wrap(text, width: width - column)
            let margin = String(repeating: " ", count: column)
            let head = name.count >= column ? name + "\n" + margin : name + String(repeating: " ", count: column - name.count)
            return head + (lines.isEmpty ? "" : lines.joined(separator: "\n" + margin)) + "\n"
        }.joined()
    }

    private func labelled(_ label: String, _ text: String) -> [String] {
        guard !text.isEmpty else { return [] }
        let lines = TypeText.wrap(text, width: width - 16)
        return lines.enumerated().map { position, line in
            "  " + (position == 0 ? label : "").padded(to: 12) + "  " + line
        }
    }

    private func wrapped(_ text: String, indent: Int) -> [String] {
        TypeText.wrap(text, width: width - indent).map { String(repeating: " ", count: indent) + $0 }
    }

    /// Lines of at most `width` characters, broken at blanks; a word that is longer stands alone.
    static func wrap(_ text: String, width: Int) -> [String] {
        var lines: [String] = []
        for word in text.split(separator: " ") {
            if let last = lines.last, last.count + 1 + word.count <= width {
                lines[lines.count - 1] = last + " " + word
            } else {
                lines.append(String(word))
            }
        }
        return lines
    }

    private static func plainCount(_ line: String, _ style: Style) -> Int {
        line.count - (style.usesColor ? style.bold("").count : 0)
    }
}
