import Foundation
import Model
import PluginKit
import Service
import TaskKit
import Testing

@Suite("Taking things away")
struct UndoTests {
    @Test("What is taken away in two steps is remembered until both are done")
    func twoSteps() async throws {
        let fixture = try SiteFixture(extra: [MarkerPlugin()])
        let directory = fixture.directory.path
        let host = "ms:\n  ssh: { address: 127.0.0.1 }\n"
        try fixture.load(host + "  configs: { m: { type: marker, directory: \(directory) } }\n")
        _ = try fixture.site.createPlan(now: 0)
        #expect(try await fixture.run().result == .successful)

        try fixture.load(host, .replace)
        _ = try fixture.site.createPlan(now: 0)
        // The second step fails as long as nobody allows it.
        #expect(try await fixture.run().result == .failed)
        try Data().write(to: URL(fileURLWithPath: directory + "/allowed"))
        guard case .created(let next) = try fixture.site.createPlan(now: 0) else {
            Issue.record("the second step was forgotten")
            return
        }
        #expect(next.plan.tasks.map(\.identity.name).contains("second"))
        #expect(try await fixture.run().result == .successful)
        #expect(!FileManager.default.fileExists(atPath: directory + "/marker"))
        guard case .nothingToDo = try fixture.site.createPlan(now: 0) else {
            Issue.record("there is still something to do")
            return
        }
    }

    @Test("What a plan began and did not finish is taken away when it is not wanted any more, whatever was applied")
    func attempted() async throws {
        let fixture = try SiteFixture(extra: [MarkerPlugin()])
        let directory = fixture.directory.path
        let host = "ms:\n  ssh: { address: 127.0.0.1 }\n"
        // The marker is made; the greeting that goes with it fails.
        try Data().write(to: URL(fileURLWithPath: directory + "/rude"))
        try fixture.load(host + "  configs: { m: { type: marker, directory: \(directory) } }\n")
        _ = try fixture.site.createPlan(now: 0)
        #expect(try await fixture.run().result == .failed)
        #expect(FileManager.default.fileExists(atPath: directory + "/marker"))

        try fixture.load(host, .replace)
        try Data().write(to: URL(fileURLWithPath: directory + "/allowed"))
        guard case .created(let plan) = try fixture.site.createPlan(now: 0) else {
            Issue.record("the marker was left behind")
            return
        }
        #expect(plan.plan.tasks.map(\.identity.name) == ["first", "second"])
        #expect(try await fixture.run().result == .successful)
        #expect(!FileManager.default.fileExists(atPath: directory + "/marker"))
        #expect(try fixture.site.store.snapshot(registry: fixture.site.registry).attempts.isEmpty)
        guard case .nothingToDo = try fixture.site.createPlan(now: 0) else {
            Issue.record("there is still something to do")
            return
        }
    }

    @Test("A change that failed half-way is not taken for what was there before when the model goes back")
    func begunChange() async throws {
        let fixture = try SiteFixture()
        let motd = fixture.directory.path + "/motd"
        try fixture.load(fixture.model(content: "one"))
        _ = try fixture.site.createPlan(now: 0)
        #expect(try await fixture.run().result == .successful)
        try fixture.load(fixture.model(content: "two"), .replace)
        _ = try fixture.site.createPlan(now: 0)
        try FileManager.default.removeItem(atPath: motd)
        try FileManager.default.createDirectory(atPath: motd, withIntermediateDirectories: false)
        #expect(try await fixture.run().result == .failed)
        try FileManager.default.removeItem(atPath: motd)
        try fixture.load(fixture.model(content: "one"), .replace)
        guard case .created = try fixture.site.createPlan(now: 0) else {
            Issue.record("nobody knows what is there, and nothing is done")
            return
        }
        #expect(try await fixture.run().result == .successful)
        #expect(try String(contentsOfFile: motd, encoding: .utf8) == "one")
    }

    @Test("A part of the model has its own plan; what was left out is planned next, and what no plugin handles is told")
    func selection() async throws {
        let fixture = try SiteFixture(extra: [MarkerPlugin()])
        let directory = fixture.directory.path
        try fixture.load(
            """
            ms:
              ssh: { address: 127.0.0.1 }
              configs:
                m: { type: marker, directory: \(directory) }
                motd: { type: managed-file, path: \(directory)/motd, content: hello }
              services: { x: { type: service, service_name: x } }

            """)
        var request = Site.PlanRequest()
        request.only = ["/ms/configs/motd"]
        var warnings: [Diagnostic] = []
        guard case .created(let part) = try fixture.site.createPlan(now: 0, request: request, warn: { warnings = $0 }) else {
            Issue.record("there is no plan")
            return
        }
        #expect(warnings.map(\.identifier) == [.unhandledItem])
        #expect(part.plan.tasks.map(\.identity.name) == ["write"])
        #expect(try await fixture.run().result == .successful)
        guard case .nothingSelected(let leftOut) = try fixture.site.createPlan(now: 0, request: request) else {
            Issue.record("the file is written twice")
            return
        }
        #expect(leftOut == 2)
        guard case .created(let rest) = try fixture.site.createPlan(now: 0) else {
            Issue.record("the rest was forgotten")
            return
        }
        #expect(rest.plan.tasks.map(\.identity.name) == ["make", "greet"])
        #expect(try fixture.site.status().unhandled.map(\.path.text) == ["/ms/services/x"])
        #expect(try await fixture.run().result == .successful)
        // It was not made true: it does not count as applied.
        #expect(try fixture.site.status().items[.initial] == 1)
        guard case .nothingToDo(let recorded) = try fixture.site.createPlan(now: 0) else {
            Issue.record("there is still something to do")
            return
        }
        #expect(recorded == 0)
        request.only = ["/ms/configs/mot"]
        #expect(
            try fixture.errors { _ = try fixture.site.createPlan(now: 0, request: request) }.first?.nextStep
                == "did you mean '/ms/configs/motd'?")
    }

    @Test("What is owed to something that was taken away is forgiven")
    func forgiven() async throws {
        let fixture = try SiteFixture(extra: [MarkerPlugin()])
        let directory = fixture.directory.path
        let host = "ms:\n  ssh: { address: 127.0.0.1 }\n"
        let marker = host + "  configs: { m: { type: marker, directory: \(directory) } }\n"
        try fixture.load(marker)
        _ = try fixture.site.createPlan(now: 0)
        #expect(try await fixture.run().result == .successful)
        // The marker is lost and made again, but the greeting that goes with it fails from now on.
        try FileManager.default.createDirectory(atPath: directory + "/more", withIntermediateDirectories: true)
        try Data().write(to: URL(fileURLWithPath: directory + "/more/rude"))
        try fixture.load(marker.replacing(directory + " }", with: directory + "/more }"), .replace)
        _ = try fixture.site.createPlan(now: 0)
        #expect(try await fixture.run().result == .failed)
        #expect(try fixture.site.status().nodes.flatMap(\.owed).map(\.identity.name) == ["greet"])

        try fixture.load(host, .replace)
        try Data().write(to: URL(fileURLWithPath: directory + "/allowed"))
        try Data().write(to: URL(fileURLWithPath: directory + "/more/allowed"))
        guard case .created(let plan) = try fixture.site.createPlan(now: 0) else {
            Issue.record("there is a marker to take away")
            return
        }
        #expect(plan.plan.tasks.map(\.identity.name) == ["first", "second"])
        #expect(try await fixture.run().result == .successful)
        #expect(try fixture.site.status().nodes.flatMap(\.owed).isEmpty)
        guard case .nothingToDo = try fixture.site.createPlan(now: 0) else {
            Issue.record("there is still something to do")
            return
        }
    }
}

/// A file that is made in one step, and greeted, and taken away in two.
private struct MarkerPlugin: Plugin {
    let name = "marker"
    let version = "1"
    let itemTypes = [
        ItemType(
            "marker", extends: "node-config", summary: "A file.",
            properties: [PropertyDefinition("directory", "path_string", required: true, summary: "Where it is.")])
    ]

    func steps(in context: PlanningContext) -> [Step] {
        context.declared.items(ofType: "marker").flatMap { item -> [Step] in
            let make = step("make", of: item, role: .change(.live), check: "test -e $d/marker", apply: "touch $d/marker")
            var greet = step(
                "greet", of: item, role: .companion(of: make.map { [.step($0.identity)] } ?? []), check: "false",
                apply: "test ! -e $d/rude")
            greet?.action = AnyTaskAction(
                CommandAction(check: nil, apply: "test ! -e \(item.text("directory"))/rude", limit: .seconds(20)))
            if let make { greet?.requires = [.step(make.identity)] }
            return [make, greet].compactMap { $0 }
        }
    }

    func undoSteps(in context: PlanningContext) -> [Step] {
        context.comparison.removed.filter { context.applied.isKind($0, of: "marker") }.flatMap { item -> [Step] in
            let undo = Step.Role.undo(forgetting: [StepScope(item: item.path)])
            let first = step("first", of: item, role: undo, check: "test -e $d/first", apply: "touch $d/first")
            var second = step(
                "second", of: item, role: undo, check: "! test -e $d/marker", apply: "test -e $d/allowed && rm $d/marker")
            if let first { second?.requires = [.step(first.identity)] }
            return [first, second].compactMap { $0 }
        }
    }

    private func step(_ name: String, of item: ResolvedItem, role: Step.Role, check: String, apply: String) -> Step? {
        guard let host = item.path.parent?.parent else { return nil }
        let directory = "d=\(item.text("directory")); "
        return Step(
            StepIdentity(item: item.path, node: host, name: name), on: host, name, role: role,
            action: CommandAction(check: directory + check, apply: directory + apply, limit: .seconds(20)),
            makesTrue: [item.text("directory")])
    }
}
