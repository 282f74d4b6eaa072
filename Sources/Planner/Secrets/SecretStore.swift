internal import Foundation
internal import Model
internal import Synchronization

/// The secrets of a site: names with encrypted values in `secrets.json` of the state directory, and the key in a file of its own.
///
/// Both files are for their owner only. Several processes may use the store at once; each change is on the disk, whole, when the call
/// returns.
package final class SecretStore: Sendable {
    /// How large a value may be, in bytes.
    package static let maximumSize = 64 * 1024

    /// What is known of a secret without its key.
    package struct Entry: Hashable, Sendable {
        package let name: String
        /// Another one each time that the secret is set; says nothing about the value.
        package let version: String
        /// Seconds since 1970.
        package let setAt: Double
    }

    /// The file with the encrypted values.
    package let file: String
    /// The file with the key.
    package let keyFile: String
    private let directory: String
    // What was read last, and the version of the file that it was: a run asks once for each task.
    private let cache = Mutex<(stamp: PrivateFile.Stamp, document: SecretDocument)?>(nil)

    private static let maximumFileSize = 256 << 20

    /// - Parameter directory: the state directory; need not exist until a secret is set.
    /// - Parameter keyFile: nil for `secrets.key` in the directory.
    package init(directory: String, keyFile: String? = nil) {
        self.directory = directory
        let prefix = directory.hasSuffix("/") ? directory : directory + "/"
        file = prefix + "secrets.json"
        self.keyFile = keyFile ?? prefix + "secrets.key"
    }

    // MARK: Changing

    /// What setting a secret has done.
    package struct Setting: Hashable, Sendable {
        /// Whether there was a value before.
        package let isReplacement: Bool
        /// Whether the key was made for it.
        package let hasMadeKey: Bool
    }

    /// Stores a value under a name, or another value in its place.
    ///
    /// - Parameter now: seconds since 1970.
    @discardableResult
    package func set(_ name: String, to value: [UInt8], now: Double) throws(SecretStoreError) -> Setting {
        try SecretStore.checkName(name)
        try SecretStore.check(value)
        return try alone { () throws(SecretStoreError) in
            let document = try readFile()?.document
            var hasMadeKey = false
            let key: SecretKey
            if document?.secrets.isEmpty == false {
                key = try usableKey(for: document)
            } else if let found = try SecretKey.read(keyFile) {
                key = found
            } else {
                key = try SecretKey.make(keyFile)
                hasMadeKey = true
            }
            var changed = document ?? SecretDocument(key: key.identifier)
            changed.key = key.identifier
            let before = changed.secrets.updateValue(
                try SealedSecret(value, name: name, now: now, key: key), forKey: name)
            try PrivateFile.replace(file, with: try changed.bytes())
            return Setting(isReplacement: before != nil, hasMadeKey: hasMadeKey)
        }
    }

    /// Forgets a secret. Needs no key.
    package func delete(_ name: String) throws(SecretStoreError) {
        try alone { () throws(SecretStoreError) in
            var document = try readFile()?.document
            guard document?.secrets.removeValue(forKey: name) != nil, let document else {
                throw notFound(name, among: document)
            }
            try PrivateFile.replace(file, with: try document.bytes())
        }
    }

    private static func checkName(_ name: String) throws(SecretStoreError) {
        guard SecretReference.isName(name) else {
            // The name is not repeated: what stands there by mistake may be a value.
            throw SecretStoreError(
                .invalid, "that is no name of a secret", nextStep: "a name is " + SecretReference.rule(for: .secret))
        }
    }

    private static func check(_ value: [UInt8]) throws(SecretStoreError) {
        guard !value.isEmpty else { throw SecretStoreError(.invalid, "the value is empty; nothing was stored") }
        guard value.count <= maximumSize else {
            throw SecretStoreError(.invalid, "the value is too long: at most \(maximumSize) bytes; nothing was stored")
        }
        guard !value.contains(0) else { throw SecretStoreError(.invalid, "the value holds a NUL byte; nothing was stored") }
    }

    // MARK: Looking

    /// Every secret, by name. Needs no key.
    package func entries() throws(SecretStoreError) -> [Entry] {
        let secrets = try read()?.secrets ?? [:]
        return secrets.map { Entry(name: $0.key, version: $0.value.version, setAt: $0.value.setAt) }
            .sorted { NaturalOrder.isBefore($0.name, $1.name) }
    }

    /// The value of a secret.
    package func value(of name: String) throws(SecretStoreError) -> [UInt8] {
        let document = try read()
        guard let sealed = document?.secrets[name] else { throw notFound(name, among: document) }
        return try sealed.value(of: name, key: try usableKey(for: document), file: file)
    }

    private func notFound(_ name: String, among document: SecretDocument?) -> SecretStoreError {
        let near = NearestWord.to(name, among: (document?.secrets.keys).map { $0.sorted() } ?? [])
        return SecretStoreError(
            .notFound, "there is no secret '\(name)'",
            nextStep: near.map { "did you mean '\($0)'?" } ?? "planner crypt list shows what there is")
    }

    // MARK: Files

    private func read() throws(SecretStoreError) -> SecretDocument? {
        let stamp = PrivateFile.stamp(of: file)
        if let stamp, let known = cache.withLock({ $0 }), known.stamp == stamp { return known.document }
        guard let found = try readFile() else { return nil }
        cache.withLock { $0 = found }
        return found.document
    }

    private func readFile() throws(SecretStoreError) -> (stamp: PrivateFile.Stamp, document: SecretDocument)? {
        guard let content = try PrivateFile.read(file, limit: SecretStore.maximumFileSize) else { return nil }
        return (content.stamp, try SecretDocument(content.bytes, file: file))
    }

    /// The key that the secrets of a document were encrypted with.
    private func usableKey(for document: SecretDocument?) throws(SecretStoreError) -> SecretKey {
        guard let key = try SecretKey.read(keyFile) else {
            throw SecretStoreError(
                .key, "the key file \(keyFile) is missing: the secrets in \(file) cannot be read",
                nextStep: "restore it from a backup, or name it in PLANNER_SECRET_KEY; "
                    + "without it, delete every secret with 'planner crypt delete --force' and set it anew")
        }
        guard key.identifier == document?.key else {
            throw SecretStoreError(
                .key, "\(keyFile) is not the key that the secrets in \(file) were encrypted with",
                nextStep: "restore the right one from a backup, or name it in PLANNER_SECRET_KEY")
        }
        return key
    }

    /// Carries out a change while no other process makes one. The lock ends with the descriptor, also when the process dies.
    private func alone<Value>(_ work: () throws(SecretStoreError) -> Value) throws(SecretStoreError) -> Value {
        let descriptor = open(directory, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw SecretStoreError(.file, "cannot open the state directory \(directory): \(String(cString: strerror(errno)))")
        }
        defer { close(descriptor) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                throw SecretStoreError(.file, "cannot lock the state directory \(directory): \(String(cString: strerror(errno)))")
            }
        }
        return try work()
    }
}
