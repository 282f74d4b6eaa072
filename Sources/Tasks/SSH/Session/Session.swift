internal import CLibSSH2
internal import Glibc
internal import Synchronization

/// The state of one connection and the rules of libssh2 for using it. Lives on its event loop's thread.
///
/// Rules, of which libssh2 enforces none: a packet that was sent in part must be continued by the same call before any
/// other call may send; what one call receives may be news for every channel; channels are opened one at a time; a
/// channel that waits for news must be woken by any arrival; nothing is touched once the session is freed.
actor Session: ReactorClient {
    enum State {
        /// The socket is being made. Next: `live` or `ended`.
        case new
        case live(SessionHandle)
        /// Freed. Every further call throws the error.
        case ended(SSHError)
    }

    /// When the packets that wait go out.
    private enum Sending {
        case nothing
        /// Nobody waits for what follows from them. Next: `nothing`, `beforeWaiting`.
        case soon
        /// The loop calls when the jobs of this moment are done. Next: `nothing`.
        case beforeWaiting
    }

    nonisolated let endpoint: SSHEndpoint
    nonisolated let configuration: SSHConfiguration
    nonisolated let loop: SSHEventLoop
    /// What it runs through; nil: a socket of its own.
    nonisolated let tunnel: Tunnel?
    nonisolated let isAliveFlag = Atomic<Bool>(false)
    nonisolated var unownedExecutor: UnownedSerialExecutor { loop.reactor.asUnownedSerialExecutor() }

    var state = State.new
    /// Few, so that they are looked through.
    private(set) var operations: [Operation] = []
    /// Set between connect() and its outcome: the socket and, for names, what the resolver found.
    var connectingDescriptor: Int32?
    var resolution: Result<[SocketAddress], SSHError>?
    /// The operation whose packet is half sent.
    var sender: Operation?
    var channelOpening = ChannelOpening()
    var keepAlive = KeepAliveState()
    var loginShell = LoginShell.unknown
    private var sending = Sending.nothing

    init(endpoint: SSHEndpoint, configuration: SSHConfiguration, loop: SSHEventLoop, tunnel: Tunnel? = nil) {
        self.endpoint = endpoint
        self.configuration = configuration
        self.loop = loop
        self.tunnel = tunnel
    }

    // MARK: Operations

    /// Enters a call. Cleaning up after a cancellation must not be cancelled by it: `observesCancellation` false.
    func begin(
        _ step: SSHError.Step, id: OperationID = .next(), deadline: Duration?, observesCancellation: Bool = true
    ) -> Operation {
        let operation = Operation(id: id, step: step)
        operations.append(operation)
        if let deadline { setDeadline(deadline, of: operation) }
        // A cancellation before this line finds no operation; one after it does.
        if observesCancellation, Task.isCancelled { operation.interrupt(.cancelled) }
        return operation
    }

    func operation(_ id: OperationID) -> Operation? { operations.first { $0.id == id } }

    func setDeadline(_ deadline: Duration, of operation: Operation) {
        if let timer = operation.timer { loop.reactor.cancel(timer: timer) }
        let id = operation.id
        operation.timer = loop.reactor.schedule(after: deadline) { [weak self] in
            self?.assumeIsolated { $0.interrupt(id, .timedOut) }
        }
    }

    func interrupt(_ id: OperationID, _ reason: Operation.Interruption) {
        guard let operation = operation(id) else { return }
        operation.interrupt(reason)
        guard sender === operation else { return }
        // It must finish its packet before it may stop. If the socket does not take it, the link is dead.
        operation.timer = loop.reactor.schedule(after: .seconds(5)) { [weak self] in
            self?.assumeIsolated { session in
                guard session.sender?.id == id else { return }
                session.end(session.lost("the link takes no more data"))
            }
        }
    }

    func end(_ operation: Operation) {
        if let timer = operation.timer { loop.reactor.cancel(timer: timer) }
        operations.removeAll { $0 === operation }
        if sender === operation {
            sender = nil
            wakeAll()
        }
        channelOpening.leave(operation)
        guard operations.isEmpty, case .live(let handle) = state else { return }
        if let reason = handle.ended {
            end(lost(reason))
        } else if handle.mayReceive {
            startPing()
        }
    }

    /// Sleeps until somebody wakes the operation.
    func park(_ operation: Operation, forSocket: Bool = false) async {
        if forSocket, case .live(let handle) = state {
            // Of what came meanwhile nobody tells again. Whose packet is half sent does not read, and waits for room only.
            if sender !== operation, handle.mayReceive { return await Task.yield() }
            if handle.isUnacknowledged { sendBeforeWaiting() }
        }
        await withCheckedContinuation { operation.sleep($0, forSocket: forSocket) }
    }

    func wakeAll() {
        for operation in operations { operation.wake() }
    }

    // MARK: Calls of libssh2

    /// The session, if the operation may use it now.
    func handle(for operation: Operation) throws(SSHError) -> SessionHandle {
        if case .ended(let error) = state { throw error }
        if sender !== operation, let interruption = operation.interruption {
            throw interrupted(operation, by: interruption)
        }
        guard case .live(let handle) = state else { throw lost("not connected") }
        return handle
    }

    /// Carries out one call of libssh2: its result, or nil if it wants to be repeated after the next arrival.
    ///
    /// A call that sent half a packet is repeated here until the packet is out.
    ///
    /// - Parameter isLast: whether nobody waits for what follows from the packets of this call: they may go out with others.
    func attempt(
        _ operation: Operation, isLast: Bool = false, _ call: (SessionHandle) -> Int
    ) async throws(SSHError) -> Int? {
        while true {
            let handle = try handle(for: operation)
            if let sender, sender !== operation {
                await park(operation)
                continue
            }
            let before = handle.received
            operation.look()
            let code = call(handle)
            tunnel?.flush()
            let isBlocked = code == Int(LIBSSH2_ERROR_EAGAIN)
            let isHalfSent = isBlocked && handle.wantsToSend && handle.ended == nil
            let wasSender = sender === operation
            sender = isHalfSent ? operation : nil
            if wasSender, !isHalfSent {
                wakeAll(but: operation)
            } else if handle.received != before {
                tellReaders(but: operation)
            }
            if handle.hasOutgoing { isLast ? sendSoon() : sendBeforeWaiting() }
            if handle.ended != nil { isAliveFlag.store(false, ordering: .releasing) }
            if isHalfSent {
                await park(operation, forSocket: true)
                continue
            }
            if isBlocked {
                if let reason = handle.ended { throw lost(reason) }
                return nil
            }
            if code < 0, Self.isFatal(code) {
                let error = lost(handle.ended ?? handle.lastErrorMessage)
                end(error)
                throw error
            }
            return code
        }
    }

    /// Carries out one call of libssh2 to its end. Negative results other than EAGAIN and lost links are returned.
    func complete(
        _ operation: Operation, isLast: Bool = false, _ call: (SessionHandle) -> Int
    ) async throws(SSHError) -> Int {
        while true {
            if let code = try await attempt(operation, isLast: isLast, call) { return code }
            await park(operation, forSocket: true)
        }
    }

    private func wakeAll(but operation: Operation) {
        for other in operations where other !== operation { other.wake() }
    }

    /// Whoever waits for the socket looks again.
    private func tellReaders(but operation: Operation?) {
        for other in operations where other !== operation { other.hear() }
    }

    /// Errors after which the two sides no longer agree on where they are.
    private static func isFatal(_ code: Int) -> Bool {
        [
            LIBSSH2_ERROR_SOCKET_DISCONNECT, LIBSSH2_ERROR_SOCKET_RECV, LIBSSH2_ERROR_SOCKET_SEND,
            LIBSSH2_ERROR_SOCKET_TIMEOUT, LIBSSH2_ERROR_INVALID_MAC, LIBSSH2_ERROR_DECRYPT, LIBSSH2_ERROR_BAD_SOCKET,
        ].contains(Int32(code))
    }

    private func sendBeforeWaiting() {
        if case .beforeWaiting = sending { return }
        sending = .beforeWaiting
        loop.reactor.callBeforeWaiting(self)
    }

    private func sendSoon() {
        guard case .nothing = sending else { return }
        sending = .soon
        loop.reactor.callSoon(self)
    }

    // MARK: Events

    nonisolated func descriptorIsReady(_ events: UInt32) {
        assumeIsolated { $0.react(events) }
    }

    nonisolated func reactorWillWait() {
        assumeIsolated { $0.send() }
    }

    nonisolated func reactorWillStop() {
        assumeIsolated { session in
            session.end(SSHError(.cancelled, endpoint: session.endpoint, message: "the SSH event loop was shut down"))
        }
    }

    private func react(_ events: UInt32) {
        guard case .live(let handle) = state else { return wakeAll() }
        handle.note(events)
        if events & planner_epoll_out != 0 {
            if handle.hasOutgoing { sendBeforeWaiting() }
            sender?.wake()
        }
        guard events & ~planner_epoll_out != 0 else { return }
        tellReaders(but: sender)
        // Nobody reads, but the server has something to say: its end, a keep-alive, new keys.
        if operations.isEmpty { startPing() }
    }

    private func send() {
        sending = .nothing
        guard case .live(let handle) = state else { return }
        // Who waits for the end of a link that takes nothing more finds it by reading.
        guard handle.flush() else { return tellReaders(but: nil) }
        if operations.contains(where: \.isAwaitingSocket) { handle.acknowledge() }
    }

    // MARK: Beginning and end

    func adopt(_ carrier: SessionHandle.Carrier) throws(SSHError) -> SessionHandle {
        guard let handle = SessionHandle(carrier) else {
            throw SSHError(.library(LIBSSH2_ERROR_ALLOC), endpoint: endpoint, message: "no memory for a session")
        }
        switch carrier {
        // What was told before there was a session to note it.
        case .socket(let descriptor): loop.reactor.renew(descriptor: descriptor, events: planner_epoll_changes)
        case .tunnel(let tunnel): tunnel.client = self
        }
        state = .live(handle)
        return handle
    }

    /// Frees the session and wakes every operation; they throw the error.
    func end(_ error: SSHError, farewell: Bool = false) {
        if case .ended = state { return }
        isAliveFlag.store(false, ordering: .releasing)
        if let timer = keepAlive.timer { loop.reactor.cancel(timer: timer) }
        if let descriptor = connectingDescriptor.take() {
            loop.reactor.remove(descriptor: descriptor)
            Glibc.close(descriptor)
        }
        if case .live(let handle) = state {
            if case .socket(let descriptor) = handle.carrier { loop.reactor.remove(descriptor: descriptor) }
            handle.destroy(farewell: farewell && sender == nil)
        } else {
            tunnel?.release()
        }
        state = .ended(error)
        sender = nil
        wakeAll()
    }

    // MARK: Errors

    func lost(_ reason: String) -> SSHError {
        SSHError(.connectionLost, endpoint: endpoint, message: "connection lost: \(reason)")
    }

    func interrupted(_ operation: Operation, by interruption: Operation.Interruption) -> SSHError {
        switch interruption {
        case .cancelled: SSHError(.cancelled, endpoint: endpoint, message: "\(operation.step.rawValue) cancelled")
        case .timedOut:
            SSHError(
                .timedOut(operation.step), endpoint: endpoint,
                message: "\(operation.step.rawValue) not finished within its deadline")
        }
    }

    func failure(_ code: Int, _ what: String) -> SSHError {
        guard case .live(let handle) = state else { return lost(what) }
        return SSHError(
            .library(Int32(code)), endpoint: endpoint, message: "\(what): \(handle.lastErrorMessage) (libssh2 \(code))")
    }
}
