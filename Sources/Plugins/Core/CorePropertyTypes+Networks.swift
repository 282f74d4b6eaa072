import Model
import PluginKit

extension CorePropertyTypes {
    static let addresses: [PropertyType] = [
        PropertyType("ipv4_address", rule: "an IPv4 address such as 192.168.0.42", advice: addressAdvice) {
            IPv4Address($0) != nil
        },
        PropertyType("ipv4_address_list", .list, rule: "IPv4 addresses such as 192.168.0.42, or dhcp", advice: addressAdvice) {
            $0 == "dhcp" || IPv4Address($0) != nil
        },
        PropertyType("ipv6_address", rule: "an IPv6 address without a zone, such as 2001:db8::42", advice: addressAdvice) {
            IPv6Address($0) != nil
        },
        PropertyType("ipv4_or_ipv6_address", rule: "an IPv4 or IPv6 address", advice: addressAdvice) {
            IPv4Address($0) != nil || IPv6Address($0) != nil
        },
        PropertyType(
            "ipv6_address_and_mask", rule: "an IPv6 address with its prefix length, such as 2001:db8::42/64",
            advice: addressAdvice
        ) { IPv6Network.parts(of: $0).map { $0.prefixLength > 0 } ?? false },
        PropertyType(
            "network", rule: "an IPv4 network with its prefix length and no host bits, such as 192.168.0.0/24",
            advice: networkAdvice
        ) { IPv4Network($0) != nil },
        PropertyType("ipv6_network", rule: "an IPv6 network with its prefix length and no host bits, such as 2001:db8::/64") {
            IPv6Network($0) != nil
        },
        PropertyType(
            "mac_address", rule: "six octets of two hexadecimal digits, joined with ':', such as 52:54:00:12:34:56, of one host"
        ) { text in
            let octets = text.split(separator: ":", omittingEmptySubsequences: false)
            guard octets.count == 6, octets.allSatisfy({ NameRules.isHexadecimal($0, count: 2) }) else { return false }
            // The lowest bit of the first octet marks groups, which no interface has as its own.
            return (UInt8(octets[0], radix: 16) ?? 1) & 1 == 0 && octets.contains { $0 != "00" }
        },
    ]

    static let hosts: [PropertyType] = [
        PropertyType(
            "hostname", rule: "a host name: letters, digits and '-', at most 63, not only digits",
            advice: NameRules.hostnameAdvice, isValid: NameRules.isHostname),
        PropertyType(
            "hostname_list", .list, rule: "host names: letters, digits and '-', at most 63",
            advice: NameRules.hostnameAdvice, isValid: NameRules.isHostname),
        PropertyType(
            "comma_separated_alias_names", .list, rule: "names without a port: host names, perhaps joined with '.'",
            allowsEmptyList: false, advice: NameRules.strayCharacter, isValid: NameRules.isDomain),
        PropertyType(
            "jump_list", .list,
            rule: "hosts to go through: the path of a managed host, such as /ms, or [user@]address[:port]",
            advice: { $0.contains(" ") ? "several hosts are joined with commas, without blanks" : nil }
        ) { JumpHosts.Entry($0) != nil },
        PropertyType("domain", rule: "a domain name: host names joined with '.'", isValid: NameRules.isDomain),
        PropertyType(
            "address_or_name", rule: "an IPv4 address or a host name", advice: NameRules.strayCharacter, isValid: isAddressOrName),
        PropertyType(
            "address_or_name_list", .list, rule: "IPv4 addresses or host names", advice: NameRules.strayCharacter,
            isValid: isAddressOrName),
        PropertyType(
            "host_and_port", rule: "a host name or address, ':' and a port, such as eccd-registry:5000",
            advice: { isAddressOrName($0) ? "the port is missing: \($0):5000?" : nil }
        ) { text in
            let parts = text.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 2, NameRules.isDigits(parts[1]), let port = Int(parts[1]) else { return false }
            return isAddressOrName(parts[0]) && 1...65535 ~= port
        },
        PropertyType(
            "url", rule: "a URL that starts with http:// or https://, without blanks and without a password",
            advice: urlAdvice, isValid: isURL),
    ]

    private static let isAddressOrName: @Sendable (String) -> Bool = { IPv4Address($0) != nil || NameRules.isDomain($0) }

    // MARK: URLs

    /// Scheme, host, perhaps a port, and a path of what RFC 3986 allows; no user and no password, which would be shown.
    private static let isURL: @Sendable (String) -> Bool = { text in
        guard let scheme = ["http://", "https://"].first(where: { text.hasPrefix($0) }), !text.contains("@") else { return false }
        let rest = text.dropFirst(scheme.count)
        let authority = rest.prefix { !"/?#".contains($0) }
        let parts = authority.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        guard let host = parts.first, isAddressOrName(host), parts.count <= 2 else { return false }
        if parts.count == 2 {
            guard NameRules.isDigits(parts[1]), let port = Int(parts[1]), 1...65535 ~= port else { return false }
        }
        return rest.utf8.allSatisfy { NameRules.isLetterOrDigit($0) || "-._~:/?#[]!$&'()*+,;=%".utf8.contains($0) }
    }

    private static let urlAdvice: @Sendable (String) -> String? = { text in
        if text.contains("${") { return nil }
        if text.contains(" ") { return "a blank is written %20" }
        if text.contains("@") { return "a name or password in it would be shown in plans" }
        if text.hasPrefix("/") || text.hasPrefix("file:") {
            return "hosts load it over HTTP: put it on a web server that they reach"
        }
        return nil
    }

    // MARK: Advice

    private static let addressAdvice: @Sendable (String) -> String? = { text in
        if text.contains("%") { return "a zone is known on one host only; write the address without it" }
        if text.contains("/"), let address = text.split(separator: "/").first,
            IPv4Address(address) != nil || IPv6Address(address) != nil
        {
            return "without the prefix length: \(address)"
        }
        if text.split(separator: ".").contains(where: { $0.count > 1 && $0.hasPrefix("0") && NameRules.isDigits($0) }) {
            return "some tools read numbers with a leading 0 as octal: write them without"
        }
        return nil
    }

    private static let networkAdvice: @Sendable (String) -> String? = { text in
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard let address = IPv4Address(parts[0]) else { return nil }
        if parts.count == 1 { return "the prefix length is missing: \(text)/24?" }
        guard parts.count == 2, let length = Int(parts[1]), 0...32 ~= length else { return nil }
        let mask = length == 0 ? 0 : UInt32.max << UInt32(32 - length)
        return "the network that \(address) is in is \(IPv4Address(bits: address.bits & mask))/\(length)"
    }
}
