import SSH
import Shell
import TaskKit

/// A managed host over one SSH connection.
struct SSHTaskHost: TaskHost {
    private let connection: SSHConnection
    private let hostname: String

    init(_ connection: SSHConnection, hostname: String) {
        self.connection = connection
        self.hostname = hostname
    }

    func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult {
        do throws(SSHError) {
            var handler: SSHOutputHandler?
            if let onOutput { handler = { stream, bytes in if stream == .standardOutput { onOutput(bytes) } } }
            let execution = try await connection.execute(
                command.text, standardInput: input, deadline: limit, onOutput: handler)
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
        try await put(Content(source: .bytes(content), mode: mode, sha256: nil, limit: .seconds(300)), to: path, owner: owner)
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
        var numbers: SSHFileOwner?
        if let owner { numbers = try await resolvedOwner(owner) }
        do throws(SSHError) {
            try await send(content, to: path, owner: numbers)
        } catch  where error.code == .remoteFile(.noSuchFile) {
            try await makeDirectory(for: path)
            do throws(SSHError) {
                try await send(content, to: path, owner: numbers)
            } catch {
                throw TaskFailure(error, host: hostname)
            }
        } catch {
            throw TaskFailure(error, host: hostname)
        }
    }

    private func send(_ content: Content, to path: String, owner: SSHFileOwner?) async throws(SSHError) {
        _ = try await connection.upload(
            content.source, to: path, mode: UInt32(content.mode), owner: owner, sha256: content.sha256, deadline: content.limit)
    }

    private func makeDirectory(for path: String) async throws(TaskFailure) {
        let directory = String(path[..<(path.lastIndex(of: "/") ?? path.startIndex)])
        let result = try await run(
            ShellCommand(["mkdir", "-p", "--", directory]), input: [], limit: .seconds(30), onOutput: nil)
        guard result.status == 0 else {
            throw TaskFailure(.failed, "cannot make \(directory) on \(hostname): \(result.errorText)")
        }
    }

    /// SFTP wants numbers. `root:root` is known; other names are asked from the host.
    private func resolvedOwner(_ owner: String) async throws(TaskFailure) -> SSHFileOwner {
        let parts = owner.split(separator: ":", maxSplits: 1).map(String.init)
        let user = parts.first ?? "root"
        let group = parts.count > 1 ? parts[1] : user
        if user == "root", group == "root" { return SSHFileOwner(user: 0, group: 0) }
        let script = """
            case $1 in *[!0-9]*) user=$(id -u -- "$1") || exit 1 ;; *) user=$1 ;; esac
            case $2 in *[!0-9]*) group=$(awk -F: -v name="$2" '$1 == name { print $3; exit }' /etc/group) ;; *) group=$2 ;; esac
            [ -n "$group" ] || { echo "no group $2" >&2; exit 1; }
            echo "$user $group"
            """
        let result = try await run(
            ShellCommand(script: script, name: "owner", arguments: [user, group]), input: [], limit: .seconds(30), onOutput: nil)
        let numbers = result.outputText.split(whereSeparator: \.isWhitespace).compactMap { UInt32($0) }
        guard result.status == 0, numbers.count == 2 else {
            throw TaskFailure(.failed, "\(hostname) does not know the owner \(owner): \(result.errorText)")
        }
        return SSHFileOwner(user: numbers[0], group: numbers[1])
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
