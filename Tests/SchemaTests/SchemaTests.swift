import Formats
import Foundation
import Model
import Service
import TestSupport
import Testing

@testable import PlannerCommandLine

@Suite("Schemas, as other programs read them")
struct SchemaTests {
    private let directory: TemporaryDirectory
    private var xsd: String { directory.path + "/litp.xsd" }
    private var json: String { directory.path + "/planner-schema.json" }

    init() throws {
        directory = try TemporaryDirectory()
        let schema = try ModelSchema(plugins: plugins)
        try directory.write(schema.xsd, to: "litp.xsd")
        try directory.write(JSONOutput.document(schema.json), to: "planner-schema.json")
    }

    private func export(_ model: String, subtree: ItemPath = .root) throws -> String {
        let registry = try Tools.registry()
        let tree = YAMLModelReader(registry: registry).read(files: [Tools.modelFile(model)]).tree
        return try XMLModelWriter(registry: registry).text(of: tree, subtree: subtree)
    }

    private func xml(_ text: String) async throws -> Tools.Verdict {
        try directory.write(text, to: "a.xml")
        return try await Tools.validateXML(directory.path + "/a.xml", against: xsd)
    }

    /// What the JSON Schema has against each of the texts, by text.
    private func faults(of texts: [String]) async throws -> [String: String] {
        for (number, text) in texts.enumerated() { try directory.write(text, to: "\(number).yaml") }
        let files = texts.indices.map { directory.path + "/\($0).yaml" }
        let faults = try await Tools.faults(of: files, against: json)
        return Dictionary(zip(texts, files).compactMap { text, file in faults[file].map { (text, $0) } }) { first, _ in first }
    }

    @Test("The XML of every model is valid by the XSD, whole and in part", arguments: Tools.models)
    func exportsAreValid(model: String) async throws {
        let whole = try await xml(export(model))
        #expect(whole.isGood, "\(whole)")
        for part in ["/software/services", "/deployments", "/ms"] {
            let verdict = try await xml(export(model, subtree: #require(ItemPath(part))))
            #expect(verdict.isGood, "\(part): \(verdict)")
        }
    }

    @Test("Every model is valid by the JSON Schema, as it is written and as it is exported")
    func modelsAreValid() async throws {
        let registry = try Tools.registry()
        let exports = Tools.models.map { model in
            YAMLModelWriter(registry: registry).text(
                of: YAMLModelReader(registry: registry).read(files: [Tools.modelFile(model)]).tree)
        }
        #expect(try await faults(of: Tools.models.map(Tools.modelText) + exports) == [:])
    }

    /// A change of the model of `models/eccd` that makes it wrong, in YAML and in XML.
    struct Spoiling: Sendable {
        let name: String
        let yaml: (String, String)
        let xml: (String, String)
    }

    @Test("A mistake is refused by both schemas")
    func mistakes() async throws {
        let model = try Tools.modelText("eccd")
        let document = try export("eccd")
        let texts = SchemaTests.spoilings.map { model.replacingOccurrences(of: $0.yaml.0, with: $0.yaml.1) }
        let faults = try await faults(of: texts)
        for (spoiling, text) in zip(SchemaTests.spoilings, texts) {
            #expect(text != model, "\(spoiling.name)")
            #expect(faults[text] != nil, "\(spoiling.name)")
            let spoiled = document.replacingOccurrences(of: spoiling.xml.0, with: spoiling.xml.1)
            #expect(spoiled != document, "\(spoiling.name)")
            #expect(try await !xml(spoiled).isGood, "\(spoiling.name)")
        }
    }

    private static let spoilings = [
        Spoiling(
            name: "unknown property", yaml: ("hostname: svc-1\n", "hostname: svc-1\n            hostnam: x\n"),
            xml: ("<hostname>svc-1</hostname>", "<hostname>svc-1</hostname><hostnam>x</hostnam>")),
        Spoiling(name: "no such choice", yaml: ("role: master", "role: mster"), xml: ("<role>master<", "<role>mster<")),
        Spoiling(name: "no number", yaml: ("cpus: 4", "cpus: four"), xml: ("<cpus>4<", "<cpus>four<")),
        Spoiling(
            name: "required property left out", yaml: ("      image_name: eccd-node-image\n", ""),
            xml: ("<image_name>eccd-node-image</image_name>", "")),
        Spoiling(
            name: "no such type", yaml: ("type: vcs-cluster\n", "type: vcs-clutter\n"),
            xml: ("litp:vcs-cluster ", "litp:vcs-clutter ")),
        Spoiling(
            name: "unknown field", yaml: ("vm_aliases:", "vm_alias:"), xml: ("vm-service-vm_aliases", "vm-service-vm_alias")),
        Spoiling(
            name: "source that is no path", yaml: ("inherit: /software", "inherit: software"),
            xml: ("source_path=\"/software", "source_path=\"software")),
    ]

    @Test("The schema asks for nothing that another file, or a source, may give")
    func partial() async throws {
        let texts = [
            "deployments: { d: { clusters: { c: { nodes: { n: { hostname: n, ssh: { address: 10.0.0.1 } } } } } } }",
            "software: { services: { a: { inherit: /software/services/b, vm_network_interfaces: { x: { gateway: 10.0.0.1 } } } } }",
            "software: { services: { a: { vm_aliases: { x: { alias_names: a, address: 10.0.0.1 } } } } }", "", "{}",
        ]
        #expect(try await faults(of: texts) == [:])
    }

    @Test("Every form of a value that the reader takes is valid, and no other")
    func values() async throws {
        func node(_ line: String) -> String {
            "deployments: { d: { clusters: { c: { type: cluster, nodes: { n: { hostname: n, ssh: { address: a, \(line) } } } } } } }"
        }
        let network = "infrastructure: { networking: { networks: { n: { name: n, litp_management: VALUE } } } }"
        func management(_ value: String) -> String { network.replacingOccurrences(of: "VALUE", with: value) }
        let good = ["port: 22", "port: \"22\"", "user: 7", "user: true"].map(node) + ["true", "\"false\""].map(management)
        let bad =
            ["port: [22]", "port: 1.5", "port: ", "port: many", "user: { a: b }", "user: [a]"].map(node)
            + ["1", "\"on\""].map(management)
        let faults = try await faults(of: good + bad)
        #expect(faults.filter { good.contains($0.key) } == [:])
        #expect(bad.filter { faults[$0] == nil } == [])
    }

    @Test("The schemas are the same bytes every time")
    func stable() throws {
        let first = try ModelSchema(plugins: plugins)
        let second = try ModelSchema(plugins: plugins.reversed())
        #expect(first.xsd == second.xsd)
        #expect(JSONOutput.document(first.json) == JSONOutput.document(second.json))
    }
}
