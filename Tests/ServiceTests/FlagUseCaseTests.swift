import CorePlugin
import Foundation
import Model
import PluginKit
import Service
import TestSupport
import Testing

/// A plugin with a property that should not be set any more.
private struct OldPlugin: Plugin {
    let name = "old"
    let version = "1"
    let itemTypes = [
        ItemType(
            "old-file", extends: "managed-file", summary: "A file as it was declared before.",
            properties: [PropertyDefinition("colour", "basic_string", deprecated: "leave it out", summary: "Was used once.")])
    ]
}

@Suite("Flags of properties in use")
struct FlagUseCaseTests {
    private let directory: TemporaryDirectory
    private let site: Site

    init() throws {
        directory = try TemporaryDirectory()
        site = try Site(
            stateDirectory: directory.path + "/state", plugins: [CorePlugin(), OldPlugin()], plannerVersion: "test", now: { 0 })
    }

    private func path(_ text: String) throws -> ItemPath { try #require(ItemPath(text)) }

    @discardableResult
    private func load(_ text: String, _ mode: Site.LoadMode = .new) throws -> Site.LoadSummary {
        let file = directory.path + "/site.yaml"
        try Data(text.utf8).write(to: URL(fileURLWithPath: file))
        return try site.load(files: [file], mode: mode)
    }

    private func errors(_ work: () throws -> Void) throws -> [String] {
        do {
            try work()
            return []
        } catch ServiceError.model(let error) {
            return error.diagnostics.map { "\($0.path?.text ?? "") \($0.property ?? "-"): \($0.summary)" }
        }
    }

    private static let cluster = """
        deployments: { d: { clusters: { c: { type: cluster, nodes: { n: { hostname: n, ssh: { address: ADDRESS } } } } } } }
        """

    @Test("A model with placeholders loads; a plan is made when each has its value")
    func placeholders() throws {
        try load(
            Self.cluster.replacing("ADDRESS", with: "\"%%address%%\"").replacing("hostname: n,", with: "hostname: \"%%name%%\","))
        let node = "/deployments/d/clusters/c/nodes/n"
        #expect(
            try errors { _ = try site.createPlan(now: 0) } == [
                "\(node) hostname: placeholder '%%name%%' has no value",
                "\(node)/ssh address: placeholder '%%address%%' has no value",
            ])
        try site.update(path(node), properties: ["hostname": .scalar("n")], deleting: [])
        #expect(try errors { _ = try site.createPlan(now: 0) }.count == 1)
        try site.update(path(node + "/ssh"), properties: ["address": .scalar("127.0.0.1")], deleting: [])
        #expect(try errors { _ = try site.createPlan(now: 0) } == [])
    }

    @Test("A change of what is no configuration makes nothing Updated and is applied at once, without a plan")
    func nonConfiguration() throws {
        let text = Self.cluster.replacing("ADDRESS", with: "127.0.0.1")
        try load(text)
        // Nothing of it needs a task: it counts as applied at once.
        _ = try site.createPlan(now: 0)
        let cluster = try path("/deployments/d/clusters/c")
        try site.update(cluster, properties: ["max_unavailable": .scalar("3")], deleting: [])
        #expect(try site.show(Site.ShowQuery(cluster)).map(\.state) == [.applied])
        #expect(try site.store.applied(registry: site.registry)[cluster]?.text("max_unavailable") == "3")
        try load(text.replacing("type: cluster", with: "type: cluster, max_unavailable: 2"), .replace)
        #expect(try site.store.applied(registry: site.registry)[cluster]?.text("max_unavailable") == "2")
        guard case .nothingToDo(let recorded) = try site.createPlan(now: 0) else {
            Issue.record("a plan for what needs none")
            return
        }
        #expect(recorded == 0)
    }

    private static let oldFile = """
        ms:
          ssh: { address: 127.0.0.1 }
          configs: { a: { type: old-file, path: /tmp/a, content: a, colour: red } }
        """

    @Test("A deprecated property is warned of by load, by create_plan and by the commands for one item")
    func deprecated() throws {
        let loaded = try load(Self.oldFile)
        #expect(loaded.warnings.map(\.summary) == ["property 'colour' should not be set any more"])
        #expect(loaded.warnings.first?.place?.line == 3)
        var warnings: [Diagnostic] = []
        _ = try site.createPlan(now: 0) { warnings = $0 }
        #expect(warnings.map(\.property) == ["colour"])
        let item = try path("/ms/configs/a")
        #expect(try site.update(item, properties: ["content": .scalar("b")], deleting: []).warnings.map(\.severity) == [.warning])
        #expect(try site.update(item, properties: [:], deleting: ["colour"]).warnings == [])
    }

    @Test("Warnings stand beside errors, and are not counted with them")
    func besideErrors() throws {
        do {
            try load(Self.oldFile.replacing("content: a,", with: "content: a, mode: rw,"))
            Issue.record("a mode of rw was taken")
        } catch ServiceError.model(let error) {
            #expect(error.diagnostics.map(\.severity) == [.error, .warning])
        }
    }

    @Test("Mistakes over several items are told together with bad values, but not what follows from those")
    func inOneGo() throws {
        let text = """
            infrastructure: { networking: { networks: { lan: { name: lan, subnet: 10.0.0.1/24 }, wan: { name: wan }, wan2: { name: wan } } } }
            ms:
              ssh: { address: 127.0.0.1 }
              network_interfaces: { br0: { device_name: br0, network_name: lam }, br1: { device_name: br 1, network_name: lax } }
            """
        #expect(
            try errors { try load(text) } == [
                "/infrastructure/networking/networks/lan subnet: '10.0.0.1/24' is not a valid 'subnet'",
                "/infrastructure/networking/networks/wan2 name: name 'wan' is used already, by /infrastructure/networking/networks/wan",
                "/ms/network_interfaces/br0 network_name: network_name names a network that is not in the model",
                "/ms/network_interfaces/br1 device_name: 'br 1' is not a valid 'device_name'",
            ])
        // While the names of networks are not known, nothing can be said of who refers to them.
        #expect(
            try errors { try load(text.replacing("name: lan,", with: "name: l n,")) } == [
                "/infrastructure/networking/networks/lan name: 'l n' is not a valid 'name'",
                "/infrastructure/networking/networks/lan subnet: '10.0.0.1/24' is not a valid 'subnet'",
                "/ms/network_interfaces/br1 device_name: 'br 1' is not a valid 'device_name'",
            ])
    }
}
