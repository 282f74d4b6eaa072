/// Where an SSH server listens and as whom to log in.
package struct SSHEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name or an IP address, without brackets.
    package var host: String
    package var port: Int
    package var user: String

    package init(host: String, port: Int = 22, user: String) {
        self.host = host
        self.port = port
        self.user = user
    }

    package var description: String {
        let address = host.contains(":") ? "[\(host)]" : host
        return port == 22 ? "\(user)@\(address)" : "\(user)@\(address):\(port)"
    }
}
