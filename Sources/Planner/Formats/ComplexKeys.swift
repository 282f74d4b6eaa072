/// Finds keys that are aliases or collections in texts that use many aliases.
///
/// Yams compares the keys of a mapping by their whole content. Aliases of aliases make that content as large as one likes (thirty lines
/// stand for a billion words), and it would be walked before anybody can count it. No model needs such keys, and a text with few
/// aliases cannot do harm.
enum ComplexKeys {
    /// With fewer aliases or anchors than these, nothing stands for more than some thousand words.
    private static let harmlessAliases = 16
    private static let harmlessAnchors = 3

    /// The offset of the first such key in a text that could do harm with it; nil when there is none.
    ///
    /// - Complexity: O(text), one pass when there are few aliases.
    static func firstOffset(in bytes: [UInt8]) -> Int? {
        var aliases = 0
        var anchors = 0
        var first: Int?
        var lineIsBlank = true
        var previous: UInt8 = 10
        for (offset, byte) in bytes.enumerated() {
            switch byte {
            case UInt8(ascii: "&") where isSeparator(previous) && isName(at: offset + 1, in: bytes): anchors += 1
            case UInt8(ascii: "*") where isSeparator(previous) && isName(at: offset + 1, in: bytes):
                aliases += 1
                if first == nil, isKey(aliasAt: offset, in: bytes) { first = offset }
            case UInt8(ascii: "?") where lineIsBlank || isFlow(previous):
                if first == nil, offset + 1 == bytes.count || isSeparator(bytes[offset + 1]) { first = offset }
            case UInt8(ascii: ":") where previous == UInt8(ascii: "]") || previous == UInt8(ascii: "}"):
                if first == nil { first = offset }
            default: break
            }
            if byte == 10 || byte == 13 {
                lineIsBlank = true
            } else if byte != 32, byte != UInt8(ascii: "-") {
                lineIsBlank = false
            }
            if byte != 32 || previous == 10 { previous = byte }
        }
        return aliases >= harmlessAliases && anchors >= harmlessAnchors ? first : nil
    }

    /// Whether the name of an anchor stands at `offset`; `*.log` and the stars of a timetable in a text are none.
    private static func isName(at offset: Int, in bytes: [UInt8]) -> Bool {
        guard offset < bytes.count else { return false }
        switch bytes[offset] {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            return true
        default: return false
        }
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == 32 || byte == 9 || byte == 10 || byte == 13 || isFlow(byte) || byte == UInt8(ascii: ":")
            || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "?")
    }

    private static func isFlow(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "[") || byte == UInt8(ascii: "{") || byte == UInt8(ascii: ",")
    }

    /// Whether the alias at `offset` is followed by a colon on its line.
    private static func isKey(aliasAt offset: Int, in bytes: [UInt8]) -> Bool {
        var next = offset + 1
        while next < bytes.count, !isSeparator(bytes[next]) || bytes[next] == UInt8(ascii: "-") { next += 1 }
        while next < bytes.count, bytes[next] == 32 || bytes[next] == 9 { next += 1 }
        return next < bytes.count && bytes[next] == UInt8(ascii: ":")
    }
}
