import Formats
import Foundation
import Model
import Service
import TestSupport
import Testing

@testable import PlannerCommandLine

@Suite("The examples of docs/formats.md")
struct DocumentationTests {
    private let registry: TypeRegistry
    private let text: String

    init() throws {
        registry = try Tools.registry()
        text = try String(contentsOfFile: Tools.repository + "/docs/formats.md", encoding: .utf8)
    }

    /// The first block of code in a language.
    private func example(_ language: String) throws -> String {
        let begin = try #require(text.range(of: "```\(language)\n")).upperBound
        let end = try #require(text.range(of: "\n```", range: begin..<text.endIndex)).lowerBound
        return String(text[begin..<end]) + "\n"
    }

    @Test("The XML loads without an error and is valid by the XSD once it is exported")
    func xml() async throws {
        let reading = XMLModelReader(registry: registry).read(Array(try example("xml").utf8), name: "formats.xml")
        #expect(reading.errors == [])
        let loading = Tree().loading(try #require(reading.fragment), mode: .new, registry: registry)
        let (resolved, problems) = ResolvedTree.resolving(loading.tree, registry: registry)
        #expect(loading.errors + problems + Validation.errors(of: loading.tree, resolved: resolved) == [])
        let service = try #require(ItemPath("/ms/services/registry"))
        #expect(resolved[service]?.text("ram") == "2048M")
        #expect(resolved[service]?.list("hostnames") == ["registry-1", "registry-2"])

        let directory = try TemporaryDirectory()
        try directory.write(XMLModelWriter(registry: registry).text(of: loading.tree), to: "a.xml")
        try directory.write(ModelSchema(plugins: plugins).xsd, to: "litp.xsd")
        let verdict = try await Tools.validateXML(directory.path + "/a.xml", against: directory.path + "/litp.xsd")
        #expect(verdict.isGood, "\(verdict)")
    }

    @Test("The YAML loads without an error")
    func yaml() throws {
        #expect(YAMLModelReader(registry: registry).read([("formats.yaml", try example("yaml"))]).errors == [])
    }
}
