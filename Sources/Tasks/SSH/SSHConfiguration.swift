/// What a connection may prove itself with.
package enum SSHIdentity: Sendable {
    /// A private key file: ed25519, ECDSA or RSA, in OpenSSH or PEM form. Read and decrypted once for each ``SSHKeyRing``, off the
    /// event loop; the passphrase is asked for then, if the file is encrypted, on no particular thread.
    case file(path: String, passphrase: (@Sendable () -> String?)? = nil)
    /// Every key of the agent at `SSH_AUTH_SOCK`, or at the given socket.
    case agent(socket: String? = nil)
}

/// How a connection is made and watched.
package struct SSHConfiguration: Sendable {
    /// How a dead or silent far side is noticed.
    package struct KeepAlive: Sendable, Hashable {
        /// After this long without a byte from the server it is asked for a sign of life.
        package var interval: Duration
        /// The connection is lost if the server says nothing for this long after being asked.
        package var answerLimit: Duration
        /// The kernel gives the link up when sent data stays unacknowledged for this long (TCP_USER_TIMEOUT).
        package var unacknowledgedLimit: Duration

        package init(
            interval: Duration = .seconds(15), answerLimit: Duration = .seconds(30),
            unacknowledgedLimit: Duration = .seconds(15)
        ) {
            self.interval = interval
            self.answerLimit = answerLimit
            self.unacknowledgedLimit = unacknowledgedLimit
        }
    }

    /// Tried in this order.
    package var identities: [SSHIdentity]
    /// Where keys are kept once they were read; shared by copies of a configuration.
    package var keyRing = SSHKeyRing()
    package var knownHosts: KnownHosts
    /// The name under which the host is looked up in the known hosts; nil: that of the endpoint.
    package var hostKeyAlias: String?
    /// For name resolution, TCP and the SSH handshake together.
    package var connectDeadline: Duration
    package var authenticationDeadline: Duration
    package var keepAlive: KeepAlive
    /// How long a remote command that is ended may take to clean up between TERM and KILL.
    package var terminationGrace: Duration

    package init(
        identities: [SSHIdentity], knownHosts: KnownHosts, connectDeadline: Duration = .seconds(10),
        authenticationDeadline: Duration = .seconds(20), keepAlive: KeepAlive = KeepAlive(),
        terminationGrace: Duration = .seconds(2)
    ) {
        self.identities = identities
        self.knownHosts = knownHosts
        self.connectDeadline = connectDeadline
        self.authenticationDeadline = authenticationDeadline
        self.keepAlive = keepAlive
        self.terminationGrace = terminationGrace
    }
}

extension Duration {
    /// Whole milliseconds, rounded up, never negative, at most what a C int holds.
    var milliseconds: Int32 {
        let (seconds, attoseconds) = components
        guard seconds >= 0, attoseconds >= 0 else { return 0 }
        guard seconds < 2_000_000 else { return 2_000_000_000 }
        let fraction = (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
        return Int32(seconds * 1000 + fraction)
    }
}
