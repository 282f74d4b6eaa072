internal import CLibSSH2
internal import Glibc

/// A libssh2 session with what carries it, a socket or a tunnel: made together, ended together.
final class SessionHandle {
    enum Carrier {
        case socket(Int32)
        case tunnel(Tunnel)
    }

    let session: OpaquePointer
    let carrier: Carrier
    private let transport: UnsafeMutablePointer<planner_transport>

    /// Takes the carrier over, also when it fails.
    init?(_ carrier: Carrier) {
        transport = .allocate(capacity: 1)
        transport.initialize(to: planner_transport())
        self.carrier = carrier
        guard let session = planner_session_create(transport) else {
            transport.deallocate()
            SessionHandle.close(carrier)
            return nil
        }
        self.session = session
        // What came before the event loop knew of the session is not told again.
        transport.pointee.readable = 1
        if case .tunnel(let tunnel) = carrier { transport.pointee.tunnel = tunnel.buffers }
    }

    private static func close(_ carrier: Carrier) {
        switch carrier {
        case .socket(let descriptor): Glibc.close(descriptor)
        case .tunnel(let tunnel): tunnel.release()
        }
    }

    /// The socket that libssh2 is told of. Of a tunnel it is that of the jump host: libssh2 only makes sure that it does not block.
    var descriptor: Int32 {
        switch carrier {
        case .socket(let descriptor): descriptor
        case .tunnel(let tunnel): tunnel.descriptor
        }
    }

    // MARK: What the server said first

    /// Keeps what comes until ``takeGreeting()``.
    func keepGreeting() {
        transport.pointee.greeting = .allocate(capacity: Int(planner_greeting_limit))
        transport.pointee.greeting_count = 0
    }

    func takeGreeting() -> [UInt8] {
        guard let greeting = transport.pointee.greeting else { return [] }
        defer { greeting.deallocate() }
        transport.pointee.greeting = nil
        return Array(UnsafeBufferPointer(start: greeting, count: Int(transport.pointee.greeting_count)))
    }

    // MARK: The socket

    /// Takes note of what the event loop says of the socket.
    func note(_ events: UInt32) {
        if events & (planner_epoll_in | planner_epoll_hangup) != 0 { transport.pointee.readable = 1 }
        if events & planner_epoll_hangup != 0 { transport.pointee.hung_up = 1 }
    }

    /// Whether there may be something to receive of which the event loop will not tell again.
    var mayReceive: Bool {
        switch carrier {
        case .socket: (transport.pointee.readable != 0 && transport.pointee.ended == 0) || transport.pointee.ahead_count > 0
        case .tunnel(let tunnel): tunnel.buffers.pointee.incoming.count > 0
        }
    }

    /// Packets that libssh2 has made and that are not sent yet.
    var hasOutgoing: Bool { transport.pointee.outgoing_count > 0 }

    /// Whether a packet without content is taken whatever the socket takes.
    var hasRoomForPacket: Bool {
        if case .socket = carrier { planner_outgoing_room(transport) >= 256 } else { false }
    }

    /// Whether somebody who waits for more is to call ``acknowledge()`` first.
    var isUnacknowledged: Bool { transport.pointee.unacknowledged != 0 }

    /// Sends what waits.
    ///
    /// - Returns: false when it cannot be sent, now or ever: then the end of the link is there to be received.
    func flush() -> Bool {
        guard case .socket(let descriptor) = carrier else { return true }
        _ = planner_flush(descriptor, transport)
        guard transport.pointee.send_error != 0 else { return true }
        note(planner_epoll_hangup)
        return false
    }

    func acknowledge() {
        if case .socket(let descriptor) = carrier { planner_acknowledge(descriptor, transport) }
    }

    /// Grows with everything that arrives.
    var received: UInt64 { transport.pointee.received }

    /// Why the link is over, once everything that had arrived was read; nil while it lives.
    var ended: String? {
        if transport.pointee.ended != 0, case .tunnel(let tunnel) = carrier { return tunnel.endReason }
        return switch transport.pointee.ended {
        case 0: nil
        case -1: "the server closed the connection"
        case let code: "the link broke: \(systemMessage(code))"
        }
    }

    var wantsToSend: Bool {
        libssh2_session_block_directions(session) & LIBSSH2_SESSION_BLOCK_OUTBOUND != 0
    }

    var wantsToReceive: Bool {
        libssh2_session_block_directions(session) & LIBSSH2_SESSION_BLOCK_INBOUND != 0
    }

    var lastErrorCode: Int { Int(libssh2_session_last_errno(session)) }

    var lastErrorMessage: String {
        var text: UnsafeMutablePointer<CChar>?
        libssh2_session_last_error(session, &text, nil, 0)
        return text.map { String(cString: $0) } ?? "no message"
    }

    /// The server's own words for the last channel that it refused.
    func takeRefusal() -> String? {
        guard transport.pointee.refusal_reason != 0 else { return nil }
        transport.pointee.refusal_reason = 0
        return withUnsafePointer(to: &transport.pointee.refusal) { field in
            field.withMemoryRebound(to: CChar.self, capacity: 200) { String(cString: $0) }
        }
    }

    /// What this libssh2 can do.
    func supportedMethods(_ kind: Int32) -> Set<String> {
        var list: UnsafeMutablePointer<UnsafePointer<CChar>?>?
        let count = libssh2_session_supported_algs(session, kind, &list)
        guard count > 0, let list else { return [] }
        defer { libssh2_free(session, list) }
        return Set((0..<Int(count)).compactMap { index in list[index].map { String(cString: $0) } })
    }

    func method(_ kind: Int32) -> String {
        libssh2_session_methods(session, kind).map { String(cString: $0) } ?? "?"
    }

    /// Frees everything. The socket is shut down first: libssh2 would otherwise wait for the far side and leak.
    func destroy(farewell: Bool) {
        if farewell {
            // Best effort: one packet into a socket that has room, or none.
            libssh2_session_disconnect_ex(session, SSH_DISCONNECT_BY_APPLICATION, "done", "")
            _ = flush()
        }
        if case .socket(let descriptor) = carrier { shutdown(descriptor, Int32(SHUT_RDWR)) }
        if case .tunnel(let tunnel) = carrier { tunnel.flush() }
        transport.pointee.closing = 1
        var attempts = 0
        // Each channel of the session may answer EAGAIN once per packet that it would still like to exchange.
        while libssh2_session_free(session) == LIBSSH2_ERROR_EAGAIN, attempts < 1000 { attempts += 1 }
        SessionHandle.close(carrier)
        transport.pointee.greeting?.deallocate()
        transport.deallocate()
    }
}
