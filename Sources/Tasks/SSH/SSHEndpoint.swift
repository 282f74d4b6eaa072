/// Where an SSH server listens and as whom to log in.
public struct SSHEndpoint: Hashable, Sendable, CustomStringConvertible {
    /// A name or an IP address, without brackets.
    public var host: String
    public var port: Int
    public var user: String

    public init(host: String, port: Int = 22, user: String) {
        self.host = host
        self.port = port
        self.user = user
    }

    public var description: String {
        let address = host.contains(":") ? "[\(host)]" : host
        return port == 22 ? "\(user)@\(address)" : "\(user)@\(address):\(port)"
    }
}
