/// Scalars as YAML has them: without quotes wherever that reads back as the same text.
///
/// What a text means (number, boolean, word) is decided by the type of its property, so quotes are a matter of YAML's syntax only.
enum YAMLScalar {
    /// What YAML reads as "nothing" when it stands without quotes.
    static let nullWords: Set<String> = ["", "~", "null", "Null", "NULL"]

    /// `text` as a value; within `[a, b]`, commas and brackets want quotes too.
    static func value(_ text: String, inList: Bool = false) -> String {
        nullWords.contains(text) || !isPlain(text, inList: inList) ? quoted(text) : text
    }

    /// `text` as a key.
    static func key(_ text: String) -> String { text.isEmpty || !isPlain(text, inList: false) ? quoted(text) : text }

    private static func isPlain(_ text: String, inList: Bool) -> Bool {
        let scalars = text.unicodeScalars
        guard let first = scalars.first, let last = scalars.last else { return false }
        guard !isIndicator(first), first != " ", last != " ", last != ":" else { return false }
        if first == "-", scalars.count == 1 || text.hasPrefix("- ") || text.hasPrefix("---") { return false }
        if text.hasPrefix("...") { return false }
        var previous: Unicode.Scalar = "\0"
        for scalar in scalars {
            guard isPrintable(scalar) else { return false }
            if scalar == "#", previous == " " { return false }
            if scalar == " ", previous == ":" { return false }
            if inList, isFlowIndicator(scalar) { return false }
            previous = scalar
        }
        return true
    }

    private static func isIndicator(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "?", ":", ",", "[", "]", "{", "}", "#", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`": true
        default: false
        }
    }

    private static func isFlowIndicator(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case ",", "[", "]", "{", "}", "?": true
        default: false
        }
    }

    /// Whether the scalar stands for itself on one line of a file, outside of quotes and inside.
    private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x20...0x7E: true
        case 0xA0...0x2027, 0x202A...0xD7FF, 0xF900...0xFEFE, 0xFF00...0xFFFD, 0x10000...0xEFFFF: true
        default: false
        }
    }

    private static func quoted(_ text: String) -> String {
        let scalars = text.unicodeScalars
        if scalars.allSatisfy(isPrintable) {
            guard scalars.contains(where: { $0 == "\"" || $0 == "\\" }) else { return "\"\(text)\"" }
            var result = "'"
            for scalar in scalars {
                if scalar == "'" { result.unicodeScalars.append("'") }
                result.unicodeScalars.append(scalar)
            }
            return result + "'"
        }
        var result = "\""
        for scalar in scalars { result += escaped(scalar) }
        return result + "\""
    }

    private static func escaped(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\"": return "\\\""
        case "\\": return "\\\\"
        case "\n": return "\\n"
        case "\r": return "\\r"
        case "\t": return "\\t"
        default: break
        }
        if isPrintable(scalar) { return String(Character(scalar)) }
        let digits = String(scalar.value, radix: 16, uppercase: true)
        switch digits.count {
        case ...2: return "\\x" + String(repeating: "0", count: 2 - digits.count) + digits
        case ...4: return "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
        default: return "\\U" + String(repeating: "0", count: 8 - digits.count) + digits
        }
    }
}
