/// Characters, names, references, and what is between tags.
extension XMLScanner {
    enum Byte {
        static let less = UInt8(ascii: "<")
        static let greater = UInt8(ascii: ">")
        static let ampersand = UInt8(ascii: "&")
        static let equals = UInt8(ascii: "=")
        static let quote = UInt8(ascii: "\"")
        static let apostrophe = UInt8(ascii: "'")
        static let bracket = UInt8(ascii: "]")
    }

    /// Bytes of a name, and of the value of an attribute: more than any path has, and no burden in a message.
    static let maximumName = 1024
    static let maximumAttribute = 64 << 10

    // MARK: Between tags

    mutating func text() throws(Fault) -> Event {
        let begin = offset
        var text: [UInt8] = []
        var copied = offset
        while offset < bytes.count, bytes[offset] != Byte.less {
            let byte = bytes[offset]
            if byte == Byte.ampersand {
                text += bytes[copied..<offset]
                text += try reference()
                copied = offset
            } else if byte == 0x0D {
                text += bytes[copied..<offset]
                text.append(0x0A)
                offset += starts(with: "\r\n") ? 2 : 1
                copied = offset
            } else {
                if byte == Byte.bracket, starts(with: "]]>") {
                    throw fault("']]>' within text (it is written ]]&gt;)", at: offset)
                }
                try passCharacter()
            }
        }
        text += bytes[copied..<offset]
        return .text(String(decoding: text, as: UTF8.self), offset: begin)
    }

    mutating func characterData() throws(Fault) -> Event {
        let begin = offset
        offset += 9
        let content = offset
        while !starts(with: "]]>") {
            guard offset < bytes.count else { throw fault("a CDATA section is not closed with ']]>'", at: begin) }
            try passCharacter()
        }
        let end = offset
        offset += 3
        let text = String(decoding: XMLScanner.withPlainLineEnds(bytes[content..<end]), as: UTF8.self)
        return .text(text, offset: content)
    }

    mutating func passComment() throws(Fault) {
        let begin = offset
        offset += 4
        while !starts(with: "-->") {
            guard offset < bytes.count else { throw fault("a comment is not closed with '-->'", at: begin) }
            if starts(with: "--") { throw fault("'--' within a comment", at: offset) }
            try passCharacter()
        }
        offset += 3
    }

    /// A processing instruction, or the declaration at the very beginning.
    mutating func passInstruction() throws(Fault) {
        let begin = offset
        offset += 2
        let target = try name("'<?' is followed by no name", at: begin)
        if target.elementsEqual("xml".utf8), begin == 0 || (begin == 3 && bytes[0] == 0xEF) {
            return try passDeclaration(from: begin)
        }
        if String(decoding: target, as: UTF8.self).lowercased() == "xml" {
            throw fault("<?xml ...?> stands elsewhere than at the very beginning", at: begin)
        }
        if !starts(with: "?>"), !passBlanks() { throw fault("a blank is missing in a processing instruction", at: offset) }
        while !starts(with: "?>") {
            guard offset < bytes.count else { throw fault("a processing instruction is not closed with '?>'", at: begin) }
            try passCharacter()
        }
        offset += 2
    }

    /// `version`, then perhaps `encoding`, then perhaps `standalone`.
    private mutating func passDeclaration(from begin: Int) throws(Fault) {
        var expected: [(name: String, isValid: (String) -> Bool)] = [
            (
                "version",
                { $0.hasPrefix("1.") && $0.utf8.count > 2 && $0.utf8.dropFirst(2).allSatisfy { (48...57).contains($0) } }
            ),
            ("encoding", { !$0.isEmpty && $0.utf8.allSatisfy { $0 > 32 && $0 < 127 } }),
            ("standalone", { $0 == "yes" || $0 == "no" }),
        ]
        while true {
            let hadBlank = passBlanks()
            if starts(with: "?>") { break }
            let place = offset
            let name = String(decoding: try name("the declaration <?xml ...?> has a mistake", at: begin), as: UTF8.self)
            guard hadBlank, let index = expected.firstIndex(where: { $0.name == name }), index == 0 || expected.count < 3 else {
                throw fault("'\(name)' cannot stand here in the declaration <?xml ...?>", at: place)
            }
            passBlanks()
            guard starts(with: "=") else { throw fault("'\(name)' has no value", at: offset) }
            offset += 1
            passBlanks()
            guard starts(with: "\"") || starts(with: "'") else { throw fault("the value of '\(name)' has no quotes", at: offset) }
            guard expected[index].isValid(try quotedValue()) else { throw fault("'\(name)' has no such value", at: place) }
            expected.removeSubrange(...index)
        }
        if expected.count == 3 { throw fault("the declaration <?xml ...?> has no version", at: begin) }
        offset += 2
    }

    // MARK: Values

    /// The value of an attribute, from its quote past the other; blanks of all kinds are spaces (XML 1.0, 3.3.3).
    mutating func quotedValue() throws(Fault) -> String {
        let begin = offset
        let quote = bytes[offset]
        offset += 1
        var value: [UInt8] = []
        while true {
            guard offset < bytes.count else { throw fault("the value of an attribute is not closed", at: begin) }
            let byte = bytes[offset]
            if byte == quote { break }
            guard offset - begin <= XMLScanner.maximumAttribute else {
                throw fault("the value of an attribute is too long", at: begin)
            }
            if byte == Byte.less { throw fault("'<' within the value of an attribute (it is written &lt;)", at: offset) }
            if byte == Byte.ampersand {
                value += try reference()
            } else if isBlank(byte) {
                offset += starts(with: "\r\n") ? 2 : 1
                value.append(0x20)
            } else {
                let start = offset
                try passCharacter()
                value += bytes[start..<offset]
            }
        }
        offset += 1
        return String(decoding: value, as: UTF8.self)
    }

    /// What a reference stands for, in UTF-8.
    private mutating func reference() throws(Fault) -> [UInt8] {
        let begin = offset
        // The longest that means something is &#x10FFFF; but zeros may stand before.
        guard let end = bytes[begin...].prefix(64).firstIndex(of: UInt8(ascii: ";")) else {
            throw fault("'&' begins no reference (a plain '&' is written &amp;)", at: begin)
        }
        let word = String(decoding: bytes[(begin + 1)..<end], as: UTF8.self)
        offset = end + 1
        switch word {
        case "amp": return [Byte.ampersand]
        case "lt": return [Byte.less]
        case "gt": return [Byte.greater]
        case "quot": return [Byte.quote]
        case "apos": return [Byte.apostrophe]
        default: break
        }
        guard word.hasPrefix("#") else {
            let isName = word.unicodeScalars.allSatisfy { XMLScanner.isNameCharacter($0) } && !word.isEmpty
            throw fault(
                isName
                    ? "the entity &\(word); is not declared (only &amp; &lt; &gt; &quot; &apos; are)"
                    : "'&' begins no reference (a plain '&' is written &amp;)", at: begin)
        }
        let isHexadecimal = word.hasPrefix("#x")
        let digits = word.dropFirst(isHexadecimal ? 2 : 1)
        guard digits.first != "+", let number = UInt32(digits, radix: isHexadecimal ? 16 : 10),
            let scalar = Unicode.Scalar(number),
            XMLText.isCharacter(scalar)
        else { throw fault("&\(word); is no character that XML can hold", at: begin) }
        return Array(String(Character(scalar)).utf8)
    }

    private static func withPlainLineEnds(_ bytes: ArraySlice<UInt8>) -> [UInt8] {
        guard bytes.contains(0x0D) else { return Array(bytes) }
        var result: [UInt8] = []
        for index in bytes.indices {
            if bytes[index] != 0x0D {
                result.append(bytes[index])
            } else if index + 1 == bytes.endIndex || bytes[index + 1] != 0x0A {
                result.append(0x0A)
            }
        }
        return result
    }

    // MARK: Characters

    func starts(with text: StaticString) -> Bool {
        let count = text.utf8CodeUnitCount
        guard offset + count <= bytes.count else { return false }
        return text.withUTF8Buffer { buffer in
            for index in 0..<count where bytes[offset + index] != buffer[index] { return false }
            return true
        }
    }

    func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D }

    /// Passes blanks; whether there were any.
    @discardableResult
    mutating func passBlanks() -> Bool {
        let begin = offset
        while offset < bytes.count, isBlank(bytes[offset]) { offset += 1 }
        return offset > begin
    }

    /// Passes one character, if XML can hold it.
    mutating func passCharacter() throws(Fault) {
        let byte = bytes[offset]
        if byte < 0x80 {
            guard byte >= 0x20 || isBlank(byte) else { throw forbidden(UInt32(byte)) }
            offset += 1
            return
        }
        // U+FFFE and U+FFFF are EF BF BE and EF BF BF.
        if byte == 0xEF, starts(with: "\u{FFFE}") { throw forbidden(0xFFFE) }
        if byte == 0xEF, starts(with: "\u{FFFF}") { throw forbidden(0xFFFF) }
        offset += 1
        while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
    }

    private mutating func forbidden(_ scalar: UInt32) -> Fault {
        let digits = String(scalar, radix: 16, uppercase: true)
        return fault(
            "XML cannot hold the character U+" + String(repeating: "0", count: max(0, 4 - digits.count)) + digits, at: offset)
    }

    /// A name with at most one colon that has something on both sides.
    mutating func name(_ summary: String, at place: Int) throws(Fault) -> ArraySlice<UInt8> {
        let begin = offset
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte < 0x80 {
                guard XMLScanner.isNameCharacter(Unicode.Scalar(byte)) || byte == UInt8(ascii: ":") else { break }
                offset += 1
            } else {
                var next = offset + 1
                while next < bytes.count, bytes[next] & 0xC0 == 0x80 { next += 1 }
                guard let scalar = String(decoding: bytes[offset..<next], as: UTF8.self).unicodeScalars.first,
                    XMLScanner.isNameCharacter(scalar)
                else { break }
                offset = next
            }
        }
        let name = bytes[begin..<offset]
        guard name.count <= XMLScanner.maximumName else { throw fault("a name is too long", at: place) }
        let parts = name.split(separator: UInt8(ascii: ":"), omittingEmptySubsequences: false)
        for part in parts {
            guard let first = String(decoding: part.prefix(4), as: UTF8.self).unicodeScalars.first,
                XMLScanner.isNameStart(first), parts.count <= 2
            else { throw fault(name.isEmpty ? summary : "'\(String(decoding: name, as: UTF8.self))' is no name", at: place) }
        }
        return name
    }

    private static func isNameStart(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x41...0x5A, 0x61...0x7A, 0x5F, 0xC0...0xD6, 0xD8...0xF6, 0xF8...0x2FF, 0x370...0x37D, 0x37F...0x1FFF,
            0x200C...0x200D, 0x2070...0x218F, 0x2C00...0x2FEF, 0x3001...0xD7FF, 0xF900...0xFDCF, 0xFDF0...0xFFFD,
            0x10000...0xEFFFF:
            true
        default: false
        }
    }

    private static func isNameCharacter(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x2D, 0x2E, 0x30...0x39, 0xB7, 0x300...0x36F, 0x203F...0x2040: true
        default: isNameStart(scalar)
        }
    }
}
