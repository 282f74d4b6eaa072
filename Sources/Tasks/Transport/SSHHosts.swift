package import Model
import Runner
package import SSH
package import TaskKit

/// Managed hosts over SSH: one connection for each host, made when it is first needed, kept for the whole run and made again when it
/// broke (DESIGN section 5).
package actor SSHHosts: HostConnector {
    private enum Link {
        /// Somebody connects; everybody else waits for the same attempt.
        case connecting(Task<Result<SSHConnection, SSHError>, Never>)
        case connected(SSHConnection)
    }

    private let configuration: SSHConfiguration
    private let loop: SSHEventLoop
    private var links: [HostConnection: Link] = [:]

    /// - Throws: ``SSHError`` when the event loop cannot be started.
    package init(_ configuration: SSHConfiguration) throws(SSHError) {
        self.configuration = configuration
        loop = try SSHEventLoop()
    }

    package func host(at path: ItemPath, connection: HostConnection) async throws(TaskFailure) -> any TaskHost {
        SSHTaskHost(try await self.connection(to: connection), hostname: connection.hostname)
    }

    private func connection(to host: HostConnection) async throws(TaskFailure) -> SSHConnection {
        if case .connected(let connection) = links[host], connection.isAlive { return connection }
        let attempt: Task<Result<SSHConnection, SSHError>, Never>
        if case .connecting(let underway) = links[host] {
            attempt = underway
        } else {
            let endpoint = SSHEndpoint(host: host.address, port: host.port, user: host.user)
            let configuration = configuration
            let loop = loop
            // Shared by all tasks of the host, so that the cancellation of one does not end it; the deadlines of the configuration do.
            attempt = Task {
                do throws(SSHError) {
                    return .success(try await SSHConnection.connect(to: endpoint, configuration: configuration, on: loop))
                } catch {
                    return .failure(error)
                }
            }
            links[host] = .connecting(attempt)
        }
        switch await attempt.value {
        case .success(let connection):
            links[host] = .connected(connection)
            return connection
        case .failure(let error):
            if case .connecting(attempt) = links[host] { links[host] = nil }
            throw TaskFailure(error, host: host.hostname)
        }
    }

    package func closeAll() async {
        let open = links
        links = [:]
        for link in open.values {
            switch link {
            case .connected(let connection): await connection.close()
            case .connecting(let attempt):
                if case .success(let connection) = await attempt.value { await connection.close() }
            }
        }
        await loop.shutdown()
    }
}
