internal import Foundation
internal import Model

/// Values as the text of a column: JSON with sorted keys, so that equal values are equal texts.
struct JSONText {
    private let encoder: JSONEncoder
    private let decoder: JSONDecoder

    init() {
        encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        decoder = JSONDecoder()
        decoder.userInfo = DecodedPaths().userInfo
    }

    func text(_ value: some Encodable) throws -> String { String(decoding: try encoder.encode(value), as: UTF8.self) }

    func value<Value: Decodable>(_ type: Value.Type, from text: String) throws -> Value {
        try decoder.decode(type, from: Data(text.utf8))
    }

    /// The members of an object whose names are paths.
    func members<Value: Decodable>(_ type: Value.Type, from text: String) throws -> [(key: ItemPath, value: Value)] {
        var paths = ItemPathReader()
        return try value([String: Value].self, from: text).map { name, value in
            guard let path = paths.path(name) else {
                throw DecodingError.dataCorrupted(.init(codingPath: [], debugDescription: "'\(name)' is not an item path"))
            }
            return (path, value)
        }
    }
}
