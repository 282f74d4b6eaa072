/// Who may open a channel now, and how many are open. libssh2 keeps the state of an opening in the session, so there is
/// one opener at a time, and an opening that was begun must be seen through by somebody.
struct ChannelOpening {
    /// The first is the opener.
    private var queue: [Operation] = []
    private(set) var openCount = 0
    /// How many were opened so far.
    private(set) var openedInAll = 0
    /// How many session channels the server was seen to allow (its MaxSessions).
    private(set) var limit: Int?

    /// True while it is known that the server would refuse another session channel.
    var isFull: Bool {
        guard let limit else { return false }
        return openCount > 0 && openCount >= limit
    }

    func isOpener(_ operation: Operation) -> Bool { queue.first === operation }

    mutating func enter(_ operation: Operation, isUrgent: Bool) {
        if isUrgent, queue.count > 1 { queue.insert(operation, at: 1) } else { queue.append(operation) }
    }

    mutating func leave(_ operation: Operation) {
        queue.removeAll { $0 === operation }
    }

    /// Hands an opening that was begun to another operation.
    mutating func hand(over operation: Operation, to successor: Operation) {
        guard isOpener(operation) else { return }
        queue[0] = successor
    }

    mutating func opened() {
        openCount += 1
        openedInAll += 1
        if let known = limit, openCount > known { limit = openCount }
    }

    mutating func closed() {
        openCount -= 1
    }

    mutating func refused() {
        if limit == nil, openCount > 0 { limit = openCount }
    }
}
