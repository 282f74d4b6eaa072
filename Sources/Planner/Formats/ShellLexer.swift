internal import Model

/// The words of a shell script, as far as a file of plain commands has them: POSIX quoting (XCU 2.2), comments (2.3 rule 9), and lines
/// joined by a backslash. Nothing is ever expanded or executed; what a shell would expand is refused by its name, at its place.
///
/// - Complexity: O(bytes).
struct ShellLexer {
    /// The words of one command, in the order of the file. Never empty.
    struct Line {
        let words: [CommandWord]
        var place: SourcePlace? { words.first?.place }
    }

    private let name: String
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    /// Where the current line begins, and how many of its bytes so far continue a scalar: columns count scalars.
    private var lineStart = 0
    private var continuations = 0

    private var lines: [Line] = []
    private var errors: [Diagnostic] = []

    private var words: [CommandWord] = []
    private var word: [UInt8] = []
    private var wordPlace: SourcePlace?
    /// Where `{` stands in the current word without quotes, and whether `,` or `..` came behind it.
    private var brace: (place: SourcePlace, isExpansion: Bool)?
    private var isRefused = false

    /// - Parameter bytes: well-formed UTF-8.
    static func lines(of bytes: [UInt8], name: String) -> (lines: [Line], errors: [Diagnostic]) {
        var lexer = ShellLexer(name: name, bytes: bytes)
        lexer.read()
        return (lexer.lines, lexer.errors)
    }

    private init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
    }

    // MARK: Going through the text

    private func byte(_ distance: Int = 0) -> UInt8? { offset + distance < bytes.count ? bytes[offset + distance] : nil }

    private var place: SourcePlace {
        SourcePlace(file: name, line: line, column: offset - lineStart - continuations + 1)
    }

    private mutating func advance() {
        let current = bytes[offset]
        offset += 1
        if current == UInt8(ascii: "\n") {
            line += 1
            lineStart = offset
            continuations = 0
        } else if current & 0xC0 == 0x80 {
            continuations += 1
        }
    }

    private mutating func take() {
        if wordPlace == nil { wordPlace = place }
        word.append(bytes[offset])
        advance()
    }

    private mutating func read() {
        while let current = byte() {
            switch current {
            case UInt8(ascii: " "), UInt8(ascii: "\t"):
                endWord()
                advance()
            case UInt8(ascii: "\n"):
                endLine()
                advance()
            case UInt8(ascii: "#") where wordPlace == nil:
                while let next = byte(), next != UInt8(ascii: "\n") { advance() }
            case UInt8(ascii: "'"): readSingleQuotes()
            case UInt8(ascii: "\""): readDoubleQuotes()
            case UInt8(ascii: "\\"): readBackslash()
            default: readPlain(current)
            }
        }
        endLine()
    }

    private mutating func endWord() {
        guard let start = wordPlace else { return }
        words.append(CommandWord(String(decoding: word, as: UTF8.self), place: start))
        word.removeAll(keepingCapacity: true)
        wordPlace = nil
        brace = nil
    }

    private mutating func endLine() {
        endWord()
        if !words.isEmpty, !isRefused { lines.append(Line(words: words)) }
        words.removeAll(keepingCapacity: true)
        isRefused = false
    }

    // MARK: Quoting

    private mutating func readSingleQuotes() {
        let start = place
        if wordPlace == nil { wordPlace = start }
        advance()
        while let current = byte(), current != UInt8(ascii: "'") { take() }
        guard byte() != nil else { return notClosed("'", from: start) }
        advance()
    }

    private mutating func readDoubleQuotes() {
        let start = place
        if wordPlace == nil { wordPlace = start }
        advance()
        while let current = byte(), current != UInt8(ascii: "\"") {
            switch current {
            case UInt8(ascii: "\\"): readBackslashInQuotes()
            case UInt8(ascii: "$"):
                refuseDollar(inQuotes: true)
                take()
            case UInt8(ascii: "`"):
                refuse("a command in backticks")
                take()
            default: take()
            }
        }
        guard byte() != nil else { return notClosed("\"", from: start) }
        advance()
    }

    /// Between double quotes a backslash stands for itself, but before what else would have a meaning.
    private mutating func readBackslashInQuotes() {
        switch byte(1) {
        case UInt8(ascii: "\n"):
            advance()
            advance()
        case UInt8(ascii: "$"), UInt8(ascii: "`"), UInt8(ascii: "\""), UInt8(ascii: "\\"):
            advance()
            take()
        default: take()
        }
    }

    private mutating func readBackslash() {
        switch byte(1) {
        case nil:
            refuse("a backslash at the end of the file", rule: "nothing follows it")
            advance()
        case UInt8(ascii: "\n"):
            advance()
            advance()
        case UInt8(ascii: "\r"):
            refuseCarriageReturn()
            advance()
        default:
            if wordPlace == nil { wordPlace = place }
            advance()
            take()
        }
    }

    private mutating func notClosed(_ quote: String, from start: SourcePlace) {
        isRefused = true
        errors.append(
            Diagnostic(
                .invalidScript, "a quotation that is not closed", rule: "\(quote) begins here and has no other end",
                place: start, nextStep: "close it; a ' within '...' is written '\\''"))
    }

    // MARK: What a shell would do

    private mutating func readPlain(_ current: UInt8) {
        switch current {
        case UInt8(ascii: "$"): refuseDollar(inQuotes: false)
        case UInt8(ascii: "`"): refuse("a command in backticks")
        case UInt8(ascii: "*"), UInt8(ascii: "?"), UInt8(ascii: "["):
            refuse("a file name pattern (\(Character(Unicode.Scalar(current))))", nextStep: "quote it: '...'")
        case UInt8(ascii: "|"): refuse(byte(1) == current ? "'||'" : "a pipe (|)")
        case UInt8(ascii: "&"): refuse(byte(1) == current ? "'&&'" : "a command in the background (&)")
        case UInt8(ascii: ";"): refuse("';'", nextStep: "one command a line")
        case UInt8(ascii: "<"), UInt8(ascii: ">"): refuse("a redirection (\(Character(Unicode.Scalar(current))))")
        case UInt8(ascii: "("), UInt8(ascii: ")"): refuse("a subshell or function (\(Character(Unicode.Scalar(current))))")
        case UInt8(ascii: "~") where wordPlace == nil: refuse("a home directory (~)")
        case UInt8(ascii: "\r"): refuseCarriageReturn()
        case UInt8(ascii: "{"): brace = brace ?? (place, false)
        case UInt8(ascii: ","): brace?.isExpansion = true
        case UInt8(ascii: ".") where byte(1) == current: brace?.isExpansion = true
        case UInt8(ascii: "}"):
            if let brace, brace.isExpansion { refuse("a brace expansion ({...})", at: brace.place, nextStep: "quote it: '...'") }
        default: break
        }
        take()
    }

    /// `$` stands for itself where nothing follows that a shell would read as a name.
    private mutating func refuseDollar(inQuotes: Bool) {
        // The text has no NUL, so that 0 is its end.
        switch byte(1) ?? 0 {
        case UInt8(ascii: "("): refuse("a command substitution ($(...))")
        case UInt8(ascii: "'") where !inQuotes, UInt8(ascii: "\"") where !inQuotes: refuse("a quotation with $")
        case UInt8(ascii: "{"), UInt8(ascii: "_"), UInt8(ascii: "@"), UInt8(ascii: "*"), UInt8(ascii: "#"), UInt8(ascii: "?"),
            UInt8(ascii: "-"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            refuse("a variable ($)", nextStep: "write its value; a $ that is meant is written '$' or \\$")
        default: break
        }
    }

    private mutating func refuseCarriageReturn() {
        refuse(
            "a carriage return", rule: "a shell would make it a part of the last word",
            nextStep: "the file has line ends of Windows: sed -i 's/\\r$//' takes them away")
    }

    /// Says once for each line what cannot be carried out in it.
    private mutating func refuse(
        _ what: String, at given: SourcePlace? = nil,
        rule: String = "a script is replayed as it stands: nothing is expanded or run",
        nextStep: String? = nil
    ) {
        guard !isRefused else { return }
        isRefused = true
        errors.append(Diagnostic(.invalidScript, "\(what) in a script", rule: rule, place: given ?? place, nextStep: nextStep))
    }
}
