import Foundation
import Testing

@testable import SSH

@Suite("Interruption")
struct InterruptionTests {
    /// Commands that must not survive, each telling the id of its last process.
    static let stubborn = [
        "echo $$; exec sleep 1000",
        "trap '' TERM; echo $$; while :; do sleep 1000; done",
        "timeout 1000 sh -c 'echo $$; sleep 1000'; true",
        "(trap '' TERM HUP INT; echo $(exec sh -c 'echo $PPID'); while :; do sleep 1; done) & wait",
    ]

    @Test("A deadline ends the processes of the command on the far side", arguments: stubborn)
    func deadline(command: String) async throws {
        try await withConnection { (connection, _) async throws in
            let seen = Collector<UInt8>()
            let error = try await failure {
                _ = try await connection.execute(command, deadline: .milliseconds(300)) { _, bytes in
                    for byte in bytes { seen.append(byte) }
                }
            }
            #expect(error.code == .timedOut(.command))
            #expect(error.message.contains("were ended"), "\(error)")
            let process = try #require(Self.processID(seen))
            #expect(!Processes.isAlive(process))
            #expect(try await connection.execute("echo still here").outputText == "still here\n")
        }
    }

    @Test("A cancellation ends the processes of the command on the far side", arguments: stubborn.prefix(2))
    func cancellation(command: String) async throws {
        try await withConnection { (connection, _) async throws in
            let seen = Collector<UInt8>()
            let task = Task { () -> SSHError? in
                do throws(SSHError) {
                    _ = try await connection.execute(command) { _, bytes in for byte in bytes { seen.append(byte) } }
                    return nil
                } catch {
                    return error
                }
            }
            try await eventually("the command runs") { Self.processID(seen) != nil }
            task.cancel()
            #expect(await task.value?.code == .cancelled)
            let process = try #require(Self.processID(seen))
            #expect(!Processes.isAlive(process))
        }
    }

    @Test("A command is ended even where the server allows one session only")
    func oneSession() async throws {
        try await withConnection(extra: ["MaxSessions 1"]) { (connection, _) async throws in
            let seen = Collector<UInt8>()
            let error = try await failure {
                _ = try await connection.execute("echo $$; exec sleep 1000", deadline: .milliseconds(300)) { _, bytes in
                    for byte in bytes { seen.append(byte) }
                }
            }
            #expect(error.code == .timedOut(.command))
            #expect(!Processes.isAlive(try #require(Self.processID(seen))))
            #expect(try await connection.execute("echo on").outputText == "on\n")
        }
    }

    @Test("A task that was cancelled before it began starts nothing")
    func cancelledBefore() async throws {
        try await withConnection { (connection, server) async throws in
            let task = Task { () -> SSHError.Code? in
                do throws(SSHError) {
                    while !Task.isCancelled { try? await Task.sleep(for: .milliseconds(1)) }
                    _ = try await connection.execute("touch \(server.folder)/touched")
                    return nil
                } catch {
                    return error.code
                }
            }
            task.cancel()
            #expect(await task.value == .cancelled)
            #expect(!FileManager.default.fileExists(atPath: server.folder + "/touched"))
        }
    }

    @Test("A connection whose far side is killed throws connectionLost from every waiting call")
    func killed() async throws {
        try await withConnection { (connection, server) async throws in
            let seen = Collector<UInt8>()
            let tasks = (0..<3).map { _ in
                Task { () -> SSHError.Code? in
                    do throws(SSHError) {
                        _ = try await connection.execute("echo $$; exec sleep 1000") { _, bytes in seen.append(bytes[0]) }
                        return nil
                    } catch {
                        return error.code
                    }
                }
            }
            try await eventually("three commands run") { seen.all.count >= 3 }
            for child in Processes.descendants(of: server.processID) { kill(child, SIGKILL) }
            for task in tasks { #expect(await task.value == .connectionLost) }
            #expect(!connection.isAlive)
            let error = try await failure { _ = try await connection.execute("true") }
            #expect(error.code == .connectionLost)
        }
    }

    @Test("An idle connection notices its end")
    func idleEnd() async throws {
        try await withConnection { (connection, server) async throws in
            for child in Processes.descendants(of: server.processID) { kill(child, SIGKILL) }
            try await eventually("the connection knows") { !connection.isAlive }
        }
    }

    @Test("A server that stops answering is given up after the limit")
    func stoppedServer() async throws {
        try await withServer { (server, loop) async throws in
            var configuration = try server.configuration()
            configuration.keepAlive = .init(interval: .milliseconds(200), answerLimit: .milliseconds(400))
            let connection = try await SSHConnection.connect(to: server.endpoint, configuration: configuration, on: loop)
            let seen = Collector<UInt8>()
            let task = Task {
                try await connection.execute("echo $$; exec sleep 1000") { _, bytes in seen.append(bytes[0]) }
            }
            try await eventually("the command runs") { !seen.all.isEmpty }
            for child in Processes.descendants(of: server.processID) { kill(child, SIGSTOP) }
            let error = try await failure { _ = try await task.value }
            #expect(error.code == .connectionLost)
            #expect(!connection.isAlive)
        }
    }

    @Test("A quiet connection is kept alive by answers")
    func keepAlive() async throws {
        try await withServer { (server, loop) async throws in
            var configuration = try server.configuration()
            configuration.keepAlive = .init(interval: .milliseconds(20), answerLimit: .seconds(5))
            let connection = try await SSHConnection.connect(to: server.endpoint, configuration: configuration, on: loop)
            #expect(try await connection.execute("sleep 0.5; echo on").outputText == "on\n")
            #expect(connection.isAlive)
            await connection.close()
        }
    }

    @Test("Closing makes waiting and later calls throw, and leaves neither socket nor thread")
    func close() async throws {
        try await withServer { (server, _) async throws in
            let loop = try SSHEventLoop()
            let configuration = try server.configuration()
            let connection = try await SSHConnection.connect(to: server.endpoint, configuration: configuration, on: loop)
            let other = try await SSHConnection.connect(to: server.endpoint, configuration: configuration, on: loop)
            let threads = Collector<String>()
            let task = Task {
                try await connection.execute("echo on; exec sleep 1000") { _, _ in
                    threads.append((try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/thread-self")) ?? "?")
                }
            }
            try await eventually("the command runs") { !threads.all.isEmpty }
            #expect(Sockets.countConnections(toPort: server.endpoint.port) == 2)
            await connection.close()
            let error = try await failure { _ = try await task.value }
            #expect(error.code == .cancelled)
            #expect(Sockets.countConnections(toPort: server.endpoint.port) == 1)
            await loop.shutdown()
            #expect(!other.isAlive)
            let late = try await failure { _ = try await other.execute("true") }
            #expect(late.code == .cancelled)
            await other.close()
            #expect(Sockets.countConnections(toPort: server.endpoint.port) == 0)
            let thread = try #require(threads.all.first)
            #expect(!FileManager.default.fileExists(atPath: "/proc/\(thread)"))
        }
    }

    @Test("Failed attempts to connect leave no socket behind")
    func failedConnects() async throws {
        try await withServer { (server, loop) async throws in
            for identity in [server.userKey, server.folder + "/none"] {
                let configuration = try server.configuration(
                    knownHosts: identity == server.userKey ? "" : nil, identities: [.file(path: identity)])
                _ = try await failure {
                    _ = try await SSHConnection.connect(to: server.endpoint, configuration: configuration, on: loop)
                }
            }
            #expect(Sockets.countConnections(toPort: server.endpoint.port) == 0)
        }
    }

    @Test("A connection that nobody holds any more is closed")
    func dropped() async throws {
        try await withServer { (server, loop) async throws in
            let configuration = try server.configuration()
            _ = try await SSHConnection.connect(to: server.endpoint, configuration: configuration, on: loop)
            try await eventually("the socket is closed") { Sockets.countConnections(toPort: server.endpoint.port) == 0 }
        }
    }

    private static func processID(_ seen: Collector<UInt8>) -> Int? {
        let text = String(decoding: seen.all, as: UTF8.self)
        guard let line = text.split(separator: "\n", omittingEmptySubsequences: false).first, text.contains("\n") else {
            return nil
        }
        return Int(line)
    }
}
