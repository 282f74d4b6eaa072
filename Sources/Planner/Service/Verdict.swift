internal import Dispatch
internal import Model
internal import Synchronization

/// What is wrong with a model, found on one thread while another waits for it with a transaction in its hands.
final class Verdict: Sendable {
    private let faults: @Sendable () throws -> [Diagnostic]
    /// Written once, before the semaphore says so.
    private let result = Mutex<Result<[Diagnostic], any Error>?>(nil)
    private let isReached = DispatchSemaphore(value: 0)

    init(of faults: @escaping @Sendable () throws -> [Diagnostic]) { self.faults = faults }

    /// Does the work. Called once.
    func reach() {
        let found = Result { try faults() }
        result.withLock { $0 = found }
        isReached.signal()
    }

    /// Waits until the work is done. Called once.
    func wait() throws -> [Diagnostic] {
        isReached.wait()
        return try result.withLock { $0 }?.get() ?? []
    }
}
