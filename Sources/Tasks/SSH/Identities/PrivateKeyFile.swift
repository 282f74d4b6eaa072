internal import CLibCrypto
internal import FoundationEssentials
internal import Glibc

/// A private key file, read and decrypted.
struct PrivateKeyFile: Sendable {
    let path: String
    let key: SigningKey

    /// Reads, and decrypts if that is needed, which takes a while: not on the event loop.
    ///
    /// - Throws: `identityUnusable` with the path and the reason.
    static func load(_ path: String, passphrase: (@Sendable () -> String?)?) throws(SSHError) -> PrivateKeyFile {
        try checkPermissions(path)
        let content: [UInt8]
        switch LocalFile.read(path) {
        case .success(let bytes): content = bytes
        case .failure(let problem): throw unusable(path, "cannot be read: \(problem)")
        }
        do throws(OpenSSHKey.Fault) {
            return PrivateKeyFile(path: path, key: try key(content) { passphrase?() })
        } catch {
            let isLocked = error.reason.contains("no passphrase")
            throw unusable(
                path, error.reason,
                nextStep: isLocked ? "load the key into ssh-agent (ssh-add \(path)), or name its passphrase in the model" : nil)
        }
    }

    private static func key(_ content: [UInt8], passphrase: () -> String?) throws(OpenSSHKey.Fault) -> SigningKey {
        let lines = String(decoding: content, as: UTF8.self).split(whereSeparator: \.isNewline).map { $0.trimmingSpaces() }
        guard
            let begin = lines.firstIndex(where: {
                $0.hasPrefix("-----BEGIN ") && $0.hasSuffix("PRIVATE KEY-----")
            })
        else { throw OpenSSHKey.Fault(reason: "holds no private key") }
        let body = lines[(begin + 1)...].prefix { !$0.hasPrefix("-----END") }
        if lines[begin] == "-----BEGIN OPENSSH PRIVATE KEY-----" {
            guard let binary = Data(base64Encoded: body.joined()), let key = OpenSSHKey(Array(binary)) else {
                throw OpenSSHKey.Fault(reason: "is damaged")
            }
            return try key.key(passphrase: passphrase)
        }
        let isEncrypted =
            lines[begin].contains("ENCRYPTED")
            || body.contains { $0.hasPrefix("Proc-Type:") && $0.contains("ENCRYPTED") }
        var phrase: String?
        if isEncrypted {
            phrase = passphrase()
            if phrase == nil { throw OpenSSHKey.Fault(reason: "is encrypted and no passphrase was given") }
        }
        guard let key = planner_bytes.with(content, { SigningKey(planner_key_pem($0, phrase)) }) else {
            throw OpenSSHKey.Fault(
                reason: isEncrypted
                    ? "cannot be decrypted: the passphrase is wrong" : "is damaged, or of a kind that SSH does not use")
        }
        return key
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

extension Substring {
    fileprivate func trimmingSpaces() -> String {
        var trimmed = self
        while trimmed.last == " " || trimmed.last == "\r" { trimmed.removeLast() }
        return String(trimmed)
    }
}
