import Model
import Service
import Store
import TaskKit
import Testing

@Suite("Runs whose controller is gone")
struct LeaseTests {
    private let fixture: SiteFixture
    private var store: Store { fixture.site.store }
    /// Nothing can be asked about its process: it was of another host, or of this one before it was started anew.
    private let other = LeaseHolder(
        host: "ops1", processID: 4711, processStart: 1, bootID: "another boot", user: "maria", command: "planner run_plan")

    init() throws {
        fixture = try SiteFixture()
        try fixture.load(fixture.model(content: "one"))
    }

    /// A run of the other controller that began and told last at `heartbeat` that it lives.
    private func begin(heartbeat: Double) throws {
        guard case .created(let stored) = try fixture.site.createPlan(now: 0) else { return }
        _ = try store.acquireLease(other, planSerial: stored.serial, now: heartbeat)
        var changes = StoreChanges()
        changes.planState = .running
        _ = try store.record(
            .runStarted(isResumed: false, controller: other.description), planSerial: stored.serial, changes: changes,
            now: heartbeat, holder: other)
    }

    @Test("A run whose controller lost its power is resumed when its heartbeat is old, and the model can be edited")
    func taken() async throws {
        try begin(heartbeat: SiteFixture.now - 31)
        #expect(try fixture.site.status().holder == nil)
        #expect(try await fixture.run(resuming: true).result == .successful)
        try fixture.load(fixture.model(content: "two"), .replace)
    }

    @Test("A run of another controller whose heartbeat is young is left alone")
    func leftAlone() async throws {
        try begin(heartbeat: SiteFixture.now - 10)
        #expect(try fixture.site.status().holder == other)
        await #expect(throws: ServiceError.self) { try await fixture.run(resuming: true) }
        #expect(throws: ServiceError.self) { try fixture.load(fixture.model(content: "two"), .replace) }
    }
}
