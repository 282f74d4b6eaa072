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
}

/// A file that is made in one step and taken away in two.
private struct MarkerPlugin: Plugin {
    let name = "marker"
    let version = "1"
    let itemTypes = [
        ItemType(
            "marker", extends: "node-config", summary: "A file.",
            properties: [PropertyDefinition("directory", "path_string", required: true, summary: "Where it is.")])
    ]

    func steps(in context: PlanningContext) -> [Step] {
        context.declared.items(ofType: "marker").compactMap { item in
            step("make", of: item, role: .change(.live), check: "test -e $d/marker", apply: "touch $d/marker")
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
