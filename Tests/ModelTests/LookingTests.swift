import Testing

@testable import Model

@Suite("Looking at both trees") struct LookingTests {
    /// `/boxes/a` with two things, `/boxes/b` inheriting one of them; applied: without `t2` and with `/boxes/c`.
    private func comparison() throws -> TreeComparison {
        let declared = try tree(
            item("/boxes/a/things/t1", "thing", ["name": "red"]), item("/boxes/a/things/t2", "gadget"),
            item("/boxes/b/links/l", "thing", ["size": 2], inherit: "/boxes/a/things/t1"),
            item("/boxes/d", "box", inherit: "/boxes/a"))
        let applied = try tree(
            item("/boxes/a/things/t1", "thing", ["name": "blue", "size": 1]),
            item("/boxes/b/links/l", "thing", ["size": 2], inherit: "/boxes/a/things/t1"), item("/boxes/c", "box"),
            item("/boxes/c/things/old", "thing"))
        return TreeComparison(declared: try declared.resolved(), applied: try applied.resolved())
    }

    @Test("Items, collections and what is for removal are listed in one natural order, with their types in LITP's words")
    func listing() throws {
        let lines = try comparison().places(within: .root).map { "\($0.path) \($0.typeWord) \($0.state.rawValue)" }
        #expect(
            lines == [
                "/ root Applied", "/boxes collection-of-box Applied", "/boxes/a box Applied",
                "/boxes/a/things collection-of-thing Applied", "/boxes/a/things/t1 thing Updated",
                "/boxes/a/things/t2 gadget Initial", "/boxes/b box Applied", "/boxes/b/links ref-collection-of-thing Applied",
                "/boxes/b/links/l reference-to-thing Updated", "/boxes/c box ForRemoval",
                "/boxes/c/things collection-of-thing ForRemoval", "/boxes/c/things/old thing ForRemoval",
                "/boxes/d reference-to-box Initial", "/boxes/d/things reference-to-collection-of-thing Initial",
                "/boxes/d/things/t1 reference-to-thing Initial", "/boxes/d/things/t2 reference-to-gadget Initial",
            ])
    }

    @Test("A depth counts levels below the path")
    func depth() throws {
        let comparison = try comparison()
        #expect(try comparison.places(within: path("/boxes"), depth: 0).map(\.path.text) == ["/boxes"])
        #expect(
            try comparison.places(within: path("/boxes"), depth: 1).map(\.path.text) == [
                "/boxes", "/boxes/a", "/boxes/b", "/boxes/c", "/boxes/d",
            ])
        #expect(try comparison.place(at: path("/boxes"))?.children == ["a", "b", "c", "d"])
    }

    @Test("A collection that is empty can be looked at; what cannot be there is not")
    func empty() throws {
        let comparison = try comparison()
        #expect(try comparison.place(at: path("/boxes/a/links"))?.typeWord == "ref-collection-of-thing")
        #expect(try comparison.place(at: path("/boxes/a/nothing")) == nil)
        #expect(try comparison.place(at: path("/boxes/a/main")) == nil)
    }

    @Test("A filter admits what all of its conditions hold for")
    func filter() throws {
        let comparison = try comparison()
        let registry = try registry()
        func found(_ filter: ItemFilter) -> [String] {
            comparison.places(within: .root).filter { place in
                place.item.map { filter.admits($0, place.state, registry: registry) } ?? false
            }.map(\.path.text)
        }
        #expect(found(ItemFilter(type: "gadget")) == ["/boxes/a/things/t2", "/boxes/d/things/t2"])
        #expect(found(ItemFilter(states: [.updated, .forRemoval], type: "thing")).count == 3)
        #expect(found(ItemFilter(text: "RED")) == ["/boxes/a/things/t1", "/boxes/b/links/l", "/boxes/d/things/t1"])
        #expect(found(ItemFilter(states: [.forRemoval], text: "OLD")) == ["/boxes/c/things/old"])
        #expect(found(ItemFilter(text: "NAME")).count == 3)
    }

    @Test("Differences say old and new, what a change costs, and all values of what comes and goes")
    func differences() throws {
        let found = try comparison().differences()
        #expect(
            found.map { "\($0.path) \($0.state.rawValue)" } == [
                "/boxes/a/things/t1 Updated", "/boxes/a/things/t2 Initial", "/boxes/b/links/l Updated", "/boxes/c ForRemoval",
                "/boxes/c/things/old ForRemoval", "/boxes/d Initial", "/boxes/d/things/t1 Initial",
                "/boxes/d/things/t2 Initial",
            ])
        #expect(
            found.first?.properties == [ItemDifference.Property(name: "name", old: "blue", new: "red", effect: .live)])
        #expect(found[1].properties == [ItemDifference.Property(name: "size", old: nil, new: 1, effect: nil)])
        #expect(try comparison().differences(within: path("/boxes/c")).count == 2)
    }

    @Test("Letters that changed places are one mistake")
    func nearest() {
        #expect(NearestWord.to("lipt", among: ["litp", "planner"]) == "litp")
        #expect(NearestWord.to("craete", among: ["create", "remove"]) == "create")
        #expect(NearestWord.to("abcd", among: ["badc"]) == nil)
    }
}
