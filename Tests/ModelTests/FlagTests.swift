import Testing

@testable import Model

@Suite("Flags of properties and fields") struct FlagTests {
    /// A shelf with every kind of property, and a read-only place for things.
    private func flagged() throws -> TypeRegistry {
        try registry([
            ItemType(
                "shelf", extends: "box", summary: "",
                properties: [
                    PropertyDefinition("place", "word", siteSpecific: true, summary: ""),
                    PropertyDefinition("height", "count", siteSpecific: true, summary: ""),
                    PropertyDefinition("places", "words", siteSpecific: true, summary: ""),
                    PropertyDefinition("patience", "count", configuration: false, summary: ""),
                    PropertyDefinition("colour", "word", deprecated: "use 'place'", summary: ""),
                ],
                fields: [.referenceCollection("shown", "box", readOnly: true), .reference("lent", "thing", readOnly: true)])
        ])
    }

    private func read(_ items: Item...) throws -> (tree: Tree, resolved: ResolvedTree) {
        let tree = Tree(items: items)
        return (tree, ResolvedTree.resolving(tree, registry: try flagged()).tree)
    }

    // MARK: Site-specific

    @Test("A placeholder is no error of the model, and one of a plan, at its place and by its name") func placeholder() throws {
        let (tree, resolved) = try read(
            item("/boxes/s", "shelf", ["place": "%%room%%", "height": "%%height%%", "places": ["a", "%%b%%"], "label": "x"]))
        #expect(Validation.errors(of: tree, resolved: resolved) == [])
        let left = Placeholder.errors(in: resolved)
        #expect(
            left.map { "\($0.property ?? "") \($0.summary)" } == [
                "height placeholder '%%height%%' has no value", "place placeholder '%%room%%' has no value",
                "places placeholder '%%b%%' has no value",
            ])
        #expect(left.first?.nextStep == "put the value of this site in its place: planner update -p /boxes/s -o height=...")
    }

    @Test("Where a property is not site-specific, a placeholder is a bad value") func notSiteSpecific() throws {
        let (tree, resolved) = try read(item("/boxes/s", "shelf", ["label": "%%label%%"]))
        #expect(Validation.errors(of: tree, resolved: resolved).map(\.property) == ["label"])
        #expect(Placeholder.errors(in: resolved) == [])
    }

    @Test("Values are read with placeholders by the same rule") func written() throws {
        var errors: [Diagnostic] = []
        let item = WrittenItem(
            path: try path("/boxes/s"),
            properties: ["place": .scalar("%%a%%"), "height": .scalar("%%b%%"), "label": .scalar("%%c%%")])
        let values = try flagged().values(of: item, type: "shelf", errors: &errors)
        #expect(values == ["place": "%%a%%", "height": "%%b%%"])
        #expect(errors.map(\.property) == ["label"])
    }

    // MARK: No configuration

    @Test("A change of what is no configuration makes nothing Updated, and is recorded at once") func nonConfiguration() throws {
        let (_, declared) = try read(
            item("/boxes/s", "shelf", ["patience": 2, "label": "a"]), item("/boxes/t", "shelf", ["patience": 2, "label": "b"]),
            item("/boxes/u", "shelf", ["patience": 1]))
        let (_, applied) = try read(
            item("/boxes/s", "shelf", ["patience": 1, "label": "a"]), item("/boxes/t", "shelf", ["patience": 1, "label": "a"]),
            item("/boxes/u", "shelf", ["patience": 1]))
        let comparison = TreeComparison(declared: declared, applied: applied)
        #expect(try comparison.state(of: path("/boxes/s")) == .applied)
        #expect(try comparison.changes(of: path("/boxes/s")) == [])
        #expect(try comparison.state(of: path("/boxes/t")) == .updated)
        #expect(try comparison.changes(of: path("/boxes/t")).map(\.property) == ["label"])
        #expect(comparison.appliedAtOnce.map(\.path.text) == ["/boxes/s"])
        #expect(comparison.appliedAtOnce.first?.integer("patience") == 2)
    }

    // MARK: Deprecated

    @Test("A deprecated property gives a warning where it is set, and only there") func deprecated() throws {
        let (tree, resolved) = try read(
            item("/boxes/s", "shelf", ["colour": "red"]), item("/boxes/t", "shelf", inherit: "/boxes/s"))
        #expect(Validation.errors(of: tree, resolved: resolved) == [])
        let warnings = Validation.warnings(of: tree, resolved: resolved)
        #expect(
            warnings.map { "\($0.severity.rawValue) \($0.path?.text ?? ""): \($0.summary)" } == [
                "warning /boxes/s: property 'colour' should not be set any more"
            ])
        #expect(warnings.first?.nextStep == "use 'place'")
    }

    // MARK: Read-only references

    @Test("What is inherited through a read-only field stays as its source has it") func readOnly() throws {
        func mistakes(_ more: Item...) throws -> [String] {
            let tree = Tree(
                items: [
                    try item("/boxes/b", "box"), try item("/boxes/b/main", "thing"), try item("/boxes/s", "shelf"),
                    try item("/boxes/s/shown/b", "box", inherit: "/boxes/b"),
                ] + more)
            let (resolved, problems) = ResolvedTree.resolving(tree, registry: try flagged())
            return (problems + Validation.errors(of: tree, resolved: resolved)).map {
                "\($0.path?.text ?? "") \($0.property ?? "-"): \($0.summary)"
            }
        }
        #expect(try mistakes() == [])
        #expect(
            try mistakes(item("/boxes/s/shown/b", "box", ["label": "x"], inherit: "/boxes/b")) == [
                "/boxes/s/shown/b label: what is inherited in 'shown' cannot be changed here"
            ])
        #expect(
            try mistakes(item("/boxes/s/shown/b/main", "thing", ["size": 2])) == [
                "/boxes/s/shown/b/main size: what is inherited in 'shown' cannot be changed here"
            ])
        #expect(
            try mistakes(item("/boxes/s/shown/b/things/new", "thing")) == [
                "/boxes/s/shown/b/things/new -: what is inherited in 'shown' cannot be changed here"
            ])
        #expect(try mistakes(item("/boxes/s/lent", "thing", inherit: "/boxes/b/main")) == [])
    }

    @Test("Where a reference is not read-only, values may be overridden") func overridden() throws {
        let tree = try tree(
            item("/boxes/a/main", "thing"), item("/boxes/b/link", "thing", ["size": 2], inherit: "/boxes/a/main"))
        #expect(try tree.mistakes() == [])
    }
}
