import Engine
import Foundation
import Model
import Service
import Store
import TaskKit
import TestSupport
import Testing

@Suite("Repair by hand")
struct RepairTests {
    private let fixture: SiteFixture
    private var site: Site { fixture.site }
    private let node = ItemPath("/deployments/d/clusters/c/nodes/n1")

    init() throws { fixture = try SiteFixture() }

    /// One node that a marker file takes out of service; a change of its file needs that, and fails as long as it is broken.
    private func model(_ content: String) -> String {
        let folder = fixture.directory.path
        return """
            deployments:
              d:
                clusters:
                  c:
                    type: vcs-cluster
                    ha_manager: planner
                    nodes:
                      n1:
                        hostname: n1
                        ssh: { address: 127.0.0.1 }
                        configs:
                          file:
                            type: managed-file
                            path: \(folder)/file
                            content: "\(content)"
                            owner: root:root
                            change_effect: replace
                            restart_command: "test ! -e \(folder)/broken"
                    configs:
                      ha:
                        type: command-lock
                        priority: 10
                        lock_command: "touch \(folder)/locked"
                        unlock_command: "rm -f \(folder)/locked"
                        check_command: "test -e \(folder)/locked"

            """
    }

    /// A plan that has failed while the node was out of service.
    private func failHalfWay() async throws {
        try fixture.load(model("one"), .replace)
        _ = try site.createPlan(now: 0)
        #expect(try await fixture.run().result == .successful)
        try fixture.load(model("two"), .replace)
        _ = try site.createPlan(now: 0)
        try fixture.directory.write("", to: "broken")
        #expect(try await fixture.run().result == .failed)
        #expect(fixture.directory.exists("locked"))
    }

    private var journal: [RunEvent] { get throws { try site.store.journal().map(\.event) } }

    @Test("unlock carries out what is owed to the node, ends the plan that had more to do there, and the rest is planned anew")
    func unlock() async throws {
        try await failHalfWay()
        let failed = try site.currentPlan().stored
        let repair = try site.repair(of: "n1", force: false)
        #expect(repair.takenOutBy == ["ha"])
        #expect(repair.plannedAgain.map(\.task.summary) == ["run 'test ! -e \(fixture.directory.path)/broken' on n1"])
        #expect(repair.endsPlan?.id == failed.plan.id)
        let plan = try site.createRepairPlan(repair, by: "ann", why: nil, now: 1)
        #expect(plan.plan.tasks.map(\.summary) == ["unlock n1 (ha)"])
        #expect(try await fixture.run().result == .successful)
        #expect(!fixture.directory.exists("locked"))
        #expect(try site.status().nodes.isEmpty)
        #expect(try journal.contains(.planGivenUp(by: "ann", why: "unlock n1")))
        try fixture.directory.remove("broken")
        guard case .created(let rest) = try site.createPlan(now: 2) else { throw ServiceError.noPlan }
        // The restart that was not done needs the node out of service: the change that wants it is there again, with its lock.
        let words = rest.plan.tasks.map { $0.summary.prefix { $0 != " " } }
        #expect(words == ["lock", "write", "run", "unlock"])
        #expect(try await fixture.run().result == .successful)
        #expect(!fixture.directory.exists("locked"))
    }

    @Test("unlock --record-only touches nothing, settles what is owed, and says who and why in the journal")
    func recordOnly() async throws {
        try await failHalfWay()
        let repair = try site.repair(of: "/deployments/d/clusters/c/nodes/n1", force: false)
        try site.recordPutBack(repair, by: "ann", why: "ticket 1", now: 1)
        #expect(fixture.directory.exists("locked"))
        #expect(try site.store.owedSteps().isEmpty)
        #expect(try site.store.nodeFacts().isEmpty)
        let node = try #require(node)
        #expect(try journal.contains(.nodePutBack(node: node, contributors: ["ha"], by: "ann", why: "ticket 1")))
        #expect(throws: ServiceError.self) { try site.currentPlan() }
    }

    @Test("A node that is in service is not put back, and the answer names those that are not")
    func inService() async throws {
        try await failHalfWay()
        do {
            _ = try site.repair(of: "n2", force: false)
            Issue.record("it was taken")
        } catch ServiceError.wrongState(_, let nextStep) {
            #expect(nextStep == "out of service: n1")
        }
    }

    @Test("reset_run gives up an unfinished plan; what it owes comes first in the next one")
    func reset() async throws {
        try await failHalfWay()
        let given = try site.resetRun(by: "ann", why: "wrong image", now: 1)
        #expect(given.inFlight.isEmpty)
        #expect(try journal.last == .planGivenUp(by: "ann", why: "wrong image"))
        #expect(throws: ServiceError.self) { try site.resetRun(by: "ann", why: nil, now: 1) }
        try fixture.directory.remove("broken")
        guard case .created(let next) = try site.createPlan(now: 2) else { throw ServiceError.noPlan }
        #expect(next.plan.tasks.contains { $0.summary == "unlock n1 (ha)" })
        #expect(try await fixture.run().result == .successful)
        #expect(!fixture.directory.exists("locked"))
    }

    @Test("A plan that was not begun, or is done, is no run to give up")
    func nothingToReset() async throws {
        #expect(throws: ServiceError.self) { try site.resetRun(by: "ann", why: nil, now: 1) }
        try fixture.load(model("one"), .replace)
        _ = try site.createPlan(now: 0)
        #expect(throws: ServiceError.self) { try site.resetRun(by: "ann", why: nil, now: 1) }
        _ = try await fixture.run()
        #expect(throws: ServiceError.self) { try site.resetRun(by: "ann", why: nil, now: 1) }
    }

    @Test("The history has every run, newest first, with its records and how it ended")
    func history() async throws {
        try await failHalfWay()
        try fixture.directory.remove("broken")
        #expect(try await fixture.run(resuming: true).result == .successful)
        let runs = try site.runHistory(limit: 10)
        #expect(runs.map(\.ending) == [.successful, .failed, .successful])
        #expect(runs.map(\.isResumed) == [true, false, false])
        #expect(runs[1].outcomes[.failed] == 1)
        #expect(runs[0].records.lowerBound == runs[1].records.upperBound + 1)
        #expect(try site.runHistory(limit: 1).map(\.records) == [runs[0].records])
    }

    @Test("A feed gives every record once, in order, and goes on where it stood")
    func feed() async throws {
        try await failHalfWay()
        let stored = try site.currentPlan().stored
        var feed = site.feed(of: stored)
        let first = try feed.next()
        #expect(first.first?.kind == .planStart && first.last?.kind == .planEnd)
        #expect(try feed.next().isEmpty)
        try fixture.directory.remove("broken")
        _ = try await fixture.run(resuming: true)
        let rest = try feed.next()
        let numbers = (first + rest).map(\.sequence)
        #expect(numbers == Array((numbers.first ?? 0)...(numbers.last ?? 0)))
    }

    @Test("A task is found by its place, its id, and the beginning of its id")
    func names() async throws {
        try await failHalfWay()
        let places = PlanPlaces(try site.currentPlan().stored.plan)
        let lock = try places.task(named: "1.1")
        #expect(lock.task.summary == "lock n1 (ha)")
        #expect(try places.task(named: String(lock.task.id.text.prefix(5))).task.id == lock.task.id)
        for name in ["", "99.1", "nothing"] { #expect(throws: ServiceError.self) { try places.task(named: name) } }
    }
}
