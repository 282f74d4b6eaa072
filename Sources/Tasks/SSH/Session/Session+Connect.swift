internal import CLibSSH2
internal import Glibc
internal import Synchronization

/// The algorithms that the two sides agreed on.
package struct SSHMethods: Sendable, Hashable, CustomStringConvertible {
    package var keyExchange: String
    package var hostKey: String
    package var cipher: String
    package var integrity: String

    package var description: String { "\(keyExchange) \(hostKey) \(cipher) \(integrity)" }
}

extension Session {
    /// TCP, handshake, host key, authentication. Ends the session if any of them fails.
    func connect(_ id: OperationID, identities: LoadedIdentities) async -> Result<SSHMethods, SSHError> {
        let operation = begin(.connect, id: id, deadline: configuration.connectDeadline)
        defer { end(operation) }
        do throws(SSHError) {
            let carrier: SessionHandle.Carrier
            if let tunnel { carrier = .tunnel(tunnel) } else { carrier = .socket(try await openSocket(operation)) }
            let methods = try await handshake(operation, carrier)
            operation.step = .authentication
            setDeadline(configuration.authenticationDeadline, of: operation)
            try await authenticate(operation, identities)
            isAliveFlag.store(true, ordering: .releasing)
            startKeepAlive()
            return .success(methods)
        } catch {
            let error = error.at(endpoint)
            end(error, farewell: true)
            return .failure(error)
        }
    }

    private func handshake(_ operation: Operation, _ carrier: SessionHandle.Carrier) async throws(SSHError) -> SSHMethods {
        operation.step = .handshake
        connectingDescriptor = nil
        let handle = try adopt(carrier)
        handle.keepGreeting()
        libssh2_session_method_pref(handle.session, LIBSSH2_METHOD_HOSTKEY, hostKeyPreference(handle))
        do throws(SSHError) {
            let code = try await complete(operation) { Int(libssh2_session_handshake($0.session, $0.descriptor)) }
            let greeting = handle.takeGreeting()
            if code != 0 { throw negotiationFailure(code, handle, greeting) }
        } catch  where error.code == .connectionLost {
            var error = error
            error.nextStep = "try again later: a server that has too many logins under way (MaxStartups) hangs up like this"
            throw error
        }
        try checkHostKey(handle)
        return SSHMethods(
            keyExchange: handle.method(LIBSSH2_METHOD_KEX), hostKey: handle.method(LIBSSH2_METHOD_HOSTKEY),
            cipher: handle.method(LIBSSH2_METHOD_CRYPT_CS), integrity: handle.method(LIBSSH2_METHOD_MAC_CS))
    }

    /// The types under which the host is known first, so that the server presents a key that can be compared.
    ///
    /// Only what this libssh2 supports: 1.10 takes other names out by a memcpy() whose ranges overlap.
    private func hostKeyPreference(_ handle: SessionHandle) -> String {
        let known = configuration.knownHosts.keyTypes(host: knownName.host, port: knownName.port)
        let all = [
            "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521", "rsa-sha2-512",
            "rsa-sha2-256", "ssh-rsa",
        ]
        let wanted = known.flatMap { $0 == "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256", "ssh-rsa"] : [$0] }
        let supported = handle.supportedMethods(LIBSSH2_METHOD_HOSTKEY)
        let usable = all.filter(supported.contains)
        let first = wanted.filter(usable.contains)
        return (first + usable.filter { !first.contains($0) }).joined(separator: ",")
    }

    private func negotiationFailure(_ code: Int, _ handle: SessionHandle, _ greeting: [UInt8]) -> SSHError {
        let missing = ServerOffer(greeting: greeting)?.missing(from: handle) ?? []
        guard !missing.isEmpty else {
            return SSHError(
                .negotiation, endpoint: endpoint, message: failure(code, "no agreement with the server").message,
                nextStep: ServerOffer.requirement)
        }
        return SSHError(
            .negotiation, endpoint: endpoint,
            message: "no algorithm in common with the server: \(missing.joined(separator: "; "))",
            nextStep: ServerOffer.requirement)
    }

    /// As OpenSSH does: an alias stands for the host whatever its port.
    private var knownName: (host: String, port: Int) {
        configuration.hostKeyAlias.map { ($0, 22) } ?? (endpoint.host, endpoint.port)
    }

    private func checkHostKey(_ handle: SessionHandle) throws(SSHError) {
        var length = 0
        var kind: Int32 = 0
        guard let pointer = libssh2_session_hostkey(handle.session, &length, &kind), length > 0 else {
            throw failure(handle.lastErrorCode, "the server presented no host key")
        }
        let bytes = UnsafeRawBufferPointer(start: pointer, count: length)
        let key = HostKey(blob: Array(bytes))
        let (host, port) = knownName
        let name = port == 22 ? host : "[\(host)]:\(port)"
        switch configuration.knownHosts.verdict(on: key, host: host, port: port) {
        case .known: return
        case .unknown:
            throw SSHError(
                .hostKeyUnknown, endpoint: endpoint, message: "the host key is not known: \(key.type) \(key.fingerprint)",
                nextStep: "compare it with `ssh-keygen -lf` on the host's console, then add the line that "
                    + "`ssh-keyscan -p \(endpoint.port) \(endpoint.host)` prints for \(name) to known_hosts"
                    + (tunnel.map { " (run it on \($0.jumpHost.endpoint.host))" } ?? ""))
        case .revoked(let place):
            throw SSHError(
                .hostKeyRevoked, endpoint: endpoint,
                message: "the host key is revoked: \(key.type) \(key.fingerprint) (\(place))",
                nextStep: "give the host a new key; do not log in to it before")
        case .changed(let known, let place):
            throw SSHError(
                .hostKeyChanged, endpoint: endpoint,
                message: "the host key has changed: it is \(key.type) \(key.fingerprint), "
                    + "known is \(known.type) \(known.fingerprint) (\(place))",
                nextStep: "somebody may be listening in, or the host was installed again: compare the key on its "
                    + "console, then replace the line for \(name)")
        }
    }
}
