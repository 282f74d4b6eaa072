/// An IPv4 address.
package struct IPv4Address: Hashable, Sendable, Comparable, CustomStringConvertible {
    package let bits: UInt32

    package init(bits: UInt32) { self.bits = bits }

    /// Four numbers from 0 to 255 without leading zeros (which some tools read as octal), joined with dots.
    package init?(_ text: some StringProtocol) {
        let parts = text.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 4 else { return nil }
        var bits: UInt32 = 0
        for part in parts {
            guard part.utf8.allSatisfy({ (48...57).contains($0) }), let number = UInt8(part),
                part.utf8.count == 1 || part.utf8.first != UInt8(ascii: "0")
            else { return nil }
            bits = bits << 8 | UInt32(number)
        }
        self.bits = bits
    }

    package var description: String {
        [24, 16, 8, 0].map { String(bits >> UInt32($0) & 255) }.joined(separator: ".")
    }

    package static func < (left: IPv4Address, right: IPv4Address) -> Bool { left.bits < right.bits }
}

/// An IPv4 network: an address whose host bits are zero, and a prefix length.
package struct IPv4Network: Hashable, Sendable, CustomStringConvertible {
    package let address: IPv4Address
    package let prefixLength: Int

    package init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, let address = IPv4Address(parts[0]), let length = Int(parts[1]), 0...32 ~= length,
            String(length) == parts[1]
        else { return nil }
        self.address = address
        prefixLength = length
        guard address.bits & mask == address.bits else { return nil }
    }

    private var mask: UInt32 { prefixLength == 0 ? 0 : UInt32.max << UInt32(32 - prefixLength) }

    package func contains(_ other: IPv4Address) -> Bool { other.bits & mask == address.bits }

    /// Whether the two have an address in common.
    package func overlaps(_ other: IPv4Network) -> Bool { contains(other.address) || other.contains(address) }

    package var description: String { "\(address)/\(prefixLength)" }
}
