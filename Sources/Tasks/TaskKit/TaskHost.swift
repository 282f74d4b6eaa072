package import Shell

/// A managed host as a task sees it. Two users: the SSH transport of the runner, and a local shell in tests.
package protocol TaskHost: Sendable {
    /// Runs a command and waits for it. A status other than 0 is a result, not an error.
    ///
    /// - Parameter limit: after this time, or when the calling task is cancelled, the remote process is ended.
    /// - Parameter onOutput: gets standard output as it comes, all of it before this returns or throws; must be quick.
    /// - Throws: ``TaskFailure`` of class unreachable, connection-lost, host-key, authentication, timed-out or cancelled.
    func run(
        _ command: ShellCommand, input: [UInt8], limit: Duration, onOutput: (@Sendable ([UInt8]) -> Void)?
    ) async throws(TaskFailure) -> CommandResult

    /// Puts a file in its place in one step: a reader sees the old content or the new one, never half of it.
    ///
    /// - Parameter mode: permission bits such as 0o600.
    /// - Parameter owner: `user:group`; nil leaves it to the login.
    func upload(_ content: [UInt8], to path: String, mode: Int, owner: String?) async throws(TaskFailure)

    /// Puts a file of the controller in its place in one step, when its content is what it should be.
    ///
    /// - Parameter limit: for all of it.
    func upload(_ file: LocalUpload, to path: String, limit: Duration) async throws(TaskFailure)

    /// The first line that a service sends on connection, asked from the host itself; nil when nothing answers yet.
    func banner(ofServiceAt address: String, port: Int, limit: Duration) async throws(TaskFailure) -> String?
}

/// A file of the controller that is to be on a host.
package struct LocalUpload: Hashable, Sendable {
    /// Where it is on the controller.
    package var source: String
    /// 64 hexadecimal digits in lower case.
    package var sha256: String
    /// Permission bits such as 0o600.
    package var mode: Int
    /// `user:group`; nil leaves it to the login.
    package var owner: String?

    package init(source: String, sha256: String, mode: Int, owner: String?) {
        self.source = source
        self.sha256 = sha256
        self.mode = mode
        self.owner = owner
    }
}

/// What a command left behind.
package struct CommandResult: Hashable, Sendable {
    /// The exit status, or 128 and the number of the signal.
    package var status: Int
    /// The last part of standard output (at most 1 MiB).
    package var output: [UInt8]
    /// The last part of standard error (at most 1 MiB).
    package var errors: [UInt8]

    package init(status: Int, output: [UInt8] = [], errors: [UInt8] = []) {
        self.status = status
        self.output = output
        self.errors = errors
    }

    package var outputText: String { String(decoding: output, as: UTF8.self) }
    package var errorText: String { String(decoding: errors, as: UTF8.self) }
}
