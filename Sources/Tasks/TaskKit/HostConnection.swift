package import Model

/// How a managed host is reached over SSH.
package struct HostConnection: Hashable, Sendable, Codable {
    package var hostname: String
    package var address: String
    package var port: Int
    package var user: String
    /// What the model says of the login besides; nil: nothing.
    package var login: HostLogin?
    /// The hosts through which it is reached, the first one first; nil: it is reached directly, or as `~/.ssh/config` says.
    package var jumps: [HostHop]?
    /// Nil: what is done there is done as `user`.
    package var become: HostElevation?

    package init(
        hostname: String, address: String, port: Int = 22, user: String, login: HostLogin? = nil, jumps: [HostHop]? = nil,
        become: HostElevation? = nil
    ) {
        self.hostname = hostname
        self.address = address
        self.port = port
        self.user = user
        self.login = login
        self.jumps = jumps
        self.become = become
    }

    /// The host as a hop on the way to others.
    package var hop: HostHop { HostHop(address: address, port: port, user: user, login: login) }

    /// Every secret that is needed to reach the host and to work there.
    package var secrets: [SecretReference] {
        ([login?.passphrase, become?.password] + (jumps ?? []).map { $0.login?.passphrase }).compactMap { $0 }
    }
}

/// A host on the way to another one.
package struct HostHop: Hashable, Sendable, Codable {
    package var address: String
    package var port: Int
    package var user: String
    package var login: HostLogin?

    package init(address: String, port: Int = 22, user: String, login: HostLogin? = nil) {
        self.address = address
        self.port = port
        self.user = user
        self.login = login
    }
}

/// How to log in, as far as it is not the same for all hosts.
package struct HostLogin: Hashable, Sendable, Codable {
    /// A private key file on the machine on which Planner runs; nil: those of the command line, `~/.ssh/config` or the agent.
    package var keyFile: String?
    package var passphrase: SecretReference?
    /// Which of `port` and `user` somebody has said though they are as they would be anyhow: `~/.ssh/config` may not say something else.
    package var said: [String]?
    /// Whether `~/.ssh/config` counts for this host; nil: it does.
    package var usesSSHConfiguration: Bool?

    package init(
        keyFile: String? = nil, passphrase: SecretReference? = nil, said: [String]? = nil, usesSSHConfiguration: Bool? = nil
    ) {
        self.keyFile = keyFile
        self.passphrase = passphrase
        self.said = said
        self.usesSSHConfiguration = usesSSHConfiguration
    }
}

/// As whom tasks are carried out on a host, through sudo.
package struct HostElevation: Hashable, Sendable, Codable {
    package var user: String
    package var password: SecretReference?

    package init(user: String = "root", password: SecretReference? = nil) {
        self.user = user
        self.password = password
    }
}
