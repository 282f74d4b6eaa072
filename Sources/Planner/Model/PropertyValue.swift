/// The value of a property in the one form in which it is compared, stored and shown.
///
/// Which case a property has is decided by its type (``PropertyType/Kind``), not by how it was written: `cpus: 4` and
/// `cpus: "4"` give the same value.
package enum PropertyValue: Hashable, Sendable {
    case string(String)
    case integer(Int)
    case boolean(Bool)
    /// An ordered list; LITP writes it with commas, YAML as a sequence.
    case list([String])

    /// The value as LITP writes it: lists joined with commas.
    package var text: String {
        switch self {
        case .string(let value): value
        case .integer(let value): String(value)
        case .boolean(let value): value ? "true" : "false"
        case .list(let values): values.joined(separator: ",")
        }
    }

    /// The value as somebody would write it.
    package var written: WrittenValue { list.map { .sequence($0) } ?? .scalar(text) }

    package var integer: Int? { if case .integer(let value) = self { value } else { nil } }
    package var boolean: Bool? { if case .boolean(let value) = self { value } else { nil } }
    package var list: [String]? { if case .list(let value) = self { value } else { nil } }
}

extension PropertyValue: CustomStringConvertible {
    package var description: String { text }
}

extension PropertyValue: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral
{
    package init(stringLiteral value: String) { self = .string(value) }
    package init(integerLiteral value: Int) { self = .integer(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(arrayLiteral elements: String...) { self = .list(elements) }
}

extension PropertyValue: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        // `try?` on purpose: a JSON value is one of four forms, and the decoder can only be asked one at a time. The most frequent first:
        // a wrong guess costs more than everything else.
        if let value = try? container.decode(String.self) {
            self = .string(value)
        } else if let value = try? container.decode(Int.self) {
            self = .integer(value)
        } else if let value = try? container.decode([String].self) {
            self = .list(value)
        } else {
            self = .boolean(try container.decode(Bool.self))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        switch self {
        case .string(let value): try container.encode(value)
        case .integer(let value): try container.encode(value)
        case .boolean(let value): try container.encode(value)
        case .list(let value): try container.encode(value)
        }
    }
}
