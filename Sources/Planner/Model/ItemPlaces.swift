extension Item {
    /// Positions in the file that an item came from: read from a file a moment ago, or the text that was stored of them, which is taken
    /// apart only when somebody asks. A large site is planned without a glance at where it was written.
    package struct Places: Sendable {
        /// A property, or a reserved word such as `inherit`, and where its value stands.
        package struct Entry: Hashable, Sendable {
            package let property: String
            package let place: SourcePlace

            package init(property: String, place: SourcePlace) {
                self.property = property
                self.place = place
            }
        }

        private enum Form: Sendable {
            case read(SourcePlace, [Entry])
            case stored(String)
        }

        private var form: Form

        package init(item: SourcePlace, entries: [Entry]) { form = .read(item, entries) }

        package init(item: SourcePlace, properties: [String: SourcePlace] = [:]) {
            self.init(
                item: item,
                entries: properties.sorted { $0.key < $1.key }.map { Entry(property: $0.key, place: $0.value) })
        }

        /// Takes what ``text`` has written. A place is a help, not a truth: of another text nothing is known, and that is no error.
        package init(stored text: String) { form = .stored(text) }

        /// Where the item itself stands.
        package var item: SourcePlace? { parts?.item }

        /// In the order of the file. A list, not a dictionary: items have few properties, and a tree has many items.
        package var entries: [Entry] { parts?.entries ?? [] }

        package subscript(property: String) -> SourcePlace? { entries.first { $0.property == property }?.place }

        /// The nearest place to show for a property.
        package func place(of property: String?) -> SourcePlace? {
            guard let parts else { return nil }
            return parts.entries.first { $0.property == property }?.place ?? parts.item
        }

        /// With the places of properties that only `other` knows.
        package func adding(_ other: Places?) -> Places { adding((other?.entries ?? []).filter { self[$0.property] == nil }) }

        package func adding(_ added: [Entry]) -> Places {
            guard let parts else { return self }
            return Places(item: parts.item, entries: parts.entries + added)
        }

        private var parts: (item: SourcePlace, entries: [Entry])? {
            switch form {
            case .read(let item, let entries): (item, entries)
            case .stored(let text): Places.parts(of: text)
            }
        }
    }
}

extension Item.Places: Hashable {
    package static func == (left: Item.Places, right: Item.Places) -> Bool {
        if case .stored(let one) = left.form, case .stored(let other) = right.form, one == other { return true }
        return left.item == right.item && left.entries == right.entries
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(item) }
}

/// As text: the file, a line for the item, and one for each property.
///
/// ```
/// site.yaml
/// 12:7
/// 13:17 hostname
/// ```
///
/// A property that stands in another file than its item has that file behind its name, after a blank.
extension Item.Places {
    package var text: String {
        switch form {
        case .stored(let text): return text
        case .read(let item, let entries):
            var text = "\(oneLine(item.file))\n\(item.line):\(item.column)"
            for entry in entries {
                text += "\n\(entry.place.line):\(entry.place.column) \(oneLine(entry.property))"
                if entry.place.file != item.file { text += " \(oneLine(entry.place.file))" }
            }
            return text
        }
    }

    private func oneLine(_ text: String) -> String {
        text.utf8.contains(UInt8(ascii: "\n")) ? text.split(separator: "\n").joined(separator: " ") : text
    }

    private static func parts(of text: String) -> (item: SourcePlace, entries: [Entry])? {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 2, let (line, column, _) = position(in: lines[1]) else { return nil }
        let file = String(Substring(lines[0]))
        var entries: [Entry] = []
        entries.reserveCapacity(lines.count - 2)
        for text in lines.dropFirst(2) {
            guard let (line, column, rest) = position(in: text) else { return nil }
            let words = rest.split(separator: UInt8(ascii: " "), maxSplits: 1)
            guard let name = words.first else { return nil }
            let place = SourcePlace(
                file: words.count > 1 ? String(Substring(words[1])) : file, line: line, column: column)
            entries.append(Entry(property: String(Substring(name)), place: place))
        }
        return (SourcePlace(file: file, line: line, column: column), entries)
    }

    /// `12:7 rest`
    private static func position(in text: Substring.UTF8View) -> (line: Int, column: Int, rest: Substring.UTF8View)? {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let end = text[colon...].firstIndex(of: UInt8(ascii: " ")) ?? text.endIndex
        guard let line = Int(Substring(text[..<colon])), let column = Int(Substring(text[text.index(after: colon)..<end]))
        else { return nil }
        return (line, column, end == text.endIndex ? text[end...] : text[text.index(after: end)...])
    }
}
