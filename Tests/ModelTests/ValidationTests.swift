import Testing

@testable import Model

@Suite("Validation") struct ValidationTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let name: String
        let path: String
        let type: String
        var values: [String: PropertyValue] = [:]
        var inherit: String?
        let mistakes: [String]
        var testDescription: String { name }
    }

    @Test("Each rule is kept, or is one error", arguments: cases) func rules(example: Case) throws {
        let tree = try tree(item(example.path, example.type, example.values, inherit: example.inherit))
        #expect(try tree.mistakes() == example.mistakes.map { "\(example.path) \($0)" })
    }

    static let cases = [
        Case(name: "a good item", path: "/boxes/a/things/t", type: "thing", values: ["size": 2], mistakes: []),
        Case(name: "a subtype", path: "/boxes/a/things/t", type: "gadget", mistakes: []),
        Case(name: "an unknown type", path: "/boxes/a/things/t", type: "thingg", mistakes: ["InvalidTypeError type"]),
        Case(name: "an abstract type", path: "/boxes/a/bases/t", type: "base", mistakes: ["InvalidTypeError type"]),
        Case(name: "a wrong type", path: "/boxes/a/things/t", type: "left", mistakes: ["InvalidChildTypeError type"]),
        Case(name: "no such field", path: "/boxes/a/stuff", type: "thing", mistakes: ["ChildNotAllowedError"]),
        Case(name: "no such collection", path: "/boxes/a/stuff/t", type: "thing", mistakes: ["ChildNotAllowedError"]),
        Case(
            name: "an item in the place of a collection", path: "/boxes/a/things", type: "thing",
            mistakes: ["ChildNotAllowedError"]),
        Case(name: "no parent", path: "/boxes/x/things/t", type: "thing", mistakes: ["InvalidLocationError"]),
        Case(
            name: "an item below a child that is no collection", path: "/boxes/a/main/t", type: "thing",
            mistakes: ["InvalidLocationError"]),
        Case(
            name: "an unknown property", path: "/boxes/a/main", type: "thing", values: ["nam": "x"],
            mistakes: ["PropertyNotAllowedError nam"]),
        Case(
            name: "a bad value", path: "/boxes/a/main", type: "thing", values: ["name": "X"],
            mistakes: ["ValidationError name"]),
        Case(
            name: "a bad element", path: "/boxes/a/main", type: "thing", values: ["tags": ["a", "B"]],
            mistakes: ["ValidationError tags"]),
        Case(
            name: "a rule over the item", path: "/boxes/a/main", type: "thing", values: ["size": 9],
            mistakes: ["ValidationError size"]),
        Case(
            name: "a rule over the item is not asked when a property is wrong", path: "/boxes/a/main", type: "thing",
            values: ["size": 9, "name": "X"], mistakes: ["ValidationError name"]),
        Case(
            name: "a reference that does not inherit", path: "/boxes/a/link", type: "thing",
            mistakes: ["ChildNotAllowedError"]),
        Case(
            name: "what a type needs", path: "/boxes/a/things/t", type: "strict",
            mistakes: ["CardinalityError", "MissingRequiredItemError", "MissingRequiredPropertyError must"]),
    ]

    @Test("A reference that inherits is allowed") func reference() throws {
        #expect(
            try tree(item("/boxes/a/main", "thing"), item("/boxes/a/link", "thing", inherit: "/boxes/a/main"))
                .mistakes() == [])
    }

    @Test("Too many items are as wrong as too few") func cardinality() throws {
        var tree = try tree(item("/boxes/a/things/t", "strict", ["must": "x"]), item("/boxes/a/things/t/part", "thing"))
        for number in 0...3 {
            let expected = number == 0 || number == 3 ? ["/boxes/a/things/t CardinalityError"] : []
            #expect(try tree.mistakes() == expected)
            tree.insert(try item("/boxes/a/things/t/parts/p-\(number)", "thing"))
        }
    }

    @Test("A mistake of a source is reported there, not again at everything that inherits") func noEcho() throws {
        for values in [["nam": "x"], ["name": "X"], ["size": 9]] as [[String: PropertyValue]] {
            let mistakes = try tree(
                item("/boxes/a/things/s", "thing", values),
                item("/boxes/b/link", "thing", inherit: "/boxes/a/things/s"),
                item("/boxes/c", "box", inherit: "/boxes/a")
            ).mistakes()
            #expect(mistakes.count == 1)
            #expect(mistakes.first?.hasPrefix("/boxes/a/things/s ") == true)
        }
        let missing = try tree(
            item("/boxes/a/things/s", "strict"), item("/boxes/a/things/s/part", "thing"),
            item("/boxes/a/things/s/parts/p", "thing"),
            item("/boxes/b/link", "strict", inherit: "/boxes/a/things/s"), item("/boxes/c", "box", inherit: "/boxes/a")
        ).mistakes()
        #expect(missing == ["/boxes/a/things/s MissingRequiredPropertyError must"])
    }

    @Test("An override that breaks a rule together with an inherited value is reported at the override") func override()
        throws
    {
        let mistakes = try tree(
            item("/boxes/a/things/s", "thing", ["name": "s"]),
            item("/boxes/a/things/t", "thing", ["size": 9], inherit: "/boxes/a/things/s")
        ).mistakes()
        #expect(mistakes == ["/boxes/a/things/t ValidationError size"])
    }

    @Test("An inheritor may have what its source lacks") func inheritorCompletes() throws {
        let mistakes = try tree(
            item("/boxes/a/things/s", "thing"), item("/boxes/a/things/t", "strict", inherit: "/boxes/a/things/s")
        ).mistakes()
        #expect(mistakes.contains("/boxes/a/things/t MissingRequiredPropertyError must"))
    }

    @Test("A misspelt name suggests the right one") func suggestions() throws {
        let tree = try tree(
            item("/boxes/a/things/t", "thingg"), item("/boxes/a/thing/t", "thing"),
            item("/boxes/b/main", "thing", ["nam": "x"]))
        let (resolved, _) = ResolvedTree.resolving(tree, registry: try registry())
        let steps = Validation.errors(of: tree, resolved: resolved).compactMap(\.nextStep)
        #expect(Set(steps) == ["did you mean 'thing'?", "did you mean 'things'?", "did you mean 'name'?"])
    }
}

@Suite("Declared and applied") struct ComparisonTests {
    @Test("The state of an item follows from both trees") func states() throws {
        let declared = try tree(
            item("/boxes/a/things/same", "thing"), item("/boxes/a/things/new", "thing"),
            item("/boxes/a/things/changed", "thing", ["size": 2, "name": "x"]))
        let applied = try tree(
            item("/boxes/a/things/same", "thing", ["size": 1]), item("/boxes/a/things/gone", "thing"),
            item("/boxes/a/things/changed", "thing", ["tags": ["a"]]))
        let comparison = TreeComparison(declared: try declared.resolved(), applied: try applied.resolved())
        let states = comparison.states.filter { $0.path.components.count == 4 }
        #expect(
            states.map { "\($0.path.name) \($0.state.rawValue)" } == [
                "changed Updated", "gone ForRemoval", "new Initial", "same Applied",
            ])
        #expect(
            try comparison.changes(of: path("/boxes/a/things/changed")) == [
                .init(property: "name", old: nil, new: "x"), .init(property: "size", old: 1, new: 2),
                .init(property: "tags", old: ["a"], new: nil),
            ])
        #expect(comparison.removed.map(\.path.name) == ["gone"])
        #expect(try comparison.state(of: path("/boxes/zzz")) == nil)
    }

    @Test("Values that come from elsewhere but are the same are no change") func sameEffect() throws {
        let declared = try tree(
            item("/boxes/a/things/s", "thing", ["size": 2]),
            item("/boxes/a/things/t", "thing", inherit: "/boxes/a/things/s"))
        let applied = try tree(
            item("/boxes/a/things/s", "thing", ["size": 2]), item("/boxes/a/things/t", "thing", ["size": 2]))
        let comparison = TreeComparison(declared: try declared.resolved(), applied: try applied.resolved())
        #expect(comparison.states.allSatisfy { $0.state == .applied })
    }
}
