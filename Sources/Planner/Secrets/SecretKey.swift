internal import Crypto
internal import Foundation

/// The key that all secrets of a store are encrypted with: 32 random bytes in a file of its own, so that a copy of the state directory's
/// other files tells nothing.
struct SecretKey {
    let bytes: SymmetricKey
    /// Tells one key from another, so that a wrong key is told from a damaged secret. A digest of 32 random bytes gives nothing away.
    let identifier: String

    private init(_ bytes: [UInt8]) {
        self.bytes = SymmetricKey(data: bytes)
        let digest = SHA256.hash(data: Array("planner secret key\n".utf8) + bytes)
        identifier = digest.prefix(8).map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// The key in a file; nil when there is none.
    static func read(_ path: String) throws(SecretStoreError) -> SecretKey? {
        guard let content = try PrivateFile.read(path, limit: 4096) else { return nil }
        let text = String(decoding: content.bytes, as: UTF8.self).trimmingCharacters(in: .whitespacesAndNewlines)
        guard let bytes = Data(base64Encoded: text), bytes.count == 32 else {
            throw SecretStoreError(
                .key, "\(path) holds no key of Planner",
                nextStep: "a key is 32 bytes in base64, as the first 'planner crypt set' makes it")
        }
        return SecretKey(Array(bytes))
    }

    /// Makes a key, or takes the one that somebody else makes at the same moment.
    static func make(_ path: String) throws(SecretStoreError) -> SecretKey {
        let key = SymmetricKey(size: .bits256).withUnsafeBytes { Array($0) }
        let text = Data(key).base64EncodedString() + "\n"
        if try PrivateFile.create(path, with: Array(text.utf8)) { return SecretKey(key) }
        guard let key = try read(path) else { throw SecretStoreError(.key, "the key file \(path) comes and goes") }
        return key
    }
}
