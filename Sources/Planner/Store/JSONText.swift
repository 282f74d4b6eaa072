internal import Foundation

/// Values as the text of a column: JSON with sorted keys, so that equal values are equal texts.
struct JSONText {
    private let encoder: JSONEncoder

    init() {
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    }

    func text(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }

    func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        try JSONReading.value(type, from: text)
    }
}
