internal import CLibSSH2
internal import FoundationEssentials
internal import Glibc

/// A private key file that libssh2 1.10 can log in with.
struct PrivateKeyFile: Sendable {
    let path: String
    /// The file's bytes and a NUL: libssh2 runs strlen() over them in spite of the length that it is given.
    let contentAndNul: [UInt8]
    let passphrase: String?

    var isEncrypted: Bool { passphrase != nil }

    /// - Throws: `identityUnusable` with the path and the reason.
    static func load(_ path: String, passphrase: (@Sendable () -> String?)?) throws(SSHError) -> PrivateKeyFile {
        try checkPermissions(path)
        let content: [UInt8]
        switch LocalFile.read(path) {
        case .success(let bytes): content = bytes
        case .failure(let problem): throw unusable(path, "cannot be read: \(problem)")
        }
        let form = try PrivateKeyForm(content, path: path)
        if form.isRSA {
            throw unusable(
                path, "is an RSA key, and libssh2 before 1.11 signs with RSA/SHA-1 only, which servers refuse",
                nextStep: "use an ed25519 key: ssh-keygen -t ed25519")
        }
        guard form.isEncrypted else {
            return PrivateKeyFile(path: path, contentAndNul: content + [0], passphrase: nil)
        }
        guard let phrase = passphrase?() else {
            throw unusable(
                path, "is encrypted and no passphrase was given", nextStep: "load the key into ssh-agent: ssh-add \(path)")
        }
        return PrivateKeyFile(path: path, contentAndNul: content + [0], passphrase: phrase)
    }

    /// The rule of OpenSSH: one's own key must not be open to others.
    private static func checkPermissions(_ path: String) throws(SSHError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw unusable(path, "cannot be read: \(systemMessage(errno))")
        }
        guard status.st_uid == getuid(), status.st_mode & 0o077 != 0 else { return }
        let mode = String(status.st_mode & 0o777, radix: 8)
        throw unusable(path, "is open to others (mode 0\(mode))", nextStep: "chmod 600 \(path)")
    }

    static func unusable(_ path: String, _ reason: String, nextStep: String? = nil) -> SSHError {
        SSHError(.identityUnusable, message: "key file \(path) \(reason)", nextStep: nextStep)
    }
}

/// What the armour of a private key tells about it without decrypting anything.
struct PrivateKeyForm {
    let isRSA: Bool
    let isEncrypted: Bool

    init(_ content: [UInt8], path: String) throws(SSHError) {
        let text = String(decoding: content, as: UTF8.self)
        let lines = text.split(whereSeparator: \.isNewline).map { $0.trimmingSpaces() }
        guard
            let begin = lines.firstIndex(where: {
                $0.hasPrefix("-----BEGIN ") && $0.hasSuffix(" PRIVATE KEY-----") || $0 == "-----BEGIN PRIVATE KEY-----"
            })
        else {
            throw PrivateKeyFile.unusable(path, "holds no private key")
        }
        let header = lines[begin]
        let body = lines[(begin + 1)...].prefix { !$0.hasPrefix("-----END") }
        let encoded = body.filter { !$0.contains(":") }.joined()
        let binary = Data(base64Encoded: encoded).map { Array($0) }
        switch header {
        case "-----BEGIN OPENSSH PRIVATE KEY-----":
            guard let binary, let form = Self.openSSH(binary) else {
                throw PrivateKeyFile.unusable(path, "is damaged")
            }
            (isRSA, isEncrypted) = form
        case "-----BEGIN RSA PRIVATE KEY-----":
            (isRSA, isEncrypted) = (true, false)
        case "-----BEGIN ENCRYPTED PRIVATE KEY-----":
            (isRSA, isEncrypted) = (false, true)
        default:
            isEncrypted = body.contains { $0.hasPrefix("Proc-Type:") && $0.contains("ENCRYPTED") }
            isRSA = binary.map(Self.namesRSA) ?? false
        }
    }

    /// The unencrypted front of PROTOCOL.key: cipher, key derivation, public key.
    private static func openSSH(_ binary: [UInt8]) -> (isRSA: Bool, isEncrypted: Bool)? {
        let magic = Array("openssh-key-v1\0".utf8)
        guard binary.starts(with: magic) else { return nil }
        var reader = WireReader(binary[magic.count...])
        guard let cipher = reader.string(), reader.string() != nil, reader.string() != nil,
            let count = reader.unsigned(), count >= 1, let publicKey = reader.string()
        else { return nil }
        return (HostKey(blob: publicKey).type == "ssh-rsa", cipher != Array("none".utf8))
    }

    /// PKCS#8 names the algorithm by its object identifier, 1.2.840.113549.1.1.1 for RSA.
    private static func namesRSA(_ binary: [UInt8]) -> Bool {
        let identifier: [UInt8] = [0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x01]
        let front = binary.prefix(64)
        return front.indices.contains { front[$0...].starts(with: identifier) }
    }
}

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        var trimmed = self
        while trimmed.last == " " || trimmed.last == "\r" { trimmed.removeLast() }
        return String(trimmed)
    }
}
