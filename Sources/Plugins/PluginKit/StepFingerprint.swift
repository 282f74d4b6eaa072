/// What a step would make true, in the form in which it is recorded once it was applied: a digest, and the versions of the stored secrets
/// that go into it. A version is a random word, so that nothing can be learned of the value; it tells a secret that was set anew.
package struct StepFingerprint: Hashable, Sendable {
    package let digest: String
    /// By the name of the secret; empty for one that is not stored.
    package let secretVersions: [String: String]

    package init(digest: String, secretVersions: [String: String]) {
        self.digest = digest
        self.secretVersions = secretVersions
    }

    /// The digest alone when there are no secrets, so that what was recorded without them stays valid: `DIGEST`, else
    /// `DIGEST+name@version+...`. Names of secrets hold neither of the two signs.
    package var text: String {
        secretVersions.sorted { $0.key < $1.key }.reduce(into: digest) { $0 += "+\($1.key)@\($1.value)" }
    }

    /// Whether there are secrets in what ``text`` has written; nearly always there are none.
    package static func hasSecrets(_ text: String) -> Bool {
        var text = text
        return text.withUTF8 { $0.contains(UInt8(ascii: "+")) }
    }

    /// Reads what ``text`` has written.
    package init(text: String) {
        let parts = text.split(separator: "+", omittingEmptySubsequences: false)
        digest = parts.first.map(String.init) ?? ""
        let versions = parts.dropFirst().map { part in
            let words = part.split(separator: "@", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(words[0]), words.count > 1 ? String(words[1]) : "")
        }
        secretVersions = Dictionary(versions, uniquingKeysWith: { first, _ in first })
    }

    /// The secrets that were set anew since `earlier` was recorded, by name; nil when more has changed than that.
    package func secretsChanged(since earlier: StepFingerprint) -> [String]? {
        guard digest == earlier.digest, Set(secretVersions.keys) == Set(earlier.secretVersions.keys) else { return nil }
        return secretVersions.filter { earlier.secretVersions[$0.key] != $0.value }.keys.sorted()
    }
}
