internal import Glibc

/// One thread that serves any number of SSH connections.
///
/// Make one for the process, connect with it, and shut it down at the end. A loop that is dropped without a shutdown
/// ends its thread by itself, after its last connection is gone.
package final class SSHEventLoop: Sendable {
    let reactor: Reactor
    /// For tasks that use connections of this loop again and again: they go on where the answers arrive, without a change of threads. They
    /// must be quick between their waits, and nothing that waits for ``shutdown()`` may run here.
    package let executor: any TaskExecutor

    /// - Throws: ``SSHError`` with `library(errno)` if the process has no descriptor or thread left.
    package init() throws(SSHError) {
        SSHEventLoop.raiseDescriptorLimit()
        let reactor = try Reactor()
        let executor = LoopTaskExecutor(reactor)
        try reactor.start(for: executor)
        self.reactor = reactor
        self.executor = executor
    }

    /// Each connection is a descriptor, and the usual limit of 1,024 is one that a process may raise by itself.
    private static func raiseDescriptorLimit() {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
        limit.rlim_cur = min(limit.rlim_max, 1 << 20)
        // What cannot be raised stays as it is; then the connection too many says so.
        _ = setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
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
