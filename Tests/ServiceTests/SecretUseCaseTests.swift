import Engine
import Foundation
import Model
import Runner
import Service
import Store
import Synchronization
import TaskKit
import TestSupport
import Testing

@Suite("Secrets of a site")
struct SecretUseCaseTests {
    private static let canary = "canary-7f3a9c-in-the-mine"
    private let fixture: SiteFixture
    private var site: Site { fixture.site }

    init() throws { fixture = try SiteFixture() }

    /// A management server with a secret file, and a command that runs after each change of it.
    private func model(_ reference: String = "{secret: db/root}", restart: String = "true") -> String {
        """
        ms:
          ssh: { address: 127.0.0.1 }
          configs:
            db:
              type: managed-file
              path: \(fixture.directory.path)/db.pass
              secret_content: \(reference)
              mode: "0600"
              restart_command: "\(restart)"
        """ + "\n"
    }

    private func set(_ value: String, _ name: String = "db/root") throws { _ = try site.setSecret(name, to: Array(value.utf8)) }

    private func plan() throws -> Plan? {
        guard case .created(let stored) = try site.createPlan(now: SiteFixture.now) else { return nil }
        return stored.plan
    }

    private func diagnostics(_ work: () async throws -> Void) async throws -> [Diagnostic] {
        do {
            try await work()
            return []
        } catch ServiceError.secretsMissing(let error) {
            return error.diagnostics
        }
    }

    // MARK: Nowhere but on the host

    @Test(
        "The value of a secret is on the host, and in nothing that Planner stores or tells, also when a command prints it and fails"
    )
    func canary() async throws {
        let file = fixture.directory.path + "/db.pass"
        try fixture.load(model(restart: "cat \(file); cat \(file) >&2; exit 1"))
        try set(Self.canary)
        let plan = try #require(try plan())
        let notices = Mutex<[RunNotice]>([])
        let (stop, _) = AsyncStream.makeStream(of: Engine.StopRequest.self)
        var environment = try fixture.environment(stop: stop)
        environment.observe = { notice in notices.withLock { $0.append(notice) } }
        let report = try await site.runPlan(resuming: false, in: environment)
        #expect(fixture.directory.read("db.pass") == Self.canary)
        #expect(report.result == .failed)
        let failure = try #require(report.failures.values.first)
        #expect(failure.message.contains("[secret db/root]"))
        let told = notices.withLock { $0 }
        #expect(told.contains { if case .progress(_, let line) = $0 { line.contains("[secret db/root]") } else { false } })
        let log = try #require(plan.tasks.compactMap { site.logs.logs(of: $0.id, plan: 1).first }.last)
        #expect(try String(contentsOfFile: log.path, encoding: .utf8).contains("\n[secret db/root]"))
        let encoder = JSONEncoder()
        let view = try site.currentPlan()
        var texts = ["\(report)", "\(told)", "\(view)", "\(try site.status())", try site.export(.root)]
        texts.append(String(decoding: try encoder.encode(plan), as: UTF8.self))
        texts.append(String(decoding: try encoder.encode(view.history), as: UTF8.self))
        texts += plan.tasks.flatMap(\.action.action.preview)
        for text in texts { #expect(!text.contains("canary-7f3a9c"), "\(text.prefix(400))") }
        try expectNoCanary(in: fixture.directory.path + "/state")
    }

    /// Looks into every byte of every file of a directory.
    private func expectNoCanary(in directory: String) throws {
        let names = try FileManager.default.subpathsOfDirectory(atPath: directory)
        #expect(names.contains("planner.db") && names.contains("secrets.json"))
        let words = [Self.canary, Data(Self.canary.utf8).base64EncodedString(), Digest.hexadecimal(of: Self.canary)]
        for name in names {
            guard let content = FileManager.default.contents(atPath: directory + "/" + name) else { continue }
            for word in words { #expect(content.range(of: Data(word.utf8)) == nil, "\(name) holds \(word)") }
        }
    }

    @Test("What an earlier run wrote is still taken out of what a later one tells")
    func laterRun() async throws {
        let flag = fixture.directory.path + "/fail"
        try fixture.directory.write("", to: "fail")
        try fixture.load(model(restart: "cat \(fixture.directory.path)/db.pass; test ! -e \(flag)"))
        try set(Self.canary)
        _ = try plan()
        #expect(try await fixture.run().result == .failed)
        let again = try await fixture.run(resuming: true)
        #expect(again.failures.values.map(\.message).allSatisfy { $0.contains("[secret db/root]") && !$0.contains("canary") })
        #expect(again.failures.count == 1)
    }

    // MARK: Missing

    @Test("create_plan names each reference to a secret that is not set, with item, property, place and next step")
    func missingAtPlan() throws {
        try set("value", "db/rot")
        try fixture.load(model())
        let errors = try fixture.errors { _ = try site.createPlan(now: SiteFixture.now) }
        #expect(errors.map(\.identifier) == [.credentialsNotFound])
        #expect(errors.map(\.path?.text) == ["/ms/configs/db"])
        #expect(errors.map(\.property) == ["secret_content"])
        #expect(errors.first?.place?.line == 7)
        #expect(errors.first?.nextStep == "planner crypt set db/root stores it; or did you mean 'db/rot'?")
    }

    @Test("run_plan refuses before it touches anything when a value cannot be had, and the same plan runs when it can")
    func missingAtRun() async throws {
        try fixture.load(model("{file: \(fixture.directory.path)/value}"))
        _ = try #require(try plan())
        let errors = try await diagnostics { _ = try await fixture.run() }
        #expect(errors.map(\.summary) == ["there is no file \(fixture.directory.path)/value"])
        #expect(errors.map(\.path?.text) == ["/ms/configs/db"])
        #expect(try site.currentPlan().history.isEmpty)
        #expect(try site.activeHolder() == nil)
        try fixture.directory.write("from a file", to: "value")
        #expect(try await fixture.run().result == .successful)
        #expect(fixture.directory.read("db.pass") == "from a file")
    }

    @Test("An environment variable is taken from the process that runs the plan")
    func environmentVariable() async throws {
        try fixture.load(model("{env: DB_ROOT}"))
        _ = try #require(try plan())
        #expect(try await diagnostics { _ = try await fixture.run() }.map(\.identifier) == [.credentialsNotFound])
        let (stop, _) = AsyncStream.makeStream(of: Engine.StopRequest.self)
        var environment = try fixture.environment(stop: stop)
        environment.variables = ["DB_ROOT": "from the environment"]
        #expect(try await site.runPlan(resuming: false, in: environment).result == .successful)
        #expect(fixture.directory.read("db.pass") == "from the environment")
    }

    @Test("A secret that no task needs any more is not asked for")
    func notNeeded() async throws {
        try fixture.load(model())
        try set("value")
        _ = try plan()
        #expect(try await fixture.run().result == .successful)
        #expect(try plan() == nil)
        _ = try site.deleteSecret("db/root", force: true)
        try fixture.load(fixture.model(content: "one"), .replace)
        #expect(try plan() != nil)
        #expect(try await fixture.run().result == .successful)
    }

    // MARK: Set anew

    @Test("A secret that is set anew is planned for what uses it, with that reason, once")
    func rotation() async throws {
        try fixture.load(model())
        try set("first")
        _ = try plan()
        _ = try await fixture.run()
        #expect(try plan() == nil)
        try set("second")
        let plan = try #require(try plan())
        let write = try #require(plan.tasks.first)
        #expect(write.reasons == [.secretChanged("db/root")])
        #expect(try await fixture.run().result == .successful)
        #expect(fixture.directory.read("db.pass") == "second")
        #expect(try self.plan() == nil)
    }

    @Test("A plan that was not begun is stale when one of its secrets is set anew or deleted")
    func stalePlan() async throws {
        try fixture.load(model())
        try set("first")
        _ = try plan()
        #expect(try site.currentPlan().staleness == [])
        try set("second")
        #expect(try site.currentPlan().staleness == ["the secret 'db/root' was set anew"])
        await #expect(throws: ServiceError.self) { try await fixture.run() }
        _ = try site.deleteSecret("db/root", force: true)
        #expect(try site.currentPlan().staleness == ["the secret 'db/root' was deleted"])
    }

    @Test("A plan that was begun goes on with a secret that was set right meanwhile")
    func setRight() async throws {
        let file = fixture.directory.path + "/db.pass"
        try fixture.load(model(restart: "grep -q right \(file) || rm \(file)"))
        try set("wrong password")
        _ = try plan()
        // The host is in the way of the write, so that the run ends before it.
        try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: false)
        #expect(try await fixture.run().result == .failed)
        try FileManager.default.removeItem(atPath: file)
        try set("right password")
        #expect(try site.currentPlan().staleness == [])
        #expect(try await fixture.run(resuming: true).result == .successful)
        #expect(fixture.directory.read("db.pass") == "right password")
    }

    @Test("Another reference is a change of the property, and says so")
    func otherReference() async throws {
        try fixture.load(model())
        try set("first")
        try set("other", "db/other")
        _ = try plan()
        _ = try await fixture.run()
        try fixture.load(model("{secret: db/other}"), .replace)
        let reasons = try #require(try plan()).tasks.first?.reasons
        #expect(
            reasons == [
                .changed(
                    try #require(ItemPath("/ms/configs/db")), property: "secret_content", old: "{secret: db/root}",
                    new: "{secret: db/other}")
            ])
    }

    // MARK: crypt

    @Test("A secret that the model refers to is deleted by force only")
    func delete() throws {
        try fixture.load(model())
        try set("value")
        let errors = try fixture.errors { _ = try site.deleteSecret("db/root", force: false) }
        #expect(errors.map(\.path?.text) == ["/ms/configs/db"])
        #expect(try site.secretListings().map(\.setAt) == [SiteFixture.now])
        #expect(try site.deleteSecret("db/root", force: true).count == 1)
        #expect(try site.secretListings().map(\.setAt) == [nil])
        #expect(throws: ServiceError.self) { try site.deleteSecret("db/root", force: false) }
    }

    @Test("The list has what is stored and what is referred to, with its uses")
    func list() throws {
        try fixture.load(model())
        try set("value", "b")
        try set("value", "a10")
        try set("value", "a9")
        let listings = try site.secretListings()
        #expect(listings.map(\.name) == ["a9", "a10", "b", "db/root"])
        #expect(listings.map(\.uses.count) == [0, 0, 0, 1])
        #expect(listings.last?.setAt == nil)
    }

    @Test("Setting says what refers to the secret, what key was made, and that a value is too short to be hidden")
    func setting() throws {
        try fixture.load(model())
        let first = try site.setSecret("db/root", to: Array("abc".utf8))
        #expect(first.newKeyFile == fixture.directory.path + "/state/secrets.key")
        #expect(first.isTooShortToRedact)
        #expect(first.uses.count == 1)
        let second = try site.setSecret("db/root", to: Array("abcd".utf8))
        #expect(second.isReplacement && !second.isTooShortToRedact)
        #expect(second.newKeyFile == nil)
    }

    // MARK: The model

    @Test("A model keeps the reference through load, export and update")
    func model() throws {
        try fixture.load(model())
        #expect(try site.export(.root).contains("secret_content: {secret: db/root}"))
        let path = try #require(ItemPath("/ms/configs/db"))
        try site.update(path, properties: ["secret_content": .scalar("{env: A}")], deleting: [])
        #expect(try site.show(Site.ShowQuery(path)).first?.item?.secret("secret_content") == .environment("A"))
        #expect(throws: ServiceError.self) {
            try site.update(path, properties: ["secret_content": .scalar("hunter2")], deleting: [])
        }
    }

    @Test(
        "A managed file has one content, and one with a secret is not for everybody",
        arguments: [
            ("secret_content: {secret: a}, mode: \"0600\", content: x", "secret_content"),
            ("secret_content: {secret: a}", "mode"), ("secret_content: {secret: a}, mode: \"0604\"", "mode"),
            ("mode: \"0600\"", "content"),
            ("secret_content: hunter2, mode: \"0600\"", "secret_content"),
        ])
    func contentRules(_ values: String, _ property: String) throws {
        let errors = try fixture.errors {
            try fixture.load("ms: { ssh: { address: 127.0.0.1 }, configs: { f: { type: managed-file, path: /f, \(values) } } }")
        }
        #expect(errors.map(\.property) == [property])
        #expect(!"\(errors)".contains("hunter2"))
    }
}
