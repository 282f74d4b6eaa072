/// Going on after a lost connection.
extension TaskContext {
    /// Asks, and asks again when the connection is lost under the question, for ``reconnectLimit`` at most.
    ///
    /// Only for what may be asked twice: checks, and durable runs, which are joined. A host that cannot be reached to begin with
    /// is not waited for.
    ///
    /// - Throws: the last ``TaskFailure``; cancelled, when the task is cancelled while it waits.
    package func reconnecting<Answer>(
        _ question: () async throws(TaskFailure) -> Answer
    ) async throws(TaskFailure) -> Answer {
        var lost: Stopwatch?
        while true {
            do {
                return try await question()
            } catch {
                // While it comes back, a host refuses connections.
                let isGone = error.failureClass == .unreachable && lost != nil
                guard error.failureClass == .connectionLost || isGone, !Task.isCancelled else { throw error }
                let since = lost ?? Stopwatch(clock)
                lost = since
                guard since.elapsed() < reconnectLimit else { throw error }
                report("connection lost, trying again: \(error.message)")
                try await sleep(for: min(.milliseconds(500), reconnectLimit))
            }
        }
    }
}
