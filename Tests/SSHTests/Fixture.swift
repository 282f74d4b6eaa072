import Foundation
import Testing

@testable import SSH

/// Lets a few tests at a time have servers: a hundred processes on two cores would only measure the scheduler.
actor Gate {
    static let servers = Gate(places: 3)
    private var places: Int
    private var waiting: [CheckedContinuation<Void, Never>] = []

    init(places: Int) {
        self.places = places
    }

    func enter() async {
        if places > 0 {
            places -= 1
        } else {
            await withCheckedContinuation { waiting.append($0) }
        }
    }

    func leave() {
        if waiting.isEmpty { places += 1 } else { waiting.removeFirst().resume() }
    }
}

/// Gives a test its server, loop and connection, and ends them whatever happens.
func withServer(
    extra: [String] = [], _ body: (TestServer, SSHEventLoop) async throws -> Void
) async throws {
    await Gate.servers.enter()
    let outcome: Result<Void, any Error>
    do {
        let server = try await TestServer.start(extra: extra)
        let loop = try SSHEventLoop()
        do {
            try await body(server, loop)
            outcome = .success(())
        } catch {
            outcome = .failure(error)
        }
        await loop.shutdown()
        await server.stop()
    } catch {
        outcome = .failure(error)
    }
    await Gate.servers.leave()
    try outcome.get()
}

func withConnection(
    extra: [String] = [], _ body: (SSHConnection, TestServer) async throws -> Void
) async throws {
    try await withServer(extra: extra) { server, loop in
        let connection = try await SSHConnection.connect(
            to: server.endpoint, configuration: try server.configuration(), on: loop)
        try await body(connection, server)
        await connection.close()
    }
}

/// The error that the work throws.
func failure(_ work: () async throws -> Void, sourceLocation: SourceLocation = #_sourceLocation) async throws -> SSHError {
    do {
        try await work()
    } catch let error as SSHError {
        return error
    }
    try #require(Bool(false), "no error was thrown", sourceLocation: sourceLocation)
    throw TestServer.Failure(description: "unreachable")
}

/// Collects from callbacks.
final class Collector<Value: Sendable>: @unchecked Sendable {
    // The lock protects `values`, which callbacks append to on the event loop's thread.
    private let lock = NSLock()
    private var values: [Value] = []

    func append(_ value: Value) { lock.withLock { values.append(value) } }
    var all: [Value] { lock.withLock { values } }
}
