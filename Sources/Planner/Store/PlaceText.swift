internal import Model

/// The places of an item as the text of a column: the file, a line for the item, and one for each property.
///
/// ```
/// site.yaml
/// 12:7
/// 13:17 hostname
/// ```
///
/// A property that stands in another file than its item has that file behind its name, after a blank.
enum PlaceText {
    static func text(of places: Item.Places) -> String {
        var text = "\(oneLine(places.item.file))\n\(places.item.line):\(places.item.column)"
        for entry in places.entries {
            text += "\n\(entry.place.line):\(entry.place.column) \(oneLine(entry.property))"
            if entry.place.file != places.item.file { text += " \(oneLine(entry.place.file))" }
        }
        return text
    }

    /// Nil when the text has another form: a place is a help, not a truth, and its loss is no error.
    static func places(from text: String) -> Item.Places? {
        let lines = text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        guard lines.count >= 2, let (line, column, _) = position(in: lines[1]) else { return nil }
        let file = String(Substring(lines[0]))
        var entries: [Item.Places.Entry] = []
        entries.reserveCapacity(lines.count - 2)
        for text in lines.dropFirst(2) {
            guard let (line, column, rest) = position(in: text) else { return nil }
            let words = rest.split(separator: UInt8(ascii: " "), maxSplits: 1)
            guard let name = words.first else { return nil }
            let place = SourcePlace(
                file: words.count > 1 ? String(Substring(words[1])) : file, line: line, column: column)
            entries.append(Item.Places.Entry(property: String(Substring(name)), place: place))
        }
        return Item.Places(item: SourcePlace(file: file, line: line, column: column), entries: entries)
    }

    /// `12:7 rest`
    private static func position(in text: Substring.UTF8View) -> (line: Int, column: Int, rest: Substring.UTF8View)? {
        guard let colon = text.firstIndex(of: UInt8(ascii: ":")) else { return nil }
        let end = text[colon...].firstIndex(of: UInt8(ascii: " ")) ?? text.endIndex
        guard let line = Int(Substring(text[..<colon])), let column = Int(Substring(text[text.index(after: colon)..<end]))
        else { return nil }
        return (line, column, end == text.endIndex ? text[end...] : text[text.index(after: end)...])
    }

    private static func oneLine(_ text: String) -> String {
        text.utf8.contains(UInt8(ascii: "\n")) ? text.split(separator: "\n").joined(separator: " ") : text
    }
}
