import Model
import Testing

@testable import PlannerCommandLine

/// Small trees for what is shown of them.
private enum Sample {
    static func registry() throws -> TypeRegistry {
        let text = PropertyType("text", rule: "any text") { _ in true }
        let types = [
            ItemType("root", summary: "", fields: [.collection("boxes", "box")]),
            ItemType(
                "box", summary: "",
                properties: [
                    PropertyDefinition("label", "text", effect: .replace, summary: ""),
                    PropertyDefinition("note", "text", summary: ""),
                ],
                fields: [.collection("things", "box"), .referenceCollection("links", "box")]),
        ]
        return try TypeRegistry([TypeDeclarations(owner: "test", propertyTypes: [text], itemTypes: types)])
    }

    static func item(_ path: String, _ values: [String: PropertyValue] = [:], inherit: String? = nil) throws -> Item {
        Item(
            path: try #require(ItemPath(path)), type: "box", source: try inherit.map { try #require(ItemPath($0)) },
            properties: values)
    }

    static func comparison(_ declared: [Item], _ applied: [Item]) throws -> TreeComparison {
        let registry = try registry()
        return TreeComparison(
            declared: ResolvedTree.resolving(Tree(items: declared), registry: registry).tree,
            applied: ResolvedTree.resolving(Tree(items: applied), registry: registry).tree)
    }
}

@Suite("Items as text")
struct ShowTextTests {
    private let long = String(repeating: "x", count: 100)

    private func places() throws -> [ShownPlace] {
        let items = [
            try Sample.item("/boxes/a", ["label": .string(long), "note": "one\ntwo\u{1B}[31m"]),
            try Sample.item("/boxes/b/links/l", ["note": "own"], inherit: "/boxes/a"), try Sample.item("/boxes/b"),
        ]
        return try Sample.comparison(items, [items[0]]).places(within: .root)
    }

    @Test("The long form is LITP's, with what is inherited marked")
    func longForm() throws {
        let text = ShowText(version: "9").long(try places(), withChildren: true)
        #expect(
            text == """
                /
                    type: root
                    version: planner 9
                    state: Applied
                    children:
                        /boxes
                /boxes
                    type: collection-of-box
                    state: Applied
                    children:
                        /a
                        /b
                /boxes/a
                    type: box
                    state: Applied
                    properties:
                        label: \(long)
                        note: one\\ntwo\\x1B[31m
                /boxes/b
                    type: box
                    state: Initial
                    children:
                        /links
                /boxes/b/links
                    type: ref-collection-of-box
                    state: Initial
                    children:
                        /l
                /boxes/b/links/l
                    inherited from: /boxes/a
                    type: reference-to-box
                    state: Initial
                    properties (inherited properties are marked with [*]):
                        label: \(long) [*]
                        note: own

                """)
    }

    @Test("Long values are cut to the columns of a terminal, with their marks", arguments: [80, 100])
    func width(_ columns: Int) throws {
        let lines = ShowText(width: columns).long(try places(), withChildren: false).split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= columns })
        #expect(lines.contains { $0.count == columns && $0.hasSuffix("... [*]") })
    }

    @Test("Colour changes no word")
    func color() throws {
        let colored = ShowText(style: Style(usesColor: true)).long(try places(), withChildren: true)
        #expect(colored.contains("\u{1B}[33mInitial"))
        #expect(
            try colored.replacing(/\u{1B}\[[0-9]+m/, with: "") == ShowText().long(places(), withChildren: true))
    }

    @Test("Short forms are lists, trees, and words for completion")
    func short() throws {
        let places = try places()
        #expect(ShowText().list(Array(places.prefix(2))) == "/\n/boxes\n")
        #expect(ShowText().tree(places) == "/\n    /boxes\n        /a\n        /b\n            /links\n                /l\n")
        #expect(ShowText().tree(Array(places.dropFirst(3))) == "/boxes/b\n    /links\n        /l\n")
        let things = try #require(ItemPath("/boxes/a/things"))
        #expect(
            ShowText().completions(Array(places[1...2])) { $0.item == nil ? [] : [things] }
                == "/boxes/\n/boxes/a:box\n/boxes/a/things/\n")
    }
}

@Suite("Differences as text")
struct DiffTextTests {
    @Test("Old and new values, what comes and what goes, with what a change costs")
    func differences() throws {
        let found = try Sample.comparison(
            [Sample.item("/boxes/a", ["label": "new", "note": ""]), Sample.item("/boxes/b", ["note": "x"])],
            [Sample.item("/boxes/a", ["label": "old"]), Sample.item("/boxes/c", ["note": "y"])]
        ).differences()
        #expect(
            DiffText().text(of: found) == """
                ~ /boxes/a  Updated  box
                    label: old -> new  (replace)
                    note: (not set) -> ''  (live)
                + /boxes/b  Initial  box
                    note: x
                - /boxes/c  ForRemoval  box
                    note: y

                """)
        #expect(
            DiffText().summary(of: found)
                == "3 items differ: 1 Initial, 1 Updated, 1 ForRemoval; 2 changed properties: 1 replace, 1 live")
        #expect(DiffText(words: .restoring).text(of: found).contains("+ /boxes/b  comes back  box"))
        #expect(DiffText().summary(of: []).hasPrefix("No difference"))
    }

    @Test("A hundred equal additions are the first and a line; --full shows each")
    func folding() throws {
        let items = try (1...100).flatMap { number in
            [
                try Sample.item("/boxes/b-\(number)", ["note": .string("n\(number)")]),
                try Sample.item("/boxes/b-\(number)/things/t"),
            ]
        }
        let found = try Sample.comparison(items, []).differences()
        #expect(
            DiffText().text(of: found) == """
                + /boxes/b-1  Initial  box
                    note: n1
                + /boxes/b-1/things/t  Initial  box
                + /boxes/b-2 ... b-100  Initial  99 more like it, 198 items in all; --full shows each

                """)
        #expect(DiffText(isFull: true).text(of: found).split(separator: "\n").count == 300)
    }

    @Test("Changes are folded when their values are equal, and three neighbours are no crowd")
    func foldingChanges() throws {
        let before = try (1...8).map { try Sample.item("/boxes/b-\($0)", ["label": "old"]) }
        let after = try (1...8).map { try Sample.item("/boxes/b-\($0)", ["label": $0 < 6 ? "new" : "else"]) }
        let lines = DiffText().text(of: try Sample.comparison(after, before).differences()).split(separator: "\n")
        #expect(
            lines.filter { $0.hasPrefix("~") } == [
                "~ /boxes/b-1  Updated  box", "~ /boxes/b-2 ... b-5  Updated  4 more like it; --full shows each",
                "~ /boxes/b-6  Updated  box", "~ /boxes/b-7  Updated  box", "~ /boxes/b-8  Updated  box",
            ])
    }

    @Test("Long values on a terminal show where they differ", arguments: [80, 200])
    func width(_ columns: Int) throws {
        let common = String(repeating: "c", count: 300)
        let found = try Sample.comparison(
            [Sample.item("/boxes/a", ["label": .string(common + "new" + common)])],
            [Sample.item("/boxes/a", ["label": .string(common + "old" + common)])]
        ).differences()
        let text = DiffText(width: columns).text(of: found)
        #expect(text.split(separator: "\n").allSatisfy { $0.count <= columns })
        #expect(text.contains("...ccccold"))
        #expect(text.contains("...ccccnew"))
        #expect(DiffText().text(of: found).contains(common + "old" + common))
    }
}
