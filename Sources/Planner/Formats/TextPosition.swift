/// Lines and columns of a UTF-8 text as YAML counts them: both from 1, columns in Unicode scalars, and a line ends at LF, CR, CR LF,
/// NEL, LS or PS.
enum TextPosition {
    /// Where the scalar at `line` and `column` begins; nil when the text has no such place.
    static func offset(inLine line: Int, column: Int, of bytes: [UInt8]) -> Int? {
        var walk = Walk(bytes: bytes)
        while walk.line < line || walk.column < column {
            guard walk.line <= line, walk.advance() else { return nil }
        }
        return walk.line == line && walk.column == column && walk.offset < bytes.count ? walk.offset : nil
    }

    /// The line and column of the scalar that `offset` lies in.
    static func position(ofOffset offset: Int, in bytes: some RandomAccessCollection<UInt8>) -> (line: Int, column: Int) {
        var walk = Walk(bytes: Array(bytes.prefix(offset + 1)))
        while walk.offset < offset, walk.advance() {}
        return (walk.line, walk.column)
    }

    /// The first byte that is not part of well-formed UTF-8; nil when all are.
    static func firstInvalidOffset(in bytes: [UInt8]) -> Int? {
        var decoder = UTF8()
        var iterator = bytes.makeIterator()
        var offset = 0
        while true {
            switch decoder.decode(&iterator) {
            case .scalarValue(let scalar): offset += UTF8.width(scalar)
            case .emptyInput: return nil
            case .error: return offset
            }
        }
    }

    /// A reader's finger on the text.
    private struct Walk {
        let bytes: [UInt8]
        var offset = 0
        var line = 1
        var column = 1

        init(bytes: [UInt8]) { self.bytes = bytes }

        /// Goes on by one scalar, or by one line break. False at the end.
        mutating func advance() -> Bool {
            guard offset < bytes.count else { return false }
            let length = lineBreakLength
            if length > 0 {
                offset += length
                line += 1
                column = 1
            } else {
                offset += 1
                while offset < bytes.count, bytes[offset] & 0xC0 == 0x80 { offset += 1 }
                column += 1
            }
            return true
        }

        private var lineBreakLength: Int {
            func byte(_ distance: Int) -> UInt8 { offset + distance < bytes.count ? bytes[offset + distance] : 0 }
            switch byte(0) {
            case 0x0A: return 1
            case 0x0D: return byte(1) == 0x0A ? 2 : 1
            case 0xC2: return byte(1) == 0x85 ? 2 : 0
            case 0xE2: return byte(1) == 0x80 && (byte(2) == 0xA8 || byte(2) == 0xA9) ? 3 : 0
            default: return 0
            }
        }
    }
}
