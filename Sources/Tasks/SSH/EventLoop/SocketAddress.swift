internal import CLibSSH2
internal import Dispatch
internal import Glibc

/// A numeric address and port that connect() takes.
struct SocketAddress: Sendable {
    let family: Int32
    let bytes: [UInt8]

    /// The address that a text spells out; nil if it is a name.
    static func numeric(_ host: String, port: Int) -> SocketAddress? {
        guard case .success(let found) = query(host, port: port, flags: AI_NUMERICHOST) else { return nil }
        return found.first
    }

    /// Asks the system's resolver, which may take its time, on a thread of its own.
    static func lookUp(_ host: String, port: Int) async -> Result<[SocketAddress], LookUpFailure> {
        await withCheckedContinuation { continuation in
            resolverQueue.async { continuation.resume(returning: query(host, port: port, flags: AI_ADDRCONFIG)) }
        }
    }

    struct LookUpFailure: Error {
        let reason: String
    }

    private static let resolverQueue = DispatchQueue(label: "ssh-resolver", attributes: .concurrent)

    private static func query(_ host: String, port: Int, flags: Int32) -> Result<[SocketAddress], LookUpFailure> {
        var hints = addrinfo()
        hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
        hints.ai_flags = flags | AI_NUMERICSERV
        var list: UnsafeMutablePointer<addrinfo>?
        let code = getaddrinfo(host, String(port), &hints, &list)
        guard code == 0 else {
            return .failure(LookUpFailure(reason: gai_strerror(code).map { String(cString: $0) } ?? "error \(code)"))
        }
        defer { freeaddrinfo(list) }
        var found: [SocketAddress] = []
        var item = list
        while let info = item?.pointee {
            if let address = info.ai_addr {
                let bytes = UnsafeRawBufferPointer(start: address, count: Int(info.ai_addrlen))
                found.append(SocketAddress(family: info.ai_family, bytes: Array(bytes)))
            }
            item = info.ai_next
        }
        return .success(found)
    }

    /// Begins to connect: 0, or an errno.
    func connect(_ descriptor: Int32) -> Int32 {
        let code = bytes.withUnsafeBytes { raw in
            raw.baseAddress.map {
                Glibc.connect(descriptor, $0.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
            } ?? -1
        }
        return code == 0 ? 0 : errno
    }
}
