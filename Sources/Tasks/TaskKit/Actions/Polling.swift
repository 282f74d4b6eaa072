/// Asks a question again and again until the answer is yes or the time is over.
struct Polling {
    /// What is waited for, for the failure: `10.0.0.7:22 to answer`.
    var what: String
    var interval: Duration
    var limit: Duration

    /// - Parameter question: a check. A host that cannot be reached says "not yet": what is waited for may be its return.
    /// - Throws: ``TaskFailure`` timed-out with the last answer, cancelled, or what the question throws and waiting cannot cure.
    func wait(
        in context: TaskContext, _ question: () async throws(TaskFailure) -> CheckResult
    ) async throws(TaskFailure) {
        let watch = Stopwatch(context.clock)
        var logged: String?
        while true {
            var answer: String
            do {
                guard case .needed(let reason) = try await question() else { return }
                answer = reason
            } catch {
                guard error.failureClass == .unreachable || error.failureClass == .connectionLost else { throw error }
                answer = error.message
            }
            context.report(answer)
            if answer != logged { context.output(Array("not yet: \(answer)\n".utf8)) }
            logged = answer
            let left = limit - watch.elapsed()
            if left <= .zero {
                throw TaskFailure(.timedOut, "waited \(limit.text) for \(what)\nlast answer: \(answer)")
            }
            try await context.sleep(for: min(interval, left))
        }
    }
}
