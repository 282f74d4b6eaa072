internal import Crypto
internal import Foundation

/// What stands in `secrets.json`.
struct SecretDocument: Codable {
    /// The version of this document; a greater one is refused.
    static let schema = "planner.secrets/1"

    var schema = SecretDocument.schema
    /// The identifier of the key that everything was sealed with.
    var key: String
    var secrets: [String: SealedSecret]

    init(key: String) {
        self.key = key
        secrets = [:]
    }

    init(_ bytes: [UInt8], file: String) throws(SecretStoreError) {
        do {
            self = try JSONDecoder().decode(SecretDocument.self, from: Data(bytes))
        } catch {
            throw SecretStoreError(
                .damaged, "\(file) is damaged: it is no document of secrets", nextStep: "restore it from a backup")
        }
        guard schema == SecretDocument.schema else {
            throw SecretStoreError(
                .damaged, "\(file) was written by another version of Planner (\(schema))", nextStep: "use that version")
        }
    }

    func bytes() throws(SecretStoreError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        do {
            return Array(try encoder.encode(self)) + [UInt8(ascii: "\n")]
        } catch {
            throw SecretStoreError(.file, "the secrets cannot be written as JSON: \(error)")
        }
    }
}

/// One encrypted value: AES-256-GCM with a random nonce for each sealing.
struct SealedSecret: Codable {
    /// A random word, another one each time that the secret is set.
    var version: String
    /// Seconds since 1970.
    var setAt: Double
    /// Nonce, ciphertext and tag, in base64.
    var box: Data

    init(_ value: [UInt8], name: String, now: Double, key: SecretKey) throws(SecretStoreError) {
        version = String(UInt64.random(in: 0 ... .max), radix: 36)
        setAt = now
        do {
            let sealed = try AES.GCM.seal(value, using: key.bytes, authenticating: SealedSecret.context(name, version))
            // Present whenever the nonce has 12 bytes, which the one made here has.
            box = sealed.combined ?? Data()
        } catch {
            throw SecretStoreError(.file, "'\(name)' cannot be encrypted: \(error)")
        }
    }

    func value(of name: String, key: SecretKey, file: String) throws(SecretStoreError) -> [UInt8] {
        do {
            let sealed = try AES.GCM.SealedBox(combined: box)
            return Array(try AES.GCM.open(sealed, using: key.bytes, authenticating: SealedSecret.context(name, version)))
        } catch {
            throw SecretStoreError(
                .damaged, "the secret '\(name)' in \(file) is damaged", nextStep: "planner crypt set \(name) sets it anew")
        }
    }

    /// Name and version belong to the value: a box that was moved to another name, or put back from earlier, does not open.
    private static func context(_ name: String, _ version: String) -> Data {
        Data("\(SecretDocument.schema)\n\(name)\n\(version)".utf8)
    }
}
