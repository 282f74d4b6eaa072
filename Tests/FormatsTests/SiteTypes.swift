import Model

@testable import Formats

/// A small site: enough types for every rule of the file format.
enum SiteTypes {
    static func registry() throws -> TypeRegistry {
        let word = PropertyType("word", rule: "letters, digits and dashes") { text in
            !text.isEmpty && text.allSatisfy { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" }
        }
        let text = PropertyType("text", rule: "any text") { _ in true }
        let count = PropertyType("count", .integer, rule: "a number from 0 to 99") {
            Int($0).map { 0...99 ~= $0 } ?? false
        }
        let flag = PropertyType("flag", .boolean, rule: "true or false") { _ in true }
        let words = PropertyType("words", .list, rule: "words") { !$0.isEmpty }
        return try TypeRegistry([
            TypeDeclarations(owner: "test", propertyTypes: [word, text, count, flag, words], itemTypes: itemTypes)
        ])
    }

    private static let itemTypes = [
        ItemType(
            "root", summary: "", properties: [PropertyDefinition("title", "text", summary: "")],
            fields: [.child("software", "software"), .collection("deployments", "deployment")]),
        ItemType(
            "software", summary: "", fields: [.collection("images", "image-base"), .collection("services", "service")]),
        ItemType(
            "image-base", summary: "", isAbstract: true, properties: [PropertyDefinition("uri", "text", summary: "")]),
        ItemType("vm-image", extends: "image-base", summary: ""),
        ItemType("iso-image", extends: "image-base", summary: ""),
        ItemType(
            "service", summary: "",
            properties: [
                PropertyDefinition("cpus", "count", summary: ""), PropertyDefinition("note", "text", summary: ""),
                PropertyDefinition("enabled", "flag", summary: ""), PropertyDefinition("tags", "words", summary: ""),
            ],
            fields: [.child("limits", "limits"), .collection("parts", "service")]),
        ItemType(
            "vm-service", extends: "service", summary: "", properties: [PropertyDefinition("ram", "text", summary: "")]),
        ItemType(
            "limits", summary: "",
            properties: [
                PropertyDefinition("files", "count", summary: ""), PropertyDefinition("token", "text", secret: true, summary: ""),
            ]),
        ItemType("deployment", summary: "", fields: [.collection("clusters", "cluster-base")]),
        ItemType("cluster-base", summary: "", isAbstract: true),
        ItemType(
            "cluster", extends: "cluster-base", summary: "",
            fields: [.collection("nodes", "node", minimum: 1), .collection("services", "clustered-service")]),
        ItemType(
            "node", summary: "", properties: [PropertyDefinition("hostname", "word", required: true, summary: "")],
            fields: [.child("ssh", "endpoint", required: true)]),
        ItemType("endpoint", summary: "", properties: [PropertyDefinition("user", "word", summary: "")]),
        ItemType(
            "clustered-service", summary: "",
            properties: [
                PropertyDefinition("active", "count", required: true, summary: ""),
                PropertyDefinition("node_list", "words", summary: ""),
            ],
            fields: [.referenceCollection("applications", "service")]),
    ]
}

/// Reads texts as files `a.yaml`, `b.yaml`, ...
func reading(_ texts: String..., limits: YAMLModelReader.Limits = .init()) throws -> ModelReading {
    let names = ["a.yaml", "b.yaml", "c.yaml"]
    return YAMLModelReader(registry: try SiteTypes.registry(), limits: limits)
        .read(zip(names, texts).map { (name: $0, text: $1) })
}

extension ModelReading {
    /// Every error on a line of its own, as short as a test can use: `a.yaml:3:5 ValidationError: summary`.
    var lines: [String] {
        errors.map { "\($0.place.map(\.description) ?? "-") \($0.identifier.rawValue): \($0.summary)" }
    }
}

extension Tree {
    func property(_ name: String, of path: String) -> PropertyValue? {
        ItemPath(path).flatMap { self[$0]?.properties[name] }
    }

    func type(of path: String) -> String? { ItemPath(path).flatMap { self[$0]?.type } }
}
