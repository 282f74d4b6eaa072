import Foundation
import Glibc
import Shell
import Testing

@testable import SSH

@Suite("The event loop")
struct EventLoopTests {
    private func threadName() throws -> String {
        try String(contentsOfFile: "/proc/thread-self/comm", encoding: .utf8).trimmingCharacters(in: .newlines)
    }

    @Test("A task that prefers the loop goes on on its thread when an answer has come")
    func preference() async throws {
        try await withServer { (server, loop) async throws in
            let configuration = try server.configuration()
            let names = try await withTaskExecutorPreference(loop.executor) {
                let connection = try await SSHConnection.connect(to: server.endpoint, configuration: configuration, on: loop)
                var names = [try threadName()]
                for _ in 0..<3 {
                    _ = try await connection.execute(ShellCommand(["true"]))
                    names.append(try threadName())
                }
                await connection.close()
                return names
            }
            #expect(names == ["ssh-loop", "ssh-loop", "ssh-loop", "ssh-loop"])
            #expect(try threadName() != "ssh-loop")
        }
    }

    @Test("Tasks that run elsewhere lose no answer, however many use one connection at once")
    func elsewhere() async throws {
        try await withConnection { (connection, _) async throws in
            try await withThrowingTaskGroup(of: String.self) { group in
                for index in 0..<40 {
                    group.addTask { try await connection.execute("echo \(index)", deadline: .seconds(60)).outputText }
                }
                let outputs = try await group.reduce(into: Set()) { $0.insert($1) }
                #expect(outputs == Set((0..<40).map { "\($0)\n" }))
            }
        }
    }

    @Test("A loop can be shut down by a task that runs on it")
    func shutdown() async throws {
        let loop = try SSHEventLoop()
        await withTaskExecutorPreference(loop.executor) { await loop.shutdown() }
        // Nothing is left that could wait for the thread.
        await loop.shutdown()
    }

    @Test("The request and the end of an empty input are one packet, and the close goes with the next command")
    func packets() async throws {
        try await withConnection { (connection, _) async throws in
            _ = try await connection.execute(ShellCommand(["true"]))
            let before = try #require(await connection.session.sentSegments())
            let count = 20
            for _ in 0..<count { #expect(try await connection.execute(ShellCommand(["true"])).isSuccess) }
            let sent = try #require(await connection.session.sentSegments()) - before
            // Opening, request, end of input and close were four; a slow machine lets some of the closes go alone.
            #expect(sent < 3 * count + 2)
        }
    }

    @Test("A close for which no command follows goes out by itself, so that the server's session is free")
    func lateClose() async throws {
        try await withConnection { (connection, _) async throws in
            _ = try await connection.execute(ShellCommand(["true"]))
            #expect(await connection.session.hasOutgoing)
            try await eventually("the close is sent") { await !connection.session.hasOutgoing }
        }
    }
}

extension Session {
    /// How many segments with data its socket has sent: `tcpi_data_segs_out` of linux/tcp.h, which glibc's header does not have.
    fileprivate func sentSegments() -> Int? {
        guard case .live(let handle) = state else { return nil }
        var information = [UInt8](repeating: 0, count: 256)
        var size = socklen_t(information.count)
        guard getsockopt(handle.descriptor, Int32(IPPROTO_TCP), TCP_INFO, &information, &size) == 0, size >= 160 else {
            return nil
        }
        return information.withUnsafeBytes { Int($0.loadUnaligned(fromByteOffset: 156, as: UInt32.self)) }
    }

    fileprivate var hasOutgoing: Bool {
        if case .live(let handle) = state { handle.hasOutgoing } else { false }
    }
}
