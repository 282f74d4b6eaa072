/// JSON as it grows, sign by sign.
struct JSONWriter {
    private var bytes: [UInt8] = []
    private let encoder = StreamedJSON()

    init() { bytes.reserveCapacity(64 * 1024) }

    var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Containers

    mutating func object(_ writeMembers: (inout JSONWriter) throws -> Void) rethrows {
        bytes.append(UInt8(ascii: "{"))
        try writeMembers(&self)
        bytes.append(UInt8(ascii: "}"))
    }

    mutating func array<Element>(
        _ elements: [Element], _ write: (inout JSONWriter, Element) throws -> Void
    ) rethrows {
        bytes.append(UInt8(ascii: "["))
        for element in elements {
            separate()
            try write(&self, element)
        }
        bytes.append(UInt8(ascii: "]"))
    }

    // MARK: Members

    /// - Parameter name: without signs that would be escaped.
    mutating func key(_ name: StaticString) {
        separate()
        bytes.append(UInt8(ascii: "\""))
        name.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(UInt8(ascii: "\""))
        bytes.append(UInt8(ascii: ":"))
    }

    mutating func key(text name: String) {
        separate()
        string(name)
        bytes.append(UInt8(ascii: ":"))
    }

    /// Nothing for nil, as the conformances that Swift makes have it.
    mutating func member(_ name: StaticString, _ value: String?) {
        guard let value else { return }
        key(name)
        string(value)
    }

    mutating func member(_ name: StaticString, _ value: Int) {
        key(name)
        number(value)
    }

    /// Likewise.
    mutating func member(_ name: StaticString, encoding value: (some Encodable)?) throws {
        guard let value else { return }
        key(name)
        try encoded(value)
    }

    // MARK: Values

    mutating func string(_ value: String) { JSONString.append(value, to: &bytes) }
    mutating func number(_ value: Int) { bytes += String(value).utf8 }
    mutating func flag(_ value: Bool) { bytes += value ? "true".utf8 : "false".utf8 }

    /// A value as it encodes itself.
    mutating func encoded(_ value: some Encodable) throws { try encoder.append(value, to: &bytes) }

    private mutating func separate() {
        if let last = bytes.last, last != UInt8(ascii: "{"), last != UInt8(ascii: "[") {
            bytes.append(UInt8(ascii: ","))
        }
    }
}
