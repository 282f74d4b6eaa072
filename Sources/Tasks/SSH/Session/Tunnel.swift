internal import CLibSSH2
internal import Glibc

/// What carries a session through a jump host: two buffers between it and a channel of the jump host's session.
///
/// `@unchecked Sendable`: touched only on the thread of the event loop, on which both sessions live.
final class Tunnel: @unchecked Sendable {
    /// The jump host, which lives for as long as something runs through it.
    let jumpHost: SSHConnection
    let descriptor: Int32
    let buffers: UnsafeMutablePointer<planner_tunnel>
    /// Why it is over; nil while it lives.
    private(set) var endReason: String?
    /// Who is told of arrivals and of room.
    weak var client: (any ReactorClient)?
    /// Wakes the coroutine that moves bytes between the buffers and the channel.
    var wakeCarrier: (() -> Void)?
    /// The session that ran through it is gone.
    private(set) var isReleased = false

    init(through jumpHost: SSHConnection, descriptor: Int32) {
        self.jumpHost = jumpHost
        self.descriptor = descriptor
        buffers = .allocate(capacity: 1)
        buffers.initialize(to: planner_tunnel())
    }

    deinit {
        free(buffers.pointee.incoming.bytes)
        free(buffers.pointee.outgoing.bytes)
        buffers.deallocate()
    }

    // MARK: For the session that runs through it

    /// To be called after each call of libssh2: what it has written wants to go out, what it has read makes room.
    func flush() {
        if buffers.pointee.outgoing.count > 0 || isWaitingForRoom { wakeCarrier?() }
    }

    /// The session is gone, and the channel shall be.
    func release() {
        isReleased = true
        client = nil
        wakeCarrier?()
    }

    // MARK: For the channel that carries it

    private var isWaitingForRoom = false

    /// How many more bytes from the far side fit; none: somebody must read first, and `flush` will tell.
    func room() -> Int {
        let room = Int(planner_stream_limit) - Int(buffers.pointee.incoming.count)
        isWaitingForRoom = room <= 0
        return max(0, room)
    }

    /// No more bytes than there was room for.
    func deliver(_ bytes: UnsafeRawBufferPointer) {
        _ = planner_stream_put(&buffers.pointee.incoming, bytes.baseAddress, bytes.count)
        client?.descriptorIsReady(planner_epoll_in | planner_epoll_out)
    }

    func takeOutgoing() -> [UInt8] {
        let count = min(Int(buffers.pointee.outgoing.count), 128 * 1024)
        guard count > 0 else { return [] }
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            filled = Int(planner_stream_take(&buffers.pointee.outgoing, buffer.baseAddress, count))
        }
        client?.descriptorIsReady(planner_epoll_in | planner_epoll_out)
        return bytes
    }

    /// Everything that arrived is still read first.
    func end(_ reason: String) {
        guard endReason == nil else { return }
        endReason = reason
        buffers.pointee.ended = -1
        client?.descriptorIsReady(planner_epoll_in | planner_epoll_out)
    }
}

extension Session {
    /// Lets the far side connect to an address, as the carrier of a session of its own.
    ///
    /// Does not count against the server's MaxSessions.
    func openTunnel(
        to target: SSHEndpoint, of connection: SSHConnection, deadline: Duration, id: OperationID
    ) async -> Result<Tunnel, SSHError> {
        let operation = begin(.connect, id: id, deadline: deadline)
        defer { end(operation) }
        do throws(SSHError) {
            let kind = ChannelKind.forwarded(to: target.host, port: target.port)
            switch try await openOnce(operation, kind) {
            case .refused(let reason): return .failure(tunnelFailure(reason, target))
            case .channel(let channel):
                guard case .live(let handle) = state else { throw lost("closed") }
                let tunnel = Tunnel(through: connection, descriptor: handle.descriptor)
                carry(tunnel, over: channel, kind)
                return .success(tunnel)
            }
        } catch {
            var error = error
            error.message = "jump host \(endpoint): \(error.message)"
            return .failure(error.at(target))
        }
    }

    private func tunnelFailure(_ reason: String, _ target: SSHEndpoint) -> SSHError {
        let text = reason.lowercased()
        let isForbidden = text.contains("prohibited") || text == "open failed" || text.contains("unknown channel")
        let code: SSHError.Code = text.contains("refused") ? .refused : .unreachable
        return SSHError(
            code, endpoint: target, message: "the jump host \(endpoint) does not get there: \(reason)",
            nextStep: isForbidden
                ? "see AllowTcpForwarding and PermitOpen in sshd_config of \(endpoint.host)"
                : "check the address and port as they are seen from \(endpoint.host)")
    }

    /// Moves bytes both ways until either side ends.
    private func carry(_ tunnel: Tunnel, over channel: OpaquePointer, _ kind: ChannelKind) {
        let operation = begin(.command, deadline: nil, observesCancellation: false)
        tunnel.wakeCarrier = { [weak self] in
            let id = operation.id
            self?.assumeIsolated { $0.operation(id)?.wake() }
        }
        Task { await withTaskExecutorPreference(loop.executor) { await carry(tunnel, over: channel, kind, operation) } }
    }

    private func carry(
        _ tunnel: Tunnel, over channel: OpaquePointer, _ kind: ChannelKind, _ operation: Operation
    ) async {
        do throws(SSHError) {
            try await move(tunnel, channel, operation)
            tunnel.end("the far side closed the connection through the jump host \(endpoint)")
        } catch {
            tunnel.end("jump host \(endpoint): \(error.message)")
        }
        tunnel.wakeCarrier = nil
        if case .live = state { freeEventually(channel, kind) }
        end(operation)
    }

    private func move(_ tunnel: Tunnel, _ channel: OpaquePointer, _ operation: Operation) async throws(SSHError) {
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        var block: [UInt8] = []
        var sent = 0
        while !tunnel.isReleased {
            let arrived = try handle(for: operation).received
            var isMoving = false
            let room = min(tunnel.room(), buffer.count)
            if room > 0,
                let count = try await attempt(
                    operation,
                    { _ in
                        buffer.withUnsafeMutableBytes { raw in
                            libssh2_channel_read_ex(channel, 0, raw.baseAddress?.assumingMemoryBound(to: CChar.self), room)
                        }
                    })
            {
                if count < 0 { throw failure(count, "reading what is forwarded") }
                if count > 0 {
                    buffer.withUnsafeBytes { tunnel.deliver(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
                    isMoving = true
                }
            }
            if sent == block.count {
                block = tunnel.takeOutgoing()
                sent = 0
            }
            if sent < block.count,
                let count = try await attempt(operation, { [block, sent] _ in Self.write(block, from: sent, to: channel) })
            {
                if count < 0 { throw failure(count, "writing what is forwarded") }
                sent += count
                isMoving = true
            }
            if isMoving { continue }
            if libssh2_channel_eof(channel) == 1 { return }
            if try handle(for: operation).received == arrived { await park(operation, forSocket: room > 0) }
        }
    }

    private static func write(_ block: [UInt8], from position: Int, to channel: OpaquePointer) -> Int {
        block.withUnsafeBytes { raw in
            libssh2_channel_write_ex(
                channel, 0, raw.baseAddress?.assumingMemoryBound(to: CChar.self).advanced(by: position), raw.count - position)
        }
    }
}
