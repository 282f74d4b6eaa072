/// Columns that text takes on a terminal.
enum DisplayWidth {
    static func columns(of text: some StringProtocol) -> Int {
        text.unicodeScalars.reduce(0) { $0 + columns(of: $1) }
    }

    /// The text cut to `width` columns; what is left out is marked with dots. No escape sequences may be in it.
    static func cut(_ text: String, to width: Int) -> String {
        guard columns(of: text) > width else { return text }
        let dots = String(repeating: ".", count: min(3, max(0, width)))
        var used = dots.count
        var end = text.startIndex
        for index in text.indices {
            used += columns(of: String(text[index]))
            if used > width { break }
            end = text.index(after: index)
        }
        return text[..<end] + dots
    }

    /// The text in pieces of at most `width` columns.
    static func pieces(of text: String, width: Int) -> [String] {
        guard columns(of: text) > width, width > 1 else { return [text] }
        var pieces = [""]
        var used = 0
        for character in text {
            let columns = columns(of: String(character))
            if used + columns > width {
                pieces.append("")
                used = 0
            }
            pieces[pieces.count - 1].append(character)
            used += columns
        }
        return pieces
    }

    private static func columns(of scalar: Unicode.Scalar) -> Int {
        if scalar.value < 0x300 { return 1 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: return 0
        default: return wide.contains { $0.contains(scalar.value) } ? 2 : 1
        }
    }

    /// Scalars of two columns (Unicode Standard Annex 11: wide and full-width).
    private static let wide: [ClosedRange<UInt32>] = [
        0x1100...0x115F, 0x231A...0x231B, 0x23E9...0x23EC, 0x2705...0x2705, 0x274C...0x274E, 0x2E80...0x303E, 0x3041...0x4DBF,
        0x4E00...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6,
        0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1FAFF, 0x20000...0x3FFFD,
    ]
}

/// Times as a person reads them at a glance.
enum ShortTime {
    /// `42s`, `6m12s`, `2h05m`.
    static func text(seconds: Int) -> String {
        let seconds = max(0, seconds)
        func two(_ number: Int) -> String { number < 10 ? "0\(number)" : "\(number)" }
        if seconds < 60 { return "\(seconds)s" }
        if seconds < 3600 { return seconds % 60 == 0 ? "\(seconds / 60)m" : "\(seconds / 60)m\(two(seconds % 60))s" }
        return seconds % 3600 == 0 ? "\(seconds / 3600)h" : "\(seconds / 3600)h\(two(seconds % 3600 / 60))m"
    }

    /// `0.4 s`, `41 s`, `6m12s`.
    static func text(milliseconds: Int) -> String {
        if milliseconds < 10_000 { return "\(milliseconds / 1000).\(milliseconds % 1000 / 100) s" }
        return milliseconds < 60_000 ? "\(milliseconds / 1000) s" : text(seconds: milliseconds / 1000)
    }
}
