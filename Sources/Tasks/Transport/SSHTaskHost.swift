import SSH
import Shell
import TaskKit

/// A managed host over one SSH connection.
struct SSHTaskHost: TaskHost {
    private let connection: SSHConnection
    private let hostname: String
    /// As whom everything is done; nil: as the user who logged in.
    private let elevation: SSHElevation?

    init(_ connection: SSHConnection, hostname: String, elevation: SSHElevation? = nil) {
        self.connection = connection
        self.hostname = hostname
        self.elevation = elevation
    }

    /// See ``SSHConnection/isAlive``.
    var isAlive: Bool { connection.isAlive }

    func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult {
        do throws(SSHError) {
            var handler: SSHOutputHandler?
            if let onOutput { handler = { stream, bytes in if stream == .standardOutput { onOutput(bytes) } } }
            let execution = try await connection.execute(
                command, standardInput: input, as: elevation, deadline: limit, onOutput: handler)
            let status =
                switch execution.termination {
                case .exited(let status): status
                case .signalled(let signal): 128 + (SSHTaskHost.signalNumbers[signal] ?? 0)
                }
            return CommandResult(status: status, output: execution.standardOutput, errors: execution.standardError)
        } catch {
            throw TaskFailure(error, host: hostname)
        }
    }

    private static let signalNumbers = [
        "HUP": 1, "INT": 2, "QUIT": 3, "ILL": 4, "ABRT": 6, "FPE": 8, "KILL": 9, "SEGV": 11, "PIPE": 13, "ALRM": 14, "TERM": 15,
    ]

    func upload(_ content: [UInt8], to path: String, mode: Int, owner: String?) async throws(TaskFailure) {
        try await put(Content(source: .bytes(content), mode: mode, limit: .seconds(300)), to: path, owner: owner)
    }

    func upload(_ file: LocalUpload, to path: String, limit: Duration) async throws(TaskFailure) {
        let content = Content(source: .file(path: file.source), mode: file.mode, sha256: file.sha256, limit: limit)
        try await put(content, to: path, owner: file.owner)
    }

    private struct Content {
        var source: SSHUploadSource
        var mode: Int
        var sha256: String?
        var limit: Duration
    }

    /// Makes the directory when there is none.
    private func put(_ content: Content, to path: String, owner: String?) async throws(TaskFailure) {
        do throws(SSHError) {
            try await send(content, to: path, owner: owner)
        } catch  where error.code == .remoteFile(.noSuchFile) {
            try await makeDirectory(for: path)
            do throws(SSHError) {
                try await send(content, to: path, owner: owner)
            } catch {
                throw TaskFailure(error, host: hostname)
            }
        } catch {
            throw TaskFailure(error, host: hostname)
        }
    }

    private func send(_ content: Content, to path: String, owner: String?) async throws(SSHError) {
        _ = try await connection.upload(
            content.source, to: path, mode: UInt32(content.mode), ownerName: owner, as: elevation, sha256: content.sha256,
            deadline: content.limit)
    }

    private func makeDirectory(for path: String) async throws(TaskFailure) {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let result = try await run(
            ShellCommand(["mkdir", "-p", "--", directory]), input: [], limit: .seconds(30), onOutput: nil)
        guard result.status == 0 else {
            throw TaskFailure(.failed, "cannot make \(directory) on \(hostname): \(result.errorText)")
        }
    }

    func banner(ofServiceAt address: String, port: Int, limit: Duration) async throws(TaskFailure) -> String? {
        do throws(SSHError) {
            return try await connection.readBanner(host: address, port: port, deadline: limit)
        } catch {
            switch error.code {
            // What the service said, or did not say: it is not up yet.
            case .refused, .unreachable, .timedOut(.banner), .channelRefused: return nil
            default: throw TaskFailure(error, host: hostname)
            }
        }
    }
}
