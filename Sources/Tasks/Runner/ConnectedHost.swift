import Model
import Shell
import TaskKit

/// A host by its name: every command asks for a working connection first, so that a task outlives a connection.
struct ConnectedHost: TaskHost {
    var path: ItemPath
    var connection: HostConnection
    var connector: any HostConnector
    var secrets: any SecretSource
    /// Waits between attempts to connect.
    var delays: [Duration]
    var clock: any Clock<Duration>

    func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult {
        try await connected().run(command, input: input, limit: limit, onOutput: onOutput)
    }

    func upload(_ content: [UInt8], to path: String, mode: Int, owner: String?) async throws(TaskFailure) {
        try await connected().upload(content, to: path, mode: mode, owner: owner)
    }

    func upload(_ file: LocalUpload, to path: String, limit: Duration) async throws(TaskFailure) {
        try await connected().upload(file, to: path, limit: limit)
    }

    func banner(ofServiceAt address: String, port: Int, limit: Duration) async throws(TaskFailure) -> String? {
        try await connected().banner(ofServiceAt: address, port: port, limit: limit)
    }

    /// Tried again only while it cannot be reached: a wrong key does not become right.
    private func connected() async throws(TaskFailure) -> any TaskHost {
        var delays = self.delays[...]
        while true {
            do {
                return try await connector.host(at: path, connection: connection, secrets: secrets)
            } catch {
                guard error.failureClass == .unreachable, !Task.isCancelled, let delay = delays.popFirst() else {
                    throw error
                }
                do {
                    try await clock.sleep(for: delay)
                } catch {
                    throw TaskFailure(.cancelled, "cancelled while connecting to \(connection.hostname)")
                }
            }
        }
    }
}
