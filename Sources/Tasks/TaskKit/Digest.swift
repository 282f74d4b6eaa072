internal import Crypto

/// SHA-256, in the one form in which Planner writes digests.
package enum Digest {
    /// - Parameter digits: how many hexadecimal digits of it, from the first on: 64 at most.
    package static func hexadecimal(of bytes: [UInt8], digits: Int = 64) -> String {
        let digest = SHA256.hash(data: bytes)
        return digest.withUnsafeBytes { digest in
            String(unsafeUninitializedCapacity: digits) { text in
                for position in 0..<digits {
                    let byte = digest[position / 2]
                    text[position] = digit(position % 2 == 0 ? byte >> 4 : byte & 15)
                }
                return digits
            }
        }
    }

    package static func hexadecimal(of text: String) -> String { hexadecimal(of: Array(text.utf8)) }

    private static func digit(_ value: UInt8) -> UInt8 {
        value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
    }
}

/// Texts, one behind the other, of which a digest is made.
package struct DigestInput {
    private var bytes: [UInt8] = []

    package init(capacity: Int = 256) { bytes.reserveCapacity(capacity) }

    package mutating func append(_ text: String) {
        var text = text
        text.withUTF8 { bytes.append(contentsOf: $0) }
    }

    /// - Parameter number: not below zero.
    private mutating func append(_ number: Int) {
        if number > 9 { append(number / 10) }
        bytes.append(UInt8(ascii: "0") + UInt8(number % 10))
    }

    /// The text behind its length in bytes, so that what is appended is told apart whatever it contains.
    package mutating func appendMeasured(_ text: String) {
        append(text.utf8.count)
        bytes.append(UInt8(ascii: ":"))
        append(text)
    }

    package func hexadecimal(digits: Int = 64) -> String { Digest.hexadecimal(of: bytes, digits: digits) }
}
