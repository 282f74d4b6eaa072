import Foundation
import Model
import Service
import TaskKit
import Testing

@Suite("What unfinished plans leave behind")
struct UnfinishedPlanTests {
    private let fixture: SiteFixture
    private var site: Site { fixture.site }
    private var directory: String { fixture.directory.path }

    init() throws { fixture = try SiteFixture() }

    /// Two files on the management server; one whose directory is a file cannot be written.
    private func model(_ files: [String: String], content: String = "x") -> String {
        let items = files.sorted { $0.key < $1.key }.map {
            "    \($0.key): { type: managed-file, path: \($0.value), content: \(content) }"
        }
        return "ms:\n  ssh: { address: 127.0.0.1 }\n  configs:\n" + items.joined(separator: "\n") + "\n"
    }

    private func plan() throws -> [String]? {
        guard case .created(let stored) = try site.createPlan(now: 0) else { return nil }
        return stored.plan.tasks.map(\.summary)
    }

    @Test("A file whose item is removed goes from its host, and what needs it is restarted without it")
    func removed() async throws {
        try fixture.load(fixture.model(content: "one", restart: "touch \(directory)/restarted"))
        _ = try plan()
        #expect(try await fixture.run().result == .successful)
        try FileManager.default.removeItem(atPath: directory + "/restarted")
        try fixture.load("ms: { ssh: { address: 127.0.0.1 } }", .replace)
        #expect(
            try plan() == [
                "remove \(directory)/motd from ms", "run 'touch \(directory)/restarted' on ms without \(directory)/motd",
            ])
        #expect(try await fixture.run().result == .successful)
        #expect(!FileManager.default.fileExists(atPath: directory + "/motd"))
        #expect(FileManager.default.fileExists(atPath: directory + "/restarted"))
        #expect(try plan() == nil)
    }

    @Test("A file that somebody has changed since is left alone")
    func changedByHand() async throws {
        try fixture.load(fixture.model(content: "one"))
        _ = try plan()
        #expect(try await fixture.run().result == .successful)
        try fixture.directory.write("mine", to: "motd")
        try fixture.load("ms: { ssh: { address: 127.0.0.1 } }", .replace)
        #expect(try plan()?.count == 1)
        let report = try await fixture.run()
        #expect(report.result == .successful && report.outcomes.values.allSatisfy { $0 == .skipped })
        #expect(fixture.directory.read("motd") == "mine")
    }

    @Test("A file that another item takes over stays, whichever of the two is dealt with first")
    func takenOver() async throws {
        try fixture.load(model(["old": directory + "/f"], content: "one"))
        _ = try plan()
        #expect(try await fixture.run().result == .successful)
        try fixture.load(model(["new": directory + "/f"], content: "two"), .replace)
        #expect(try plan()?.sorted() == ["leave \(directory)/f on ms to another item", "write \(directory)/f on ms"])
        #expect(try await fixture.run().result == .successful)
        #expect(fixture.directory.read("f") == "two")
        #expect(try plan() == nil)
    }

    @Test("What names a thing on a host cannot change once a plan has begun to make it; before that, it can")
    func begunName() async throws {
        let blocked = directory + "/blocked/f"
        try fixture.directory.write("", to: "blocked")
        try fixture.load(model(["a": blocked]))
        _ = try plan()
        try fixture.load(model(["a": directory + "/other/f"]), .replace)
        #expect(try plan() != nil, "nothing was begun")
        try fixture.load(model(["a": blocked]), .replace)
        _ = try plan()
        #expect(try await fixture.run().result == .failed)
        try fixture.load(model(["a": directory + "/other/f"]), .replace)
        let errors = try fixture.errors { _ = try site.createPlan(now: 0) }
        #expect(errors.map(\.summary) == ["'path' cannot be changed once a plan has begun to make the item true"])
        #expect(errors.first?.rule == "an unfinished plan has begun it as '\(blocked)'")
        // As the message says: remove it, run a plan, and create it again.
        try fixture.load("ms: { ssh: { address: 127.0.0.1 } }", .replace)
        #expect(try plan() == ["remove \(blocked) from ms"])
        #expect(try await fixture.run().result == .successful)
        try fixture.load(model(["a": directory + "/f"]), .replace)
        _ = try plan()
        #expect(try await fixture.run().result == .successful)
    }

    @Test("Partial plans in a row keep one copy of what they set out to make, and no more")
    func boundedAttempts() async throws {
        let names = (1...6).map { "f\($0)" }
        try fixture.load(model(Dictionary(uniqueKeysWithValues: names.map { ($0, directory + "/" + $0) })))
        for name in names.dropLast() {
            var request = Site.PlanRequest()
            request.only = ["/ms/configs/" + name]
            guard case .created = try site.createPlan(now: 0, request: request) else {
                Issue.record("there is no plan for \(name)")
                return
            }
            #expect(try await fixture.run().result == .successful)
            #expect(try site.store.snapshot(registry: site.registry).attempts.count == 1)
        }
        #expect(try plan() == ["write \(directory)/f6 on ms"])
        #expect(try await fixture.run().result == .successful)
        #expect(try site.store.snapshot(registry: site.registry).attempts.isEmpty)
    }

    @Test("An attempt by which something is known that is to be taken away is kept until it is")
    func keptAttempt() async throws {
        try fixture.load(model(["a": directory + "/a", "b": directory + "/b"]))
        var request = Site.PlanRequest()
        request.only = ["/ms/configs/a"]
        _ = try site.createPlan(now: 0, request: request)
        #expect(try await fixture.run().result == .successful)
        // 'a' counts as applied only with its host; it is not declared any more, and its removal is put off.
        try fixture.load(model(["b": directory + "/b", "c": directory + "/c"]), .replace)
        request.only = ["/ms/configs/b"]
        _ = try site.createPlan(now: 0, request: request)
        #expect(try await fixture.run().result == .successful)
        #expect(try plan()?.contains("remove \(directory)/a from ms") == true)
        #expect(try await fixture.run().result == .successful)
        #expect(!FileManager.default.fileExists(atPath: directory + "/a"))
    }
}
