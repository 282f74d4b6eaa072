import Dispatch
import Model
import Runner
import Store
import Synchronization
import TaskKit

/// The journal of one run. A record and what it means (``RunMeaning``) are written in one transaction, so that they cannot disagree after a
/// power cut; records that come while the disk is busy with others wait for it together, and are one transaction too. Records for which nobody
/// waits go with the next that somebody waits for, or before long.
final class RunBook: RunJournal {
    /// So many records are written in one transaction at most.
    private static let portion = 1_000
    /// How long records for which nobody waits may wait for others: not so long that whoever looks on would notice.
    private static let patience = DispatchTimeInterval.milliseconds(200)

    private let store: Store
    private let planSerial: Int
    private let holder: LeaseHolder
    private let now: @Sendable () -> Double
    private let faults: any RecordFaults
    // Writing waits for the disk, which no thread of the cooperative pool should do.
    private let queue = DispatchQueue(label: "planner.journal")
    private let line = Mutex(RecordLine(portion: RunBook.portion))
    // Touched on the queue only; the lock is for the compiler.
    private let meaning: Mutex<RunMeaning>

    init(
        store: Store, plan stored: StoredPlan, holder: LeaseHolder, succeeded: Set<TaskID>, debts: [OwedStep],
        comparison: TreeComparison, environment: Site.RunEnvironment
    ) {
        self.store = store
        self.holder = holder
        planSerial = stored.serial
        now = environment.now
        faults = environment.faults
        meaning = Mutex(RunMeaning(of: stored, succeeded: succeeded, debts: debts, comparison: comparison))
    }

    func record(_ event: RunEvent) async throws -> JournalEntry { try await record([event])[0] }

    func record(_ events: [RunEvent]) async throws -> [JournalEntry] {
        guard !events.isEmpty else { return [] }
        return try await withCheckedThrowingContinuation { done in
            call(line.withLock { $0.enter(RecordLine.Request(events: events, reader: .waiting(done))) })
        }
    }

    func take(
        _ events: [RunEvent], tell: @escaping @Sendable (Result<[JournalEntry], any Error>) -> Void
    ) async throws {
        // Where the disk does not keep up, the run waits, so that the line stays short.
        guard line.withLock({ $0.count < RunBook.portion }) else { return tell(.success(try await record(events))) }
        call(line.withLock { $0.enter(RecordLine.Request(events: events, reader: .told(tell))) })
    }

    private func call(_ call: RecordLine.Call) {
        switch call {
        case .nothing: break
        case .now: queue.async { self.serve() }
        case .soon: queue.asyncAfter(deadline: .now() + RunBook.patience) { self.serve() }
        }
    }

    // MARK: On the queue

    private func serve() {
        // Whoever comes here has come because somebody waits, or because the time is over.
        var isDue = true
        while true {
            let (requests, next) = line.withLock { $0.next(isDue: isDue) }
            if requests.isEmpty { return call(next) }
            isDue = false
            do {
                var entries = try write(requests.flatMap(\.events))[...]
                line.withLock { $0.wasStored() }
                for request in requests {
                    request.tell(.success(Array(entries.prefix(request.events.count))))
                    entries = entries.dropFirst(request.events.count)
                }
            } catch {
                line.withLock { $0.wasNotStored(requests) }
                for request in requests { request.tell(.failure(error)) }
            }
        }
    }

    /// Writes the events in one transaction, unless a fault wants a cut between them.
    private func write(_ events: [RunEvent]) throws -> [JournalEntry] {
        var entries: [JournalEntry] = []
        var rest = events[...]
        while !rest.isEmpty {
            let together = rest.prefix(max(1, faults.willRecord(rest.count)))
            entries += try writeTogether(together)
            faults.didRecord(together.count)
            rest.removeFirst(together.count)
        }
        return entries
    }

    private func writeTogether(_ events: ArraySlice<RunEvent>) throws -> [JournalEntry] {
        try meaning.withLock { meaning in
            let time = now()
            var undos: [RunMeaning.Undo] = []
            let records = events.map { event in
                let (changes, undo) = meaning.take(event)
                undos.append(undo)
                return StoreRecord(event, changes: changes, time: time)
            }
            do {
                return try store.record(records, planSerial: planSerial, holder: holder)
            } catch {
                for undo in undos.reversed() { meaning.takeBack(undo) }
                throw error
            }
        }
    }
}

/// Where tests let the process die: right before a record of its run, or right after it is on the disk.
package protocol RecordFaults: Sendable {
    /// - Returns: how many of the next `count` records may be written in one transaction.
    func willRecord(_ count: Int) -> Int

    /// So many more records are on the disk, and none after them.
    func didRecord(_ count: Int)
}

/// Nothing happens to the process.
struct NoRecordFaults: RecordFaults {
    func willRecord(_ count: Int) -> Int { count }
    func didRecord(_ count: Int) {}
}
