import Engine
import Foundation
import Model
import PluginKit
import Runner
import Service
import Store
import Synchronization
import TaskKit
import TestSupport
import Testing

@Suite("Asking hosts before a plan is run")
struct PreflightUseCaseTests {
    private let fixture: SiteFixture
    private var site: Site { fixture.site }

    init() throws { fixture = try SiteFixture() }

    private func plan(_ text: String) throws -> StoredPlan {
        try fixture.load(text, .replace)
        guard case .created(let stored) = try site.createPlan(now: 0) else { throw ServiceError.noPlan }
        return stored
    }

    /// - Parameter failing: what connecting fails with.
    private func ask(failing: TaskFailure? = nil, at time: Double = SiteFixture.now, by creator: String = "alice@ops1")
        async throws
        -> StoredPreflight
    {
        var environment = try fixture.environment(stop: AsyncStream { $0.finish() })
        if let failing { environment.connector = LostHosts(failure: failing) }
        environment.now = { time }
        return try await site.preflight(by: creator, in: environment).preflight
    }

    private func command(_ text: String) -> String {
        "ms:\n  ssh: { address: 127.0.0.1 }\n  configs:\n    c: { type: command, apply_command: \"\(text)\" }\n"
    }

    @Test("What hosts say is kept beside the plan, replaced when they are asked again, and nothing else is touched")
    func kept() async throws {
        let stored = try plan(fixture.model(content: "one"))
        #expect(try site.currentPlan().preflight == nil)
        let before = try site.store.lastSequence()
        let progress = Mutex<[String]>([])
        let result = try await site.preflight(
            by: "alice@ops1", in: try fixture.environment(stop: AsyncStream { $0.finish() })
        ) { step in
            progress.withLock { progress in
                switch step {
                case .begun(let names): progress.append("begun \(names.values.sorted())")
                case .answered(let host): progress.append("answered \(host)")
                }
            }
        }
        #expect(progress.withLock { $0 } == ["begun [\"ms\"]", "answered /ms"])
        #expect(result.plan.serial == stored.serial)
        #expect(result.preflight.report.hostCount == 1 && result.preflight.report.answeredCount == 1)
        // The clock of the fixture is that of no host.
        #expect(result.preflight.report.findings.map(\.kind) == ["clock"])
        #expect(result.preflight.askedAt == SiteFixture.now && result.preflight.askedBy == "alice@ops1")
        #expect(try site.currentPlan().preflight == result.preflight)
        #expect(try site.plan(id: stored.plan.id).preflight == result.preflight)
        #expect(try site.store.lastSequence() == before)
        #expect(try site.store.leaseHolder() == nil)
        #expect(!fixture.directory.exists("motd") && !fixture.directory.exists("runs"))

        let again = try await ask(at: Date().timeIntervalSince1970, by: "bob@ops2")
        #expect(again.report.findings.isEmpty)
        #expect(try site.currentPlan().preflight == again)
        #expect(try site.status().preflight == again)
        // Another plan was never asked about.
        _ = try plan(fixture.model(content: "two"))
        #expect(try site.currentPlan().preflight == nil)
        #expect(try site.plan(id: stored.plan.id).preflight == again)
    }

    @Test("A host that cannot be reached blocks; that is an answer, and no error")
    func unreachable() async throws {
        _ = try plan(fixture.model(content: "one"))
        let asked = try await ask(failing: TaskFailure(.unreachable, "no route"))
        #expect(asked.report.blockers.map(\.kind) == [PreflightFinding.unreachable])
        #expect(asked.report.answeredCount == 0)
        // It is only told: the plan can be run.
        #expect(try await fixture.run().result == .successful)
        #expect(try site.status().preflight == nil, "of a plan that is done there is nothing to tell")
    }

    @Test("Without a plan, of a stale one and of one that is done nobody is asked")
    func refused() async throws {
        await #expect(throws: ServiceError.self) { try await ask() }
        _ = try plan(fixture.model(content: "one"))
        try fixture.load(fixture.model(content: "two"), .replace)
        do {
            _ = try await ask()
            Issue.record("it was asked")
        } catch ServiceError.stalePlan {}
        _ = try plan(fixture.model(content: "two"))
        #expect(try await fixture.run().result == .successful)
        do {
            _ = try await ask()
            Issue.record("it was asked")
        } catch ServiceError.wrongState {}
    }

    @Test("Of a plan that has failed half-way, what is left is asked about, also while it could be resumed only")
    func resumed() async throws {
        _ = try plan(fixture.model(content: "one", restart: "test -e \(fixture.directory.path)/gate"))
        #expect(try await fixture.run().result == .failed)
        #expect(throws: ServiceError.self) { try site.refuseRun(resuming: false) }
        try site.refuseRun(resuming: true)
        #expect(try await ask(at: Date().timeIntervalSince1970).report.hostCount == 1)
    }

    @Test("A file of this machine that a task sends must be there")
    func sources() async throws {
        func model(_ source: String) -> String {
            """
            ms:
              ssh: { address: 127.0.0.1 }
              configs:
                blob: { type: uploaded-file, source: \(source), path: \(fixture.directory.path)/blob, sha256: \(String(repeating: "a", count: 64)) }

            """
        }
        let now = Date().timeIntervalSince1970
        _ = try plan(model(fixture.directory.path + "/none"))
        let missing = try await ask(at: now)
        #expect(missing.report.findings.map(\.found) == ["\(fixture.directory.path)/none: there is no such file"])
        #expect(missing.report.blockers.first?.host == nil)
        try fixture.directory.write("x", to: "source")
        _ = try plan(model(fixture.directory.path + "/source"))
        #expect(try await ask(at: now).report.findings.isEmpty)
        _ = try plan(model(fixture.directory.path))
        #expect(try await ask(at: now).report.findings.map(\.kind) == ["source"])
    }

    @Test("The value of a secret that a host tells is in no finding, and the secret must be there")
    func secrets() async throws {
        let canary = "canary-7f3a9c-in-the-mine"
        let fixture = try SiteFixture(extra: [TellTalePlugin(file: "db.pass")])
        let file = fixture.directory.path + "/db.pass"
        try fixture.load(
            """
            ms:
              ssh: { address: 127.0.0.1 }
              configs:
                db: { type: managed-file, path: \(file), secret_content: { secret: db/root }, mode: "0600" }

            """)
        _ = try fixture.site.setSecret("db/root", to: Array(canary.utf8))
        _ = try fixture.site.createPlan(now: 0)
        // What an earlier plan has left there.
        try fixture.directory.write(canary + "\n", to: "db.pass")
        let environment = try fixture.environment(stop: AsyncStream { $0.finish() })
        let asked = try await fixture.site.preflight(by: "a@b", in: environment).preflight
        #expect(asked.report.findings.contains { $0.found == "it tells [secret db/root]" })
        let stored = try String(decoding: JSONEncoder().encode(asked.report), as: UTF8.self)
        #expect(!stored.contains(canary))
        _ = try fixture.site.deleteSecret("db/root", force: true)
        await #expect(throws: ServiceError.self) { try await fixture.site.preflight(by: "a@b", in: environment) }
    }
}

/// No host can be reached.
private struct LostHosts: HostConnector {
    let failure: TaskFailure

    func host(
        at path: ItemPath, connection: HostConnection, secrets: any SecretSource
    ) async throws(TaskFailure) -> any TaskHost { throw failure }
    func closeAll() async {}
}

/// Asks a host to tell what is in a file below its home.
private struct TellTalePlugin: Plugin {
    let name = "tell-tale"
    let version = "1"
    let file: String

    func questions(about steps: PlannedSteps, in context: PlanningContext) -> [HostQuestion] {
        steps.first { _ in true }.map { host, _ in
            .lines(
                host, Script(name: "tell-tale/q", content: Array(#"cat "$HOME/$1""#.utf8)), arguments: [file], limit: .seconds(9)
            ) { words in
                PreflightFinding(.warning, "tale", about: "ms", found: "it tells \(words[0])", rule: "r", nextStep: "s")
            }
        }
    }
}
