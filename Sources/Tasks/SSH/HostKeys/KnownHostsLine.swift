internal import FoundationEssentials

/// One line of a known_hosts file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT").
struct KnownHostsLine {
    enum Names {
        /// Lower-case names without wildcards.
        case plain([String])
        /// At least one wildcard or negation: the line counts as a whole.
        case patterns([NamePattern])
        case hashed(salt: [UInt8], digest: [UInt8])
    }

    enum Parsed {
        case nothing
        case entry(KnownHostsLine)
        /// A line that is left out, and why.
        case skipped(String)
        /// A line that must not be left out.
        case unusable(String)
    }

    let names: Names
    let isRevoked: Bool
    let key: HostKey

    /// By bytes: a site may know thousands of hosts, and what belongs to a character of Unicode takes long to find out.
    static func parse(_ line: ArraySlice<UInt8>) -> Parsed {
        let blanks: [UInt8] = [0x20, 0x09, 0x0D]
        var fields = line.split(maxSplits: 4) { blanks.contains($0) }[...]
        guard let first = fields.first, first.first != UInt8(ascii: "#") else { return .nothing }
        var isRevoked = false
        if first.first == UInt8(ascii: "@") {
            switch text(first) {
            case "@revoked": isRevoked = true
            case "@cert-authority": return .skipped("host certificates are not supported: @cert-authority ignored")
            case let marker: return .skipped("unknown marker \(marker)")
            }
            fields = fields.dropFirst()
        }
        func broken(_ reason: String) -> Parsed {
            isRevoked ? .unusable("@revoked line: \(reason)") : .skipped(reason)
        }
        guard fields.count >= 3 else { return broken("a name, a key type and a key are wanted") }
        let parts = Array(fields)
        guard let blob = Data(base64Encoded: text(parts[2])) else { return broken("the key is not base64") }
        let key = HostKey(blob: Array(blob))
        guard key.type.utf8.elementsEqual(parts[1]) else { return broken("the key is not of type \(text(parts[1]))") }
        guard let names = parseNames(text(parts[0])) else { return broken("the hashed name is malformed") }
        return .entry(KnownHostsLine(names: names, isRevoked: isRevoked, key: key))
    }

    private static func text(_ bytes: ArraySlice<UInt8>) -> String { String(decoding: bytes, as: UTF8.self) }

    private static func parseNames(_ field: String) -> Names? {
        if field.hasPrefix("|") {
            let parts = field.split(separator: "|", omittingEmptySubsequences: false)
            guard parts.count == 4, parts[1] == "1", let salt = Data(base64Encoded: String(parts[2])),
                let digest = Data(base64Encoded: String(parts[3])), !salt.isEmpty, digest.count == 20
            else { return nil }
            return .hashed(salt: Array(salt), digest: Array(digest))
        }
        let names = field.lowercased().utf8.split(separator: UInt8(ascii: ",")).map { String(Substring($0)) }
        let isPattern = field.utf8.contains { [UInt8(ascii: "!"), UInt8(ascii: "*"), UInt8(ascii: "?")].contains($0) }
        return isPattern ? .patterns(names.map(NamePattern.init)) : .plain(names)
    }
}

/// A host name with `*` and `?`, perhaps negated by `!`.
struct NamePattern {
    let isNegated: Bool
    private let pattern: [UInt8]

    init(_ text: String) {
        isNegated = text.hasPrefix("!")
        pattern = Array((isNegated ? text.dropFirst() : text[...]).utf8)
    }

    /// Linear in practice and never exponential: only the last `*` is ever gone back to.
    func matches(_ name: String) -> Bool {
        let name = Array(name.utf8)
        var position = 0
        var index = 0
        var retry: (pattern: Int, name: Int)?
        while position < name.count {
            if index < pattern.count, pattern[index] == UInt8(ascii: "*") {
                retry = (index + 1, position)
                index += 1
            } else if index < pattern.count, pattern[index] == UInt8(ascii: "?") || pattern[index] == name[position] {
                index += 1
                position += 1
            } else if let (afterStar, start) = retry {
                index = afterStar
                position = start + 1
                retry = (afterStar, start + 1)
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
