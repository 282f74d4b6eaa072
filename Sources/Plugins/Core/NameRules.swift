/// What names of several kinds are made of, shared by property types.
enum NameRules {
    static func isDigits(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    static func isHexadecimal(_ text: some StringProtocol, count: Int) -> Bool {
        text.utf8.count == count
            && text.utf8.allSatisfy { (48...57).contains($0) || (65...70).contains($0) || (97...102).contains($0) }
    }

    /// Letters, digits, `-`, `.` and `_`, at least one.
    static func isBasic(_ text: String) -> Bool { !text.isEmpty && text.utf8.allSatisfy(isBasic) }

    private static func isBasic(_ byte: UInt8) -> Bool {
        isLetterOrDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "_")
    }

    /// Names the first character that a basic string does not take: it is easily overlooked.
    static func strayCharacter(in text: String) -> String? {
        guard let stray = text.first(where: { character in !character.utf8.allSatisfy(isBasic) }) else { return nil }
        switch stray {
        case "$", "`": return nil
        case " ": return "there is a blank in it"
        case "\t", "\n", "\r", "\r\n": return "there is a tab or a line break in it"
        case "'", "\"", "\u{201C}", "\u{201D}", "\u{2018}", "\u{2019}": return "there is a quotation mark in it"
        default: return "'\(stray)' cannot stand in it"
        }
    }

    // MARK: Hosts

    /// One label of RFC 1123 section 2.1: letters, digits and `-`, not at its ends, at most 63.
    static func isLabel(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), !text.hasSuffix("-") else { return false }
        return bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    /// A label that is no number, which tools would take for an address.
    static func isHostname(_ text: String) -> Bool { isLabel(text) && !isDigits(text) }

    /// Labels joined with dots, at most 253 characters. The last is no number, so that no address is taken for a name.
    static func isDomain(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        guard text.utf8.count <= 253, labels.allSatisfy({ isLabel($0) }), let last = labels.last else { return false }
        return !isDigits(last)
    }

    static let hostnameAdvice: @Sendable (String) -> String? = { text in
        if text.contains("_") { return "'_' is not allowed in host names (RFC 1123); '-' is" }
        if text.contains(".") { return "only the first label: the domain is a property of its own" }
        return strayCharacter(in: text)
    }
}
