internal import CLibSSH2

/// The algorithms that a server offers, as it says in its first packet (RFC 4253 section 7.1).
struct ServerOffer {
    static let requirement =
        "sshd_config of the server must allow one of each: a host key of type ed25519 or ECDSA, KexAlgorithms curve25519-sha256, "
        + "Ciphers aes256-ctr, MACs hmac-sha2-256 (libssh2 1.10; 1.11 takes RSA host keys, GCM, ChaCha20 and -etm too)"

    private let lists: [[String]]

    /// - Parameter greeting: what the server sent first, banner included; nil when it holds no complete packet.
    init?(greeting: [UInt8]) {
        // The banner may come after other lines (RFC 4253 section 4.2).
        var rest = greeting[...]
        while true {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else { return nil }
            let line = rest[..<end]
            rest = rest[(end + 1)...]
            if line.starts(with: Array("SSH-".utf8)) { break }
        }
        var reader = WireReader(rest)
        // Length, padding length, SSH_MSG_KEXINIT, cookie.
        guard reader.unsigned() != nil, reader.byte() != nil, reader.byte() == 20 else { return nil }
        for _ in 0..<16 where reader.byte() == nil { return nil }
        var lists: [[String]] = []
        for _ in 0..<6 {
            guard let list = reader.string() else { return nil }
            lists.append(String(decoding: list, as: UTF8.self).split(separator: ",").map(String.init))
        }
        self.lists = lists
    }

    /// For each kind of algorithm of which the two sides share none: what both offer.
    func missing(from handle: SessionHandle) -> [String] {
        let kinds = [
            ("key exchange", LIBSSH2_METHOD_KEX, 0), ("host key", LIBSSH2_METHOD_HOSTKEY, 1),
            ("cipher", LIBSSH2_METHOD_CRYPT_CS, 2), ("MAC", LIBSSH2_METHOD_MAC_CS, 4),
        ]
        return kinds.compactMap { name, kind, index in
            let own = handle.supportedMethods(kind)
            guard !own.isEmpty, own.isDisjoint(with: lists[index]) else { return nil }
            return "\(name): it offers \(lists[index].joined(separator: ", ")), "
                + "this side \(own.sorted().joined(separator: ", "))"
        }
    }
}
