internal import CLibSSH2
internal import Glibc

/// Talks to an ssh-agent (draft-miller-ssh-agent): which keys there are, and signatures by them.
///
/// Its calls wait for the agent, at most `limit` each, on the event loop: libssh2 wants a signature at once. libssh2's own
/// agent functions wait without a limit.
final class AgentClient {
    struct Failure: Error {
        let reason: String
    }

    struct Key {
        let blob: [UInt8]
        let comment: String
    }

    private static let limitSeconds = 5
    private static let messageLimit: UInt32 = 256 * 1024
    private let descriptor: Int32

    init(socket path: String) throws(Failure) {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let fits = withUnsafeMutableBytes(of: &address.sun_path) { field in
            guard path.utf8.count < field.count else { return false }
            field.copyBytes(from: path.utf8)
            return true
        }
        guard fits else { throw Failure(reason: "the socket's path is too long") }
        descriptor = socket(AF_UNIX, planner_local_stream_socket, 0)
        guard descriptor >= 0 else { throw Failure(reason: systemMessage(errno)) }
        var limit = timeval(tv_sec: Self.limitSeconds, tv_usec: 0)
        let size = socklen_t(MemoryLayout<timeval>.size)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, size)
        setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, size)
        let code = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard code == 0 else { throw Failure(reason: systemMessage(errno)) }
    }

    deinit {
        close(descriptor)
    }

    /// SSH_AGENTC_REQUEST_IDENTITIES
    func keys() throws(Failure) -> [Key] {
        var reader = WireReader(try exchange([11]))
        guard reader.byte() == 12, let count = reader.unsigned() else { throw Failure(reason: "it lists no keys") }
        var keys: [Key] = []
        for _ in 0..<min(count, 1000) {
            guard let blob = reader.string(), let comment = reader.string() else { break }
            keys.append(Key(blob: blob, comment: String(decoding: comment, as: UTF8.self)))
        }
        return keys
    }

    /// SSH_AGENTC_SIGN_REQUEST: the signature without the name of its type.
    func sign(_ data: [UInt8], with blob: [UInt8]) throws(Failure) -> [UInt8] {
        var request = WireWriter()
        request.byte(13)
        request.string(blob)
        request.string(data)
        // SSH_AGENT_RSA_SHA2_512; other keys have no choice.
        request.unsigned(HostKey(blob: blob).type == "ssh-rsa" ? 4 : 0)
        var reader = WireReader(try exchange(request.bytes))
        guard reader.byte() == 14, let signature = reader.string() else { throw Failure(reason: "it refused to sign") }
        var inner = WireReader(signature)
        guard inner.string() != nil, let bare = inner.string() else { throw Failure(reason: "its signature is malformed") }
        return bare
    }

    private func exchange(_ message: [UInt8]) throws(Failure) -> [UInt8] {
        var frame = WireWriter()
        frame.string(message)
        let sent = frame.bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        guard sent == frame.bytes.count else { throw Failure(reason: "it does not take requests") }
        var header = WireReader(try receive(4))
        guard let length = header.unsigned(), length >= 1, length <= Self.messageLimit else {
            throw Failure(reason: "its answer is malformed")
        }
        return try receive(Int(length))
    }

    private func receive(_ count: Int) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var filled = 0
        while filled < count {
            let got = bytes.withUnsafeMutableBytes {
                recv(descriptor, $0.baseAddress.map { $0 + filled }, count - filled, 0)
            }
            if got < 0, errno == EINTR { continue }
            guard got > 0 else {
                throw Failure(reason: got == 0 ? "it closed the connection" : "it does not answer: \(systemMessage(errno))")
            }
            filled += got
        }
        return bytes
    }
}
