package import Model
import Runner
package import SSH
import Synchronization
package import TaskKit

/// How hosts are reached, as the command line and the environment say.
package struct ConnectionSettings: Sendable {
    package var ssh: SSHConfiguration
    /// What `~/.ssh/config` says; nil: it is not asked.
    package var openSSH: OpenSSHConfiguration?
    /// Whether somebody has named key files, so that nothing else may.
    package var hasIdentities = false
    /// Whether somebody has named files of known hosts.
    package var hasKnownHosts = false
    /// How many hosts may be connected to at once: more gains nothing, and servers hang up on many (`MaxStartups`).
    package var connecting = 50
    /// The same through one jump host.
    package var connectingThroughOne = 20

    package init(_ ssh: SSHConfiguration) { self.ssh = ssh }
}

/// Managed hosts over SSH: one connection for each host, made when it is first needed, kept for the whole run and made again when it
/// broke (DESIGN section 5). A jump host has one connection too, whatever goes through it.
package actor SSHHosts: HostConnector {
    /// The way to a host: its jump hosts, then the host itself.
    private typealias Way = [Hop]

    /// One step of a way, with all that is needed to take it.
    private struct Hop: Hashable {
        let endpoint: SSHEndpoint
        let configuration: SSHConfiguration

        // Two hops to one endpoint are one connection: whoever comes first has logged in.
        static func == (left: Hop, right: Hop) -> Bool { left.endpoint == right.endpoint }
        func hash(into hasher: inout Hasher) { hasher.combine(endpoint) }
    }

    private enum Link {
        /// Somebody connects; everybody else waits for the same attempt.
        case connecting(Task<Result<SSHConnection, SSHError>, Never>)
        case connected(SSHConnection)
    }

    package nonisolated var executor: (any TaskExecutor)? { loop.executor }

    private let settings: ConnectionSettings
    private nonisolated let loop: SSHEventLoop
    private let places: Places
    private var placesBehind: [Way: Places] = [:]
    private var links: [Way: Link] = [:]
    private var ways: [HostConnection: Way] = [:]
    private var elevations: [HostConnection: SSHElevation] = [:]
    private var knownHosts: [[String]: KnownHosts] = [:]

    /// - Throws: ``SSHError`` when the event loop cannot be started.
    package init(_ settings: ConnectionSettings) throws(SSHError) {
        self.settings = settings
        places = Places(settings.connecting)
        loop = try SSHEventLoop()
    }

    /// A host that was connected, and by what.
    private struct Known {
        let connection: HostConnection
        let host: SSHTaskHost
    }

    // Asked for every command by tasks on any thread.
    private nonisolated let known = Mutex<[ItemPath: Known]>([:])

    package nonisolated func host(
        at path: ItemPath, connection: HostConnection, secrets: any SecretSource
    ) async throws(TaskFailure) -> any TaskHost {
        if let known = known.withLock({ $0[path] }), known.host.isAlive, known.connection == connection { return known.host }
        let host = try await connected(connection, secrets)
        known.withLock { $0[path] = Known(connection: connection, host: host) }
        return host
    }

    private func connected(
        _ connection: HostConnection, _ secrets: any SecretSource
    ) async throws(TaskFailure) -> SSHTaskHost {
        let elevation = try await elevation(of: connection, secrets)
        do throws(SSHError) {
            let way = try await way(to: connection, secrets)
            return SSHTaskHost(try await self.connection(along: way), hostname: connection.hostname, elevation: elevation)
        } catch {
            throw TaskFailure(error, host: connection.hostname)
        }
    }

    // MARK: Connections

    private func connection(along way: Way) async throws(SSHError) -> SSHConnection {
        if case .connected(let connection) = links[way], connection.isAlive { return connection }
        let attempt: Task<Result<SSHConnection, SSHError>, Never>
        if case .connecting(let underway) = links[way] {
            attempt = underway
        } else {
            // Shared by all tasks of the host, so that the cancellation of one does not end it; the deadlines of the configuration do.
            attempt = Task(executorPreference: executor) { await self.attempt(along: way) }
            links[way] = .connecting(attempt)
        }
        switch await attempt.value {
        case .success(let connection):
            if case .connecting(attempt) = links[way] { links[way] = .connected(connection) }
            return connection
        case .failure(let error):
            if case .connecting(attempt) = links[way] { links[way] = nil }
            throw error
        }
    }

    private func attempt(along way: Way) async -> Result<SSHConnection, SSHError> {
        do throws(SSHError) {
            return .success(try await connect(along: way))
        } catch {
            return .failure(error)
        }
    }

    private func connect(along way: Way) async throws(SSHError) -> SSHConnection {
        guard let hop = way.last else { throw SSHError(.unreachable, message: "there is no way to the host") }
        let before = Way(way.dropLast())
        var jumpHost: SSHConnection?
        if !before.isEmpty {
            do throws(SSHError) {
                jumpHost = try await connection(along: before)
            } catch {
                throw Self.unreachable(hop.endpoint, through: before, error)
            }
        }
        // Waits are bounded: each place is left within the deadlines of one attempt.
        let behind = before.isEmpty ? nil : placesBehind[before] ?? Places(settings.connectingThroughOne)
        if !before.isEmpty { placesBehind[before] = behind }
        await behind?.enter()
        await places.enter()
        defer {
            places.leave()
            behind?.leave()
        }
        return try await SSHConnection.connect(
            to: hop.endpoint, through: jumpHost, configuration: hop.configuration, on: loop)
    }

    /// What is wrong with a jump host, told of the host behind it.
    private static func unreachable(_ endpoint: SSHEndpoint, through way: Way, _ error: SSHError) -> SSHError {
        var error = error
        let isNamed = error.message.hasPrefix("jump host ")
        error.message = isNamed ? error.message : "jump host \(way.last?.endpoint ?? endpoint): \(error.message)"
        error.endpoint = endpoint
        return error
    }

    package func closeAll() async {
        let open = links
        links = [:]
        known.withLock { $0 = [:] }
        // Those that run through others first.
        for (_, link) in open.sorted(by: { $0.key.count > $1.key.count }) {
            switch link {
            case .connected(let connection): await connection.close()
            case .connecting(let attempt):
                if case .success(let connection) = await attempt.value { await connection.close() }
            }
        }
        await loop.shutdown()
    }

    // MARK: What a connection needs

    private func way(to connection: HostConnection, _ secrets: any SecretSource) async throws(SSHError) -> Way {
        if let known = ways[connection] { return known }
        let (target, described) = try await hop(connection.hop, secrets)
        var way: Way = []
        if let jumps = connection.jumps {
            for jump in jumps { way.append(try await hop(jump, secrets).hop) }
        } else if let described {
            way = try await self.way(asIn: described, to: target.endpoint, secrets)
        }
        way.append(target)
        ways[connection] = way
        return way
    }

    /// The jump hosts of `~/.ssh/config`.
    private func way(
        asIn settings: OpenSSHSettings, to endpoint: SSHEndpoint, _ secrets: any SecretSource
    ) async throws(SSHError) -> Way {
        if let command = settings.proxyCommand {
            throw SSHError(
                .unreachable, endpoint: endpoint,
                message: "the SSH configuration reaches it by a ProxyCommand, which Planner does not run: \(command)",
                nextStep: "use ProxyJump, or 'jump' in the model ('jump: []' goes directly)")
        }
        var way: Way = []
        for jump in settings.jumps {
            let hop = HostHop(
                address: jump.address, port: jump.port ?? 22, user: jump.user ?? "root",
                login: HostLogin(said: (jump.port == 22 ? ["port"] : []) + (jump.user == "root" ? ["user"] : [])))
            let (taken, described) = try await self.hop(hop, secrets)
            // As with ssh: the first one is reached as its own entry says.
            if way.isEmpty, let described, described.jumps.first?.address != jump.address {
                way = try await self.way(asIn: described, to: taken.endpoint, secrets)
            }
            way.append(taken)
            guard way.count <= 8 else {
                throw SSHError(.unreachable, endpoint: endpoint, message: "the SSH configuration leads through more than 8 hosts")
            }
        }
        return way
    }

    private func hop(
        _ hop: HostHop, _ secrets: any SecretSource
    ) async throws(SSHError) -> (hop: Hop, described: OpenSSHSettings?) {
        var endpoint = SSHEndpoint(host: hop.address, port: hop.port, user: hop.user)
        var configuration = settings.ssh
        var described: OpenSSHSettings?
        let said = hop.login?.said ?? []
        let asks = hop.login?.usesSSHConfiguration ?? true
        if asks, let openSSH = settings.openSSH {
            let port = hop.port != 22 || said.contains("port") ? hop.port : nil
            let user = hop.user != "root" || said.contains("user") ? hop.user : nil
            described = try await openSSH.settings(for: hop.address, port: port, user: user)
        }
        if let described {
            endpoint = SSHEndpoint(
                host: described.hostname ?? endpoint.host, port: described.port ?? endpoint.port,
                user: described.user ?? endpoint.user)
            configuration.hostKeyAlias = described.hostKeyAlias
            if !settings.hasIdentities, let identities = described.identities { configuration.identities = identities }
            if !settings.hasKnownHosts, let files = described.knownHostsFiles {
                configuration.knownHosts = try known(in: files)
            }
        }
        if let file = hop.login?.keyFile {
            var passphrase: (@Sendable () -> String?)?
            if let reference = hop.login?.passphrase {
                let phrase = try await text(of: reference, secrets, endpoint)
                passphrase = { phrase }
            }
            configuration.identities = [.file(path: file, passphrase: passphrase)]
        }
        return (Hop(endpoint: endpoint, configuration: configuration), described)
    }

    private func known(in files: [String]) throws(SSHError) -> KnownHosts {
        if let known = knownHosts[files] { return known }
        let read = try KnownHosts(files: files)
        knownHosts[files] = read
        return read
    }

    private func text(
        of reference: SecretReference, _ secrets: any SecretSource, _ endpoint: SSHEndpoint
    ) async throws(SSHError) -> String {
        do {
            let bytes = try await secrets.value(of: reference).bytes
            return String(decoding: bytes.last == UInt8(ascii: "\n") ? bytes.dropLast() : bytes[...], as: UTF8.self)
        } catch {
            throw SSHError(.identityUnusable, endpoint: endpoint, message: error.message, nextStep: error.nextStep)
        }
    }

    private func elevation(
        of connection: HostConnection, _ secrets: any SecretSource
    ) async throws(TaskFailure) -> SSHElevation? {
        guard let become = connection.become else { return nil }
        if let known = elevations[connection] { return known }
        var elevation = SSHElevation(user: become.user)
        if let reference = become.password {
            do {
                let endpoint = SSHEndpoint(host: connection.address, port: connection.port, user: connection.user)
                elevation.password = Array(try await text(of: reference, secrets, endpoint).utf8)
            } catch {
                throw TaskFailure(error, host: connection.hostname)
            }
        }
        elevations[connection] = elevation
        return elevation
    }
}
