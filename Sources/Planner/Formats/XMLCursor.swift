internal import Model

/// A finger on the text of a document that goes from tag to tag beside the parser, because the parser says only where a tag ends. It relies
/// on the parser to have found what it passes well-formed; on other text it stops at the end.
///
/// - Complexity: O(size of the text) for the whole document.
struct XMLCursor {
    private let name: String
    private let bytes: [UInt8]
    private var offset = 0
    private var line = 1
    private var column = 1
    /// Whether the last tag was `<a/>`, whose end has no tag of its own.
    private var isSelfClosed = false

    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { offset = 3 }
    }

    var place: SourcePlace { SourcePlace(file: name, line: line, column: column) }

    /// Passes the next start tag, and says where it begins.
    mutating func passStartTag() -> SourcePlace {
        isSelfClosed = false
        skipToTag()
        let begin = place
        passTag()
        return begin
    }

    /// Passes the end of the element that was opened last.
    mutating func passEndTag() {
        if isSelfClosed {
            isSelfClosed = false
            return
        }
        skipToTag()
        passTag()
        isSelfClosed = false
    }

    /// Where the next tag begins.
    var nextTag: SourcePlace {
        var ahead = self
        ahead.skipToTag()
        return ahead.place
    }

    /// Where the text behind the last tag begins, without blanks and comments.
    var text: SourcePlace {
        var ahead = self
        while ahead.offset < bytes.count {
            if ahead.isBlank(bytes[ahead.offset]) {
                ahead.advance()
            } else if ahead.starts(with: "<!--") {
                ahead.skip(past: "-->")
            } else if ahead.starts(with: "<?") {
                ahead.skip(past: "?>")
            } else {
                break
            }
        }
        return ahead.place
    }

    /// The place of a document type declaration before the first element, nil when there is none: it could declare entities.
    var documentType: SourcePlace? {
        var ahead = self
        while ahead.offset < bytes.count {
            if ahead.starts(with: "<!--") {
                ahead.skip(past: "-->")
            } else if ahead.starts(with: "<?") {
                ahead.skip(past: "?>")
            } else if ahead.starts(with: "<!") {
                return ahead.place
            } else if ahead.bytes[ahead.offset] == UInt8(ascii: "<") {
                return nil
            } else {
                ahead.advance()
            }
        }
        return nil
    }

    // MARK: Steps

    private mutating func skipToTag() {
        while offset < bytes.count {
            if bytes[offset] != UInt8(ascii: "<") {
                advance()
            } else if starts(with: "<!--") {
                skip(past: "-->")
            } else if starts(with: "<![CDATA[") {
                skip(past: "]]>")
            } else if starts(with: "<?") {
                skip(past: "?>")
            } else {
                return
            }
        }
    }

    /// From `<` past `>`; quoted values may hold one.
    private mutating func passTag() {
        var quote: UInt8?
        var previous: UInt8 = 0
        while offset < bytes.count {
            let byte = bytes[offset]
            advance()
            if let open = quote {
                if byte == open { quote = nil }
            } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
                quote = byte
            } else if byte == UInt8(ascii: ">") {
                isSelfClosed = previous == UInt8(ascii: "/")
                return
            }
            previous = byte
        }
    }

    private mutating func skip(past end: StaticString) {
        while offset < bytes.count, !starts(with: end) { advance() }
        for _ in 0..<end.utf8CodeUnitCount { advance() }
    }

    private func starts(with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard offset + count <= bytes.count else { return false }
        return text.withUTF8Buffer { buffer in (0..<count).allSatisfy { bytes[offset + $0] == buffer[$0] } }
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 32 || (9...13).contains(byte) }

    private mutating func advance() {
        guard offset < bytes.count else { return }
        let byte = bytes[offset]
        offset += 1
        if byte == 10 || (byte == 13 && !(offset < bytes.count && bytes[offset] == 10)) {
            line += 1
            column = 1
        } else if byte != 13 {
            while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
            column += 1
        }
    }
}
