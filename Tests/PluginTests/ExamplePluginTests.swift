import Foundation
import Model
import PluginKit
import PluginTesting
import Shell
import TaskKit
import TestSupport
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

    @Test("Its host is asked for the servers while the file is to be written, and not afterwards")
    func preflight() throws {
        var bench = try PluginBench(ExamplePlugin())
        try bench.declare(model())
        let question = try #require(try bench.questions().first)
        #expect(question.arguments == ["ntp1", "ntp2"])
        #expect(question.findings(in: "unknown\tntp2").map(\.found) == ["it finds no address of the time server ntp2"])
        #expect(question.findings(in: "").isEmpty)
        try bench.apply()
        #expect(try bench.questions().isEmpty)
    }

    @Test("Its script answers as it is understood", arguments: LocalTaskHost.Tools.installed)
    func script(_ tools: LocalTaskHost.Tools) async throws {
        var bench = try PluginBench(ExamplePlugin())
        try bench.declare(model("servers: [localhost, no-such-host.invalid]"))
        let question = try #require(try bench.questions().first)
        let host = try LocalTaskHost(try TemporaryDirectory(), tools: tools)
        let command = ShellCommand(
            script: "getent() { [ \"$2\" = localhost ]; }; " + question.script.text, name: "q", arguments: question.arguments)
        let result = try await host.run(command, input: [], limit: .seconds(9), onOutput: nil)
        #expect(result.outputText == "unknown\tno-such-host.invalid\n")
    }

    @Test("The code in the document is the code in the file, byte for byte, and short")
    func document() throws {
        let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        let root = tests.deletingLastPathComponent().deletingLastPathComponent()
        let text = try String(contentsOf: root.appendingPathComponent("docs/plugins.md"), encoding: .utf8)
        let blocks = text.components(separatedBy: "```swift\n").dropFirst().map { $0.components(separatedBy: "```")[0] }
        for (file, lines) in [("ExamplePlugin.swift", 100), ("ExamplePlugin+Preflight.swift", 40)] {
            let code = try String(contentsOf: tests.appendingPathComponent(file), encoding: .utf8)
            #expect(blocks.contains(code), "\(file)")
            #expect(code.split(separator: "\n", omittingEmptySubsequences: false).count <= lines)
        }
    }
}
