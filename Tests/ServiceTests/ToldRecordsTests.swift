import Engine
import Model
import Service
import Synchronization
import TaskKit
import TestSupport
import Testing

@Suite("What a run tells and leaves")
struct ToldRecordsTests {
    private let fixture: SiteFixture

    init() throws {
        fixture = try SiteFixture()
        try fixture.load(fixture.model(content: "x"))
        _ = try fixture.site.createPlan(now: SiteFixture.now)
    }

    /// Carries out the current plan: its records as they were told.
    private func told() async throws -> [JournalEntry] {
        let (stop, _) = AsyncStream.makeStream(of: Engine.StopRequest.self)
        let told = Told()
        var environment = try fixture.environment(stop: stop)
        environment.observe = { if case .recorded(let entry) = $0 { told.entries.withLock { $0.append(entry) } } }
        #expect(try await fixture.site.runPlan(resuming: false, in: environment).result == .successful)
        return told.entries.withLock { $0 }
    }

    private final class Told: Sendable {
        let entries = Mutex<[JournalEntry]>([])
    }

    @Test("Every record of the journal is told, and a feed makes the same of them as of the journal")
    func same() async throws {
        let told = try await told()
        let stored = try fixture.site.currentPlan().stored
        var feed = fixture.site.feed(of: stored)
        let read = try feed.next()
        var other = fixture.site.feed(of: stored)
        #expect(other.next(told: told.shuffled()) == read)
        #expect(other.next(told: told) == [])
        #expect(try other.next().isEmpty)
    }

    @Test("A feed that misses a record takes none after it, and goes on from the journal")
    func gap() async throws {
        let told = try await told()
        var feed = fixture.site.feed(of: try fixture.site.currentPlan().stored)
        #expect(feed.next(told: Array(told.prefix(2)))?.map(\.sequence) == [1, 2])
        #expect(feed.next(told: Array(told.dropFirst(3))) == nil)
        #expect(try feed.next().map(\.sequence) == Array(3...told.count))
    }

    @Test("Records are kept until they are taken; who comes first, or too late, is sent to the journal")
    func kept() {
        let records = ToldRecords()
        func entry(_ sequence: Int) -> JournalEntry {
            JournalEntry(sequence: sequence, time: 1, planSerial: 1, event: .phaseStarted(phase: 1))
        }
        records.add(entry(1))
        #expect(records.take() == nil)
        records.add(entry(2))
        #expect(records.take() == [entry(2)])
        #expect(records.take() == [])
        for sequence in 3...20_000 { records.add(entry(sequence)) }
        #expect(records.take() == nil)
    }

    @Test("A plan of all of the model leaves nothing, until the model is changed")
    func nothing() async throws {
        _ = try await told()
        let site = fixture.site
        let stored = try site.currentPlan().stored
        #expect(try site.leavesNothing(stored))
        #expect(try site.status().items.keys.allSatisfy { $0 == .applied })
        try fixture.load(fixture.model(content: "y"), .merge)
        #expect(try !site.leavesNothing(stored))
    }

    @Test("A plan of a part of the model, or one that was not carried out, may leave something")
    func something() async throws {
        var stored = try fixture.site.currentPlan().stored
        #expect(try !fixture.site.leavesNothing(stored))
        var request = Site.PlanRequest()
        request.only = ["/ms/configs/motd"]
        _ = try fixture.site.createPlan(now: SiteFixture.now, request: request)
        _ = try await told()
        stored = try fixture.site.currentPlan().stored
        #expect(stored.plan.selection != nil)
        #expect(try !fixture.site.leavesNothing(stored))
    }
}
