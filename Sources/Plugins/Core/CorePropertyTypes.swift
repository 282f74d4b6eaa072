package import Model
import PluginKit

/// The property types that every plugin may use. Names are LITP's (`reference/engine.md` 5.7) where it has them.
package enum CorePropertyTypes {
    package static let all: [PropertyType] =
        texts + numbers + networks + files + [
            PropertyType("basic_boolean", .boolean, rule: "true or false") { $0 == "true" || $0 == "false" },
            PropertyType(
                "secret_free_command", rule: "a shell command in one line, without passwords (it is shown in plans)"
            ) { !$0.isEmpty && !$0.contains("\n") },
            .choice("ha_manager", ["planner", "none"]),
            .choice("change_effect", Effect.allCases.map(\.rawValue)),
        ]

    private static let texts: [PropertyType] = [
        PropertyType("any_string", rule: "any text") { _ in true },
        PropertyType("basic_string", rule: "letters, digits, '-', '.' and '_', at least one", isValid: isBasic),
        PropertyType("basic_list", .list, rule: "a list of names of letters, digits, '-', '.' and '_'", isValid: isBasic),
        PropertyType(
            "basic_list_non_empty", .list, rule: "a list of names of letters, digits, '-', '.' and '_'",
            allowsEmptyList: false, isValid: isBasic),
        PropertyType(
            "ssh_public_key", rule: "a public key: a type such as ssh-ed25519, a blank, base64, perhaps a comment",
            isValid: isPublicKey),
    ]

    private static let numbers: [PropertyType] = [
        PropertyType("integer", .integer, rule: "a whole number of 0 or more") { Int($0).map { $0 >= 0 } ?? false },
        PropertyType("positive_integer", .integer, rule: "a whole number of 1 or more") { Int($0).map { $0 >= 1 } ?? false },
        PropertyType("port", .integer, rule: "a port from 1 to 65535") { Int($0).map { 1...65535 ~= $0 } ?? false },
        PropertyType("node_id", .integer, rule: "a number from 1 to 2047") { Int($0).map { 1...2047 ~= $0 } ?? false },
        PropertyType("seconds", .integer, rule: "seconds, from 1 to 86400") { Int($0).map { 1...86400 ~= $0 } ?? false },
        PropertyType("memory_size", rule: "mebibytes with the unit, such as 5120M, at least 32M") { text in
            text.utf8.last == UInt8(ascii: "M") && isDigits(text.dropLast()) && (Int(text.dropLast()) ?? 0) >= 32
        },
    ]

    private static let networks: [PropertyType] = [
        PropertyType("ipv4_address", rule: "an IPv4 address such as 192.168.0.42") { IPv4Address($0) != nil },
        PropertyType("ipv4_address_list", .list, rule: "IPv4 addresses such as 192.168.0.42, or dhcp") {
            $0 == "dhcp" || IPv4Address($0) != nil
        },
        PropertyType("network", rule: "an IPv4 network with its prefix length and no host bits, such as 192.168.0.0/24") {
            IPv4Network($0) != nil
        },
        PropertyType("address_or_name", rule: "an IPv4 address or a host name") {
            IPv4Address($0) != nil || isDomain($0)
        },
        PropertyType("hostname", rule: "a host name: letters, digits and '-', at most 63, not only digits", isValid: isHostname),
        PropertyType("hostname_list", .list, rule: "host names: letters, digits and '-', at most 63", isValid: isHostname),
        PropertyType("address_or_name_list", .list, rule: "IPv4 addresses or host names") {
            IPv4Address($0) != nil || isDomain($0)
        },
        PropertyType("domain", rule: "a domain name: host names joined with '.'", isValid: isDomain),
        PropertyType("host_and_port", rule: "a host name or address, ':' and a port, such as eccd-registry:5000") { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, let port = Int(parts[1]) else { return false }
            return (IPv4Address(parts[0]) != nil || isDomain(parts[0])) && 1...65535 ~= port
        },
        PropertyType("url", rule: "a URL that starts with http:// or https://, without blanks and without a password") { text in
            (text.hasPrefix("http://") || text.hasPrefix("https://")) && !text.contains("@")
                && text.utf8.allSatisfy { $0 > 32 && $0 < 127 } && text.split(separator: "/").count >= 2
        },
    ]

    private static let files: [PropertyType] = [
        PropertyType("path_string", rule: "an absolute path without blanks, quotes and '..'", isValid: isPath),
        PropertyType("file_mode", rule: "an octal mode such as 0644") { text in
            (3...4).contains(text.utf8.count) && text.utf8.allSatisfy { (48...55).contains($0) }
        },
        PropertyType("file_owner", rule: "user:group") { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            return parts.count == 2 && parts.allSatisfy { isBasic(String($0)) }
        },
        PropertyType("sha256", rule: "a SHA-256 digest: 64 hexadecimal digits") { text in
            text.utf8.count == 64 && text.allSatisfy { $0.isASCII && $0.isHexDigit }
        },
    ]

    // MARK: Rules

    private static func isDigits(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    private static func isLetterOrDigit(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
    }

    private static func isBasic(_ text: String) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                isLetterOrDigit($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: "_")
            }
    }

    private static func isHostname(_ text: String) -> Bool { isLabel(text) && !isDigits(text) }

    private static func isLabel(_ text: some StringProtocol) -> Bool {
        let bytes = text.utf8
        guard (1...63).contains(bytes.count), bytes.first != UInt8(ascii: "-"), !text.hasSuffix("-") else { return false }
        return bytes.allSatisfy { isLetterOrDigit($0) || $0 == UInt8(ascii: "-") }
    }

    private static func isDomain(_ text: String) -> Bool {
        let labels = text.split(separator: ".", omittingEmptySubsequences: false)
        return text.utf8.count <= 253 && labels.allSatisfy { isLabel($0) } && !labels.allSatisfy { isDigits($0) }
    }

    private static func isPath(_ text: String) -> Bool {
        text.utf8.first == UInt8(ascii: "/") && !text.split(separator: "/").contains("..")
            && text.utf8.allSatisfy {
                isLetterOrDigit($0) || [45, 46, 47, 58, 64, 95, 43, 35].contains($0)
            }
    }

    /// A key that `authorized_keys` takes; a private key pasted by mistake (M11) is none.
    private static func isPublicKey(_ text: String) -> Bool {
        let words = text.split(separator: " ", maxSplits: 2)
        guard words.count >= 2, !text.contains("\n"), !text.contains("PRIVATE KEY") else { return false }
        let types = [
            "ssh-ed25519", "ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
            "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
        ]
        let isBase64 = words[1].utf8.allSatisfy { isLetterOrDigit($0) || [43, 47, 61].contains($0) }
        return types.contains(String(words[0])) && isBase64 && words[1].utf8.count >= 40 && words[1].hasPrefix("AAAA")
    }
}
