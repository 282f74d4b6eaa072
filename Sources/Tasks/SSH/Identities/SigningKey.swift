internal import CLibCrypto

/// A private key in memory, ready to sign: parsed once, used for any number of connections.
///
/// `@unchecked Sendable`: libcrypto's keys are not changed after they were made, and may be used from any thread.
final class SigningKey: @unchecked Sendable {
    enum Kind: Equatable {
        case ed25519
        /// The name of the curve in SSH: `nistp256`.
        case ecdsa(curve: String)
        case rsa
    }

    let kind: Kind
    /// The public half in wire form.
    let blob: [UInt8]
    private let key: OpaquePointer

    /// Takes a key of libcrypto over; nil if there is none or servers cannot know its kind.
    init?(_ key: OpaquePointer?) {
        guard let key else { return nil }
        guard let (kind, blob) = SigningKey.publicHalf(of: key) else {
            EVP_PKEY_free(key)
            return nil
        }
        self.kind = kind
        self.blob = blob
        self.key = key
    }

    deinit {
        EVP_PKEY_free(key)
    }

    private static let curves = [
        (name: "nistp256", groups: ["P-256", "prime256v1"]), (name: "nistp384", groups: ["P-384", "secp384r1"]),
        (name: "nistp521", groups: ["P-521", "secp521r1"]),
    ]

    static func group(of curve: String) -> String? { curves.first { $0.name == curve }?.groups.first }

    private static func publicHalf(of key: OpaquePointer) -> (Kind, [UInt8])? {
        func octets(_ get: (UnsafeMutablePointer<UInt8>?, Int) -> Int) -> [UInt8] {
            [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in count = get(buffer.baseAddress, 4096) }
        }
        var writer = WireWriter()
        if planner_key_is(key, "ED25519") == 1 {
            writer.string(Array("ssh-ed25519".utf8))
            writer.string(octets { planner_key_public(key, $0, $1) })
            return (.ed25519, writer.bytes)
        }
        if planner_key_is(key, "RSA") == 1 {
            writer.string(Array("ssh-rsa".utf8))
            writer.number(octets { planner_key_number(key, "e", $0, $1) })
            writer.number(octets { planner_key_number(key, "n", $0, $1) })
            return (.rsa, writer.bytes)
        }
        guard planner_key_is(key, "EC") == 1 else { return nil }
        var name = [CChar](repeating: 0, count: 64)
        guard planner_key_group(key, &name, name.count) == 1 else { return nil }
        let group = String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        guard let curve = curves.first(where: { $0.groups.contains(group) })?.name else { return nil }
        writer.string(Array("ecdsa-sha2-\(curve)".utf8))
        writer.string(Array(curve.utf8))
        writer.string(octets { planner_key_public(key, $0, $1) })
        return (.ecdsa(curve: curve), writer.bytes)
    }

    /// The signature without the name of its type (RFC 4253 6.6, RFC 5656 3.1.2, RFC 8332 section 3); nil if libcrypto refuses.
    func sign(_ data: [UInt8]) -> [UInt8]? {
        let digest: String? =
            switch kind {
            case .ed25519: nil
            case .rsa, .ecdsa("nistp521"): "SHA512"
            case .ecdsa("nistp384"): "SHA384"
            case .ecdsa: "SHA256"
            }
        let signature = [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
            count = planner_key_sign(key, digest, data, data.count, buffer.baseAddress, 4096)
        }
        guard !signature.isEmpty else { return nil }
        guard case .ecdsa = kind else { return signature }
        return SigningKey.wireForm(ofDER: signature)
    }

    /// Two numbers: in DER (a sequence of integers, of at most 139 bytes) as in SSH, only with other lengths before them.
    private static func wireForm(ofDER signature: [UInt8]) -> [UInt8]? {
        var rest = signature[...]
        guard rest.popFirst() == 0x30, let length = rest.popFirst() else { return nil }
        if length == 0x81 { _ = rest.popFirst() }
        var writer = WireWriter()
        for _ in 0..<2 {
            guard rest.popFirst() == 0x02, let count = rest.popFirst(), rest.count >= count else { return nil }
            writer.string(Array(rest.prefix(Int(count))))
            rest = rest.dropFirst(Int(count))
        }
        return writer.bytes
    }
}

extension planner_bytes {
    /// Calls `body` with bytes that live for as long as the call.
    static func with<Result>(_ bytes: [UInt8], _ body: (planner_bytes) -> Result) -> Result {
        bytes.withUnsafeBufferPointer { body(planner_bytes(bytes: $0.baseAddress, count: $0.count)) }
    }
}
