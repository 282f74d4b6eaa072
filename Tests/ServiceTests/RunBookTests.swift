import Engine
import Model
import Runner
import Store
import Synchronization
import TaskKit
import TestSupport
import Testing

@testable import Service

@Suite("The book of a run")
struct RunBookTests {
    /// Counts the transactions, and cuts where it is told to.
    private final class Transactions: RecordFaults {
        private let cut: Int
        private let sizes = Mutex<[Int]>([])
        var list: [Int] { sizes.withLock { $0 } }

        init(atMost cut: Int = .max) { self.cut = cut }
        func willRecord(_ count: Int) -> Int { min(count, cut) }
        func didRecord(_ count: Int) { sizes.withLock { $0.append(count) } }
    }

    private let fixture: SiteFixture
    private let stored: StoredPlan
    private let holder = ProcessIdentity.current(command: "test")

    /// A file and the restart that follows it: one item, two tasks.
    init() throws {
        fixture = try SiteFixture()
        try fixture.load(fixture.model(content: "x", restart: "true"))
        guard case .created(let stored) = try fixture.site.createPlan(now: SiteFixture.now) else { throw NothingToDo() }
        self.stored = stored
    }

    private struct NothingToDo: Error {}

    private func book(_ transactions: Transactions = Transactions()) throws -> RunBook {
        let site = fixture.site
        _ = try site.store.acquireLease(holder, planSerial: stored.serial, now: SiteFixture.now)
        let (stop, _) = AsyncStream.makeStream(of: Engine.StopRequest.self)
        var environment = try fixture.environment(stop: stop)
        environment.faults = transactions
        return RunBook(
            store: site.store, plan: stored, holder: holder, succeeded: [], debts: [],
            comparison: TreeComparison(declared: try site.declared().resolved, applied: try site.applied()),
            environment: environment)
    }

    private func finished(_ task: PlanTask) -> RunEvent {
        .taskFinished(task: task.id, attempt: 1, outcome: .changed, failure: nil, milliseconds: 1)
    }

    @Test("Events of many callers are numbered without a gap, each caller's one after the other, and each gets its own back")
    func manyCallers() async throws {
        let book = try book()
        let entries = try await withThrowingTaskGroup { group in
            for caller in 0..<100 {
                group.addTask {
                    let events = (0...caller % 3).map { RunEvent.phaseStarted(phase: caller * 10 + $0) }
                    let entries = try await book.record(events)
                    #expect(entries.map(\.event) == events)
                    let first = entries.first?.sequence ?? 0
                    #expect(entries.map(\.sequence) == Array(first..<first + events.count))
                    return entries
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(entries.map(\.sequence).sorted() == Array(1...entries.count))
        #expect(try fixture.site.store.journal() == entries.sorted { $0.sequence < $1.sequence })
    }

    @Test("Events that come together are one transaction, unless a fault wants a cut between them")
    func transactions() async throws {
        let events = (1...7).map { RunEvent.phaseStarted(phase: $0) }
        let whole = Transactions()
        _ = try await book(whole).record(events)
        #expect(whole.list == [7])
        let cut = Transactions(atMost: 3)
        #expect(try await book(cut).record(events).map(\.sequence) == Array(8...14))
        #expect(cut.list == [3, 3, 1])
    }

    @Test("What could not be written is told to everybody who waits for it, and means nothing afterwards")
    func lost() async throws {
        let transactions = Transactions()
        let book = try book(transactions)
        let tasks = stored.plan.tasks
        let item = try #require(stored.plan.completions.first { $0.value.count == 2 }?.key)
        #expect(tasks.count == 2)

        try fixture.site.store.release(holder)
        await withTaskGroup { group in
            for task in tasks.prefix(1) {
                group.addTask {
                    await #expect(throws: StoreError.self) {
                        try await book.record([.taskStarted(task: task.id, attempt: 1), finished(task)])
                    }
                }
            }
            group.addTask { await #expect(throws: StoreError.self) { try await book.record(.phaseStarted(phase: 1)) } }
        }
        #expect(transactions.list == [])
        #expect(try fixture.site.store.journal() == [])

        _ = try fixture.site.store.acquireLease(holder, planSerial: stored.serial, now: SiteFixture.now)
        #expect(try await book.record(finished(tasks[1])).sequence == 1)
        #expect(try fixture.site.applied()[item] == nil)
        #expect(try await book.record(finished(tasks[0])).sequence == 2)
        #expect(try fixture.site.applied()[item] != nil)
    }

    /// What a taker was told.
    private final class Told: Sendable {
        private let results = Mutex<[Result<[JournalEntry], any Error>]>([])
        func add(_ result: Result<[JournalEntry], any Error>) { results.withLock { $0.append(result) } }
        var sequences: [[Int]] { results.withLock { $0.compactMap { try? $0.get().map(\.sequence) } } }
        var failures: Int { results.withLock { $0.count { (try? $0.get()) == nil } } }
    }

    @Test("Events for which nobody waits are one transaction with the next for which somebody does, and come before it")
    func taken() async throws {
        let transactions = Transactions()
        let book = try book(transactions)
        let told = Told()
        for phase in 1...3 { try await book.take([.phaseStarted(phase: phase)]) { told.add($0) } }
        #expect(try await book.record(.phaseFinished(phase: 1)).sequence == 4)
        #expect(transactions.list == [4])
        #expect(told.sequences == [[1], [2], [3]])
        #expect(try fixture.site.store.journal().last?.event == .phaseFinished(phase: 1))
    }

    @Test("Events for which nobody waits are on the disk before long, together")
    func patience() async throws {
        let transactions = Transactions()
        let book = try book(transactions)
        for phase in 1...3 { try await book.take([.phaseStarted(phase: phase)]) { _ in } }
        #expect(try await eventually { transactions.list.reduce(0, +) == 3 })
        #expect(try fixture.site.store.journal().map(\.sequence) == [1, 2, 3])
    }

    @Test("Events for which nobody waits and that could not be written come first in the next transaction for somebody")
    func triedAgain() async throws {
        let book = try book()
        let told = Told()
        try fixture.site.store.release(holder)
        try await book.take([.phaseStarted(phase: 1)]) { told.add($0) }
        await #expect(throws: StoreError.self) { try await book.record(.phaseStarted(phase: 2)) }
        #expect(told.failures == 1)

        _ = try fixture.site.store.acquireLease(holder, planSerial: stored.serial, now: SiteFixture.now)
        #expect(try await book.record(.phaseStarted(phase: 3)).sequence == 2)
        #expect(told.sequences == [[1]])
        #expect(try fixture.site.store.journal().map(\.event) == [.phaseStarted(phase: 1), .phaseStarted(phase: 3)])
    }
}
