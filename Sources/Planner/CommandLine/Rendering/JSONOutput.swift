import Foundation

/// Everything that is printed as JSON: keys in order, so that the same input gives the same bytes.
enum JSONOutput {
    /// A document over several lines.
    static func document(_ value: some Encodable) -> String {
        encode(value, [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted])
    }

    /// One line, for streams.
    static func text(of value: some Encodable) -> String { encode(value, [.sortedKeys, .withoutEscapingSlashes]) }

    private static func encode(_ value: some Encodable, _ formatting: JSONEncoder.OutputFormatting) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = formatting
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            // Only a number that JSON cannot say could come here, and none of our values has one.
            return #"{"error":"the value cannot be written as JSON"}"#
        }
    }
}
