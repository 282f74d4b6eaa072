import Testing

@testable import Model

@Suite("Editing a tree") struct EditingTests {
    private func written(
        _ text: String, _ type: String? = nil, _ values: [String: WrittenValue] = [:], inherit: String? = nil
    ) throws -> WrittenItem {
        WrittenItem(path: try path(text), type: type, source: inherit, properties: values)
    }

    /// The identifiers of what `body` throws, and whether it left the tree as it was.
    private func faults(_ tree: inout Tree, _ body: (inout Tree) throws -> Void) -> [String] {
        let before = tree.ordered
        do {
            try body(&tree)
            return []
        } catch let error as ModelError {
            #expect(tree.ordered == before)
            return error.diagnostics.map { "\($0.identifier.rawValue) \($0.property ?? "")" }
        } catch {
            return ["\(error)"]
        }
    }

    @Test("An item is created with its type found out and its values read") func creating() throws {
        var tree = try tree()
        try tree.create(written("/boxes/a/things/t", nil, ["size": .scalar("4")]), registry: registry())
        #expect(try tree[path("/boxes/a/things/t")] == item("/boxes/a/things/t", "thing", ["size": 4]))
    }

    @Test("Items on the way that need nothing are created too") func creatingParents() throws {
        var tree = Tree()
        try tree.create(written("/box/main"), registry: registry())
        #expect(tree.ordered.map(\.path.text) == ["/", "/box", "/box/main"])
    }

    @Test("Required children that need no values are created with their parent; what inherits has those of its source")
    func creatingRequired() throws {
        let registry = try registry([
            ItemType(
                "frame", extends: "box", summary: "",
                fields: [.child("lamp", "lamp", required: true), .child("shade", "base", required: true)]),
            ItemType(
                "lamp", summary: "", fields: [.child("bulb", "thing", required: true), .child("plug", "strict", required: true)]),
        ])
        var tree = Tree()
        try tree.create(WrittenItem(path: path("/boxes/f"), type: "frame"), registry: registry)
        // 'shade' could be of several types, and a 'strict' needs a value.
        #expect(tree.ordered.map(\.path.text) == ["/", "/boxes/f", "/boxes/f/lamp", "/boxes/f/lamp/bulb"])
        try tree.create(WrittenItem(path: path("/boxes/g"), source: "/boxes/f"), registry: registry)
        #expect(tree.count == 5)
    }

    @Test("What cannot be created leaves the tree as it was and names every fault") func creatingWrong() throws {
        var tree = try tree(item("/boxes/a/things/t", "thing"))
        let registry = try registry()
        #expect(
            faults(&tree) { try $0.create(written("/boxes/a/things/t"), registry: registry) } == ["ItemExistsError "])
        #expect(
            faults(&tree) { try $0.create(written("/boxes/c/things/t"), registry: registry) } == [
                "InvalidLocationError "
            ])
        #expect(
            faults(&tree) { try $0.create(written("/boxes/a/bases/t"), registry: registry) } == [
                "InvalidTypeError type"
            ])
        #expect(
            faults(&tree) { try $0.create(written("/boxes/a/things/u", "no"), registry: registry) } == [
                "InvalidTypeError type"
            ])
        #expect(
            faults(&tree) {
                try $0.create(
                    written("/boxes/a/things/u", nil, ["size": .scalar("x"), "name": .scalar("1")]), registry: registry)
            } == ["ValidationError name", "ValidationError size"])
        #expect(
            faults(&tree) { try $0.create(written("/boxes/a/links/u"), registry: registry) } == [
                "ChildNotAllowedError "
            ])
    }

    @Test("An update changes, deletes and keeps properties") func updating() throws {
        var tree = try tree(item("/boxes/a/things/t", "thing", ["size": 4, "name": "x"]))
        let thing = try path("/boxes/a/things/t")
        try tree.update(thing, properties: ["tags": .scalar("a,b")], deleting: ["size"], registry: registry())
        #expect(tree[thing]?.properties == ["name": "x", "tags": ["a", "b"]])
        let registry = try registry()
        #expect(
            faults(&tree) { try $0.update(thing, properties: [:], deleting: ["size"], registry: registry) } == [
                "InvalidRequestError size"
            ])
        #expect(
            faults(&tree) { try $0.update(thing, properties: ["nam": .scalar("x")], deleting: [], registry: registry) }
                == ["PropertyNotAllowedError nam"])
        #expect(
            faults(&tree) {
                try $0.update(path("/boxes/a/things/x"), properties: [:], deleting: [], registry: registry)
            }
                == ["InvalidLocationError "])
    }

    @Test("An item that is only seen because an ancestor inherits is declared by its update") func updatingSeen() throws {
        var tree = try tree(item("/boxes/a/things/t", "gadget"), item("/boxes/c", "box", inherit: "/boxes/a"))
        let seen = try path("/boxes/c/things/t")
        try tree.update(seen, properties: ["power": .scalar("2")], deleting: [], registry: registry())
        #expect(try tree[seen] == item("/boxes/c/things/t", "gadget", ["power": 2]))
    }

    @Test("An update that breaks a rule at whatever inherits is refused, also through others") func updatingSource()
        throws
    {
        let pair = ItemType(
            "pair", extends: "thing", summary: "",
            rules: [
                ItemRule {
                    $0.integer("size") == 5 && $0.text("name") == "x" ? .init(property: "size", rule: "not five") : nil
                }
            ])
        let registry = try registry([pair])
        var tree = try tree(
            item("/boxes/a/things/s", "pair"), item("/boxes/a/things/t", "pair", inherit: "/boxes/a/things/s"),
            item("/boxes/a/things/u", "pair", ["name": "x"], inherit: "/boxes/a/things/t"))
        let source = try path("/boxes/a/things/s")
        #expect(
            faults(&tree) {
                try $0.update(source, properties: ["size": .scalar("5")], deleting: [], registry: registry)
            } == ["ValidationError size"])
        try tree.update(source, properties: ["size": .scalar("6")], deleting: [], registry: registry)
    }

    @Test("What inherits from a removed item goes with it") func removing() throws {
        var tree = try tree(
            item("/boxes/a/things/t", "thing"), item("/boxes/b/links/l", "thing", inherit: "/boxes/a/things/t"),
            item("/boxes/b/links/m", "thing", inherit: "/boxes/b/links/l"), item("/boxes/b/things/u", "thing"))
        let removed = try tree.removeItem(path("/boxes/a"), registry: registry())
        #expect(removed.map(\.text) == ["/boxes/a", "/boxes/a/things/t", "/boxes/b/links/l", "/boxes/b/links/m"])
        #expect(try tree[path("/boxes/b/things/u")] != nil)
    }

    @Test("What inherits from something that was only seen through the removed item goes too") func removingSeen()
        throws
    {
        var tree = try tree(
            item("/boxes/a/things/t", "thing"), item("/boxes/c", "box", inherit: "/boxes/a"),
            item("/boxes/b/links/l", "thing", inherit: "/boxes/c/things/t"))
        #expect(
            try tree.removeItem(path("/boxes/a/things/t"), registry: registry()).map(\.text) == [
                "/boxes/a/things/t", "/boxes/b/links/l",
            ])
        #expect(try tree.mistakes() == [])
    }

    @Test("The root and what is not there cannot be removed") func removingWrong() throws {
        var tree = try tree()
        let registry = try registry()
        #expect(faults(&tree) { _ = try $0.removeItem(.root, registry: registry) } == ["MethodNotAllowedError "])
        #expect(
            faults(&tree) { _ = try $0.removeItem(path("/boxes/x"), registry: registry) } == ["InvalidLocationError "])
    }
}
