import SSH
import Subprocess

/// What OpenSSH's client configuration says of one host, as far as Planner goes by it.
struct OpenSSHSettings: Sendable {
    struct Jump: Hashable, Sendable {
        var user: String?
        var address: String
        var port: Int?
    }

    var hostname: String?
    var port: Int?
    var user: String?
    /// Nil: what is usual.
    var identities: [SSHIdentity]?
    var knownHostsFiles: [String]?
    var hostKeyAlias: String?
    var jumps: [Jump] = []
    var proxyCommand: String?
}

/// Asks OpenSSH what its configuration says (`ssh -G`), once for each host: it knows best what `Match` and `Include` mean.
package struct OpenSSHConfiguration: Sendable {
    private let file: String?
    private let home: String
    private let hasAgent: Bool
    private let places = Places(4)

    /// - Parameters:
    ///   - file: read instead of the user's and the system's; nil: those.
    ///   - home: the user's home directory.
    ///   - hasAgent: whether `SSH_AUTH_SOCK` is set.
    package init(file: String?, home: String, hasAgent: Bool) {
        self.file = file
        self.home = home
        self.hasAgent = hasAgent
    }

    /// - Parameters:
    ///   - port: what somebody has said; it wins.
    ///   - user: the same.
    /// - Returns: nil where OpenSSH's client is not installed.
    /// - Throws: ``SSHError`` when it refuses its configuration.
    func settings(for address: String, port: Int?, user: String?) async throws(SSHError) -> OpenSSHSettings? {
        var arguments = ["-G"]
        if let file { arguments += ["-F", file] }
        if let port { arguments += ["-p", String(port)] }
        if let user { arguments += ["-l", user] }
        arguments += ["--", address]
        await places.enter()
        defer { places.leave() }
        let output: String
        let errors: String
        do {
            // Starting a program takes a while: not on the event loop, if the caller is there.
            let result = try await withTaskExecutorPreference(globalConcurrentExecutor) { [arguments] in
                try await run(
                    .name("ssh"), arguments: Arguments(arguments), output: .string(limit: 1 << 18),
                    error: .string(limit: 1 << 14))
            }
            output = result.standardOutput
            errors = result.terminationStatus.isSuccess ? "" : result.standardError + "\n"
        } catch {
            return nil
        }
        guard errors.isEmpty else {
            let said = errors.split(whereSeparator: \.isNewline).joined(separator: "; ")
            throw SSHError(
                .identityUnusable, message: "ssh -G \(address) refuses the SSH configuration: \(said)",
                nextStep: "repair it, or leave it out with --ssh-config none")
        }
        return settings(output, saidUser: user)
    }

    private func settings(_ output: String, saidUser: String?) -> OpenSSHSettings {
        var values: [String: [String]] = [:]
        for line in output.split(whereSeparator: \.isNewline) {
            let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard parts.count == 2 else { continue }
            values[parts[0].lowercased(), default: []].append(parts[1])
        }
        func value(_ name: String) -> String? { values[name]?.last.flatMap { $0 == "none" ? nil : $0 } }
        var settings = OpenSSHSettings(
            hostname: value("hostname"), port: value("port").flatMap { Int($0) }, hostKeyAlias: value("hostkeyalias"))
        settings.user = saidUser ?? configuredUser(value("user"))
        settings.identities = identities(values["identityfile"] ?? [], agent: values["identityagent"]?.last, values)
        let files = ["userknownhostsfile", "globalknownhostsfile"].flatMap { words(values[$0]?.last ?? "") }
        settings.knownHostsFiles = files.filter { $0 != "none" }.map(expanded)
        settings.jumps = (value("proxyjump") ?? "").split(separator: ",").map { jump(String($0)) }
        settings.proxyCommand = value("proxycommand")
        return settings
    }

    /// `ssh -G` says the user of this machine where nobody says one; then it is the model's word that counts.
    private func configuredUser(_ user: String?) -> String? { user == localUser ? nil : user }

    private var localUser: String { OpenSSHConfiguration.userName }

    /// Nil when the configuration names no file that is there: then it is as without it.
    private func identities(
        _ files: [String], agent: String?, _ values: [String: [String]]
    ) -> [SSHIdentity]? {
        let paths = files.map(expanded).filter { !$0.hasSuffix("_sk") && OpenSSHConfiguration.isReadable($0) }
        var identities = paths.map { SSHIdentity.file(path: $0) }
        let isFilesOnly = values["identitiesonly"]?.last == "yes" && !identities.isEmpty
        switch agent {
        case nil, "SSH_AUTH_SOCK": if hasAgent, !isFilesOnly { identities.insert(.agent(), at: 0) }
        case "none": break
        case let socket?: if !isFilesOnly { identities.insert(.agent(socket: expanded(socket)), at: 0) }
        }
        return identities.isEmpty ? nil : identities
    }

    private func expanded(_ path: String) -> String {
        path.hasPrefix("~/") ? home + path.dropFirst() : path
    }

    /// Blanks separate, quotes hold together.
    private func words(_ text: String) -> [String] {
        var words: [String] = []
        var word = ""
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case " " where !isQuoted:
                if !word.isEmpty { words.append(word) }
                word = ""
            default: word.append(character)
            }
        }
        return word.isEmpty ? words : words + [word]
    }

    /// `[user@]host[:port]`, or `ssh://` before it.
    private func jump(_ text: String) -> OpenSSHSettings.Jump {
        var rest = text.hasPrefix("ssh://") ? text.dropFirst("ssh://".count) : text[...]
        var jump = OpenSSHSettings.Jump(address: "")
        if let at = rest.lastIndex(of: "@") {
            jump.user = String(rest[..<at])
            rest = rest[rest.index(after: at)...]
        }
        if rest.hasPrefix("["), let end = rest.firstIndex(of: "]") {
            let tail = rest[rest.index(after: end)...]
            jump.port = tail.hasPrefix(":") ? Int(tail.dropFirst()) : nil
            rest = rest[..<end].dropFirst()
        } else if let colon = rest.lastIndex(of: ":"), rest.firstIndex(of: ":") == colon {
            jump.port = Int(rest[rest.index(after: colon)...])
            rest = rest[..<colon]
        }
        jump.address = String(rest)
        return jump
    }
}
