import Foundation
import Testing

@testable import SSH

@Suite("Jump hosts")
struct JumpTests {
    /// Some servers, and a configuration that trusts them all.
    private func withServers(
        _ count: Int, extra: [String] = [],
        _ body: ([TestServer], SSHConfiguration, SSHEventLoop) async throws -> Void
    ) async throws {
        func open(_ servers: [TestServer]) async throws {
            guard servers.count < count else {
                let loop = try SSHEventLoop()
                let known = servers.map(\.knownHosts).joined()
                let identities = servers.map { SSHIdentity.file(path: $0.userKey) }
                let configuration = SSHConfiguration(
                    identities: identities, knownHosts: try KnownHosts(text: known), terminationGrace: .seconds(1))
                let outcome: Result<Void, any Error>
                do {
                    outcome = .success(try await body(servers, configuration, loop))
                } catch {
                    outcome = .failure(error)
                }
                await loop.shutdown()
                return try outcome.get()
            }
            let server = try await TestServer.start(extra: extra)
            let outcome: Result<Void, any Error>
            do {
                outcome = .success(try await open(servers + [server]))
            } catch {
                outcome = .failure(error)
            }
            await server.stop()
            try outcome.get()
        }
        await Gate.servers.enter()
        let outcome: Result<Void, any Error>
        do {
            outcome = .success(try await open([]))
        } catch {
            outcome = .failure(error)
        }
        await Gate.servers.leave()
        try outcome.get()
    }

    @Test("Commands and files go through a chain of two jump hosts, many at a time")
    func chain() async throws {
        try await withServers(3) { (servers, configuration, loop) async throws in
            let first = try await SSHConnection.connect(to: servers[0].endpoint, configuration: configuration, on: loop)
            let second = try await SSHConnection.connect(
                to: servers[1].endpoint, through: first, configuration: configuration, on: loop)
            let third = try await SSHConnection.connect(
                to: servers[2].endpoint, through: second, configuration: configuration, on: loop)

            let client = try await third.execute("echo ${SSH_CLIENT%% *}; cat; exit 3", standardInput: Array("in".utf8))
            #expect(client.outputText.hasSuffix("\nin") && client.termination == .exited(3))

            let content = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31) }
            let target = servers[2].folder + "/target"
            _ = try await third.upload(.bytes(content), to: target, mode: 0o600)
            #expect(try Data(contentsOf: URL(fileURLWithPath: target)) == Data(content))

            let counts = try await withThrowingTaskGroup(of: Int.self) { group in
                for number in 0..<12 {
                    let connection = [first, second, third][number % 3]
                    group.addTask {
                        try await connection.execute(
                            "head -c 1000000 /dev/zero; head -c 500000 /dev/zero >&2", outputLimit: 1 << 21
                        ).standardOutput.count
                    }
                }
                return try await group.reduce(into: []) { $0.append($1) }
            }
            #expect(counts == Array(repeating: 1_000_000, count: 12))
            await third.close()
            #expect(try await second.execute("echo alive").outputText == "alive\n")
            await second.close()
            await first.close()
        }
    }

    @Test("The host key is checked behind a jump host as everywhere")
    func hostKeys() async throws {
        try await withServers(2) { (servers, configuration, loop) async throws in
            let jump = try await SSHConnection.connect(to: servers[0].endpoint, configuration: configuration, on: loop)
            var strict = configuration
            strict.knownHosts = try KnownHosts(text: servers[0].knownHosts)
            let error = try await failure {
                _ = try await SSHConnection.connect(
                    to: servers[1].endpoint, through: jump, configuration: strict, on: loop)
            }
            #expect(error.code == .hostKeyUnknown)
            #expect(error.endpoint == servers[1].endpoint)
            #expect(try await jump.execute("true").isSuccess)
            await jump.close()
        }
    }

    @Test("When a jump host dies, what runs through it ends, and the error names it")
    func death() async throws {
        try await withServers(2) { (servers, configuration, loop) async throws in
            let jump = try await SSHConnection.connect(to: servers[0].endpoint, configuration: configuration, on: loop)
            let host = try await SSHConnection.connect(
                to: servers[1].endpoint, through: jump, configuration: configuration, on: loop)
            let started = Collector<UInt8>()
            let work = Task { () -> SSHError? in
                do throws(SSHError) {
                    _ = try await host.execute("echo; exec sleep 100") { _, bytes in for byte in bytes { started.append(byte) } }
                    return nil
                } catch {
                    return error
                }
            }
            try await eventually("the command runs") { !started.all.isEmpty }
            for process in Processes.descendants(of: servers[0].processID) { kill(process, SIGKILL) }
            let error = await work.value
            #expect(error?.code == .connectionLost)
            #expect(error?.message.contains("jump host \(servers[0].endpoint)") == true, "\(String(describing: error))")
            #expect(error?.endpoint == servers[1].endpoint)
            #expect(!host.isAlive)
        }
    }

    @Test("What a jump host cannot reach, or may not, is told as what it is")
    func unreachable() async throws {
        try await withServers(1) { (servers, configuration, loop) async throws in
            let jump = try await SSHConnection.connect(to: servers[0].endpoint, configuration: configuration, on: loop)
            let closed = SSHEndpoint(host: "127.0.1.251", port: Sockets.closedPort("127.0.1.251"), user: "nobody")
            let error = try await failure {
                _ = try await SSHConnection.connect(to: closed, through: jump, configuration: configuration, on: loop)
            }
            #expect(error.code == .refused)
            #expect(error.message.contains("the jump host \(servers[0].endpoint)"))
            await jump.close()
        }
        try await withServers(1, extra: ["AllowTcpForwarding no"]) { (servers, configuration, loop) async throws in
            let jump = try await SSHConnection.connect(to: servers[0].endpoint, configuration: configuration, on: loop)
            let error = try await failure {
                _ = try await SSHConnection.connect(
                    to: servers[0].endpoint, through: jump, configuration: configuration, on: loop)
            }
            #expect(error.code == .unreachable)
            #expect(error.nextStep?.contains("AllowTcpForwarding") == true)
            await jump.close()
        }
    }
}
