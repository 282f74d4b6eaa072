internal import Dispatch
internal import Synchronization

/// What is wrong with a model, found on one thread while another waits for it with a transaction in its hands.
final class Verdict: Sendable {
    private let check: @Sendable () throws -> Site.ModelCheck
    /// Written once, before the semaphore says so.
    private let result = Mutex<Result<Site.ModelCheck, any Error>?>(nil)
    private let isReached = DispatchSemaphore(value: 0)

    init(of check: @escaping @Sendable () throws -> Site.ModelCheck) { self.check = check }

    /// Does the work. Called once.
    func reach() {
        let found = Result { try check() }
        result.withLock { $0 = found }
        isReached.signal()
    }

    /// Waits until the work is done. Called once.
    func wait() throws -> Site.ModelCheck {
        isReached.wait()
        return try result.withLock { $0 }?.get() ?? Site.ModelCheck(errors: [])
    }
}
