package import Shell
package import TaskKit

/// A host whose connection can be cut and healed: while it is cut, commands under way and new ones end with connection-lost, and
/// whatever was started for them goes on.
package actor MortalHost: TaskHost {
    private let host: any TaskHost
    private var isDead = false
    /// How often the connection was cut.
    private var cuts = 0
    private var underWay: [Int: Task<CommandResult, any Error>] = [:]
    private var count = 0

    package init(host: any TaskHost) { self.host = host }

    package func die() {
        isDead = true
        cuts += 1
        for command in underWay.values { command.cancel() }
    }

    package func revive() { isDead = false }

    package func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult {
        if isDead { throw lost }
        count += 1
        let number = count
        let cutsBefore = cuts
        let running = Task { [host] in
            try await host.run(command, input: input, limit: limit, onOutput: onOutput)
        }
        underWay[number] = running
        defer { underWay[number] = nil }
        do {
            return try await withTaskCancellationHandler {
                try await running.value
            } onCancel: {
                running.cancel()
            }
        } catch {
            if cuts > cutsBefore { throw lost }
            throw error as? TaskFailure ?? TaskFailure(.failed, "\(error)")
        }
    }

    package func upload(_ content: [UInt8], to path: String, mode: Int, owner: String?) async throws(TaskFailure) {
        if isDead { throw lost }
        try await host.upload(content, to: path, mode: mode, owner: owner)
    }

    package func upload(_ file: LocalUpload, to path: String, limit: Duration) async throws(TaskFailure) {
        if isDead { throw lost }
        try await host.upload(file, to: path, limit: limit)
    }

    package func banner(ofServiceAt address: String, port: Int, limit: Duration) async throws(TaskFailure) -> String? {
        if isDead { throw lost }
        return try await host.banner(ofServiceAt: address, port: port, limit: limit)
    }

    private var lost: TaskFailure { TaskFailure(.connectionLost, "the connection was cut by the test") }
}

/// Counts the bytes of output that a host hands over.
package struct CountingHost: TaskHost {
    private let host: any TaskHost
    private let count: @Sendable (Int) -> Void

    package init(host: any TaskHost, count: @escaping @Sendable (Int) -> Void) {
        self.host = host
        self.count = count
    }

    package func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult {
        try await host.run(command, input: input, limit: limit) { [count] bytes in
            count(bytes.count)
            onOutput?(bytes)
        }
    }

    package func upload(_ content: [UInt8], to path: String, mode: Int, owner: String?) async throws(TaskFailure) {
        try await host.upload(content, to: path, mode: mode, owner: owner)
    }

    package func upload(_ file: LocalUpload, to path: String, limit: Duration) async throws(TaskFailure) {
        try await host.upload(file, to: path, limit: limit)
    }

    package func banner(ofServiceAt address: String, port: Int, limit: Duration) async throws(TaskFailure) -> String? {
        try await host.banner(ofServiceAt: address, port: port, limit: limit)
    }
}
