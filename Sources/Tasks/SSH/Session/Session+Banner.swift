internal import CLibSSH2

extension Session {
    /// RFC 4253 section 4.2: at most 255 bytes.
    private static var bannerLimit: Int { 255 }

    func readBanner(
        host: String, port: Int, deadline: Duration, id: OperationID
    ) async -> Result<String, SSHError> {
        let operation = begin(.banner, id: id, deadline: deadline)
        defer { end(operation) }
        do throws(SSHError) {
            let kind = ChannelKind.forwarded(to: host, port: port)
            switch try await openOnce(operation, kind) {
            case .refused(let reason): return .failure(forwardingFailure(reason, kind, "\(host):\(port)"))
            case .channel(let channel):
                let line = try await firstLine(of: channel, operation)
                return .success(line)
            }
        } catch {
            return .failure(error.at(endpoint))
        }
    }

    private func firstLine(of channel: OpaquePointer, _ operation: Operation) async throws(SSHError) -> String {
        var line: [UInt8] = []
        while line.count < Self.bannerLimit {
            var byte: CChar = 0
            let count = try await complete(operation) { _ in libssh2_channel_read_ex(channel, 0, &byte, 1) }
            if count < 0 { throw failure(count, "reading the banner") }
            if count == 0 || byte == CChar(bitPattern: UInt8(ascii: "\n")) { break }
            line.append(UInt8(bitPattern: byte))
        }
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        guard !line.isEmpty else {
            throw SSHError(
                .channelRefused, endpoint: endpoint, message: "the service took the connection and closed it without a word")
        }
        return String(decoding: line, as: UTF8.self)
    }

    /// The server passes on the words of its own system.
    private func forwardingFailure(_ reason: String, _ kind: ChannelKind, _ service: String) -> SSHError {
        let text = reason.lowercased()
        let message = "\(service) as seen from the host: \(reason)"
        if text.contains("refused") { return SSHError(.refused, endpoint: endpoint, message: message) }
        if text.contains("route") || text.contains("unreachable") || text.contains("timed out") || text.contains("is down") {
            return SSHError(.unreachable, endpoint: endpoint, message: message)
        }
        if text.contains("name") || text.contains("resolve") {
            return SSHError(.nameNotFound, endpoint: endpoint, message: message)
        }
        return refusal(of: kind, reason)
    }
}
