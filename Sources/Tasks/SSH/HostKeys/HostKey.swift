internal import Crypto
internal import FoundationEssentials

/// The public key with which a server proves who it is.
struct HostKey: Hashable, Sendable {
    /// The key in SSH wire form (RFC 4253 section 6.6).
    let blob: [UInt8]

    /// The type that the blob names itself, such as `ssh-ed25519`.
    var type: String {
        var reader = WireReader(blob)
        return reader.string().map { String(decoding: $0, as: UTF8.self) } ?? "unknown"
    }

    /// As `ssh-keygen -l` prints it: `SHA256:` and base64 without padding.
    var fingerprint: String {
        let encoded = Data(SHA256.hash(data: blob)).base64EncodedString()
        return "SHA256:" + encoded.prefix { $0 != "=" }
    }
}
