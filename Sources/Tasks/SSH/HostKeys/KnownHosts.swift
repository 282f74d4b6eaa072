internal import CLibSSH2
internal import Crypto
internal import FoundationEssentials
internal import Glibc

/// The host keys that are trusted, as OpenSSH's known_hosts files state them.
///
/// Understood: plain and hashed names, `[host]:port`, lists, `*`, `?`, `!`, `@revoked`, several keys for a host, lines of
/// any length. `@cert-authority` and malformed lines are left out and listed in ``notes``. Plain names cost one
/// dictionary access; each hashed name costs one HMAC for every look-up.
package struct KnownHosts: Sendable {
    struct Entry: Sendable {
        let key: HostKey
        let isRevoked: Bool
        /// `file:line`
        let place: String
    }

    enum Verdict: Equatable {
        case known
        case unknown
        case revoked(place: String)
        /// The host is known by another key.
        case changed(known: HostKey, place: String)
    }

    /// What was left out, each with file and line.
    package private(set) var notes: [String] = []
    private var entries: [Entry] = []
    private var plain: [String: [Int]] = [:]
    private var hashed: [(salt: [UInt8], digest: [UInt8], entry: Int)] = []
    private var patterned: [(patterns: [NamePattern], entry: Int)] = []

    /// No host is known.
    package init() {}

    /// Reads the files in order. A file that does not exist is empty.
    ///
    /// - Throws: ``SSHError`` with `knownHostsUnusable` if a file exists but cannot be read, or if a `@revoked` line
    ///   cannot be understood: trust is not decided on half of the facts.
    package init(files: [String]) throws(SSHError) {
        for file in files {
            switch LocalFile.read(file) {
            case .success(let content): try add(content, from: file)
            case .failure(let problem) where problem.code == ENOENT: continue
            case .failure(let problem):
                throw SSHError(
                    .knownHostsUnusable, message: "cannot read known hosts from \(file): \(problem)",
                    nextStep: "make the file readable or leave it out of the configuration")
            }
        }
    }

    /// Takes the text of a known_hosts file; `name` stands for the file in messages.
    ///
    /// - Throws: as ``init(files:)``.
    package init(text: String, name: String = "known_hosts") throws(SSHError) {
        try add(Array(text.utf8), from: name)
    }

    private mutating func add(_ content: [UInt8], from file: String) throws(SSHError) {
        let lines = content.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
        for (number, line) in lines.enumerated() {
            let place = "\(file):\(number + 1)"
            switch KnownHostsLine.parse(line) {
            case .nothing: continue
            case .skipped(let reason): notes.append("\(place): \(reason)")
            case .unusable(let reason):
                throw SSHError(
                    .knownHostsUnusable, message: "\(place): \(reason)", nextStep: "repair or remove the line")
            case .entry(let parsed): index(parsed, place: place)
            }
        }
    }

    private mutating func index(_ line: KnownHostsLine, place: String) {
        let number = entries.count
        entries.append(Entry(key: line.key, isRevoked: line.isRevoked, place: place))
        switch line.names {
        case .plain(let names):
            for name in names { plain[name, default: []].append(number) }
        case .patterns(let patterns): patterned.append((patterns, number))
        case .hashed(let salt, let digest): hashed.append((salt, digest, number))
        }
    }

    /// What the files say about a key that a host presents.
    ///
    /// A host on another port than 22 is looked up as `[host]:port`. If that name is unknown, a line for the bare name
    /// may vouch for the key, but not call it changed (as OpenSSH does).
    func verdict(on key: HostKey, host: String, port: Int) -> Verdict {
        let bare = entries(named: host)
        let exact = port == 22 ? bare : entries(named: "[\(host)]:\(port)")
        if let entry = (exact + bare).first(where: { $0.isRevoked && $0.key == key }) {
            return .revoked(place: entry.place)
        }
        let trusted = exact.filter { !$0.isRevoked }
        if trusted.contains(where: { $0.key == key }) { return .known }
        if let other = trusted.first(where: { $0.key.type == key.type }) ?? trusted.first {
            return .changed(known: other.key, place: other.place)
        }
        return bare.contains { !$0.isRevoked && $0.key == key } ? .known : .unknown
    }

    /// The types of the keys that a host may present, in the order of the files.
    func keyTypes(host: String, port: Int) -> [String] {
        var found = port == 22 ? [] : entries(named: "[\(host)]:\(port)")
        if found.allSatisfy(\.isRevoked) { found = entries(named: host) }
        var types: [String] = []
        for entry in found where !entry.isRevoked && !types.contains(entry.key.type) { types.append(entry.key.type) }
        return types
    }

    private func entries(named name: String) -> [Entry] {
        let name = name.lowercased()
        var found = plain[name] ?? []
        for (patterns, entry) in patterned {
            let matching = patterns.filter { $0.matches(name) }
            if !matching.isEmpty, !matching.contains(where: \.isNegated) { found.append(entry) }
        }
        for (salt, digest, entry) in hashed {
            let code = HMAC<Insecure.SHA1>.authenticationCode(for: Array(name.utf8), using: SymmetricKey(data: salt))
            if Array(code) == digest { found.append(entry) }
        }
        return found.sorted().map { entries[$0] }
    }
}
