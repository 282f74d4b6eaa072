/// How much may happen at the same time.
package struct RunLimits: Hashable, Sendable {
    /// Tasks in all.
    package var total: Int
    /// Tasks on one host: sshd takes ten sessions on one connection (`MaxSessions`).
    package var perHost: Int

    /// Values below 1 are taken as 1: a run that may do nothing would never end.
    package init(total: Int = 50, perHost: Int = 8) {
        self.total = max(1, total)
        self.perHost = max(1, perHost)
    }
}
