import Model

/// Values of properties on one line.
enum ValueText {
    /// The text with everything that would move the cursor written as an escape: `\n`, `\t`, `\x1B`.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isControl) else { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": result += "\\n"
            case "\r": result += "\\r"
            case "\t": result += "\\t"
            case _ where isControl(scalar):
                let digits = String(scalar.value, radix: 16, uppercase: true)
                result += "\\x" + (digits.count < 2 ? "0" : "") + digits
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    /// A line that a host has said, without anything that would move the cursor.
    static func said(_ line: some StringProtocol) -> String {
        self.line(String(line).replacing("\t", with: "    ").replacing("\r", with: ""))
    }

    /// C0, DEL and C1.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7F...0x9F).contains(scalar.value)
    }

    /// At most `width` characters; what is left out is marked with dots. Nil leaves the text whole.
    static func cut(_ text: String, to width: Int?) -> String {
        guard let width, text.count > width else { return text }
        return text.prefix(max(1, width - 3)) + "..."
    }

    /// `old -> new`; of long values that share their beginning, the part from where they differ, when there is no room for all.
    static func change(from old: PropertyValue?, to new: PropertyValue?, width: Int?) -> String {
        let oldText = old.map { shown($0.text) } ?? "(not set)"
        let newText = new.map { shown($0.text) } ?? "(not set)"
        guard let width, oldText.count + newText.count + 4 > width else { return "\(oldText) -> \(newText)" }
        let half = max(12, (width - 4) / 2)
        var dropped = 0
        if old != nil, new != nil, max(oldText.count, newText.count) > half {
            // A few letters before the difference, so that the eye finds the place.
            dropped = max(0, zip(oldText, newText).prefix { $0 == $1 }.count - 4)
            if dropped <= 3 { dropped = 0 }
        }
        func part(_ text: String) -> String {
            dropped == 0 ? cut(text, to: half) : cut("..." + text.dropFirst(dropped), to: half)
        }
        return "\(part(oldText)) -> \(part(newText))"
    }

    /// An empty text is seen as such.
    private static func shown(_ text: String) -> String { text.isEmpty ? "''" : line(text) }
}
