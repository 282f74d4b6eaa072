/// An IPv6 address, without a zone: a zone such as `%eth0` means something on one host only, and a model is for many.
package struct IPv6Address: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// The eight groups of sixteen bits, the most significant first.
    package let groups: [UInt16]

    /// Reads every form of RFC 4291 section 2.2: groups of one to four hexadecimal digits, `::` for one or more groups of zeros, the last
    /// 32 bits as an IPv4 address.
    package init?(_ text: some StringProtocol) {
        let halves = IPv6Address.halves(of: String(text))
        guard (1...2).contains(halves.count), let head = IPv6Address.groups(of: halves[0], isEnd: halves.count == 1) else {
            return nil
        }
        guard halves.count == 2 else {
            guard head.count == 8 else { return nil }
            groups = head
            return
        }
        guard let tail = IPv6Address.groups(of: halves[1], isEnd: true), head.count + tail.count < 8 else { return nil }
        groups = head + Array(repeating: 0, count: 8 - head.count - tail.count) + tail
    }

    init(groups: [UInt16]) { self.groups = groups }

    /// What stands before and after `::`; one part when there is none, three or more when it stands more than once.
    private static func halves(of text: String) -> [Substring] {
        var halves: [Substring] = []
        var rest = text[...]
        while let range = rest.firstRange(of: "::") {
            halves.append(rest[..<range.lowerBound])
            rest = rest[range.upperBound...]
        }
        return halves + [rest]
    }

    private static func groups(of text: Substring, isEnd: Bool) -> [UInt16]? {
        if text.isEmpty { return [] }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        var groups: [UInt16] = []
        for (position, part) in parts.enumerated() {
            if part.contains(".") {
                guard isEnd, position == parts.count - 1, let address = IPv4Address(part) else { return nil }
                groups += [UInt16(address.bits >> 16), UInt16(address.bits & 0xFFFF)]
                continue
            }
            guard (1...4).contains(part.utf8.count), part.utf8.allSatisfy({ isHexadecimal($0) }),
                let group = UInt16(part, radix: 16)
            else { return nil }
            groups.append(group)
        }
        return groups
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (48...57).contains(byte) || (65...70).contains(byte) || (97...102).contains(byte)
    }

    /// The one text of RFC 5952: lower case, no leading zeros, `::` for the first of the longest runs of two or more groups of zeros, and
    /// dots in an IPv4 address that is mapped.
    package var description: String {
        if groups[..<5].allSatisfy({ $0 == 0 }), groups[5] == 0xFFFF {
            return "::ffff:\(IPv4Address(bits: UInt32(groups[6]) << 16 | UInt32(groups[7])))"
        }
        func text(_ groups: ArraySlice<UInt16>) -> String { groups.map { String($0, radix: 16) }.joined(separator: ":") }
        guard let run = longestRunOfZeros else { return text(groups[...]) }
        return text(groups[..<run.lowerBound]) + "::" + text(groups[run.upperBound...])
    }

    private var longestRunOfZeros: Range<Int>? {
        var longest: Range<Int>?
        var start = 0
        while start < groups.count {
            let end = groups[start...].firstIndex { $0 != 0 } ?? groups.count
            if end - start >= 2, end - start > longest?.count ?? 0 { longest = start..<end }
            start = max(end, start) + 1
        }
        return longest
    }

    package static func < (left: IPv6Address, right: IPv6Address) -> Bool { left.groups.lexicographicallyPrecedes(right.groups) }
}

/// An IPv6 network: an address whose host bits are zero, and a prefix length.
package struct IPv6Network: Hashable, Sendable, CustomStringConvertible {
    package let address: IPv6Address
    package let prefixLength: Int

    package init?(_ text: String) {
        guard let (address, length) = IPv6Network.parts(of: text), IPv6Network.masked(address, length) == address else {
            return nil
        }
        self.address = address
        prefixLength = length
    }

    /// An address and a prefix length, joined with a slash.
    package static func parts(of text: String) -> (address: IPv6Address, prefixLength: Int)? {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv6Address(parts[0]), let length = Int(parts[1]), 0...128 ~= length,
            String(length) == parts[1]
        else { return nil }
        return (address, length)
    }

    private static func masked(_ address: IPv6Address, _ length: Int) -> IPv6Address {
        IPv6Address(
            groups: address.groups.enumerated().map { position, group in
                let bits = min(max(length - position * 16, 0), 16)
                return bits == 0 ? 0 : group & (UInt16.max << UInt16(16 - bits))
            })
    }

    package func contains(_ other: IPv6Address) -> Bool { IPv6Network.masked(other, prefixLength) == address }

    package var description: String { "\(address)/\(prefixLength)" }
}
