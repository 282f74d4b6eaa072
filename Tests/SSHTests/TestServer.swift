import Foundation
import Subprocess

@testable import SSH

/// A private sshd on a loopback address with keys of its own. `stop()` ends it and everything that it started.
final class TestServer: Sendable {
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    let endpoint: SSHEndpoint
    let folder: String
    let processID: pid_t
    private let process: RunningProcess

    var userKey: String { folder + "/user_ed25519" }
    let hostKeyLine: String
    var knownHosts: String { "\(knownName) \(hostKeyLine)\n" }
    var knownName: String { "[\(endpoint.host)]:\(endpoint.port)" }

    private init(endpoint: SSHEndpoint, folder: String, process: RunningProcess, hostKeyLine: String) {
        self.endpoint = endpoint
        self.folder = folder
        self.process = process
        self.processID = process.processID
        self.hostKeyLine = hostKeyLine
    }

    /// - Parameter extra: lines of sshd_config that win over the usual ones.
    /// - Parameter user: who logs in; the user of the tests, if nobody else is said.
    /// - Parameter preparation: a shell script that runs before sshd, in a mount namespace of its own; `$1` is the server's folder.
    static func start(
        extra: [String] = [], authorize: [String] = [], user: String = NSUserName(), preparation: String? = nil
    ) async throws -> TestServer {
        try prepareOnce()
        let folder = FileManager.default.temporaryDirectory.path + "/planner-ssh-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
        try await makeKey(folder + "/host_key")
        try await makeKey(folder + "/user_ed25519")
        var authorized = try String(contentsOfFile: folder + "/user_ed25519.pub", encoding: .utf8)
        for key in authorize { authorized += try String(contentsOfFile: key, encoding: .utf8) }
        try authorized.write(toFile: folder + "/authorized_keys", atomically: true, encoding: .utf8)
        let host = "127.0.1.\(Int.random(in: 1...250))"
        let port = Int.random(in: 21000...31000)
        let text =
            (extra + [
                "ListenAddress \(host):\(port)", "HostKey \(folder)/host_key", "PidFile \(folder)/pid",
                "AuthorizedKeysFile \(folder)/authorized_keys", "UsePAM no", "UseDNS no", "StrictModes no",
                "PasswordAuthentication no", "KbdInteractiveAuthentication no", "PermitRootLogin prohibit-password",
                "MaxStartups 400:30:800", "MaxSessions 100", "PrintMotd no", "PrintLastLog no", "LogLevel ERROR",
                "Subsystem sftp internal-sftp",
                // Keeps a bash from reading the .bashrc of whoever runs the tests.
                "SetEnv SHLVL=5",
            ]).joined(separator: "\n") + "\n"
        try text.write(toFile: folder + "/sshd_config", atomically: true, encoding: .utf8)
        let program = ["/usr/sbin/sshd", "-D", "-f", folder + "/sshd_config", "-E", folder + "/log"]
        let process =
            if let preparation {
                try RunningProcess(
                    "/usr/bin/unshare",
                    ["-m", "sh", "-ec", preparation + "\nshift; exec \"$@\"", "prepare", folder] + program)
            } else {
                try RunningProcess(program[0], Array(program.dropFirst()))
            }
        let publicKey = try String(contentsOfFile: folder + "/host_key.pub", encoding: .utf8)
        let words = publicKey.split(separator: " ")
        let server = TestServer(
            endpoint: SSHEndpoint(host: host, port: port, user: user), folder: folder, process: process,
            hostKeyLine: "\(words[0]) \(words[1])")
        try await eventually("sshd listens") { Sockets.accepts(host, port) }
        return server
    }

    func configuration(knownHosts text: String? = nil, identities: [SSHIdentity]? = nil) throws -> SSHConfiguration {
        SSHConfiguration(
            identities: identities ?? [.file(path: userKey)], knownHosts: try KnownHosts(text: text ?? knownHosts),
            terminationGrace: .seconds(1))
    }

    func stop() async {
        for child in Processes.descendants(of: processID) { kill(child, SIGKILL) }
        await process.end()
        try? FileManager.default.removeItem(atPath: folder)
    }

    static func makeKey(_ path: String, type: [String] = ["-t", "ed25519"], passphrase: String = "") async throws {
        try await command("/usr/bin/ssh-keygen", ["-q", "-N", passphrase, "-C", "test", "-f", path] + type)
    }

    /// sshd as root wants its privilege separation folder, which a package makes only where there is an init.
    private static func prepareOnce() throws {
        guard getuid() == 0 else { return }
        try FileManager.default.createDirectory(
            atPath: "/run/sshd", withIntermediateDirectories: true, attributes: [.posixPermissions: 0o755])
    }
}

/// A process of this machine that goes on until it is ended.
final class RunningProcess: Sendable {
    let processID: pid_t

    init(_ path: String, _ arguments: [String]) throws {
        var processID = pid_t()
        var words: [UnsafeMutablePointer<CChar>?] = ([path] + arguments).map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [
            strdup("PATH=/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"), nil,
        ]
        defer { for word in words + environment { free(word) } }
        let code = posix_spawn(&processID, path, nil, nil, &words, &environment)
        guard code == 0 else { throw TestServer.Failure(description: "\(path): error \(code)") }
        self.processID = processID
    }

    func end() async {
        kill(processID, SIGKILL)
        while waitpid(processID, nil, WNOHANG) == 0 { try? await Task.sleep(for: .milliseconds(2)) }
    }
}

/// Runs a tool to its end and returns what it printed.
@discardableResult
func command(_ path: String, _ arguments: [String]) async throws -> String {
    let result = try await run(
        .path(.init(path)), arguments: .init(arguments), output: .string(limit: 1 << 20), error: .string(limit: 1 << 16))
    guard result.terminationStatus.isSuccess else {
        throw TestServer.Failure(description: "\(path) \(arguments): \(result.standardError)")
    }
    return result.standardOutput
}

/// Looks again and again until a condition holds, at most `limit`.
func eventually(_ what: String, within limit: Duration = .seconds(10), _ condition: () async throws -> Bool) async throws {
    let end = ContinuousClock.now + limit
    while try await !condition() {
        guard ContinuousClock.now < end else { throw TestServer.Failure(description: "not in time: \(what)") }
        try await Task.sleep(for: .milliseconds(5))
    }
}

enum Processes {
    static func isAlive(_ processID: Int) -> Bool {
        guard let text = try? String(contentsOfFile: "/proc/\(processID)/stat", encoding: .utf8) else { return false }
        guard let state = text.split(separator: ")").last?.split(separator: " ").first else { return false }
        return state != "Z" && state != "X"
    }

    static func children(of processID: pid_t) -> [pid_t] {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return all.compactMap { name -> pid_t? in
            guard let child = pid_t(name), let text = try? String(contentsOfFile: "/proc/\(name)/stat", encoding: .utf8),
                let fields = text.split(separator: ")").last?.split(separator: " "), fields.count > 1
            else { return nil }
            return pid_t(fields[1]) == processID ? child : nil
        }
    }

    static func descendants(of processID: pid_t) -> [pid_t] {
        children(of: processID).flatMap { [$0] + descendants(of: $0) }
    }
}

enum Sockets {
    static func address(_ host: String, _ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(port).bigEndian
        inet_pton(AF_INET, host, &address.sin_addr)
        return address
    }

    /// How many sockets of this process are connected to a port.
    static func countConnections(toPort port: Int) -> Int {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return names.filter { name in
            guard let descriptor = Int32(name) else { return false }
            var address = sockaddr_in()
            var size = socklen_t(MemoryLayout<sockaddr_in>.size)
            let code = withUnsafeMutablePointer(to: &address) {
                $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getpeername(descriptor, $0, &size) }
            }
            return code == 0 && address.sin_family == sa_family_t(AF_INET)
                && Int(in_port_t(bigEndian: address.sin_port)) == port
        }.count
    }

    static func accepts(_ host: String, _ port: Int) -> Bool {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        return connect(descriptor, host, port) == 0
    }

    static func connect(_ descriptor: Int32, _ host: String, _ port: Int) -> Int32 {
        var address = address(host, port)
        return withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                Glibc.connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
    }

    /// A listening socket that nobody serves, and its port.
    static func listen(_ host: String, backlog: Int32) -> (descriptor: Int32, port: Int) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = address(host, 0)
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(descriptor, $0, size)
                _ = Glibc.listen(descriptor, backlog)
                _ = getsockname(descriptor, $0, &size)
            }
        }
        return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
    }

    /// A port of the address on which nothing listens.
    static func closedPort(_ host: String) -> Int {
        let (descriptor, port) = listen(host, backlog: 1)
        close(descriptor)
        return port
    }
}
