import ArgumentParser
import Foundation
import SSH
import Service
import Transport

/// How hosts are reached.
struct ConnectionOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "A private key; may be repeated.",
            discussion: """
                Else $PLANNER_IDENTITY, else what ~/.ssh/config says, else the SSH agent, ~/.ssh/id_ed25519, ~/.ssh/id_ecdsa and \
                ~/.ssh/id_rsa.
                """, valueName: "file"))
    var identity: [String] = []

    @Option(
        help: ArgumentHelp(
            "Host keys that are trusted; may be repeated.",
            discussion: """
                Else $PLANNER_KNOWN_HOSTS, else what ~/.ssh/config says, else ~/.ssh/known_hosts and /etc/ssh/ssh_known_hosts.
                """, valueName: "file"))
    var knownHosts: [String] = []

    @Option(
        help: ArgumentHelp(
            "The configuration of OpenSSH that says what the model leaves open; 'none' for none.",
            discussion: "Else $PLANNER_SSH_CONFIG, else ~/.ssh/config and the system's.", valueName: "file"))
    var sshConfig: String?

    @Option(help: ArgumentHelp("How long one attempt to reach a host may take.", valueName: "seconds"))
    var connectTimeout = 10

    @Option(
        help: ArgumentHelp(
            "How long a host that is lost under a task is waited for; then the task ends as unreachable, and --resume joins its work.",
            valueName: "seconds"))
    var reconnectTimeout = 60

    func validate() throws {
        guard (0...86_400).contains(reconnectTimeout) else {
            throw ValidationError("--reconnect-timeout is from 0 to 86400 seconds")
        }
        guard (1...3600).contains(connectTimeout) else { throw ValidationError("--connect-timeout is from 1 to 3600 seconds") }
    }

    func settings() throws -> ConnectionSettings {
        let environment = ProcessInfo.processInfo.environment
        let home = NSHomeDirectory()
        func files(_ given: [String], _ variable: String) -> [String] {
            given.isEmpty ? environment[variable].map { [$0] }?.filter { !$0.isEmpty } ?? [] : given
        }
        let known = files(knownHosts, "PLANNER_KNOWN_HOSTS")
        let keys = files(identity, "PLANNER_IDENTITY")
        for path in keys where !FileManager.default.isReadableFile(atPath: path) {
            throw ServiceError.connection(
                message: "cannot read the private key \(path)", nextStep: "name another with --identity")
        }
        var identities = keys.map { SSHIdentity.file(path: $0) }
        if keys.isEmpty {
            if environment["SSH_AUTH_SOCK"].map({ !$0.isEmpty }) ?? false { identities.append(.agent()) }
            identities += ["id_ed25519", "id_ecdsa", "id_rsa"].map { "\(home)/.ssh/\($0)" }
                .filter { FileManager.default.isReadableFile(atPath: $0) }.map { .file(path: $0) }
        }
        let openSSH = try openSSHConfiguration(environment, home: home)
        guard !identities.isEmpty || openSSH != nil else {
            throw ServiceError.connection(
                message: "there is no key to log in with", nextStep: "name one with --identity, or start an SSH agent")
        }
        do {
            let hosts = try KnownHosts(
                files: known.isEmpty ? ["\(home)/.ssh/known_hosts", "/etc/ssh/ssh_known_hosts"] : known)
            var settings = ConnectionSettings(
                SSHConfiguration(identities: identities, knownHosts: hosts, connectDeadline: .seconds(connectTimeout)))
            settings.hasIdentities = !keys.isEmpty
            settings.hasKnownHosts = !known.isEmpty
            settings.openSSH = openSSH
            return settings
        } catch {
            throw ServiceError.connection(message: error.message, nextStep: error.nextStep)
        }
    }

    private func openSSHConfiguration(_ environment: [String: String], home: String) throws -> OpenSSHConfiguration? {
        let given = sshConfig ?? environment["PLANNER_SSH_CONFIG"].flatMap { $0.isEmpty ? nil : $0 }
        let hasAgent = environment["SSH_AUTH_SOCK"].map { !$0.isEmpty } ?? false
        switch given {
        case "none": return nil
        case let file?:
            guard FileManager.default.isReadableFile(atPath: file) else {
                throw ServiceError.connection(
                    message: "cannot read the SSH configuration \(file)", nextStep: "name another with --ssh-config, or none")
            }
            return OpenSSHConfiguration(file: file, home: home, hasAgent: hasAgent)
        case nil:
            guard OpenSSHConfiguration.exists(home: home) else { return nil }
            return OpenSSHConfiguration(file: nil, home: home, hasAgent: hasAgent)
        }
    }
}
