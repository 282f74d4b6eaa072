internal import Synchronization

/// The name of an operation for those who may interrupt it from other threads.
struct OperationID: Hashable, Sendable {
    private static let last = Atomic<UInt64>(0)
    private let number: UInt64

    static func next() -> OperationID {
        OperationID(number: last.wrappingAdd(1, ordering: .relaxed).newValue)
    }
}

/// One call of a user in progress on a session: a coroutine that sleeps until there is news, and that a deadline or a
/// cancellation can interrupt. Confined to its session's actor.
final class Operation {
    enum Interruption {
        case timedOut
        case cancelled
    }

    let id: OperationID
    var step: SSHError.Step
    private(set) var interruption: Interruption?
    var timer: TimerQueue.Identifier?
    private var continuation: CheckedContinuation<Void, Never>?

    init(id: OperationID, step: SSHError.Step) {
        self.id = id
        self.step = step
    }

    /// It sleeps and will call libssh2 when it is woken by the socket.
    private(set) var isAwaitingSocket = false
    /// There is news of which its coroutine does not know: it was on its way to sleep, or from it.
    private var hasNews = false

    func interrupt(_ reason: Interruption) {
        if interruption == nil { interruption = reason }
        wake()
    }

    func wake() {
        isAwaitingSocket = false
        if let continuation = continuation.take() { continuation.resume() } else { hasNews = true }
    }

    /// Something came from the far side: of interest unless it sleeps for another reason.
    func hear() {
        if continuation == nil || isAwaitingSocket { wake() }
    }

    /// For the operation's own coroutine, when it looks at all that there is.
    func look() { hasNews = false }

    /// For the operation's own coroutine: keeps what `park` will be woken by, unless there is news already.
    func sleep(_ continuation: CheckedContinuation<Void, Never>, forSocket: Bool) {
        if hasNews {
            hasNews = false
            return continuation.resume()
        }
        isAwaitingSocket = forSocket
        self.continuation = continuation
    }
}
