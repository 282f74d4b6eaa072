import Engine
import Foundation
import Model
import Service
import Store
import TaskKit
import Testing

@Suite("Making and running plans")
struct PlanUseCaseTests {
    private let fixture: SiteFixture
    private var site: Site { fixture.site }
    private var motd: String { fixture.directory.path + "/motd" }

    init() throws { fixture = try SiteFixture() }

    private func created() throws -> StoredPlan? {
        if case .created(let stored) = try site.createPlan(now: 0) { stored } else { nil }
    }

    private func content() -> String? {
        // A file that is not there is an answer.
        try? String(contentsOfFile: motd, encoding: .utf8)
    }

    @Test("A plan makes the model true, and planning again finds nothing to do")
    func makeTrue() async throws {
        try fixture.load(fixture.model(content: "hello"))
        #expect(try created()?.plan.taskCount == 1)
        #expect(try await fixture.run().result == .successful)
        #expect(content() == "hello")
        #expect(try created() == nil)
        #expect(try site.status().items == [.applied: 3])
    }

    @Test("A plan is stale when the model was changed after it, and says so")
    func staleModel() async throws {
        try fixture.load(fixture.model(content: "one"))
        _ = try created()
        try fixture.load(fixture.model(content: "two"), .replace)
        let reasons = ["the model was changed", "/ms/configs/motd has another content"]
        #expect(try site.currentPlan().staleness == reasons)
        #expect(try site.currentPlanOutline().staleness == reasons)
        await #expect(throws: ServiceError.self) { try await fixture.run() }
        #expect(content() == nil)
    }

    @Test("A plan whose model was changed back is not stale")
    func changedBack() throws {
        for content in ["one", "two", "one"] {
            try fixture.load(fixture.model(content: content), .replace)
            if content == "one", try site.store.currentPlan() == nil { _ = try created() }
        }
        #expect(try site.currentPlan().staleness == [])
    }

    @Test("Whether a plan is stale is told without resolving the tree while nothing was declared anew")
    func staleWithoutResolving() throws {
        try fixture.load(fixture.model(content: "one"))
        _ = try created()
        // Without its plugins the tree would resolve to something else.
        let bare = try Site(
            stateDirectory: fixture.directory.path + "/state", plugins: [], plannerVersion: "1", now: { 0 })
        let staleness = try bare.currentPlanOutline().staleness
        #expect(!staleness.isEmpty)
        #expect(staleness.allSatisfy { $0.hasPrefix("it was made with") })
        try fixture.load(fixture.model(content: "two"), .replace)
        #expect(try bare.currentPlanOutline().staleness.first == "the model was changed")
    }

    @Test("Ten changed items are named, the others are counted")
    func manyChanges() throws {
        try fixture.load(fixture.model(content: "one"))
        _ = try created()
        let added = try (1...12).map { number in
            Item(
                path: try #require(ItemPath("/ms/configs/f\(number)")), type: "managed-file",
                properties: ["path": .string("/tmp/f\(number)"), "content": "x"])
        }
        try site.store.changeDeclared(inserting: added, removing: [])
        let staleness = try site.currentPlan().staleness
        #expect(staleness.count == 12)
        #expect(staleness.dropFirst().first == "/ms/configs/f1 was added")
        #expect(staleness.last == "2 more items")
    }

    @Test("A plan of another version of Planner is stale")
    func staleVersion() throws {
        try fixture.load(fixture.model(content: "one"))
        _ = try created()
        let newer = try fixture.opened(version: "2")
        #expect(try newer.currentPlan().staleness == ["it was made with planner 1, this is 2"])
    }

    @Test("A failed create_plan leaves the plan before as it was")
    func failedCreation() throws {
        try fixture.load(fixture.model(content: "one"))
        let plan = try #require(try created())
        try fixture.load(fixture.model(content: "one") + "software: { images: {} }\n", .replace)
        try fixture.site.store.changeDeclared(
            inserting: [Item(path: try #require(ItemPath("/ms/configs/bad")), type: "managed-file")], removing: [])
        #expect(throws: ServiceError.self) { try site.createPlan(now: 0) }
        #expect(try site.currentPlan().stored.plan.id == plan.plan.id)
    }

    @Test("Changes that need no task count as applied, without a plan")
    func changesWithoutTasks() throws {
        try fixture.load("infrastructure: { networking: { networks: { a: { name: a, subnet: 10.0.0.0/24 } } } }")
        guard case .nothingToDo(let recorded) = try site.createPlan(now: 0) else {
            Issue.record("there is a plan")
            return
        }
        #expect(recorded > 0)
        #expect(try site.status().items.keys.sorted { $0.rawValue < $1.rawValue } == [.applied])
    }

    @Test("A plan that was removed is gone, and there is none to run")
    func removePlan() async throws {
        try fixture.load(fixture.model(content: "one"))
        _ = try created()
        _ = try site.removePlan()
        await #expect(throws: ServiceError.self) { try await fixture.run() }
    }

    @Test("A plan that was never run is no longer the plan when the model was put back and nothing is to be done")
    func obsoletePlan() throws {
        try fixture.load("ms: { ssh: { address: 127.0.0.1 } }")
        #expect(try created() == nil)
        try fixture.load(fixture.model(content: "one"), .replace)
        #expect(try created() != nil)
        try fixture.load("ms: { ssh: { address: 127.0.0.1 } }", .replace)
        #expect(try created() == nil)
        #expect(throws: ServiceError.self) { try site.currentPlan() }
    }

    @Test("A started plan goes on only when the operator says so")
    func resumeOnly() async throws {
        try fixture.load(fixture.model(content: "one"))
        _ = try created()
        // A directory stands where the file should be.
        try FileManager.default.createDirectory(atPath: motd, withIntermediateDirectories: false)
        #expect(try await fixture.run().result == .failed)
        await #expect(throws: ServiceError.self) { try await fixture.run() }
        try FileManager.default.removeItem(atPath: motd)
        #expect(try await fixture.run(resuming: true).result == .successful)
        #expect(content() == "one")
    }

    @Test("What a failed plan owes is in the next plan, also when its trigger is done")
    func owedRestart() async throws {
        let log = fixture.directory.path + "/restarts"
        let restart = "test -e \(fixture.directory.path)/repaired && echo once >> \(log)"
        try fixture.load(fixture.model(content: "one", restart: restart))
        _ = try created()
        #expect(try await fixture.run().result == .failed)
        #expect(content() == "one")
        try Data().write(to: URL(fileURLWithPath: fixture.directory.path + "/repaired"))
        let next = try #require(try created())
        #expect(next.plan.tasks.map(\.identity.name) == ["restart"])
        #expect(try await fixture.run().result == .successful)
        #expect(try String(contentsOfFile: log, encoding: .utf8) == "once\n")
        #expect(try created() == nil)
    }
}
