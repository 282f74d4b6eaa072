import Testing

@testable import Model

@Suite("Loading a fragment into a tree") struct TreeLoadingTests {
    private func written(_ text: String, _ type: String, _ values: [String: String] = [:], inherit: String? = nil) throws
        -> WrittenItem
    {
        WrittenItem(
            path: try path(text), type: type, source: inherit, properties: values.mapValues { .scalar($0) },
            places: Item.Places(item: SourcePlace(file: "a.xml", line: 1, column: 1)))
    }

    private func load(_ top: String, _ items: [WrittenItem], _ mode: Tree.LoadingMode, into tree: Tree) throws -> Tree.Loading {
        tree.loading(TreeFragment(top: try path(top), items: items), mode: mode, registry: try registry())
    }

    /// Every item but the boxes, as `path type values`.
    private func lines(_ tree: Tree) -> [String] {
        tree.ordered.filter { !["box", "root"].contains($0.type) }.map { item in
            let values = item.properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            return ([item.path.text, item.type] + (item.source.map { ["<- \($0)"] } ?? []) + values).joined(separator: " ")
        }
    }

    private let mixed: @Sendable () throws -> Tree = {
        try tree(
            item("/boxes/a/things/t", "thing", ["name": "old", "size": 3]), item("/boxes/a/things/u", "thing"),
            item("/boxes/b/things/i", "thing", inherit: "/boxes/a/things/u"))
    }

    @Test("A plain load adds what is new")
    func new() throws {
        let loading = try load("/boxes/a/things/n", [written("/boxes/a/things/n", "thing", ["size": "4"])], .new, into: mixed())
        #expect(loading.errors == [])
        #expect(lines(loading.tree).contains("/boxes/a/things/n thing size=4"))
        #expect(loading.removed == [])
    }

    @Test("A plain load refuses a top that is there: an item, a collection with members, a model with items")
    func existing() throws {
        for (top, items) in [
            ("/boxes/a/things/t", [try written("/boxes/a/things/t", "thing")]),
            ("/boxes/a/things", [try written("/boxes/a/things/n", "thing")]), ("/", [try written("/", "root")]),
        ] {
            let errors = try load(top, items, .new, into: mixed()).errors
            #expect(errors.map(\.identifier) == [.itemExists], "\(top)")
            #expect(errors.first?.nextStep?.contains("--merge") == true)
        }
    }

    @Test("A merge sets the properties of the file and leaves the others, and what else is there")
    func merge() throws {
        let loading = try load("/boxes/a/things/t", [written("/boxes/a/things/t", "thing", ["size": "4"])], .merge, into: mixed())
        #expect(
            lines(loading.tree) == [
                "/boxes/a/things/t thing name=old size=4", "/boxes/a/things/u thing",
                "/boxes/b/things/i thing <- /boxes/a/things/u",
            ])
        #expect(loading.errors == [])
    }

    @Test("A merge keeps the type of an item that extends the one of the file")
    func mergeBase() throws {
        let old = try tree(item("/boxes/a/things/g", "gadget", ["power": 2]))
        let loading = try load("/boxes/a/things/g", [written("/boxes/a/things/g", "thing", ["size": "2"])], .merge, into: old)
        #expect(lines(loading.tree) == ["/boxes/a/things/g gadget power=2 size=2"])
    }

    @Test("A replacement resets what the file leaves out, and removes what it does not mention, only below its top")
    func replace() throws {
        let loading = try load("/boxes/a/things/t", [written("/boxes/a/things/t", "thing")], .replace, into: mixed())
        #expect(lines(loading.tree).first == "/boxes/a/things/t thing")
        #expect(loading.removed == [])
        let whole = try load(
            "/boxes/a", [written("/boxes/a", "box"), written("/boxes/a/things/u", "thing")], .replace, into: mixed())
        #expect(try whole.removed == [path("/boxes/a/things/t")])
        #expect(lines(whole.tree).last == "/boxes/b/things/i thing <- /boxes/a/things/u")
    }

    @Test("What inherits from a removed item goes with it, wherever it stands and however many are between")
    func cascade() throws {
        var old = try mixed()
        old.insert(try item("/boxes/b/things/j", "thing", inherit: "/boxes/b/things/i"))
        let loading = try load("/boxes/a/things", [], .replace, into: old)
        #expect(
            try loading.removed == ["/boxes/a/things/t", "/boxes/a/things/u", "/boxes/b/things/i", "/boxes/b/things/j"].map(path))
        #expect(loading.errors == [])
    }

    @Test("An item of the file that would lose its source is named, with the source")
    func lostSource() throws {
        let loading = try load(
            "/",
            [
                written("/", "root"), written("/boxes/b", "box"),
                written("/boxes/b/things/i", "thing", inherit: "/boxes/a/things/u"),
            ],
            .replace, into: mixed())
        #expect(try loading.errors.map(\.path) == [path("/boxes/b/things/i")])
        #expect(loading.errors.first?.identifier == .methodNotAllowed)
        #expect(loading.errors.first?.rule == "/boxes/a/things/u is removed, because the file does not have it")
    }

    @Test("An item of another type takes the place of the one that is there, with what is below it")
    func otherType() throws {
        let old = try tree(
            item("/boxes/a/main", "strict", ["must": "x"]), item("/boxes/a/main/part", "thing"),
            item("/boxes/b/things/i", "thing", inherit: "/boxes/a/main/part"))
        let loading = try load("/boxes/a/main", [written("/boxes/a/main", "gadget", ["power": "1"])], .merge, into: old)
        #expect(lines(loading.tree) == ["/boxes/a/main gadget power=1"])
        #expect(try loading.removed == ["/boxes/a/main/part", "/boxes/b/things/i"].map(path))
    }

    @Test("A merge does not change where an item inherits from; a replacement does")
    func otherSource() throws {
        let items = [try written("/boxes/b/things/i", "thing", inherit: "/boxes/a/things/t")]
        let merge = try load("/boxes/b/things/i", items, .merge, into: mixed())
        #expect(merge.errors.map(\.rule) == ["it inherits from /boxes/a/things/u"])
        let replace = try load("/boxes/b/things/i", items, .replace, into: mixed())
        #expect(replace.errors == [])
        #expect(lines(replace.tree).last == "/boxes/b/things/i thing <- /boxes/a/things/t")
    }

    @Test("A merge without a source leaves an inheriting item inheriting")
    func keptSource() throws {
        let loading = try load("/boxes/b/things/i", [written("/boxes/b/things/i", "thing", ["size": "5"])], .merge, into: mixed())
        #expect(lines(loading.tree).last == "/boxes/b/things/i thing <- /boxes/a/things/u size=5")
    }

    @Test("What repeats what is seen anyway is not kept: neither a source nor an item, whichever comes first")
    func impliedSource() throws {
        let items = try [
            written("/boxes/c", "box", inherit: "/boxes/d"),
            written("/boxes/c/things/t", "thing", ["size": "2"], inherit: "/boxes/d/things/t"),
            written("/boxes/c/things/u", "thing", inherit: "/boxes/d/things/u"),
            written("/boxes/c/things/x", "thing", inherit: "/boxes/d/things/missing"),
            written("/boxes/d", "box"), written("/boxes/d/things/t", "thing"),
            written("/boxes/d/things/u", "thing"),
        ]
        let loading = try load("/boxes", items, .merge, into: tree())
        #expect(
            lines(loading.tree) == [
                "/boxes/c/things/t thing size=2", "/boxes/c/things/x thing <- /boxes/d/things/missing", "/boxes/d/things/t thing",
                "/boxes/d/things/u thing",
            ])
    }

    @Test("Every bad value is an error, and an item that is unchanged is the same item")
    func values() throws {
        let old = try mixed()
        let bad = try load(
            "/boxes/a/things", [written("/boxes/a/things/t", "thing", ["size": "ten", "name": "X"])], .merge, into: old)
        #expect(bad.errors.map(\.property) == ["name", "size"])
        let same = try load("/boxes/a/things/t", [written("/boxes/a/things/t", "thing", ["size": "3"])], .merge, into: old)
        #expect(try same.tree[path("/boxes/a/things/t")] == old[path("/boxes/a/things/t")])
    }

    @Test("The place of a fragment is an item or a collection; anything else is named with what is near")
    func place() throws {
        let resolved = try mixed().resolved()
        guard case .item("box") = try FragmentPlace(path("/boxes/a"), in: resolved).content,
            case .collection(let field) = try FragmentPlace(path("/boxes/a/links"), in: resolved).content
        else {
            Issue.record("not what stands there")
            return
        }
        #expect(field.name == "links")
        #expect(throws: ModelError.self) { try FragmentPlace(path("/boxes/z"), in: resolved) }
    }
}
