import TestSupport
import Testing

@testable import Model

@Suite("Effective values") struct ResolutionTests {
    @Test("Own values come first, then those of the sources, then the defaults") func values() throws {
        let tree = try tree(
            item("/boxes/a/things/s", "thing", ["name": "s", "tags": ["x"]]),
            item("/boxes/a/things/t", "thing", ["name": "t"], inherit: "/boxes/a/things/s"),
            item("/boxes/a/things/u", "thing", [:], inherit: "/boxes/a/things/t"))
        let seen = try #require(try tree.resolved().seen("/boxes/a/things/u"))
        #expect(seen.properties == ["name": "t", "tags": ["x"], "size": 1])
        #expect(try seen.source == path("/boxes/a/things/t"))
    }

    @Test("What is below a source is seen below every inheritor, with overrides and additions in natural order")
    func children() throws {
        let tree = try tree(
            item("/boxes/a/things/t-2", "thing", ["name": "x", "size": 2]), item("/boxes/a/things/t-10", "thing"),
            item("/boxes/c", "box", inherit: "/boxes/a"), item("/boxes/c/things/t-2", "thing", ["size": 3]),
            item("/boxes/c/things/t-3", "thing"), item("/boxes/d", "box", inherit: "/boxes/c"))
        let resolved = try tree.resolved()
        #expect(try resolved.childNames(of: path("/boxes/d/things")) == ["t-2", "t-3", "t-10"])
        let seen = try #require(resolved.seen("/boxes/d/things/t-2"))
        #expect(seen.properties == ["name": "x", "size": 3])
        #expect(seen.declaration == nil)
        #expect(resolved.ordered.map(\.path) == resolved.ordered.map(\.path).sorted())
    }

    @Test("A resolved tree is the same in whatever order its items come", arguments: 0..<10 as Range<UInt64>)
    func anyOrder(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let tree = try tree(
            item("/boxes/a/things/t-2", "thing", ["name": "x", "size": 2]), item("/boxes/a/things/t-10", "thing"),
            item("/boxes/a-b/things/s", "thing"), item("/boxes/c", "box", inherit: "/boxes/a"),
            item("/boxes/c/things/t-3", "gadget"))
        let resolved = try tree.resolved()
        let again = ResolvedTree(resolved.ordered.shuffled(using: &generator), registry: resolved.registry)
        #expect(again.ordered == resolved.ordered, "seed \(seed)")
        for path in resolved.ordered.flatMap({ [$0.path, $0.path.appending("things")] }) {
            #expect(again[path] == resolved[path], "seed \(seed)")
            #expect(again.childPaths(of: path) == resolved.childPaths(of: path), "seed \(seed): \(path)")
        }
        for type in ["box", "thing", "gadget"] {
            #expect(again.items(ofType: type) == resolved.items(ofType: type), "seed \(seed)")
        }
        #expect(again.items(having: "size").map(\.path) == resolved.items(ofType: "thing").map(\.path), "seed \(seed)")
    }

    @Test("A source of a narrower type gives only what the type of the inheritor has") func narrowerSource() throws {
        let tree = try tree(
            item("/boxes/a/things/s", "gadget", ["power": 2, "name": "s"]),
            item("/boxes/a/things/t", "thing", inherit: "/boxes/a/things/s"))
        #expect(try tree.resolved().seen("/boxes/a/things/t")?.properties == ["name": "s", "size": 1])
        #expect(try tree.mistakes() == [])
    }

    @Test("A source that does not exist, or is of another type, is one error") func badSources() throws {
        #expect(
            try tree(item("/boxes/a/things/t", "thing", inherit: "/boxes/a/things/s")).mistakes()
                == ["/boxes/a/things/t InvalidLocationError inherit"])
        #expect(
            try tree(item("/boxes/a/things/t", "thing", inherit: "/boxes/b")).mistakes()
                == ["/boxes/a/things/t InvalidChildTypeError inherit"])
        #expect(
            try tree(item("/boxes/a/things/t", "thing", inherit: "/nothing/at/all")).mistakes()
                == ["/boxes/a/things/t InvalidLocationError inherit"])
    }

    @Test("Two that inherit from each other are one error, and both are still there") func loop() throws {
        let tree = try tree(
            item("/boxes/a/things/t", "thing", inherit: "/boxes/a/things/s"),
            item("/boxes/a/things/s", "thing", inherit: "/boxes/a/things/t"))
        #expect(try tree.mistakes() == ["/boxes/a/things/s MethodNotAllowedError inherit"])
        #expect(try tree.resolved().ordered.count == 5)
    }

    @Test("What would be seen within itself is an error, not a run without end", arguments: loops)
    func loopThroughChildren(inherits: [[String]]) throws {
        var tree = try tree()
        for box in ["/boxes/a/boxes/x", "/boxes/b/boxes/y", "/boxes/b/boxes/y/boxes/z"] {
            tree.insert(try item(box, "box"))
        }
        for inherit in inherits { tree.insert(try item(inherit[0], "box", inherit: inherit[1])) }
        let mistakes = try tree.mistakes()
        #expect(mistakes.contains { $0.hasSuffix("MethodNotAllowedError inherit") })
        #expect(mistakes.count <= inherits.count)
    }

    static let loops = [
        [["/boxes/a/boxes/x", "/boxes/b"], ["/boxes/b/boxes/y", "/boxes/a"]],
        [["/boxes/a/boxes/x", "/boxes/a"]], [["/boxes/a", "/boxes/a/boxes/x"]], [["/boxes/a", "/boxes/a"]],
        [["/boxes/a", "/boxes/b/boxes/y"], ["/boxes/b", "/boxes/a/boxes/x"]],
        [
            ["/boxes/a/boxes/x", "/boxes/c/boxes/q"], ["/boxes/c", "/boxes/b/boxes/y"],
            ["/boxes/b/boxes/y", "/boxes/c/boxes/q"],
        ],
        [
            ["/boxes/a", "/boxes/b/boxes/y/boxes/z"], ["/boxes/b/boxes/y/boxes/z", "/boxes/d"],
            ["/boxes/d", "/boxes/b"],
        ],
    ]

    @Test("Any inheritance ends, and what is left has no loop", arguments: 0..<300) func randomInheritance(seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed: seed)
        var tree = Tree()
        var paths: [ItemPath] = []
        for _ in 0..<9 {
            let parent = paths.randomElement(using: &random) ?? .root
            let path = (Bool.random(using: &random) ? parent : .root).appending("boxes")
                .appending(["p", "q", "r"][Int.random(in: 0..<3, using: &random)])
            paths.append(path)
        }
        for path in Set(paths).sorted() {
            var source = paths.randomElement(using: &random)
            if Int.random(in: 0..<3, using: &random) == 0 { source = source?.appending("boxes").appending("p") }
            tree.insert(Item(path: path, type: "box", source: Bool.random(using: &random) ? source : nil))
        }
        let registry = try registry()
        let (resolved, errors) = ResolvedTree.resolving(tree, registry: registry, maximumItems: 20_000)
        #expect(resolved.ordered.count < 20_000, "seed \(seed)")
        #expect(resolved.ordered.map(\.path) == resolved.ordered.map(\.path).sorted(), "seed \(seed)")
        #expect(Set(errors.compactMap(\.path)).count == errors.count, "seed \(seed): one error for an item")
    }

    @Test("A chain of sources has an end") func longChain() throws {
        var tree = try tree(item("/boxes/a/things/t-0", "thing"))
        for number in 1...3000 {
            tree.insert(try item("/boxes/a/things/t-\(number)", "thing", inherit: "/boxes/a/things/t-\(number - 1)"))
        }
        let mistakes = try tree.mistakes()
        #expect(!mistakes.isEmpty)
        #expect(mistakes.allSatisfy { $0.hasSuffix("MethodNotAllowedError inherit") })
    }

    @Test("A few items cannot show more than fits in memory") func tooManyItems() throws {
        var tree = try tree(item("/boxes/a/boxes/n-0", "box"))
        for level in 1...30 {
            for copy in 0..<3 {
                tree.insert(try item("/boxes/l-\(level)", "box"))
                tree.insert(
                    try item(
                        "/boxes/l-\(level)/boxes/\(copy)", "box",
                        inherit: level == 1 ? "/boxes/a" : "/boxes/l-\(level - 1)"))
            }
        }
        let (resolved, errors) = ResolvedTree.resolving(tree, registry: try registry(), maximumItems: 1000)
        #expect(resolved.ordered.count == 1000)
        #expect(errors.map(\.summary) == ["the model shows too many items"])
    }

    @Test("A resolved tree finds items by path, by type and above a path") func finding() throws {
        let resolved = try tree(
            item("/boxes/a/things/t", "gadget"), item("/boxes/b/things/u", "thing"), item("/boxes/b/main", "thing")
        ).resolved()
        #expect(
            resolved.items(ofType: "thing").map(\.path.text) == [
                "/boxes/a/things/t", "/boxes/b/main", "/boxes/b/things/u",
            ])
        #expect(resolved.items(ofType: "gadget").count == 1)
        #expect(try resolved.nearest("box", at: path("/boxes/a/things/t"))?.path.text == "/boxes/a")
        #expect(try resolved.subtree(of: path("/boxes/b")).count == 3)
        #expect(try resolved.children(of: path("/boxes/a/things")).count == 1)
    }

    @Test("An applied tree whose upper items are gone still lists its collections") func gaps() throws {
        let items = try ["/boxes/a/things/t", "/boxes/a/things/u", "/boxes/b/main"].map { text in
            ResolvedItem(path: try path(text), type: "thing", source: nil, declaration: nil, properties: [:])
        }
        let resolved = ResolvedTree(ordered: items, registry: try registry())
        #expect(resolved.childNames(of: .root) == ["boxes"])
        #expect(try resolved.childNames(of: path("/boxes")) == ["a", "b"])
        #expect(resolved.subtree(of: .root).count == 3)
    }
}
