/// Actions ordered by the time at which they are due: a binary heap from which cancelled ones are dropped when they
/// come up.
struct TimerQueue {
    typealias Identifier = UInt64

    private struct Item {
        let due: ContinuousClock.Instant
        let identifier: Identifier
    }

    private var heap: [Item] = []
    private var actions: [Identifier: @Sendable () -> Void] = [:]
    private var lastIdentifier: Identifier = 0

    mutating func schedule(at due: ContinuousClock.Instant, _ action: @escaping @Sendable () -> Void) -> Identifier {
        lastIdentifier += 1
        actions[lastIdentifier] = action
        heap.append(Item(due: due, identifier: lastIdentifier))
        siftUp(heap.count - 1)
        return lastIdentifier
    }

    mutating func cancel(_ identifier: Identifier) {
        actions[identifier] = nil
        // Long deadlines of short commands must not pile up.
        if heap.count > 64, heap.count > 4 * actions.count { compact() }
    }

    /// When the next action is due.
    mutating func nextDue() -> ContinuousClock.Instant? {
        while let first = heap.first, actions[first.identifier] == nil { removeFirst() }
        return heap.first?.due
    }

    /// Takes out one action whose time has come.
    mutating func popDue(at now: ContinuousClock.Instant) -> (@Sendable () -> Void)? {
        guard let due = nextDue(), due <= now, let first = heap.first else { return nil }
        removeFirst()
        return actions.removeValue(forKey: first.identifier)
    }

    private mutating func compact() {
        heap = heap.filter { actions[$0.identifier] != nil }.sorted { $0.due < $1.due }
    }

    private mutating func removeFirst() {
        heap.swapAt(0, heap.count - 1)
        heap.removeLast()
        siftDown()
    }

    private mutating func siftUp(_ start: Int) {
        var index = start
        while index > 0, heap[index].due < heap[(index - 1) / 2].due {
            heap.swapAt(index, (index - 1) / 2)
            index = (index - 1) / 2
        }
    }

    private mutating func siftDown() {
        var index = 0
        while true {
            let children = [2 * index + 1, 2 * index + 2].filter { $0 < heap.count }
            guard let smaller = children.min(by: { heap[$0].due < heap[$1].due }),
                heap[smaller].due < heap[index].due
            else { return }
            heap.swapAt(index, smaller)
            index = smaller
        }
    }
}
