package import Model
package import TaskKit

/// Gives hosts. Two users: the SSH transport, and a local shell for tests.
package protocol HostConnector: Sendable {
    /// Where tasks run best that mostly wait for these hosts: where the answers come in, so that they need not be brought elsewhere. What
    /// runs there is quick between its waits, and is over when ``closeAll()`` is called. Nil: anywhere.
    var executor: (any TaskExecutor)? { get }

    /// The host, connected. Asked before every command, so it hands out a connection that it has already, and makes a new one
    /// only when there is none or it is broken.
    ///
    /// - Parameter secrets: for passphrases and passwords that the connection refers to.
    /// - Throws: ``TaskFailure`` of class unreachable (tried again), host-key, authentication or cancelled.
    func host(
        at path: ItemPath, connection: HostConnection, secrets: any SecretSource
    ) async throws(TaskFailure) -> any TaskHost

    /// Closes every connection. Called once, when nothing uses them any more.
    func closeAll() async
}

extension HostConnector {
    package var executor: (any TaskExecutor)? { nil }
}
