package import Shell
import Synchronization
package import TaskKit

/// A host that counts what it is asked, and how much of it at once.
package final class MeasuredHost: TaskHost {
    private let host: any TaskHost
    private let counts = Mutex((now: 0, most: 0, all: 0))

    package init(_ host: any TaskHost) { self.host = host }

    package var commands: Int { counts.withLock { $0.all } }
    package var most: Int { counts.withLock { $0.most } }

    package func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult {
        counts.withLock { counts in
            counts.all += 1
            counts.now += 1
            counts.most = max(counts.most, counts.now)
        }
        defer { counts.withLock { $0.now -= 1 } }
        return try await host.run(command, input: input, limit: limit, onOutput: onOutput)
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
