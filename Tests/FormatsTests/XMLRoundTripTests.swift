import Model
import TestSupport
import Testing

@testable import Formats

@Suite("Writing XML and reading it back") struct XMLRoundTripTests {
    /// Without what XML cannot carry (that has a test of its own), and without what repeats what is seen anyway.
    private func writable(_ tree: Tree) -> Tree {
        var result = Tree()
        for var item in tree.ordered {
            item.properties = item.properties.filter { XMLText.problem(with: $0.value) == nil }
            result.insert(item)
        }
        for var item in result.ordered where item.source != nil && item.source == result.impliedSource(of: item.path) {
            item.source = nil
            result.insert(item)
        }
        return Tree(
            items: result.ordered.filter { item in
                let implied = result.impliedSource(of: item.path)
                return item.source != nil || !item.properties.isEmpty || implied == nil
                    || implied.flatMap(result.seenType) != item.type
            })
    }

    @Test("A tree that is written as XML loads as the same tree, and is written as the same bytes", arguments: 0..<60)
    func roundTrip(seed: UInt64) throws {
        let registry = try SiteTypes.registry()
        var random = SeededGenerator(seed: seed)
        let tree = writable(RandomSite(registry: registry).tree(&random))
        let writer = XMLModelWriter(registry: registry)
        let text = try writer.text(of: tree)
        let reading = XMLModelReader(registry: registry).read(Array(text.utf8), name: "random.xml")
        #expect(reading.lines == [], "seed \(seed)")
        let loading = Tree().loading(try #require(reading.fragment), mode: .new, registry: registry)
        #expect(loading.errors == [], "seed \(seed)")
        #expect(tree.ordered.map(\.path) == loading.tree.ordered.map(\.path), "seed \(seed)")
        for item in tree.ordered {
            let same = loading.tree[item.path].map { $0.isSameDeclaration(as: item) }
            #expect(same == true, "seed \(seed): \(item) was read as \(String(describing: loading.tree[item.path]))")
        }
        #expect(try writer.text(of: loading.tree) == text, "seed \(seed)")
    }

    @Test("Any subtree that is written loads below its parent as it was, over a tree that has changed since", arguments: 0..<40)
    func subtree(seed: UInt64) throws {
        let registry = try SiteTypes.registry()
        var random = SeededGenerator(seed: seed)
        let tree = writable(RandomSite(registry: registry).tree(&random))
        let path = try #require(tree.ordered.map(\.path).filter { !$0.isRoot }.randomElement(using: &random))
        let text = try XMLModelWriter(registry: registry).text(of: tree, subtree: path)
        let resolved = ResolvedTree.resolving(tree, registry: registry).tree
        let place = try FragmentPlace(try #require(path.parent), in: resolved)
        let reading = XMLModelReader(registry: registry).read(Array(text.utf8), name: "random.xml", at: place)
        #expect(reading.lines == [], "seed \(seed)")
        let fragment = try #require(reading.fragment)
        var changed = tree
        for var item in tree.subtree(of: path) where Bool.random(using: &random) {
            if item.path != path, Bool.random(using: &random) {
                changed.remove(item.path)
            } else if changed[item.path] != nil {
                item.properties = [:]
                changed.insert(item)
            }
        }
        // What inherits from a part that is not there is not this test's matter.
        let loading = changed.loading(fragment, mode: .replace, registry: registry)
        #expect(loading.tree.ordered.map(\.path) == tree.ordered.map(\.path), "seed \(seed) \(path)")
        for item in tree.ordered {
            let same = loading.tree[item.path].map { $0.isSameDeclaration(as: item) }
            #expect(same == true, "seed \(seed) \(path): \(item)")
        }
    }

    @Test("A value that XML cannot carry is an error that names item and property, and nothing is written")
    func unwritable() throws {
        let registry = try SiteTypes.registry()
        let path = try #require(ItemPath("/software/services/a"))
        let software = Item(path: try #require(ItemPath("/software")), type: "software")
        for (value, rule) in [
            (PropertyValue.string("a\u{1}b"), "XML has no character U+0001"), ("\u{FFFF}", "XML has no character U+FFFF"),
            (["a,b"], "lists are joined with commas, and the entry 'a,b' has one"),
            ([""], "a list with nothing but an empty entry reads back as an empty list"),
        ] {
            let property = value.list == nil ? "note" : "tags"
            let item = Item(path: path, type: "service", properties: [property: value])
            do {
                _ = try XMLModelWriter(registry: registry).text(of: Tree(items: [software, item]))
                Issue.record("\(value) was written")
            } catch {
                #expect(error.diagnostics.map(\.path) == [path])
                #expect(error.diagnostics.map(\.property) == [property])
                #expect(error.diagnostics.first?.rule == rule)
            }
        }
    }

    @Test("An item below one that is only seen is written with the way to it, and loads without more")
    func belowSeen() throws {
        let registry = try SiteTypes.registry()
        let tree = Tree(
            items: try [
                ("/software", "software", nil), ("/software/services/a", "service", nil),
                ("/software/services/a/parts/p", "vm-service", nil),
                ("/software/services/b", "service", "/software/services/a"),
                ("/software/services/b/parts/p/limits", "limits", nil),
            ].map { path, type, source in
                Item(path: try #require(ItemPath(path)), type: type, source: source.flatMap { ItemPath($0) })
            })
        let text = try XMLModelWriter(registry: registry).text(of: tree)
        #expect(
            text.contains(
                """
                        <litp:service-parts-collection-inherit id="parts" source_path="/software/services/a/parts">
                          <litp:vm-service-inherit id="p" source_path="/software/services/a/parts/p">
                            <litp:limits id="limits"/>
                          </litp:vm-service-inherit>
                """))
        let loading = try #require(try xmlReading(text).loaded())
        #expect(loading.errors == [])
        #expect(loading.tree.ordered.map(\.path) == tree.ordered.map(\.path))
    }

    @Test("What no registered type knows is an error, because it would be lost")
    func unknown() throws {
        let registry = try SiteTypes.registry()
        let tree = Tree(items: [
            Item(path: try #require(ItemPath("/software")), type: "software", properties: ["gone": 1]),
            Item(path: try #require(ItemPath("/lost")), type: "software"),
        ])
        do {
            _ = try XMLModelWriter(registry: registry).text(of: tree)
            Issue.record("it was written")
        } catch {
            #expect(error.diagnostics.map(\.identifier) == [.childNotAllowed, .propertyNotAllowed])
        }
    }

    @Test("Properties stand before fields, the base type before what extends it, members in natural order")
    func order() throws {
        let registry = try SiteTypes.registry()
        let text = XMLTexts.services(
            """
            <litp:service id="s-10"/><litp:vm-service id="s-2"><ram>1</ram><litp:limits id="limits"/><note>a"b&gt;</note><cpus>1</cpus>\
            </litp:vm-service>
            """)
        let tree = try #require(try xmlReading(text).loaded()).tree
        #expect(
            try XMLModelWriter(registry: registry).text(of: tree) == """
                <?xml version="1.0" encoding="utf-8"?>
                <litp:root xmlns:litp="http://www.ericsson.com/litp" id="root">
                  <litp:software id="software">
                    <litp:software-services-collection id="services">
                      <litp:vm-service id="s-2">
                        <cpus>1</cpus>
                        <note>a&quot;b&gt;</note>
                        <litp:limits id="limits"/>
                        <ram>1</ram>
                      </litp:vm-service>
                      <litp:service id="s-10"/>
                    </litp:software-services-collection>
                  </litp:software>
                </litp:root>

                """)
    }
}
