internal import CLibCrypto

/// A private key in the form of OpenSSH (its PROTOCOL.key), of which the private half may be encrypted.
struct OpenSSHKey {
    /// Why a key cannot be used, as the end of a sentence that begins with its name.
    struct Fault: Error {
        let reason: String
    }

    private static let magic = Array("openssh-key-v1\0".utf8)
    /// What `ssh-keygen -a` would take hours for is a mistake or a trap.
    private static let roundLimit: UInt32 = 4096
    private static let ciphers: [String: (name: String, keySize: Int)] = [
        "aes256-ctr": ("AES-256-CTR", 32), "aes192-ctr": ("AES-192-CTR", 24), "aes128-ctr": ("AES-128-CTR", 16),
        "aes256-cbc": ("AES-256-CBC", 32), "aes192-cbc": ("AES-192-CBC", 24), "aes128-cbc": ("AES-128-CBC", 16),
    ]

    private let cipher: String
    private let derivation: String
    private let derivationOptions: [UInt8]
    private let encrypted: [UInt8]

    var isEncrypted: Bool { cipher != "none" }

    /// - Parameter binary: what the armour holds; nil when it is no such key.
    init?(_ binary: [UInt8]) {
        guard binary.starts(with: OpenSSHKey.magic) else { return nil }
        var reader = WireReader(binary[OpenSSHKey.magic.count...])
        guard let cipher = reader.text(), let derivation = reader.text(), let options = reader.string(),
            reader.unsigned() == 1, reader.string() != nil, let encrypted = reader.string()
        else { return nil }
        self.cipher = cipher
        self.derivation = derivation
        derivationOptions = options
        self.encrypted = encrypted
    }

    /// Costs about 0.3 s of CPU when it is encrypted: not for the event loop.
    ///
    /// - Parameter passphrase: asked for when it is encrypted.
    func key(passphrase: () -> String?) throws(Fault) -> SigningKey {
        guard isEncrypted else {
            guard let key = try OpenSSHKey.parse(encrypted) else { throw damaged }
            return key
        }
        guard let phrase = passphrase() else { throw Fault(reason: "is encrypted and no passphrase was given") }
        guard let key = try OpenSSHKey.parse(try decrypted(Array(phrase.utf8))) else {
            throw Fault(reason: "cannot be decrypted: the passphrase is wrong")
        }
        return key
    }

    private var damaged: Fault { Fault(reason: "is damaged") }

    private func decrypted(_ passphrase: [UInt8]) throws(Fault) -> [UInt8] {
        guard let method = OpenSSHKey.ciphers[cipher], derivation == "bcrypt" else {
            throw Fault(reason: "is encrypted by \(cipher) with \(derivation), which is not supported")
        }
        var reader = WireReader(derivationOptions)
        guard let salt = reader.string(), let rounds = reader.unsigned(), rounds <= OpenSSHKey.roundLimit,
            !encrypted.isEmpty, encrypted.count % 16 == 0
        else { throw damaged }
        var secret = [UInt8](repeating: 0, count: method.keySize + 16)
        let isDerived = planner_bytes.with(salt) {
            planner_derive(passphrase, passphrase.count, $0, rounds, &secret, secret.count) == 1
        }
        var plain = [UInt8](repeating: 0, count: encrypted.count)
        let isDone = planner_bytes.with(encrypted) {
            planner_decrypt(
                method.name, Array(secret.prefix(method.keySize)), Array(secret.suffix(16)), $0, &plain) == 1
        }
        guard isDerived, isDone else { throw Fault(reason: "cannot be decrypted by libcrypto") }
        return plain
    }

    /// Nil when the two check numbers differ: a wrong passphrase, or damage.
    private static func parse(_ plain: [UInt8]) throws(Fault) -> SigningKey? {
        var reader = WireReader(plain)
        guard let first = reader.unsigned(), first == reader.unsigned(), let type = reader.text() else { return nil }
        let key: SigningKey?
        switch type {
        case "ssh-ed25519":
            guard reader.string() != nil, let pair = reader.string(), pair.count == 64 else { return nil }
            key = planner_bytes.with(Array(pair.prefix(32))) { SigningKey(planner_key_ed25519($0)) }
        case "ssh-rsa":
            guard let n = reader.string(), let e = reader.string(), let d = reader.string() else { return nil }
            key = planner_bytes.with(n) { n in
                planner_bytes.with(e) { e in planner_bytes.with(d) { d in SigningKey(planner_key_rsa(n, e, d)) } }
            }
        case _ where type.hasPrefix("ecdsa-sha2-"):
            guard let curve = reader.text(), let point = reader.string(), let scalar = reader.string(),
                let group = SigningKey.group(of: curve)
            else { return nil }
            key = planner_bytes.with(point) { point in
                planner_bytes.with(scalar) { SigningKey(planner_key_ecdsa(group, point, $0)) }
            }
        default:
            throw Fault(reason: "is of type \(type), which is not supported: use an ed25519 key")
        }
        guard let key else { throw Fault(reason: "is refused by libcrypto") }
        return key
    }
}
