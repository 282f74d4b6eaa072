/// What went wrong between this process and a far host.
///
/// The exit status of a remote command is not an error of this layer: see ``SSHExecution/termination``.
package struct SSHError: Error, Sendable, Equatable, CustomStringConvertible {
    package enum Code: Sendable, Hashable {
        /// The host answered that nothing listens on the port.
        case refused
        /// There is no way to the host, or it does not answer at the network level.
        case unreachable
        case nameNotFound
        case hostKeyUnknown
        case hostKeyChanged
        case hostKeyRevoked
        /// A known_hosts file cannot be read or holds a revocation that cannot be understood.
        case knownHostsUnusable
        /// The two sides share no algorithm, or the far side does not speak SSH.
        case negotiation
        /// The server accepted none of the identities.
        case authentication
        /// A key file or the agent cannot be used: missing, unreadable, open to others, wrong passphrase, RSA.
        case identityUnusable
        /// sudo did not let a command in: wrong or missing password, no permission, no sudo. The command was not started.
        case elevation
        case timedOut(Step)
        case connectionLost
        /// The server would not open a channel (session limit, forwarding forbidden, no SFTP).
        case channelRefused
        case remoteFile(RemoteFileProblem)
        /// The content is not what the caller expected, or not what arrived.
        case checksumMismatch
        /// The file to upload cannot be read here.
        case localFile
        /// The task was cancelled, or the connection or its event loop was closed by its owner.
        case cancelled
        /// An error of libssh2 (negative) or of the system (errno, positive) with no better name.
        case library(Int32)
    }

    /// What had not ended when the time was over.
    package enum Step: String, Sendable, Hashable {
        case connect, handshake, authentication, command, upload, banner
    }

    package enum RemoteFileProblem: Sendable, Hashable {
        case noSuchFile
        case permissionDenied
        case diskFull
        case other
    }

    package var code: Code
    /// The connection that it happened on; nil for what is not tied to one, such as a known_hosts file.
    package var endpoint: SSHEndpoint?
    /// One sentence with the names, numbers and paths of this case.
    package var message: String
    /// What a person can do about it; nil when nothing better than trying again is known.
    package var nextStep: String?

    package init(_ code: Code, endpoint: SSHEndpoint? = nil, message: String, nextStep: String? = nil) {
        self.code = code
        self.endpoint = endpoint
        self.message = message
        self.nextStep = nextStep
    }

    package var description: String {
        let place = endpoint.map { "\($0): " } ?? ""
        let advice = nextStep.map { " (\($0))" } ?? ""
        return place + message + advice
    }

    func at(_ endpoint: SSHEndpoint) -> SSHError {
        var error = self
        error.endpoint = endpoint
        return error
    }
}
