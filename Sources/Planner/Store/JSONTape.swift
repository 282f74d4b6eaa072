/// A JSON document taken apart in one pass (RFC 8259): its values in the order of the text, each with where it is and where the next one
/// begins. What somebody wants of it is made from the bytes only then. Complexity: O(bytes).
final class JSONTape: Sendable {
    enum Kind: UInt8 { case object, array, string, escapedString, number, yes, no, null }

    struct Token: Sendable {
        let kind: Kind
        /// Its bytes, without quotes.
        let start: Int
        fileprivate(set) var end: Int
        /// The position of the token after this value and all that is in it. The members of an object are tokens in turn: name, value.
        fileprivate(set) var next: Int
    }

    let bytes: [UInt8]
    let tokens: [Token]

    init(_ text: String) throws(JSONFault) {
        bytes = Array(text.utf8)
        var parser = Parser(bytes: bytes)
        tokens = try parser.takeApart()
    }

    /// The text of a token; of a number, its digits.
    func text(_ token: Token) throws(JSONFault) -> String {
        let slice = bytes[token.start..<token.end]
        return token.kind == .escapedString ? try JSONTape.unescaped(slice) : String(decoding: slice, as: UTF8.self)
    }

    /// Whether a token is a text of these bytes.
    func isText(_ token: Token, _ text: UnsafeBufferPointer<UInt8>) -> Bool {
        // A malformed escape is no text.
        guard token.kind == .string else { return (try? self.text(token)).map { $0.utf8.elementsEqual(text) } ?? false }
        guard token.end - token.start == text.count else { return false }
        return bytes.withUnsafeBufferPointer { UnsafeBufferPointer(rebasing: $0[token.start..<token.end]).elementsEqual(text) }
    }
}

/// What is wrong with a document, and where.
struct JSONFault: Error, CustomStringConvertible {
    let reason: String
    let position: Int
    var description: String { "\(reason) at byte \(position)" }
}

// MARK: - Taking apart

extension JSONTape {
    /// A finger on the text. Not recursive: what is open is kept in a list.
    private struct Parser {
        let bytes: [UInt8]
        private var position = 0
        private var tokens: [Token] = []
        /// The tokens whose end was not seen yet, outermost first.
        private var open: [Int] = []

        init(bytes: [UInt8]) { self.bytes = bytes }

        private enum Expected { case value, firstMember, member, firstElement, commaOrEnd }

        mutating func takeApart() throws(JSONFault) -> [Token] {
            tokens.reserveCapacity(bytes.count / 10)
            var expected = Expected.value
            while true {
                skipBlanks()
                guard position < bytes.count else { throw fault("the document ends early") }
                let byte = bytes[position]
                switch (expected, byte) {
                case (.firstMember, UInt8(ascii: "}")), (.firstElement, UInt8(ascii: "]")): close()
                case (.commaOrEnd, _):
                    expected = try comma(byte)
                    if expected != .commaOrEnd { continue }
                case (.firstMember, _), (.member, _):
                    try name()
                    expected = .value
                    continue
                case (.value, UInt8(ascii: "{")):
                    begin(.object)
                    expected = .firstMember
                    continue
                case (.value, UInt8(ascii: "[")):
                    begin(.array)
                    expected = .firstElement
                    continue
                case (.firstElement, _):
                    expected = .value
                    continue
                case (.value, _): try scalar(byte)
                }
                if open.isEmpty { break }
                expected = .commaOrEnd
            }
            skipBlanks()
            guard position == bytes.count else { throw fault("something follows the document") }
            return tokens
        }

        private func fault(_ reason: String) -> JSONFault { JSONFault(reason: reason, position: position) }

        private mutating func skipBlanks() {
            while position < bytes.count {
                switch bytes[position] {
                case 0x20, 0x0A, 0x0D, 0x09: position += 1
                default: return
                }
            }
        }

        private mutating func begin(_ kind: Kind) {
            open.append(tokens.count)
            tokens.append(Token(kind: kind, start: position, end: position, next: 0))
            position += 1
        }

        private mutating func close() {
            position += 1
            let token = open.removeLast()
            tokens[token].end = position
            tokens[token].next = tokens.count
        }

        /// What follows a value in what is open.
        private mutating func comma(_ byte: UInt8) throws(JSONFault) -> Expected {
            let isObject = open.last.map { tokens[$0].kind == .object } ?? false
            if byte == UInt8(ascii: ",") {
                position += 1
                return isObject ? .member : .value
            }
            guard byte == (isObject ? UInt8(ascii: "}") : UInt8(ascii: "]")) else { throw fault("a comma or the end is missing") }
            close()
            return .commaOrEnd
        }

        private mutating func name() throws(JSONFault) {
            guard bytes[position] == UInt8(ascii: "\"") else { throw fault("a name is missing") }
            try string()
            skipBlanks()
            guard position < bytes.count, bytes[position] == UInt8(ascii: ":") else { throw fault("a colon is missing") }
            position += 1
        }

        private mutating func scalar(_ byte: UInt8) throws(JSONFault) {
            switch byte {
            case UInt8(ascii: "\""): try string()
            case UInt8(ascii: "t"): try word("true", .yes)
            case UInt8(ascii: "f"): try word("false", .no)
            case UInt8(ascii: "n"): try word("null", .null)
            default: try number()
            }
        }

        private mutating func append(_ kind: Kind, from start: Int, to end: Int) {
            tokens.append(Token(kind: kind, start: start, end: end, next: tokens.count + 1))
        }

        private mutating func string() throws(JSONFault) {
            position += 1
            let start = position
            var kind = Kind.string
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "\""):
                    append(kind, from: start, to: position)
                    position += 1
                    return
                case UInt8(ascii: "\\"):
                    kind = .escapedString
                    position += 2
                case 0..<0x20: throw fault("a control character in a text")
                default: position += 1
                }
            }
            throw fault("a text has no end")
        }

        private mutating func word(_ word: StaticString, _ kind: Kind) throws(JSONFault) {
            let expected = UnsafeBufferPointer(start: word.utf8Start, count: word.utf8CodeUnitCount)
            guard bytes[position...].starts(with: expected) else { throw fault("no value") }
            append(kind, from: position, to: position + expected.count)
            position += expected.count
        }

        private mutating func number() throws(JSONFault) {
            let start = position
            while position < bytes.count {
                switch bytes[position] {
                case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "."),
                    UInt8(ascii: "e"), UInt8(ascii: "E"):
                    position += 1
                    continue
                default: break
                }
                break
            }
            guard position > start else { throw fault("no value") }
            append(.number, from: start, to: position)
        }
    }

    // MARK: Escapes

    private static func unescaped(_ bytes: ArraySlice<UInt8>) throws(JSONFault) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var rest = bytes
        func fault() -> JSONFault { JSONFault(reason: "a malformed escape", position: rest.startIndex) }
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                text.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "u"):
                guard let scalar = scalar(&rest) else { throw fault() }
                text += Array(String(Character(scalar)).utf8)
            case let other? where [UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/")].contains(other): text.append(other)
            default: throw fault()
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    /// What follows `\u`: a scalar, or the two halves of one beyond the first 65,536.
    private static func scalar(_ rest: inout ArraySlice<UInt8>) -> Unicode.Scalar? {
        guard let unit = unit(&rest) else { return nil }
        guard (0xD800..<0xDC00).contains(unit) else { return Unicode.Scalar(unit) }
        guard rest.popFirst() == UInt8(ascii: "\\"), rest.popFirst() == UInt8(ascii: "u"), let low = self.unit(&rest),
            (0xDC00..<0xE000).contains(low)
        else { return nil }
        return Unicode.Scalar(0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00))
    }

    private static func unit(_ rest: inout ArraySlice<UInt8>) -> UInt32? {
        guard rest.count >= 4 else { return nil }
        defer { rest = rest.dropFirst(4) }
        return UInt32(String(decoding: rest.prefix(4), as: UTF8.self), radix: 16)
    }
}
