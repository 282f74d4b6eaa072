import Testing

@testable import Model

/// A registry of a few types: `box` holds boxes and things, `thing` has properties, `gadget` is a thing with more.
func registry(_ more: [ItemType] = []) throws -> TypeRegistry {
    let word = PropertyType("word", rule: "lower-case letters") {
        !$0.isEmpty && $0.allSatisfy { ("a"..."z").contains($0) }
    }
    let count = PropertyType("count", .integer, rule: "from 0 to 9") { $0.count == 1 }
    let words = PropertyType("words", .list, rule: "lower-case letters") { $0.allSatisfy { ("a"..."z").contains($0) } }
    let itemTypes = [
        ItemType("root", summary: "", fields: [.child("box", "box"), .collection("boxes", "box")]),
        ItemType(
            "box", summary: "",
            properties: [PropertyDefinition("label", "word", summary: "")],
            fields: [
                .collection("boxes", "box"), .collection("things", "thing"), .child("main", "thing"),
                .reference("link", "thing"), .referenceCollection("links", "thing"), .collection("bases", "base"),
            ]),
        ItemType("base", summary: "", isAbstract: true),
        ItemType("left", extends: "base", summary: ""), ItemType("right", extends: "base", summary: ""),
        ItemType(
            "thing", summary: "",
            properties: [
                PropertyDefinition("name", "word", summary: ""),
                PropertyDefinition("size", "count", default: 1, summary: ""),
                PropertyDefinition("tags", "words", summary: ""),
            ],
            rules: [
                ItemRule { $0.integer("size") == 9 ? ItemRule.Breach(property: "size", rule: "nine is too many") : nil }
            ]),
        ItemType(
            "gadget", extends: "thing", summary: "", properties: [PropertyDefinition("power", "count", summary: "")]),
        ItemType(
            "strict", extends: "thing", summary: "",
            properties: [PropertyDefinition("must", "word", required: true, summary: "")],
            fields: [.child("part", "thing", required: true), .collection("parts", "thing", minimum: 1, maximum: 2)]),
    ]
    return try TypeRegistry([
        TypeDeclarations(owner: "test", propertyTypes: [word, count, words], itemTypes: itemTypes + more)
    ])
}

func path(_ text: String) throws -> ItemPath { try #require(ItemPath(text)) }

func item(_ text: String, _ type: String, _ values: [String: PropertyValue] = [:], inherit: String? = nil) throws
    -> Item
{
    Item(path: try path(text), type: type, source: try inherit.map { try path($0) }, properties: values)
}

/// A tree with the boxes `/boxes/a` and `/boxes/b`, and what else is given.
func tree(_ items: Item...) throws -> Tree {
    Tree(items: [try item("/boxes/a", "box"), try item("/boxes/b", "box")] + items)
}

extension Tree {
    func resolved() throws -> ResolvedTree { ResolvedTree.resolving(self, registry: try registry()).tree }

    /// What is wrong: `/path IdentifierError property`.
    func mistakes() throws -> [String] {
        let (resolved, errors) = ResolvedTree.resolving(self, registry: try registry())
        return (errors + Validation.errors(of: self, resolved: resolved)).sorted().map { error in
            "\(error.path?.text ?? "-") \(error.identifier.rawValue)" + (error.property.map { " " + $0 } ?? "")
        }
    }
}

extension ResolvedTree {
    func seen(_ text: String) -> ResolvedItem? { ItemPath(text).flatMap { self[$0] } }
    var paths: [String] { ordered.map(\.path.text) }
}
