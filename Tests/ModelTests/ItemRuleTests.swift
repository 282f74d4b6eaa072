import Testing

@testable import Model

@Suite("Rules of items that many types need") struct ItemRuleTests {
    private func breach(_ rule: ItemRule, _ values: [String: PropertyValue]) throws -> String? {
        let registry = try registry()
        let item = ResolvedItem(path: .root, type: "thing", source: nil, declaration: nil, properties: values)
        return rule.broken(item, ResolvedTree(ordered: [item], registry: registry)).map { "\($0.property ?? "-"): \($0.rule)" }
    }

    @Test("A number is not above another") func atMost() throws {
        let rule = ItemRule.isAtMost("low", "high")
        #expect(try breach(rule, ["low": 2, "high": 2]) == nil)
        #expect(try breach(rule, ["low": 3]) == nil)
        #expect(try breach(rule, ["low": 3, "high": 2]) == "low: 'low' is at most 'high', which is 2")
    }

    @Test("Exactly one of several is set") func oneOf() throws {
        let rule = ItemRule.oneOf(["a", "b", "c"])
        #expect(try breach(rule, ["b": 1]) == nil)
        #expect(try breach(rule, [:]) == "-: exactly one of 'a', 'b', 'c' is set; none is")
        #expect(try breach(rule, ["a": 1, "c": 1]) == "c: exactly one of 'a', 'b', 'c' is set; 'a', 'c' are")
    }

    @Test("Several are set together") func together() throws {
        let rule = ItemRule.together(["a", "b", "c"])
        #expect(try breach(rule, [:]) == nil)
        #expect(try breach(rule, ["a": 1, "b": 1, "c": 1]) == nil)
        #expect(try breach(rule, ["b": 1]) == "b: 'a', 'b', 'c' are set together; 'a', 'c' are missing")
        #expect(try breach(rule, ["a": 1, "b": 1]) == "a: 'a', 'b', 'c' are set together; 'c' is missing")
    }

    @Test("One needs another") func needs() throws {
        let rule = ItemRule.needs("a", "b")
        #expect(try breach(rule, ["b": 1]) == nil)
        #expect(try breach(rule, ["a": 1, "b": 1]) == nil)
        #expect(try breach(rule, ["a": 1]) == "a: 'a' needs 'b', which is not set")
    }

    @Test("A rule can see what is below the item") func below() throws {
        let crate = ItemType(
            "crate", summary: "", fields: [.collection("things", "thing")],
            rules: [
                ItemRule(
                    "all things have one size",
                    inTree: { crate, tree in
                        let sizes = Set(tree.children(of: crate.path.appending("things")).map { $0.text("size") })
                        return sizes.count > 1 ? ItemRule.Breach(rule: "all things have one size") : nil
                    })
            ])
        let holder = ItemType("holder", extends: "box", summary: "", fields: [.child("crate", "crate")])
        let registry = try registry([crate, holder])
        func mistakes(_ size: Int) throws -> [String] {
            let tree = Tree(items: [
                try item("/boxes/h", "holder"), try item("/boxes/h/crate", "crate"),
                try item("/boxes/h/crate/things/a", "thing", ["size": 1]),
                try item("/boxes/h/crate/things/b", "thing", ["size": .integer(size)]),
            ])
            let (resolved, _) = ResolvedTree.resolving(tree, registry: registry)
            return Validation.errors(of: tree, resolved: resolved).map { "\($0.path?.text ?? ""): \($0.summary)" }
        }
        #expect(try mistakes(1) == [])
        #expect(try mistakes(2) == ["/boxes/h/crate: all things have one size"])
    }
}
