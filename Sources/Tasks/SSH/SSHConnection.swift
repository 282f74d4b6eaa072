package import Shell
internal import Synchronization

/// One SSH connection to one host, over which any number of commands and transfers run at the same time.
///
/// Every call may be made from any task, and ends by itself in bounded time when the link dies: all calls in progress then
/// throw `connectionLost`. Cancelling the task of a call ends what the call has started on the far side.
package final class SSHConnection: Sendable {
    package let endpoint: SSHEndpoint
    /// The algorithms in use, for the log.
    package let methods: SSHMethods
    let session: Session

    private init(session: Session, methods: SSHMethods) {
        self.session = session
        self.methods = methods
        endpoint = session.endpoint
    }

    deinit {
        let session = session
        Task { await session.close() }
    }

    /// Connects, checks the host key against the known hosts before anything secret is sent, and logs in.
    ///
    /// - Parameter jumpHost: a connection on the same loop through which this one goes; it stays open for as long. Host keys are checked
    ///   at every hop. Any number of connections may go through one, and through those again.
    /// - Throws: ``SSHError``: `refused`, `unreachable`, `nameNotFound`, `timedOut`, `negotiation`, `hostKeyUnknown`,
    ///   `hostKeyChanged`, `hostKeyRevoked`, `identityUnusable`, `authentication`, `connectionLost` (a server with too
    ///   many logins under way hangs up: try again later), `cancelled`. When the jump host is what fails, the message names it.
    package static func connect(
        to endpoint: SSHEndpoint, through jumpHost: SSHConnection? = nil, configuration: SSHConfiguration, on loop: SSHEventLoop
    ) async throws(SSHError) -> SSHConnection {
        let identities = await LoadedIdentities.load(configuration.identities, from: configuration.keyRing)
        var tunnel: Tunnel?
        if let jumpHost {
            let (carrier, limit) = (jumpHost.session, configuration.connectDeadline)
            tunnel = try await interruptible(carrier) {
                await carrier.openTunnel(to: endpoint, of: jumpHost, deadline: limit, id: $0)
            }
        }
        let session = Session(endpoint: endpoint, configuration: configuration, loop: loop, tunnel: tunnel)
        let methods = try await interruptible(session) { await session.connect($0, identities: identities) }
        return SSHConnection(session: session, methods: methods)
    }

    /// Runs a command line under the far side's `/bin/sh` and waits for its end.
    ///
    /// If the deadline passes or the task is cancelled, all processes of the command get TERM and, after the
    /// configuration's grace, KILL; then the call throws. This takes at most the grace and about 10 s more. Processes that
    /// moved to a session of their own (`setsid`, daemons) go on. If the connection is lost, the command goes on.
    ///
    /// If the server allows no further session (MaxSessions), the call waits for another one of this connection to end.
    ///
    /// - Parameters:
    ///   - command: text for the shell; build it with `ShellCommand`. At most about 32 KB: longer scripts go
    ///     through ``upload(_:to:mode:owner:sha256:deadline:)`` or the standard input of `sh -s`.
    ///   - standardInput: sent to the command and then closed.
    ///   - elevation: runs it as another user through sudo; the password never is an argument.
    ///   - deadline: for everything, waiting for a free session included.
    ///   - outputLimit: how many bytes of each output are kept: the last ones.
    ///   - onOutput: gets the whole of both outputs as it comes. Runs on the event loop: must be quick, must not wait.
    /// - Returns: outputs and exit status; a status other than 0 is not an error here.
    /// - Throws: ``SSHError``: `timedOut(.command)`, `cancelled`, `connectionLost`, `channelRefused`, `elevation`.
    package func execute(
        _ command: String, standardInput: [UInt8] = [], as elevation: SSHElevation? = nil, deadline: Duration? = nil,
        outputLimit: Int = 1024 * 1024,
        onOutput: SSHOutputHandler? = nil
    ) async throws(SSHError) -> SSHExecution {
        let request = ExecutionRequest(
            command: command, standardInput: standardInput, elevation: elevation, deadline: deadline, outputLimit: outputLimit,
            onOutput: onOutput)
        let session = session
        return try await Self.interruptible(session) { await session.execute(request, id: $0) }
    }

    /// Runs a program with its arguments. As with a command line, which is the general case; this one takes the host less work.
    package func execute(
        _ command: ShellCommand, standardInput: [UInt8] = [], as elevation: SSHElevation? = nil, deadline: Duration? = nil,
        outputLimit: Int = 1024 * 1024, onOutput: SSHOutputHandler? = nil
    ) async throws(SSHError) -> SSHExecution {
        let request = ExecutionRequest(
            command: command.text, isProgram: true, script: command.script, standardInput: standardInput, elevation: elevation,
            deadline: deadline, outputLimit: outputLimit, onOutput: onOutput)
        let session = session
        return try await Self.interruptible(session) { await session.execute(request, id: $0) }
    }

    /// Puts content into a file of the far side: all of it or nothing.
    ///
    /// It goes to a new file beside the target, is synced and checked by SHA-256 over there, gets owner and mode, and is
    /// then renamed over the target (a symbolic link is replaced, not followed). On any failure the new file is removed.
    /// Needs SFTP and commands; uses a session of the server.
    ///
    /// - Parameters:
    ///   - mode: permission bits, such as `0o644`.
    ///   - owner: nil leaves the file to the user who logged in.
    ///   - expected: the SHA-256 that the content must have, in hexadecimal.
    ///   - deadline: for everything but the removal of the new file.
    /// - Throws: ``SSHError``: `remoteFile`, `checksumMismatch`, `localFile`, `channelRefused`, `timedOut(.upload)`,
    ///   `cancelled`, `connectionLost`.
    package func upload(
        _ content: SSHUploadSource, to path: String, mode: UInt32, owner: SSHFileOwner? = nil,
        sha256 expected: String? = nil, deadline: Duration? = nil
    ) async throws(SSHError) -> SSHUpload {
        let request = UploadRequest(
            content: content, path: path, mode: mode, owner: owner, expected: expected?.lowercased(), deadline: deadline)
        let session = session
        return try await Self.interruptible(session) { await session.upload(request, id: $0) }
    }

    /// Puts content into a file of the far side as another user: all of it or nothing.
    ///
    /// It goes through the standard input of one command to a new file beside the target, whose size is checked (what is sent is
    /// protected by the connection's MAC), gets owner and mode, is synced and renamed over the target. Needs no SFTP. On any failure
    /// the new file is removed.
    ///
    /// - Parameters:
    ///   - owner: `user:group`, names or numbers; nil leaves the file to the user as whom this is done.
    ///   - elevation: as whom it is written; nil: as the user who logged in.
    ///   - expected: the SHA-256 that the content must have, in hexadecimal; asked of the far side before the rename.
    /// - Returns: how many bytes there are in it.
    /// - Throws: as ``upload(_:to:mode:owner:sha256:deadline:)``, and `elevation`.
    package func upload(
        _ content: SSHUploadSource, to path: String, mode: UInt32, ownerName owner: String?, as elevation: SSHElevation?,
        sha256 expected: String? = nil, deadline: Duration? = nil
    ) async throws(SSHError) -> UInt64 {
        let request = PipedUpload(
            content: content, path: path, mode: mode, owner: owner, elevation: elevation, expected: expected?.lowercased(),
            deadline: deadline)
        let session = session
        return try await Self.interruptible(session) { await session.upload(request, id: $0) }
    }

    /// Lets the far side connect to a service and returns the first line that it sends, such as `SSH-2.0-OpenSSH_9.2p1`.
    ///
    /// Uses a connection of its own, so that a service that does not answer holds nothing up.
    ///
    /// - Throws: ``SSHError``: `refused` (nothing listens there), `unreachable` (no way to it), `nameNotFound`,
    ///   `timedOut(.banner)`, `channelRefused` (forwarding forbidden, or the service hung up without a word), and all that
    ///   ``connect(to:configuration:on:)`` throws.
    package func readBanner(host: String, port: Int, deadline: Duration) async throws(SSHError) -> String {
        let end = ContinuousClock.now + deadline
        var configuration = session.configuration
        configuration.connectDeadline = min(configuration.connectDeadline, deadline)
        configuration.authenticationDeadline = min(configuration.authenticationDeadline, deadline)
        // A far side that waits for the service refuses no ping meanwhile; the deadline bounds the scout anyway.
        configuration.keepAlive.interval = deadline + .seconds(60)
        let scout = try await Self.connect(
            to: endpoint, through: session.tunnel?.jumpHost, configuration: configuration, on: session.loop)
        let session = scout.session
        let left = max(.zero, ContinuousClock.now.duration(to: end))
        do throws(SSHError) {
            let banner = try await Self.interruptible(session) {
                await session.readBanner(host: host, port: port, deadline: left, id: $0)
            }
            await scout.close()
            return banner
        } catch {
            await scout.close()
            throw error
        }
    }

    /// False once the link is known to be dead, or closed. True does not promise that the next call succeeds.
    package var isAlive: Bool {
        session.isAliveFlag.load(ordering: .acquiring)
    }

    /// Says goodbye and frees everything, without waiting for the far side. Calls in progress throw `cancelled`.
    package func close() async {
        await session.close()
    }

    /// Runs work under a name by which the caller's cancellation can interrupt it.
    private static func interruptible<Value: Sendable>(
        _ session: Session, _ work: @Sendable (OperationID) async -> Result<Value, SSHError>
    ) async throws(SSHError) -> Value {
        let id = OperationID.next()
        let result = await withTaskCancellationHandler {
            await work(id)
        } onCancel: {
            Task { await session.interrupt(id, .cancelled) }
        }
        return try result.get()
    }
}

extension Session {
    func close() {
        end(SSHError(.cancelled, endpoint: endpoint, message: "the connection was closed"), farewell: true)
    }
}
