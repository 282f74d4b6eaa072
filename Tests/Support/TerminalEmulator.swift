import Synchronization

/// What a terminal of a size shows of the bytes that it gets: as much of its language as Planner speaks.
package struct TerminalEmulator: Sendable {
    package let width: Int
    package let height: Int
    /// Every line that was ever on it, those that have scrolled away first.
    package private(set) var rows: [[Character]] = [[]]
    /// How often text has run over the right edge.
    package private(set) var wraps = 0
    package private(set) var isCursorVisible = true
    /// How often something was painted over.
    package private(set) var frames = 0
    private var row = 0
    private var column = 0
    private var sequence = ""
    private var rest: [UInt8] = []

    package init(width: Int, height: Int) {
        self.width = width
        self.height = height
    }

    /// Without blanks at the ends of lines.
    package var lines: [String] {
        rows.map { row in
            // Marks of the second column of a wide character.
            var text = String(row.filter { $0 != "\u{0}" })
            while text.last == " " { text.removeLast() }
            return text
        }
    }

    package mutating func feed(_ bytes: [UInt8]) {
        rest += bytes
        // A character may come in two pieces.
        let end = rest.lastIndex { $0 < 0x80 }.map { $0 + 1 } ?? 0
        let text = String(decoding: rest[..<end], as: UTF8.self)
        rest.removeFirst(end)
        for scalar in text.unicodeScalars { take(scalar) }
    }

    private mutating func take(_ scalar: Unicode.Scalar) {
        if !sequence.isEmpty {
            sequence.unicodeScalars.append(scalar)
            guard sequence.count > 2, ("@"..."~").contains(scalar) else { return }
            obey(sequence)
            sequence = ""
            return
        }
        switch scalar {
        case "\u{1b}": sequence = "\u{1b}"
        case "\r": column = 0
        case "\n":
            row += 1
            if row == rows.count { rows.append([]) }
        default: put(scalar)
        }
    }

    private mutating func put(_ scalar: Unicode.Scalar) {
        let columns = (0x1100...0xFFDC).contains(scalar.value) && scalar.value > 0x2E7F ? 2 : 1
        if column + columns > width {
            wraps += 1
            column = 0
            row += 1
            if row == rows.count { rows.append([]) }
        }
        while rows[row].count < column + columns { rows[row].append(" ") }
        rows[row][column] = Character(scalar)
        if columns == 2 { rows[row][column + 1] = "\u{0}" }
        column += columns
    }

    private mutating func obey(_ sequence: String) {
        let body = sequence.dropFirst(2).dropLast()
        switch sequence.last {
        case "A": row = max(max(0, rows.count - height), row - (Int(body) ?? 1))
        case "J":
            rows.removeLast(rows.count - row - 1)
            rows[row].removeLast(max(0, rows[row].count - column))
        case "K": rows[row].removeLast(max(0, rows[row].count - column))
        case "l" where body == "?25":
            isCursorVisible = false
            frames += 1
        case "h" where body == "?25": isCursorVisible = true
        default: break
        }
    }
}
