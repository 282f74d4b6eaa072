import Model
import TaskKit

/// Tasks that may start, and room for them: in all and on each host. Hosts take turns, so that one with many tasks does not
/// hold up the others.
struct ReadyQueue: Sendable {
    private struct Host {
        var waiting: [TaskID] = []
        /// How many of `waiting` were taken.
        var taken = 0
        var running = 0
        /// Whether it stands in `turns`.
        var hasTurn = false

        var isWaiting: Bool { taken < waiting.count }
    }

    private let limits: RunLimits
    private var hosts: [ItemPath: Host] = [:]
    /// The hosts that have something waiting and room for it, in the order of their turns.
    private var turns: [ItemPath] = []
    private var turnsTaken = 0
    private(set) var running = 0

    init(limits: RunLimits) { self.limits = limits }

    mutating func add(_ task: TaskID, on host: ItemPath) {
        hosts[host, default: Host()].waiting.append(task)
        giveTurn(to: host)
    }

    /// The next task that has room; it counts as running from now on. Amortised O(1).
    mutating func next() -> TaskID? {
        guard running < limits.total, turnsTaken < turns.count else { return nil }
        let path = turns[turnsTaken]
        turnsTaken += 1
        if turnsTaken > 64, turnsTaken * 2 > turns.count {
            turns.removeFirst(turnsTaken)
            turnsTaken = 0
        }
        guard var host = hosts[path], host.isWaiting else { return nil }
        let task = host.waiting[host.taken]
        host.taken += 1
        host.running += 1
        host.hasTurn = false
        running += 1
        if !host.isWaiting {
            host.waiting.removeAll()
            host.taken = 0
        }
        hosts[path] = host
        giveTurn(to: path)
        return task
    }

    /// A task that `next` gave has ended.
    mutating func release(_ path: ItemPath) {
        running -= 1
        hosts[path]?.running -= 1
        giveTurn(to: path)
    }

    private mutating func giveTurn(to path: ItemPath) {
        guard var host = hosts[path], host.isWaiting, !host.hasTurn, host.running < limits.perHost else { return }
        host.hasTurn = true
        hosts[path] = host
        turns.append(path)
    }
}
