internal import CLibSSH2
internal import Glibc

extension Session {
    /// A connected socket, known to the event loop. The addresses of a name share the time that is left.
    func openSocket(_ operation: Operation) async throws(SSHError) -> Int32 {
        let deadline = ContinuousClock.now + configuration.connectDeadline
        let addresses = try await resolve(operation)
        var failure = SSHError(.nameNotFound, endpoint: endpoint, message: "\(endpoint.host) has no address")
        for (index, address) in addresses.enumerated() {
            let share = ContinuousClock.now.duration(to: deadline) / (addresses.count - index)
            do throws(SSHError) {
                return try await dial(address, operation, limit: share)
            } catch {
                if operation.interruption != nil { throw error }
                failure = error
            }
        }
        throw failure
    }

    private func resolve(_ operation: Operation) async throws(SSHError) -> [SocketAddress] {
        guard (1...65535).contains(endpoint.port) else {
            throw SSHError(.unreachable, endpoint: endpoint, message: "\(endpoint.port) is no TCP port")
        }
        if let address = SocketAddress.numeric(endpoint.host, port: endpoint.port) { return [address] }
        Task {
            let found = await SocketAddress.lookUp(endpoint.host, port: endpoint.port)
            resolution = found.mapError { failure in
                SSHError(
                    .nameNotFound, endpoint: endpoint, message: "no address for \(endpoint.host): \(failure.reason)",
                    nextStep: "check the name, or give the address in the model")
            }
            wakeAll()
        }
        while true {
            if let resolution { return try resolution.get() }
            try checkInterruption(operation)
            await park(operation)
        }
    }

    private func checkInterruption(_ operation: Operation) throws(SSHError) {
        if case .ended(let error) = state { throw error }
        if let interruption = operation.interruption { throw interrupted(operation, by: interruption) }
    }

    private func dial(
        _ address: SocketAddress, _ operation: Operation, limit: Duration
    ) async throws(SSHError) -> Int32 {
        let end = ContinuousClock.now + limit
        let descriptor = socket(address.family, planner_stream_socket, 0)
        guard descriptor >= 0 else { throw dialFailure(errno) }
        setOptions(of: descriptor)
        let code = address.connect(descriptor)
        guard code == 0 || code == EINPROGRESS, loop.reactor.add(self, descriptor: descriptor, events: planner_epoll_changes)
        else {
            Glibc.close(descriptor)
            throw dialFailure(code)
        }
        connectingDescriptor = descriptor
        let timer = wake(operation, after: limit)
        defer { loop.reactor.cancel(timer: timer) }
        do throws(SSHError) {
            while true {
                try checkInterruption(operation)
                if let outcome = Self.outcome(of: descriptor) {
                    guard outcome == 0 else { throw dialFailure(outcome) }
                    return descriptor
                }
                if ContinuousClock.now >= end { throw dialFailure(ETIMEDOUT) }
                await park(operation)
            }
        } catch {
            // Nil if the session was ended meanwhile, which has closed it.
            if connectingDescriptor.take() != nil {
                loop.reactor.remove(descriptor: descriptor)
                Glibc.close(descriptor)
            }
            throw error
        }
    }

    /// Nil while the connection is under way, else 0 or an errno.
    private static func outcome(of descriptor: Int32) -> Int32? {
        var query = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        guard poll(&query, 1, 0) > 0 else { return nil }
        var code: Int32 = 0
        var size = socklen_t(MemoryLayout<Int32>.size)
        return getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &code, &size) == 0 ? code : errno
    }

    private func setOptions(of descriptor: Int32) {
        func set(_ level: Int32, _ option: Int32, _ value: Int32) {
            var value = value
            setsockopt(descriptor, level, option, &value, socklen_t(MemoryLayout<Int32>.size))
        }
        let tcp = Int32(IPPROTO_TCP)
        set(tcp, TCP_NODELAY, 1)
        set(SOL_SOCKET, SO_KEEPALIVE, 1)
        set(tcp, TCP_KEEPIDLE, 5)
        set(tcp, TCP_KEEPINTVL, 5)
        set(tcp, TCP_KEEPCNT, 2)
        set(tcp, TCP_USER_TIMEOUT, configuration.keepAlive.unacknowledgedLimit.milliseconds)
    }

    private func dialFailure(_ code: Int32) -> SSHError {
        let reason = systemMessage(code)
        switch code {
        case ECONNREFUSED:
            return SSHError(
                .refused, endpoint: endpoint, message: "nothing listens on port \(endpoint.port) (\(reason))",
                nextStep: "check that sshd runs there and that the port is right")
        case ETIMEDOUT:
            return SSHError(
                .timedOut(.connect), endpoint: endpoint, message: "no answer to the attempt to connect",
                nextStep: "check that the host is up and that no firewall drops the packets")
        case EHOSTUNREACH, ENETUNREACH, ENETDOWN, EHOSTDOWN, EADDRNOTAVAIL, EACCES, EPERM, ECONNRESET:
            return SSHError(
                .unreachable, endpoint: endpoint, message: "cannot be reached: \(reason)",
                nextStep: "check the address, the host's power and the route")
        default:
            return SSHError(.library(code), endpoint: endpoint, message: "cannot connect: \(reason)")
        }
    }
}
