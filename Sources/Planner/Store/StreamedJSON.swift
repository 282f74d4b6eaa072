internal import Model

/// Writes values as JSON straight into one buffer, in the order in which they encode themselves. Foundation's encoder builds a tree of
/// dictionaries first and sorts it, which costs several times as much; a plan of 100,000 items is written by this one. What it writes is
/// read by any reader of JSON.
///
/// Dictionaries come in the order of their hashes: who wants equal bytes for equal values encodes their entries sorted.
/// Complexity: O(bytes).
struct StreamedJSON {
    private let buffer = JSONBuffer()

    static func text(of value: some Encodable) throws -> String {
        let buffer = JSONBuffer()
        try buffer.write(value)
        return String(decoding: buffer.bytes, as: UTF8.self)
    }

    func append(_ value: some Encodable, to bytes: inout [UInt8]) throws {
        defer { buffer.clear() }
        try buffer.write(value)
        bytes += buffer.bytes
    }
}

/// The text so far, and the containers that are open at its end. One encoding owns it; it is never shared between threads.
private final class JSONBuffer {
    // Whether two accesses overlap is known from the methods below, none of which calls anybody; to look at it at run time, for every
    // sign, costs more than the writing.
    @exclusivity(unchecked) private(set) var bytes: [UInt8] = []
    /// The closing signs of what is open, outermost first.
    @exclusivity(unchecked) private var open: [UInt8] = []

    init() { bytes.reserveCapacity(4 * 1024) }

    func clear() {
        bytes.removeAll(keepingCapacity: true)
        open.removeAll(keepingCapacity: true)
    }

    var depth: Int { open.count }

    /// Writes one value, whatever containers it asks for, and closes them.
    func write(_ value: some Encodable) throws {
        let start = (depth: open.count, count: bytes.count)
        try value.encode(to: JSONStream(buffer: self, depth: start.depth))
        close(to: start.depth)
        if bytes.count == start.count { bytes += [UInt8(ascii: "{"), UInt8(ascii: "}")] }
    }

    func begin(_ opening: Unicode.Scalar, _ closing: Unicode.Scalar) {
        bytes.append(UInt8(ascii: opening))
        open.append(UInt8(ascii: closing))
    }

    func close(to depth: Int) {
        while open.count > depth { bytes.append(open.removeLast()) }
    }

    /// Makes ready for the next member of the container at `depth`.
    func next(at depth: Int) {
        close(to: depth)
        if let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") { bytes.append(UInt8(ascii: ",")) }
    }

    func key(_ key: String, at depth: Int) {
        next(at: depth)
        string(key)
        bytes.append(UInt8(ascii: ":"))
    }

    func raw(_ text: String) { bytes += text.utf8 }

    func string(_ text: String) { JSONString.append(text, to: &bytes) }
}

/// What a value encodes itself to: it opens the container that the value asks for.
private struct JSONStream: Encoder {
    let buffer: JSONBuffer
    /// How many containers were open before the value.
    let depth: Int
    var codingPath: [any CodingKey] { [] }
    var userInfo: [CodingUserInfoKey: Any] { [:] }

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
        // A value that asks twice goes on with the same container.
        if buffer.depth == depth { buffer.begin("{", "}") }
        return KeyedEncodingContainer(JSONMembers<Key>(buffer: buffer, depth: depth + 1))
    }

    func unkeyedContainer() -> any UnkeyedEncodingContainer {
        if buffer.depth == depth { buffer.begin("[", "]") }
        return JSONElements(buffer: buffer, depth: depth + 1)
    }

    func singleValueContainer() -> any SingleValueEncodingContainer { JSONValue(buffer: buffer) }
}

private struct JSONMembers<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let buffer: JSONBuffer
    let depth: Int
    var codingPath: [any CodingKey] { [] }

    func encodeNil(forKey key: Key) {
        buffer.key(key.stringValue, at: depth)
        buffer.raw("null")
    }

    func encode<Value: Encodable>(_ value: Value, forKey key: Key) throws {
        buffer.key(key.stringValue, at: depth)
        // A text, and every other member of a plan is one.
        if Value.self == ItemPath.self, let path = value as? ItemPath { return buffer.string(path.text) }
        try buffer.write(value)
    }

    // What most members are needs no container of its own.

    func encode(_ value: String, forKey key: Key) {
        buffer.key(key.stringValue, at: depth)
        buffer.string(value)
    }

    func encode(_ value: Int, forKey key: Key) {
        buffer.key(key.stringValue, at: depth)
        buffer.raw(String(value))
    }

    func encode(_ value: Bool, forKey key: Key) {
        buffer.key(key.stringValue, at: depth)
        buffer.raw(value ? "true" : "false")
    }

    func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type, forKey key: Key) -> KeyedEncodingContainer<Nested> {
        buffer.key(key.stringValue, at: depth)
        buffer.begin("{", "}")
        return KeyedEncodingContainer(JSONMembers<Nested>(buffer: buffer, depth: depth + 1))
    }

    func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
        buffer.key(key.stringValue, at: depth)
        buffer.begin("[", "]")
        return JSONElements(buffer: buffer, depth: depth + 1)
    }

    func superEncoder() -> any Encoder { superEncoder(named: "super") }

    func superEncoder(forKey key: Key) -> any Encoder { superEncoder(named: key.stringValue) }

    private func superEncoder(named name: String) -> any Encoder {
        buffer.key(name, at: depth)
        buffer.begin("{", "}")
        return JSONStream(buffer: buffer, depth: depth)
    }
}

private struct JSONElements: UnkeyedEncodingContainer {
    let buffer: JSONBuffer
    let depth: Int
    private(set) var count = 0
    var codingPath: [any CodingKey] { [] }

    init(buffer: JSONBuffer, depth: Int) {
        self.buffer = buffer
        self.depth = depth
    }

    private mutating func next() {
        buffer.next(at: depth)
        count += 1
    }

    mutating func encodeNil() {
        next()
        buffer.raw("null")
    }

    mutating func encode(_ value: some Encodable) throws {
        next()
        try buffer.write(value)
    }

    mutating func nestedContainer<Nested: CodingKey>(keyedBy type: Nested.Type) -> KeyedEncodingContainer<Nested> {
        next()
        buffer.begin("{", "}")
        return KeyedEncodingContainer(JSONMembers<Nested>(buffer: buffer, depth: depth + 1))
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
        next()
        buffer.begin("[", "]")
        return JSONElements(buffer: buffer, depth: depth + 1)
    }

    mutating func superEncoder() -> any Encoder {
        next()
        buffer.begin("{", "}")
        return JSONStream(buffer: buffer, depth: depth)
    }
}

private struct JSONValue: SingleValueEncodingContainer {
    let buffer: JSONBuffer
    var codingPath: [any CodingKey] { [] }

    func encodeNil() { buffer.raw("null") }
    func encode(_ value: Bool) { buffer.raw(value ? "true" : "false") }
    func encode(_ value: String) { buffer.string(value) }
    func encode(_ value: Double) throws { try number(value) }
    func encode(_ value: Float) throws { try number(value) }
    func encode(_ value: Int) { buffer.raw(String(value)) }
    func encode(_ value: Int8) { buffer.raw(String(value)) }
    func encode(_ value: Int16) { buffer.raw(String(value)) }
    func encode(_ value: Int32) { buffer.raw(String(value)) }
    func encode(_ value: Int64) { buffer.raw(String(value)) }
    func encode(_ value: UInt) { buffer.raw(String(value)) }
    func encode(_ value: UInt8) { buffer.raw(String(value)) }
    func encode(_ value: UInt16) { buffer.raw(String(value)) }
    func encode(_ value: UInt32) { buffer.raw(String(value)) }
    func encode(_ value: UInt64) { buffer.raw(String(value)) }
    func encode(_ value: some Encodable) throws { try buffer.write(value) }

    private func number(_ value: some BinaryFloatingPoint & Encodable & CustomStringConvertible) throws {
        guard value.isFinite else {
            throw EncodingError.invalidValue(value, .init(codingPath: [], debugDescription: "JSON has no \(value)"))
        }
        buffer.raw(value.description)
    }
}
