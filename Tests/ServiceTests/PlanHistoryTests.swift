import Model
import Planning
import Service
import TaskKit
import Testing

@Suite("Plans that were")
struct PlanHistoryTests {
    private let fixture: SiteFixture
    private var site: Site { fixture.site }

    init() throws { fixture = try SiteFixture() }

    private func plan(content: String) throws -> String {
        try fixture.load(fixture.model(content: content), .replace)
        guard case .created(let stored) = try site.createPlan(now: 0) else { return "" }
        return stored.plan.id
    }

    @Test("The history has every plan, newest first, with what came of it")
    func history() async throws {
        #expect(try site.planHistory(limit: 20).isEmpty)
        let first = try plan(content: "one")
        _ = try await fixture.run()
        let second = try plan(content: "two")
        let records = try site.planHistory(limit: 20)
        #expect(records.map(\.head.id) == [second, first])
        #expect(records.map { $0.facts?.doneTasks } == [nil, 1])
        #expect(records.map { $0.tally?.changes.filter { $0.value > 0 } } == [[.update: 1], [.create: 1]])
        #expect(try site.planHistory(limit: 1).map(\.head.id) == [second])
    }

    @Test("An earlier plan is found by its id or by the beginning of it, and is not called stale")
    func byID() throws {
        let first = try plan(content: "one")
        let second = try plan(content: "two")
        #expect(try site.plan(id: String(first.prefix(5))).stored.plan.id == first)
        #expect(try site.plan(id: first).staleness == [])
        #expect(try site.plan(id: nil).stored.plan.id == second)
        #expect(throws: ServiceError.self) { try site.plan(id: "ffffffffff") }
        #expect(throws: ServiceError.self) { try site.plan(id: "") }
    }

    @Test("The time that a plan takes is known when its steps were run before")
    func estimate() async throws {
        _ = try plan(content: "one")
        #expect(try site.estimate(of: try site.plan(id: nil).stored, width: 50) == nil)
        _ = try await fixture.run()
        _ = try plan(content: "two")
        let estimate = try #require(try site.estimate(of: try site.plan(id: nil).stored, width: 50))
        #expect(estimate.runCount == 1)
        #expect(estimate.unknownTasks == 0)
    }

    @Test("The effect of each changed property is that of its type")
    func effects() async throws {
        _ = try plan(content: "one")
        _ = try await fixture.run()
        _ = try plan(content: "two")
        let path = try #require(ItemPath("/ms/configs/motd"))
        #expect(try site.effects(of: try site.plan(id: nil).stored.plan) == [path: ["content": .live]])
    }

    // MARK: Refusals

    private func node(_ content: String, isProtected: Bool) -> String {
        """
        ms: { ssh: { address: 127.0.0.1 } }
        deployments:
          d:
            clusters:
              c:
                type: cluster
                nodes:
                  n1:
                    hostname: n1
                    protected: \(isProtected)
                    ssh: { address: 127.0.0.1 }
                    configs:
                      motd:
                        type: managed-file
                        path: \(fixture.directory.path)/motd
                        content: "\(content)"
                        change_effect: replace
        """ + "\n"
    }

    private func refusal(_ work: () throws -> Void) throws -> (String, [Diagnostic])? {
        do {
            try work()
            return nil
        } catch ServiceError.refused(let text, let diagnostics, _) {
            return (text, diagnostics)
        }
    }

    @Test(
        "A plan that would replace what is on a protected node is refused, with the place of the word, and the plan before stays")
    func protected() async throws {
        try fixture.load(node("one", isProtected: true))
        _ = try site.createPlan(now: 0)
        _ = try await fixture.run()
        try fixture.load(node("two", isProtected: true), .replace)
        let refused = try #require(try refusal { _ = try site.createPlan(now: 0) })
        #expect(refused.1.map(\.path?.text) == ["/deployments/d/clusters/c/nodes/n1"])
        #expect(refused.1.first?.place?.line == 10)
        #expect(try site.planHistory(limit: 9).count == 1)
        // Protection is no configuration: lifting it needs no plan of its own.
        try fixture.load(node("two", isProtected: false), .replace)
        #expect(try refusal { _ = try site.createPlan(now: 0) } == nil)
    }

    @Test("A plan that replaces more than the operator allows is refused, and one that does not is made")
    func maximumReplaced() async throws {
        try fixture.load(node("one", isProtected: false))
        _ = try createPlan(replacing: 0)
        _ = try await fixture.run()
        try fixture.load(node("two", isProtected: false), .replace)
        let refused = try #require(try refusal { _ = try createPlan(replacing: 0) })
        #expect(refused.0 == "the plan would replace 1, and --max-replace allows 0")
        _ = try createPlan(replacing: 1)
        #expect(try site.planHistory(limit: 9).count == 2)
    }

    private func createPlan(replacing maximum: Int) throws -> Site.PlanCreation {
        var request = Site.PlanRequest()
        request.maximumReplaced = maximum
        return try site.createPlan(now: 0, request: request)
    }
}
