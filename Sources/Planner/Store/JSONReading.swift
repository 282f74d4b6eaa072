internal import Model

/// Reads values from JSON text. Foundation's decoder makes a dictionary of every object first, which costs several times as much; a plan of
/// 100,000 tasks is read by this one (``StreamedJSON`` writes it).
enum JSONReading {
    static func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        do {
            return try JSONReader(tape: JSONTape(text), position: 0).read(type)
        } catch let fault as JSONFault {
            throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "\(fault)"))
        }
    }
}

/// One value of a document, and all that is in it.
private struct JSONReader: Decoder {
    let tape: JSONTape
    /// Of its token.
    let position: Int
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    var token: JSONTape.Token { tape.tokens[position] }

    func read<Value: Decodable>(_ type: Value.Type) throws -> Value { try Value(from: self) }

    func container<Key: CodingKey>(keyedBy type: Key.Type) throws -> KeyedDecodingContainer<Key> {
        guard token.kind == .object else { throw mismatch([String: Any].self) }
        return KeyedDecodingContainer(JSONMemberReader<Key>(self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer {
        guard token.kind == .array else { throw mismatch([Any].self) }
        return JSONElementReader(self)
    }

    func singleValueContainer() -> any SingleValueDecodingContainer { JSONValueReader(value: self) }

    // MARK: Values without parts

    var isNull: Bool { token.kind == .null }

    func string() throws -> String {
        let token = self.token
        guard token.kind == .string || token.kind == .escapedString else { throw mismatch(String.self) }
        return try tape.text(token)
    }

    func bool() throws -> Bool {
        switch token.kind {
        case .yes: return true
        case .no: return false
        default: throw mismatch(Bool.self)
        }
    }

    func number<Number: LosslessStringConvertible>(_ type: Number.Type) throws -> Number {
        guard token.kind == .number, let number = Number(try tape.text(token)) else { throw mismatch(type) }
        return number
    }

    func mismatch(_ type: Any.Type) -> DecodingError {
        .typeMismatch(type, .init(codingPath: [], debugDescription: "\(token.kind) at byte \(token.start)"))
    }
}

/// The members of an object. They are mostly asked for in the order in which they stand there, so a search goes on where the last one ended.
private final class JSONMemberReader<Key: CodingKey>: KeyedDecodingContainerProtocol {
    private let object: JSONReader
    /// The position of the name that is looked at first.
    private var first: Int
    var codingPath: [any CodingKey] { [] }

    init(_ object: JSONReader) {
        self.object = object
        first = object.position + 1
    }

    private var tape: JSONTape { object.tape }

    var allKeys: [Key] {
        var keys: [Key] = []
        var name = object.position + 1
        while name < object.token.next {
            // A name that cannot be read is that of no member.
            if let text = try? tape.text(tape.tokens[name]), let key = Key(stringValue: text) { keys.append(key) }
            name = tape.tokens[name + 1].next
        }
        return keys
    }

    /// The value of a member; nil when there is none.
    private func find(_ key: Key) -> JSONReader? {
        var text = key.stringValue
        return text.withUTF8 { text in
            find(text, from: first, to: object.token.next) ?? find(text, from: object.position + 1, to: first)
        }
    }

    private func find(_ text: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> JSONReader? {
        var name = start
        while name < end {
            let value = name + 1
            let next = tape.tokens[value].next
            if tape.isText(tape.tokens[name], text) {
                first = next
                return JSONReader(tape: tape, position: value)
            }
            name = next
        }
        return nil
    }

    private func value(_ key: Key) throws -> JSONReader {
        if let value = find(key) { return value }
        throw DecodingError.keyNotFound(
            key, .init(codingPath: [], debugDescription: "no '\(key.stringValue)' in the object at byte \(object.token.start)"))
    }

    private func presentValue(_ key: Key) -> JSONReader? { find(key).flatMap { $0.isNull ? nil : $0 } }

    func contains(_ key: Key) -> Bool { find(key) != nil }
    func decodeNil(forKey key: Key) throws -> Bool { try value(key).isNull }
    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value { try value(key).read(type) }

    // What most members are needs no container of its own.
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try value(key).string() }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try value(key).bool() }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try value(key).number(type) }

    // Looked for once.
    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        try presentValue(key)?.read(type)
    }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try presentValue(key)?.string() }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try presentValue(key)?.bool() }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try presentValue(key)?.number(type) }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) throws -> KeyedDecodingContainer<Nested> {
        try value(key).container(keyedBy: type)
    }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { try value(key).unkeyedContainer() }

    func superDecoder() throws -> any Decoder {
        guard let key = Key(stringValue: "super") else { return object }
        return try value(key)
    }

    func superDecoder(forKey key: Key) throws -> any Decoder { try value(key) }
}

private struct JSONElementReader: UnkeyedDecodingContainer {
    private let array: JSONReader
    /// The position of the next element.
    private var position: Int
    private(set) var currentIndex = 0
    var codingPath: [any CodingKey] { [] }

    init(_ array: JSONReader) {
        self.array = array
        position = array.position + 1
    }

    var count: Int? {
        var count = 0
        var position = array.position + 1
        while position < array.token.next {
            position = array.tape.tokens[position].next
            count += 1
        }
        return count
    }

    var isAtEnd: Bool { position >= array.token.next }

    private mutating func next() throws -> JSONReader {
        guard !isAtEnd else {
            throw DecodingError.valueNotFound(
                Any.self, .init(codingPath: [], debugDescription: "the array at byte \(array.token.start) has no more elements"))
        }
        defer {
            position = array.tape.tokens[position].next
            currentIndex += 1
        }
        return JSONReader(tape: array.tape, position: position)
    }

    mutating func decodeNil() throws -> Bool {
        guard !isAtEnd, array.tape.tokens[position].kind == .null else { return false }
        return try next().isNull
    }

    mutating func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try next().read(type) }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) throws -> KeyedDecodingContainer<Nested> {
        try next().container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() throws -> any UnkeyedDecodingContainer { try next().unkeyedContainer() }
    mutating func superDecoder() throws -> any Decoder { try next() }
}

private struct JSONValueReader: SingleValueDecodingContainer {
    let value: JSONReader
    var codingPath: [any CodingKey] { [] }

    func decodeNil() -> Bool { value.isNull }
    func decode(_ type: Bool.Type) throws -> Bool { try value.bool() }
    func decode(_ type: String.Type) throws -> String { try value.string() }
    func decode(_ type: Double.Type) throws -> Double { try value.number(type) }
    func decode(_ type: Float.Type) throws -> Float { try value.number(type) }
    func decode(_ type: Int.Type) throws -> Int { try value.number(type) }
    func decode(_ type: Int8.Type) throws -> Int8 { try value.number(type) }
    func decode(_ type: Int16.Type) throws -> Int16 { try value.number(type) }
    func decode(_ type: Int32.Type) throws -> Int32 { try value.number(type) }
    func decode(_ type: Int64.Type) throws -> Int64 { try value.number(type) }
    func decode(_ type: UInt.Type) throws -> UInt { try value.number(type) }
    func decode(_ type: UInt8.Type) throws -> UInt8 { try value.number(type) }
    func decode(_ type: UInt16.Type) throws -> UInt16 { try value.number(type) }
    func decode(_ type: UInt32.Type) throws -> UInt32 { try value.number(type) }
    func decode(_ type: UInt64.Type) throws -> UInt64 { try value.number(type) }
    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value { try value.read(type) }
}
