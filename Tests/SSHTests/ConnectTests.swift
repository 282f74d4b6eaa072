import Foundation
import Testing

@testable import SSH

@Suite("Connect")
struct ConnectTests {
    private func failureToConnect(
        _ server: TestServer, _ loop: SSHEventLoop, _ configuration: SSHConfiguration
    ) async throws -> SSHError {
        try await failure {
            _ = try await SSHConnection.connect(to: server.endpoint, configuration: configuration, on: loop)
        }
    }

    @Test("A host is known by its plain, its hashed or a wildcard name")
    func knownNames() async throws {
        try await withServer { (server, loop) async throws in
            let wildcard = "[127.0.1.*]:\(server.endpoint.port) \(server.hostKeyLine)"
            let file = server.folder + "/known_hosts"
            try server.knownHosts.write(toFile: file, atomically: true, encoding: .utf8)
            try await command("/usr/bin/ssh-keygen", ["-q", "-H", "-f", file])
            let hashed = try String(contentsOfFile: file, encoding: .utf8)
            #expect(hashed.hasPrefix("|1|"))
            for text in [server.knownHosts, wildcard, hashed] {
                let connection = try await SSHConnection.connect(
                    to: server.endpoint, configuration: try server.configuration(knownHosts: text), on: loop)
                await connection.close()
            }
        }
    }

    @Test("An unknown, a changed and a revoked host key are told apart before anything secret is sent")
    func badHostKeys() async throws {
        try await withServer { (server, loop) async throws in
            let fingerprint = try await command("/usr/bin/ssh-keygen", ["-lf", server.folder + "/host_key.pub"])
                .split(separator: " ")[1]
            let unknown = try await failureToConnect(server, loop, server.configuration(knownHosts: ""))
            #expect(unknown.code == .hostKeyUnknown)
            #expect(unknown.message.contains("ssh-ed25519 \(fingerprint)"))
            #expect(unknown.nextStep?.contains("ssh-keyscan") == true)
            #expect(unknown.endpoint == server.endpoint)

            let userKey = try String(contentsOfFile: server.userKey + ".pub", encoding: .utf8)
            let changed = try await failureToConnect(
                server, loop, server.configuration(knownHosts: "\n\(server.knownName) \(userKey)"))
            #expect(changed.code == .hostKeyChanged)
            #expect(changed.message.contains(fingerprint) && changed.message.contains("known_hosts:2"))

            let revoked = try await failureToConnect(
                server, loop, server.configuration(knownHosts: server.knownHosts + "@revoked * \(server.hostKeyLine)"))
            #expect(revoked.code == .hostKeyRevoked)
        }
    }

    @Test("The key types under which a host is known are asked for first")
    func preference() async throws {
        let folder = FileManager.default.temporaryDirectory.path + "/planner-key-\(UUID().uuidString.prefix(8))"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try await TestServer.makeKey(folder + "/ecdsa", type: ["-t", "ecdsa"])
        let ecdsa = try String(contentsOfFile: folder + "/ecdsa.pub", encoding: .utf8)
        try await withServer(extra: ["HostKey \(folder)/ecdsa"]) { (server, loop) async throws in
            let connection = try await SSHConnection.connect(
                to: server.endpoint, configuration: try server.configuration(knownHosts: "\(server.knownName) \(ecdsa)"),
                on: loop)
            #expect(connection.methods.hostKey == "ecdsa-sha2-nistp256")
            await connection.close()
        }
    }

    @Test("Ed25519, ECDSA and RSA keys log in, in OpenSSH and PEM form, plain and encrypted")
    func keys() async throws {
        let server = try await TestServer.start()
        let loop = try SSHEventLoop()
        let forms: [(String, [String], String)] = [
            ("ecdsa256", ["-t", "ecdsa", "-b", "256"], ""), ("ecdsa521", ["-t", "ecdsa", "-b", "521"], ""),
            ("ecdsapem", ["-t", "ecdsa", "-m", "PEM"], ""), ("encrypted", ["-t", "ed25519", "-a", "2"], "a secret"),
            ("ecdsa384", ["-t", "ecdsa", "-b", "384", "-a", "1", "-Z", "aes128-cbc"], "a secret"),
            ("rsa", ["-t", "rsa", "-b", "2048"], ""), ("rsapem", ["-t", "rsa", "-b", "2048", "-m", "PEM"], "a secret"),
        ]
        for (name, type, passphrase) in forms {
            let path = server.folder + "/" + name
            try await TestServer.makeKey(path, type: type, passphrase: passphrase)
            try await authorize(path, on: server)
            let connection = try await SSHConnection.connect(
                to: server.endpoint,
                configuration: try server.configuration(identities: [.file(path: path) { passphrase }]), on: loop)
            #expect(try await connection.execute("true").isSuccess, "\(name)")
            await connection.close()
        }
        await loop.shutdown()
        await server.stop()
    }

    @Test("A key file is decrypted once for all connections of a configuration")
    func keyRing() async throws {
        try await withServer { (server, loop) async throws in
            let path = server.folder + "/encrypted"
            try await TestServer.makeKey(path, type: ["-t", "ed25519", "-a", "2"], passphrase: "a secret")
            try await authorize(path, on: server)
            let asked = Collector<Int>()
            let configuration = try server.configuration(
                identities: [
                    .file(path: path) {
                        asked.append(1)
                        return "a secret"
                    }
                ])
            try await withThrowingTaskGroup(of: Void.self) { group in
                for _ in 0..<6 {
                    group.addTask {
                        try await SSHConnection.connect(to: server.endpoint, configuration: configuration, on: loop).close()
                    }
                }
                try await group.waitForAll()
            }
            #expect(asked.all.count == 1)
        }
    }

    private func authorize(_ path: String, on server: TestServer) async throws {
        let key = try String(contentsOfFile: path + ".pub", encoding: .utf8)
        let file = server.folder + "/authorized_keys"
        try (String(contentsOfFile: file, encoding: .utf8) + key).write(toFile: file, atomically: true, encoding: .utf8)
    }

    @Test("A key that the server does not know is an authentication error that names it")
    func wrongKey() async throws {
        try await withServer { (server, loop) async throws in
            let path = server.folder + "/other"
            try await TestServer.makeKey(path)
            let error = try await failureToConnect(server, loop, server.configuration(identities: [.file(path: path)]))
            #expect(error.code == .authentication)
            #expect(error.message.contains(path))
            let fallback = try await SSHConnection.connect(
                to: server.endpoint,
                configuration: try server.configuration(identities: [.file(path: path), .file(path: server.userKey)]),
                on: loop)
            await fallback.close()
        }
    }

    @Test("A key file that cannot be used says why")
    func unusableKeys() async throws {
        try await withServer { (server, loop) async throws in
            let open = server.folder + "/open"
            let encrypted = server.folder + "/encrypted"
            let damaged = server.folder + "/damaged"
            try await TestServer.makeKey(open)
            chmod(open, 0o644)
            try await TestServer.makeKey(encrypted, type: ["-t", "ed25519", "-a", "2"], passphrase: "right")
            try "-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n".write(toFile: damaged, atomically: true, encoding: .utf8)
            chmod(damaged, 0o600)
            let cases: [(SSHIdentity, String)] = [
                (.file(path: server.folder + "/none"), "No such file"), (.file(path: open), "mode 0644"),
                (.file(path: encrypted), "no passphrase"), (.file(path: encrypted) { "wrong" }, "passphrase is wrong"),
                (.file(path: damaged), "damaged"),
                (.agent(socket: "/nowhere/agent"), "No such file"),
            ]
            for (identity, reason) in cases {
                let error = try await failureToConnect(server, loop, server.configuration(identities: [identity]))
                #expect(error.code == .identityUnusable, "\(error)")
                #expect(error.message.contains(reason), "\(error)")
            }
        }
    }

    @Test("The keys of an ssh-agent log in", arguments: [["-t", "ed25519"], ["-t", "ecdsa"], ["-t", "rsa"]])
    func agent(type: [String]) async throws {
        try await withServer { (server, loop) async throws in
            let key = server.folder + "/agent_key"
            try await TestServer.makeKey(key, type: type)
            try await authorize(key, on: server)
            let socket = server.folder + "/agent"
            let agent = try RunningProcess("/usr/bin/ssh-agent", ["-D", "-a", socket])
            try await eventually("the agent listens") { FileManager.default.fileExists(atPath: socket) }
            try await command("/usr/bin/env", ["SSH_AUTH_SOCK=\(socket)", "/usr/bin/ssh-add", "-q", key])
            let connection = try await SSHConnection.connect(
                to: server.endpoint, configuration: try server.configuration(identities: [.agent(socket: socket)]), on: loop)
            #expect(try await connection.execute("true").isSuccess)
            await connection.close()
            await agent.end()
        }
    }

    @Test("A port on which nothing listens is refused, a name that does not exist is not found")
    func refused() async throws {
        let loop = try SSHEventLoop()
        let configuration = SSHConfiguration(identities: [], knownHosts: KnownHosts())
        let closed = SSHEndpoint(host: "127.0.1.251", port: Sockets.closedPort("127.0.1.251"), user: "nobody")
        let refused = try await failure {
            _ = try await SSHConnection.connect(to: closed, configuration: configuration, on: loop)
        }
        #expect(refused.code == .refused)
        let nameless = SSHEndpoint(host: "no-such-host.invalid", user: "nobody")
        let missing = try await failure {
            _ = try await SSHConnection.connect(to: nameless, configuration: configuration, on: loop)
        }
        #expect(missing.code == .nameNotFound || missing.code == .timedOut(.connect))
        await loop.shutdown()
    }

    @Test("A name of this machine is resolved")
    func names() async throws {
        let loop = try SSHEventLoop()
        let configuration = SSHConfiguration(identities: [], knownHosts: KnownHosts())
        let closed = SSHEndpoint(host: "localhost", port: Sockets.closedPort("127.0.0.1"), user: "nobody")
        let refused = try await failure {
            _ = try await SSHConnection.connect(to: closed, configuration: configuration, on: loop)
        }
        #expect(refused.code == .refused)
        await loop.shutdown()
    }

    @Test("A host that does not answer, or takes the connection and says nothing, is given up in time")
    func silent() async throws {
        let loop = try SSHEventLoop()
        let (listener, port) = Sockets.listen("127.0.1.252", backlog: 0)
        var configuration = SSHConfiguration(identities: [], knownHosts: KnownHosts())
        configuration.connectDeadline = .milliseconds(400)
        let endpoint = SSHEndpoint(host: "127.0.1.252", port: port, user: "nobody")
        // The first fits into the backlog and hears nothing; once it is full, packets are dropped.
        let silent = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        #expect(Sockets.connect(silent, "127.0.1.252", port) == 0)
        var codes: [SSHError.Code] = []
        let start = ContinuousClock.now
        for _ in 0..<2 {
            let error = try await failure {
                _ = try await SSHConnection.connect(to: endpoint, configuration: configuration, on: loop)
            }
            codes.append(error.code)
        }
        #expect(start.duration(to: .now) < .seconds(4))
        #expect(codes.allSatisfy { $0 == .timedOut(.connect) || $0 == .timedOut(.handshake) }, "\(codes)")
        #expect(codes.contains(.timedOut(.connect)), "\(codes)")
        Glibc.close(silent)
        Glibc.close(listener)
        await loop.shutdown()
    }

    @Test("A connect that is cancelled ends at once")
    func cancelled() async throws {
        let loop = try SSHEventLoop()
        let (listener, port) = Sockets.listen("127.0.1.253", backlog: 1)
        let endpoint = SSHEndpoint(host: "127.0.1.253", port: port, user: "nobody")
        let task = Task {
            try await SSHConnection.connect(
                to: endpoint, configuration: SSHConfiguration(identities: [], knownHosts: KnownHosts()), on: loop)
        }
        task.cancel()
        let error = try await failure { _ = try await task.value }
        #expect(error.code == .cancelled)
        Glibc.close(listener)
        await loop.shutdown()
    }

    @Test("A server that shares no algorithm with us is a negotiation error that says what is wanted")
    func negotiation() async throws {
        try await withServer(extra: ["Ciphers chacha20-poly1305@openssh.com"]) { (server, loop) async throws in
            let error = try await failureToConnect(server, loop, server.configuration())
            #expect(error.code == .negotiation)
            #expect(error.message.contains("cipher: it offers chacha20-poly1305@openssh.com, this side "), "\(error)")
            #expect(error.message.contains("aes256-ctr"))
            #expect(!error.message.contains("MAC"))
            #expect(error.nextStep?.contains("Ciphers aes256-ctr") == true)
        }
    }
}
