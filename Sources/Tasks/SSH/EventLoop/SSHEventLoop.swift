/// One thread that serves any number of SSH connections.
///
/// Make one for the process, connect with it, and shut it down at the end. A loop that is dropped without a shutdown
/// ends its thread by itself, after its last connection is gone.
package final class SSHEventLoop: Sendable {
    let reactor: Reactor

    /// - Throws: ``SSHError`` with `library(errno)` if the process has no descriptor or thread left.
    package init() throws(SSHError) {
        reactor = try Reactor()
        try reactor.start()
    }

    /// Drops every connection of the loop (their waiting calls throw `cancelled`), ends the thread and joins it.
    ///
    /// Remote commands that run at that moment are not ended: cancel their tasks first if they shall be.
    package func shutdown() async {
        await reactor.stop()
    }

    deinit {
        reactor.stopDetached()
    }
}
