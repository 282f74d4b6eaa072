internal import Model

/// The properties of an item as the text of a column: a JSON object with sorted keys, whose values are texts, whole numbers, booleans, lists
/// of texts, and references to secrets (`{"secret":"db/root"}`).
///
/// Foundation's coder reads and writes the same texts (a test holds both against each other), and costs seconds for the properties of
/// 100,000 items where this costs tenths of a second.
enum PropertyText {
    static func text(of properties: [String: PropertyValue]) -> String {
        guard !properties.isEmpty else { return "{}" }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(64 * properties.count)
        bytes.append(UInt8(ascii: "{"))
        for (name, value) in properties.sorted(by: { $0.key < $1.key }) {
            if bytes.count > 1 { bytes.append(UInt8(ascii: ",")) }
            JSONString.append(name, to: &bytes)
            bytes.append(UInt8(ascii: ":"))
            append(value, to: &bytes)
        }
        bytes.append(UInt8(ascii: "}"))
        return String(decoding: bytes, as: UTF8.self)
    }

    /// - Throws: ``UnreadableRecord`` when the text is not such an object.
    static func properties(from text: String) throws -> [String: PropertyValue] {
        if text == "{}" { return [:] }
        var text = text
        return try text.withUTF8 { bytes in
            var reading = PropertyTextReading(bytes: bytes)
            return try reading.object()
        }
    }

    /// The names of some properties, as a JSON array.
    static func text(of names: [String]) -> String {
        var bytes: [UInt8] = []
        append(.list(names), to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    static func names(from text: String) throws -> [String] {
        var text = text
        return try text.withUTF8 { bytes in
            var reading = PropertyTextReading(bytes: bytes)
            return try reading.list()
        }
    }

    // MARK: Writing

    private static func append(_ value: PropertyValue, to bytes: inout [UInt8]) {
        switch value {
        case .string(let text): JSONString.append(text, to: &bytes)
        case .integer(let number): bytes.append(contentsOf: String(number).utf8)
        case .boolean(let flag): bytes.append(contentsOf: flag ? "true".utf8 : "false".utf8)
        case .list(let texts):
            bytes.append(UInt8(ascii: "["))
            for (index, text) in texts.enumerated() {
                if index > 0 { bytes.append(UInt8(ascii: ",")) }
                JSONString.append(text, to: &bytes)
            }
            bytes.append(UInt8(ascii: "]"))
        case .secret(let reference):
            bytes.append(contentsOf: "{\"\(reference.keyword.rawValue)\":".utf8)
            JSONString.append(reference.target, to: &bytes)
            bytes.append(UInt8(ascii: "}"))
        }
    }
}

/// A finger on the text of a column.
private struct PropertyTextReading {
    let bytes: UnsafeBufferPointer<UInt8>
    var position = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func object() throws -> [String: PropertyValue] {
        var properties: [String: PropertyValue] = [:]
        try expect("{")
        guard !take("}") else { return properties }
        repeat {
            let name = try string()
            try expect(":")
            properties[name] = try value()
        } while take(",")
        try expect("}")
        return properties
    }

    mutating func list() throws -> [String] {
        var texts: [String] = []
        try expect("[")
        guard !take("]") else { return texts }
        repeat { texts.append(try string()) } while take(",")
        try expect("]")
        return texts
    }

    private mutating func value() throws -> PropertyValue {
        guard position < bytes.count else { throw unreadable }
        switch bytes[position] {
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "["): return .list(try list())
        case UInt8(ascii: "{"): return .secret(try reference())
        default:
            let start = position
            while position < bytes.count, bytes[position] != UInt8(ascii: ","), bytes[position] != UInt8(ascii: "}") {
                position += 1
            }
            let word = String(decoding: bytes[start..<position], as: UTF8.self)
            if word == "true" || word == "false" { return .boolean(word == "true") }
            guard let number = Int(word) else { throw unreadable }
            return .integer(number)
        }
    }

    private mutating func reference() throws -> SecretReference {
        try expect("{")
        let word = try string()
        try expect(":")
        let target = try string()
        try expect("}")
        guard let reference = SecretReference.Keyword(rawValue: word).flatMap({ SecretReference($0, target) }) else {
            throw unreadable
        }
        return reference
    }

    private mutating func string() throws -> String {
        try expect("\"")
        let start = position
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            if bytes[position] == UInt8(ascii: "\\") { return try escapedString(from: start) }
            position += 1
        }
        guard position < bytes.count else { throw unreadable }
        defer { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// The rest of a string in which something is escaped.
    private mutating func escapedString(from start: Int) throws -> String {
        var text = Array(bytes[start..<position])
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            guard bytes[position] == UInt8(ascii: "\\") else {
                text.append(bytes[position])
                position += 1
                continue
            }
            guard position + 1 < bytes.count else { throw unreadable }
            let letter = bytes[position + 1]
            position += 2
            switch letter {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): text.append(letter)
            case UInt8(ascii: "b"): text.append(0x08)
            case UInt8(ascii: "f"): text.append(0x0C)
            case UInt8(ascii: "n"): text.append(0x0A)
            case UInt8(ascii: "r"): text.append(0x0D)
            case UInt8(ascii: "t"): text.append(0x09)
            case UInt8(ascii: "u"): text.append(contentsOf: String(try escapedScalar()).utf8)
            default: throw unreadable
            }
        }
        guard take("\"") else { throw unreadable }
        return String(decoding: text, as: UTF8.self)
    }

    /// The scalar behind `\u`; only control characters are ever written so.
    private mutating func escapedScalar() throws -> Unicode.Scalar {
        guard position + 4 <= bytes.count,
            let number = UInt32(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16),
            let scalar = Unicode.Scalar(number)
        else { throw unreadable }
        position += 4
        return scalar
    }

    private mutating func take(_ scalar: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: scalar) else { return false }
        position += 1
        return true
    }

    private mutating func expect(_ scalar: Unicode.Scalar) throws {
        guard take(scalar) else { throw unreadable }
    }

    private var unreadable: UnreadableRecord {
        UnreadableRecord(description: "the properties of an item are not readable at byte \(position + 1)")
    }
}
