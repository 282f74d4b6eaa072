import TaskKit

/// Records on their way into the journal, in their order, and when they are to be written. Pure: the book does what it says.
struct RecordLine {
    /// Events that are stored together, and who is told.
    struct Request {
        enum Reader {
            case waiting(CheckedContinuation<[JournalEntry], any Error>)
            /// Nobody waits, and what could not be stored is tried again.
            case told(@Sendable (Result<[JournalEntry], any Error>) -> Void)
        }

        let events: [RunEvent]
        let reader: Reader

        var isAwaited: Bool { if case .waiting = reader { true } else { false } }

        func tell(_ result: Result<[JournalEntry], any Error>) {
            switch reader {
            case .waiting(let done): done.resume(with: result)
            case .told(let tell): tell(result)
            }
        }
    }

    /// What the owner has to do: let somebody write.
    enum Call: Hashable { case nothing, now, soon }

    private enum Service {
        /// Nobody writes. Next: any other.
        case none
        /// Somebody will before long. Next: `none`, `underway`.
        case promised
        /// Somebody writes, and looks here again before he ends. Next: `none`, `promised`.
        case underway
    }

    /// So many records are written in one transaction at most.
    let portion: Int
    private var requests: [Request] = []
    private var service = Service.none
    /// How many events are in the line.
    private(set) var count = 0
    /// Whether the latest transaction failed: then only what is awaited is a reason to try another.
    private var hasFailed = false

    init(portion: Int) { self.portion = portion }

    private var isPressing: Bool { (count >= portion && !hasFailed) || requests.contains(where: \.isAwaited) }

    mutating func enter(_ request: Request) -> Call {
        requests.append(request)
        count += request.events.count
        switch service {
        case .underway: return .nothing
        case .none, .promised:
            if isPressing {
                service = .underway
                return .now
            }
            return promise()
        }
    }

    private mutating func promise() -> Call {
        if case .promised = service { return .nothing }
        guard !requests.isEmpty, !hasFailed else {
            service = .none
            return .nothing
        }
        service = .promised
        return .soon
    }

    /// What is to be written now, as far as it is one transaction. When there is nothing, the writer ends.
    ///
    /// - Parameter isDue: whether what is not awaited has waited long enough.
    mutating func next(isDue: Bool) -> (requests: [Request], call: Call) {
        service = .none
        guard isDue && !requests.isEmpty || isPressing else { return ([], promise()) }
        service = .underway
        var total = 0
        let fitting = requests.prefix { request in
            defer { total += request.events.count }
            return total == 0 || total + request.events.count <= portion
        }
        let taken = Array(fitting)
        requests.removeFirst(taken.count)
        count -= taken.reduce(0) { $0 + $1.events.count }
        return (taken, .nothing)
    }

    mutating func wasStored() { hasFailed = false }

    /// Takes back what could not be stored, as far as it is not awaited: it comes first again.
    mutating func wasNotStored(_ taken: [Request]) {
        hasFailed = true
        let rest = taken.filter { !$0.isAwaited }
        requests.insert(contentsOf: rest, at: 0)
        count += rest.reduce(0) { $0 + $1.events.count }
    }
}
