import Foundation
import Model
import PluginKit
import PluginTesting
import TaskKit
import Testing

@Suite("The plugin of docs/plugins.md")
struct ExamplePluginTests {
    private func model(_ client: String? = "servers: [ntp1, ntp2]") -> String {
        "ms:\n  ssh: { address: 10.0.0.1 }\n" + (client.map { "  configs: { clock: { type: ntp-client, \($0) } }\n" } ?? "")
    }

    @Test("What is declared is written, and chrony restarted after it; then there is nothing to do")
    func install() throws {
        var bench = try PluginBench(ExamplePlugin())
        try bench.declare(model())
        #expect(try bench.plan() == ["MS: write the time servers of ms", "MS: restart chrony on ms"])
        #expect(try bench.preview(of: "write the time servers of ms").contains { $0.contains("server ntp2 iburst maxdelay 3") })
        #expect(try bench.unhandled().isEmpty)
        try bench.apply()
        #expect(try bench.plan() == [])
    }

    @Test("A change is a step with the property as its reason")
    func change() throws {
        var bench = try PluginBench(ExamplePlugin())
        try bench.declare(model())
        try bench.apply()
        try bench.declare(model("servers: [ntp3]"))
        let path = ItemPath.root.appending("ms").appending("configs").appending("clock")
        #expect(
            try bench.tasks().first?.reasons == [.changed(path, property: "servers", old: "ntp1,ntp2", new: "ntp3")])
    }

    @Test("What is no longer declared is taken away, and that once")
    func removal() throws {
        var bench = try PluginBench(ExamplePlugin())
        try bench.declare(model())
        try bench.apply()
        try bench.declare(model(nil))
        #expect(try bench.plan() == ["MS: remove the time servers of ms", "MS: restart chrony on ms"])
        try bench.apply()
        #expect(try bench.plan() == [])
    }

    @Test("Two clocks of one host are refused")
    func twice() throws {
        var bench = try PluginBench(ExamplePlugin())
        let error = #expect(throws: ModelError.self) {
            try bench.declare(
                model().replacingOccurrences(of: "configs: {", with: "configs: { other: { type: ntp-client, servers: [a] },"))
        }
        #expect(error?.diagnostics.map(\.summary) == ["a host has one clock: it cannot have 2 items of type 'ntp-client'"])
    }

    @Test("The code in the document is the code in the file, byte for byte, and short")
    func document() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
        let code = try String(contentsOf: tests.appendingPathComponent("ExamplePlugin.swift"), encoding: .utf8)
        let text = try String(contentsOf: root.appendingPathComponent("docs/plugins.md"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        #expect(blocks.contains(code))
        #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count <= 100)
    }
}
