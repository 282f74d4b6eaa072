internal import CLibSSH2
internal import Glibc

/// How to open something that occupies a channel, and how to free it.
struct ChannelKind: Sendable {
    let name: String
    let open: @Sendable (SessionHandle) -> OpaquePointer?
    let free: @Sendable (OpaquePointer) -> Int
    /// Whether it is one of those of which a server allows MaxSessions.
    var isSession = true

    static let session = ChannelKind(
        name: "session",
        open: {
            libssh2_channel_open_ex($0.session, "session", 7, channelWindow, channelPacket, nil, 0)
        },
        free: { Int(libssh2_channel_free($0)) })

    static let sftp = ChannelKind(
        name: "SFTP", open: { libssh2_sftp_init($0.session) }, free: { Int(libssh2_sftp_shutdown($0)) })

    static func forwarded(to host: String, port: Int) -> ChannelKind {
        ChannelKind(
            name: "forwarding to \(host):\(port)",
            open: { libssh2_channel_direct_tcpip_ex($0.session, host, Int32(port), "127.0.0.1", 0) },
            free: { Int(libssh2_channel_free($0)) }, isSession: false)
    }

    /// Of no known type: the server's refusal is the sign of life that is wanted.
    static let ping = ChannelKind(
        name: "ping",
        open: { libssh2_channel_open_ex($0.session, "ping@planner", 12, channelWindow, channelPacket, nil, 0) },
        free: { Int(libssh2_channel_free($0)) }, isSession: false)

    private static let channelWindow: UInt32 = 2 * 1024 * 1024
    private static let channelPacket: UInt32 = 32768
}

extension Session {
    enum Opened {
        case channel(OpaquePointer)
        /// By the server, with its words.
        case refused(String)
    }

    /// Opens a channel that counts against the server's session limit. If that is reached, waits until another channel
    /// of this connection ends; throws `channelRefused` if there is none to wait for.
    ///
    /// - Parameter keepsTurn: see ``openOnce(_:_:isUrgent:keepsTurn:)``.
    func openChannel(
        _ operation: Operation, _ kind: ChannelKind, keepsTurn: Bool = false
    ) async throws(SSHError) -> OpaquePointer {
        var delay = Duration.milliseconds(10)
        var refusalsWhileAlone = 0
        var openedBefore = channelOpening.openedInAll
        while true {
            while channelOpening.isFull {
                _ = try handle(for: operation)
                await park(operation)
            }
            switch try await openOnce(operation, kind, keepsTurn: keepsTurn) {
            case .channel(let channel): return channel
            case .refused(let reason):
                channelOpening.refused()
                // The server may still be busy with the end of a channel that is over on this side: of the last one, or of one that somebody
                // else has opened meanwhile.
                let isAlone = channelOpening.openCount == 0 && channelOpening.openedInAll == openedBefore
                refusalsWhileAlone = isAlone ? refusalsWhileAlone + 1 : 0
                openedBefore = channelOpening.openedInAll
                if refusalsWhileAlone > 5 { throw refusal(of: kind, reason) }
            }
            try await pause(operation, delay)
            delay = min(delay * 2, .milliseconds(200))
        }
    }

    /// Tries once to open a channel.
    ///
    /// - Parameter keepsTurn: whether nobody else may open one until ``leaveTurn(of:)``: libssh2 takes any answer to a request for its own,
    ///   so the request of one channel must be on its way before the next is opened. Then servers answer it before they open that one.
    func openOnce(
        _ operation: Operation, _ kind: ChannelKind, isUrgent: Bool = false, keepsTurn: Bool = false
    ) async throws(SSHError) -> Opened {
        var isKept = false
        defer { if !isKept { leaveTurn(of: operation) } }
        try await takeTurn(operation, isUrgent: isUrgent)
        var channel: OpaquePointer?
        var isBegun = false
        let code: Int
        do {
            code = try await complete(operation) { handle in
                isBegun = true
                channel = kind.open(handle)
                return channel == nil ? min(handle.lastErrorCode, -1) : 0
            }
        } catch {
            if isBegun { seeThrough(kind, insteadOf: operation) }
            throw error
        }
        if let channel {
            if kind.isSession { channelOpening.opened() }
            isKept = keepsTurn
            return .channel(channel)
        }
        guard case .live(let handle) = state else { throw lost("closed") }
        let reason = handle.takeRefusal()
        if code == Int(LIBSSH2_ERROR_CHANNEL_FAILURE), let reason { return .refused(reason) }
        throw refusal(of: kind, handle.lastErrorMessage)
    }

    /// Waits until nobody else opens a channel; nothing when it is the operation's turn already.
    func takeTurn(_ operation: Operation, isUrgent: Bool = false) async throws(SSHError) {
        if channelOpening.isOpener(operation) { return }
        channelOpening.enter(operation, isUrgent: isUrgent)
        while !channelOpening.isOpener(operation) {
            _ = try handle(for: operation)
            await park(operation)
        }
    }

    func leaveTurn(of operation: Operation) {
        channelOpening.leave(operation)
        wakeAll()
    }

    func refusal(of kind: ChannelKind, _ reason: String) -> SSHError {
        SSHError(
            .channelRefused, endpoint: endpoint, message: "the server opens no \(kind.name) channel: \(reason)",
            nextStep: "see MaxSessions, Subsystem and AllowTcpForwarding in the server's sshd_config")
    }

    /// Ends an opening whose operation was interrupted: takes the channel when it comes, and frees it.
    private func seeThrough(_ kind: ChannelKind, insteadOf operation: Operation) {
        guard case .live = state else { return }
        let successor = begin(operation.step, deadline: nil, observesCancellation: false)
        channelOpening.hand(over: operation, to: successor)
        Task {
            defer {
                end(successor)
                wakeAll()
            }
            var channel: OpaquePointer?
            _ = try? await complete(successor) { handle in  // a dead link has ended the opening, too
                channel = kind.open(handle)
                return channel == nil ? min(handle.lastErrorCode, -1) : 0
            }
            channelOpening.leave(successor)
            wakeAll()
            guard let channel else { return }
            if kind.isSession { channelOpening.opened() }
            await free(channel, kind, successor)
        }
    }

    /// Frees a channel. What a dead link leaves behind is freed with the session.
    ///
    /// - Parameter isClosed: whether the far side has closed it already, so that nobody waits for its answer.
    func free(_ channel: OpaquePointer, _ kind: ChannelKind, isClosed: Bool = false, _ operation: Operation) async {
        // Where the server allows few sessions, somebody may wait for this one.
        let isLast = isClosed && channelOpening.limit == nil
        let isFreed = (try? await complete(operation, isLast: isLast) { _ in kind.free(channel) }) != nil  // nil: see above
        if isFreed, kind.isSession {
            channelOpening.closed()
            wakeAll()
        }
    }

    /// Frees a channel whose far side may take any time to end.
    func freeEventually(_ channel: OpaquePointer, _ kind: ChannelKind) {
        guard case .live = state else { return }
        let operation = begin(.command, deadline: nil, observesCancellation: false)
        Task {
            await free(channel, kind, operation)
            end(operation)
        }
    }

    /// Sleeps, unless there is a reason to throw.
    func pause(_ operation: Operation, _ time: Duration) async throws(SSHError) {
        let end = ContinuousClock.now + time
        let timer = wake(operation, after: time)
        defer { loop.reactor.cancel(timer: timer) }
        while ContinuousClock.now < end {
            _ = try handle(for: operation)
            await park(operation)
        }
    }

    func wake(_ operation: Operation, after time: Duration) -> TimerQueue.Identifier {
        let id = operation.id
        return loop.reactor.schedule(after: time) { [weak self] in
            self?.assumeIsolated { $0.operation(id)?.wake() }
        }
    }
}
