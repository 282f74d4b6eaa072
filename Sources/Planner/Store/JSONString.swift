/// A text as a string of JSON. Foundation's encoder writes one document at a time; a hundred thousand small ones want less ceremony.
enum JSONString {
    /// Appends the text in quotes; quotes, backslashes and control characters are escaped (RFC 8259 section 7).
    static func append(_ text: String, to bytes: inout [UInt8]) {
        var text = text
        text.withUTF8 { append($0, to: &bytes) }
    }

    private static func append(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\""))
        if hasEscaped(text) { appendEscaping(text, to: &bytes) } else { bytes.append(contentsOf: text) }
        bytes.append(UInt8(ascii: "\""))
    }

    private static func appendEscaping(_ text: UnsafeBufferPointer<UInt8>, to bytes: inout [UInt8]) {
        var start = 0
        for (index, byte) in text.enumerated() where isEscaped(byte) {
            bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<index]))
            start = index + 1
            escape(byte, to: &bytes)
        }
        bytes.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
    }

    /// Nearly always there is nothing to escape. To look at all of it, without an end where something is found, takes the processor many bytes
    /// at a time.
    private static func hasEscaped(_ text: UnsafeBufferPointer<UInt8>) -> Bool {
        var found: UInt8 = 0
        for byte in text { found |= isEscaped(byte) ? 1 : 0 }
        return found != 0
    }

    private static func isEscaped(_ byte: UInt8) -> Bool {
        byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
    }

    private static func escape(_ byte: UInt8, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "\\"))
        guard byte < 0x20 else { return bytes.append(byte) }
        bytes.append(contentsOf: byte < 0x10 ? "u000".utf8 : "u00".utf8)
        bytes.append(contentsOf: String(byte, radix: 16).utf8)
    }
}
