/// Lines that fit a terminal: broken between words, the rest of a line below its text.
enum Wrapping {
    /// - Parameters:
    ///   - width: columns; nil leaves the line whole.
    ///   - indent: columns before what goes on in the next line.
    /// - Complexity: O(length). Escape sequences of colours take no room.
    static func lines(of line: String, width: Int?, indent: Int) -> [String] {
        guard let width, columns(of: line[...]) > width else { return [line] }
        let blanks = line.prefix { $0 == " " }
        var lines: [String] = []
        var current = String(blanks)
        var used = blanks.count
        // Empty words are blanks in a row: they make columns, and are kept.
        for (place, word) in line.dropFirst(blanks.count).split(separator: " ", omittingEmptySubsequences: false).enumerated() {
            let length = columns(of: word)
            if place == 0 {
                current += word
                used += length
            } else if length > 0, used + 1 + length > width, used > indent {
                while current.last == " " { current.removeLast() }
                lines.append(current)
                current = String(repeating: " ", count: indent) + word
                used = indent + length
            } else {
                current += " " + word
                used += 1 + length
            }
        }
        return lines + [current]
    }

    /// Every line of a text, so that none is wider; what has no blanks to break at is broken anywhere.
    static func text(_ text: String, width: Int?) -> String {
        guard let width else { return text }
        return text.split(separator: "\n", omittingEmptySubsequences: false).flatMap { line in
            lines(of: String(line), width: width, indent: 11).flatMap { part in
                part.utf8.contains(0x1B) ? [part] : DisplayWidth.pieces(of: part, width: width)
            }
        }
        .joined(separator: "\n")
    }

    private static func columns(of text: Substring) -> Int {
        guard text.utf8.contains(0x1B) else { return DisplayWidth.columns(of: text) }
        var count = 0
        var isEscape = false
        for character in text {
            if character == "\u{1b}" { isEscape = true }
            if !isEscape { count += 1 }
            if isEscape, character == "m" { isEscape = false }
        }
        return count
    }
}
