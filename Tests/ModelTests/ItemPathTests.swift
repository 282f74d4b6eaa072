import Foundation
import TestSupport
import Testing

@testable import Model

@Suite("Item paths") struct ItemPathTests {
    @Test(
        "Paths are ordered by their components in natural order, whatever they have in common", arguments: 0..<20 as Range<UInt64>
    )
    func order(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let names = ["a", "a-b", "ab", "a1", "a01", "a10", "a2", "1", "01", "a.b", "A"]
        let paths = try (0..<60).map { _ in
            let components = (0..<Int.random(in: 0...4, using: &generator)).map { _ in
                names.randomElement(using: &generator) ?? ""
            }
            return try #require(ItemPath("/" + components.joined(separator: "/")))
        }
        for left in paths {
            for right in paths {
                let expected = left.components.lexicographicallyPrecedes(right.components) { NaturalOrder.isBefore($0, $1) }
                #expect((left < right) == expected, "seed \(seed): \(left) and \(right)")
            }
        }
    }

    @Test(
        "A path starts with a slash and has ids between slashes",
        arguments: ["/", "/a", "/a/b-1/_.x", "/a/", "/.a", "/-"])
    func valid(text: String) { #expect(ItemPath(text) != nil) }

    @Test(
        "What is no path is refused",
        arguments: ["", "a", "a/b", "//", "/a//b", "/a//", "/..", "/a/.", "/ä", "/a b", "/a\n", "/a*"])
    func invalid(text: String) { #expect(ItemPath(text) == nil) }

    @Test(
        "Paths that are read one after the other are those that are read alone, whatever stands between them",
        arguments: 0..<20 as Range<UInt64>)
    func reading(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let parts = ["/", "a", "ab", "b-1", "b-10", "a.b", "//", ".", "ä", " ", "/a/b", "/ab/"]
        var reader = ItemPathReader()
        for _ in 0..<300 {
            let text = (0..<Int.random(in: 0...6, using: &generator))
                .map { _ in parts.randomElement(using: &generator) ?? "" }.joined()
            let alone = ItemPath(text)
            let read = reader.path(text)
            #expect(read == alone, "seed \(seed): '\(text)'")
            #expect(read?.text == alone?.text, "seed \(seed): '\(text)'")
            #expect(read?.parent == alone?.parent, "seed \(seed): '\(text)'")
        }
    }

    @Test("Paths of a document are the same whether they share what is above them or not", arguments: 0..<10)
    func decoding(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let paths = (0..<50).map { _ in
            (0..<Int.random(in: 0...4, using: &generator)).reduce(ItemPath.root) { path, _ in
                path.appending(["a", "ab", "b-1", "b-10"].randomElement(using: &generator) ?? "a")
            }
        }
        let document = try JSONEncoder().encode(paths)
        let decoder = JSONDecoder()
        #expect(try decoder.decode([ItemPath].self, from: document) == paths)
        decoder.userInfo = DecodedPaths().userInfo
        let read = try decoder.decode([ItemPath].self, from: document)
        #expect(read == paths)
        #expect(read.map(\.parent) == paths.map(\.parent))
        #expect(throws: DecodingError.self) { try decoder.decode([ItemPath].self, from: Data(#"["/a", "/a//b"]"#.utf8)) }
    }

    @Test("A path is the same however it was made, and so is its number") func making() throws {
        let read = try path("/a/svc-1/c")
        let made = ItemPath.root.appending("a").appending("svc-1").appending("c")
        #expect(read == made)
        #expect(read.hashValue == made.hashValue)
        #expect(read.stableHash == made.stableHash)
        #expect(try path("/a/svc-1/d").stableHash != read.stableHash)
        #expect(try path("/a/c/svc-1").stableHash != read.stableHash)
    }

    @Test("One slash at the end is forgiven") func trailingSlash() throws {
        #expect(try path("/a/b/") == path("/a/b"))
    }

    @Test("A path knows its parts") func parts() throws {
        let deep = try path("/a/b/c")
        #expect(deep.name == "c")
        #expect(try deep.parent == path("/a/b"))
        #expect(deep.components == ["a", "b", "c"])
        #expect(try path("/a").parent == .root)
        #expect(ItemPath.root.parent == nil)
        #expect(ItemPath.root.components == [])
        #expect(ItemPath.root.name == "")
        #expect(try ItemPath.root.appending("a").appending("b") == path("/a/b"))
    }

    @Test(
        "Lying within is by component",
        arguments: [
            ("/a/b", "/a", true), ("/a", "/a", true), ("/ab", "/a", false), ("/a", "/a/b", false), ("/x", "/", true),
        ])
    func within(inner: String, outer: String, expected: Bool) throws {
        #expect(try path(inner).isWithin(path(outer)) == expected)
    }

    @Test("A path moves with what it lies within") func moving() throws {
        #expect(try path("/a/b/c").moved(from: path("/a"), to: path("/x/y")) == path("/x/y/b/c"))
        #expect(try path("/a").moved(from: path("/a"), to: path("/x")) == path("/x"))
        #expect(try path("/a/b").moved(from: .root, to: path("/x")) == path("/x/a/b"))
        #expect(try path("/x/b").moved(from: path("/x"), to: .root) == path("/b"))
        #expect(try path("/ab").moved(from: path("/a"), to: path("/x")) == nil)
    }

    @Test("Parents stand before their children, and a subtree stands together") func order() throws {
        let texts = ["/", "/a", "/a/b", "/a/b/c", "/a/svc-2", "/a/svc-10", "/a-b", "/a.b", "/a0"]
        let paths = try texts.map { try path($0) }
        #expect(paths.shuffled().sorted().map(\.text).count == texts.count)
        for (position, left) in paths.enumerated() {
            for right in paths.dropFirst(position + 1) where right.isWithin(left) { #expect(left < right) }
        }
        #expect(try path("/a/svc-2") < path("/a/svc-10"))
        #expect(try path("/a/z") < path("/a-b"))
    }

    @Test("The order is total, and sorting keeps subtrees together", arguments: 0..<20) func randomOrder(seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed: seed)
        let ids = ["a", "b", "a-1", "a-2", "a-10", "a-02", "a.", "0", "00", "01", "_"]
        var tree = Tree()
        var paths: [ItemPath] = [.root]
        for _ in 0..<60 {
            let parent = paths.randomElement(using: &random) ?? .root
            let next = parent.appending(ids.randomElement(using: &random) ?? "a")
            if !paths.contains(next) { paths.append(next) }
        }
        for path in paths { tree.insert(Item(path: path, type: "box")) }
        #expect(paths.sorted() == tree.ordered.map(\.path), "seed \(seed)")
        for left in paths {
            for right in paths {
                #expect((left < right ? 1 : 0) + (right < left ? 1 : 0) + (left == right ? 1 : 0) == 1, "seed \(seed)")
            }
        }
    }
}

@Suite("Natural order") struct NaturalOrderTests {
    @Test(
        "Digits compare as numbers, everything else by byte",
        arguments: [
            ("svc-2", "svc-10"), ("svc-2", "svc-2a"), ("", "a"), ("7", "07"), ("07", "8"), ("a7b", "a07c"),
            ("a07b", "a7c"),
            ("a", "b"), ("A", "a"), ("a-", "a1"), ("99999999999999999999", "100000000000000000000"), ("1.9", "1.10"),
            ("é", "日"),
        ])
    func before(left: String, right: String) {
        #expect(NaturalOrder.isBefore(left, right))
        #expect(!NaturalOrder.isBefore(right, left))
    }

    @Test(
        "Only equal texts are equal",
        arguments: [("a", "a", true), ("7", "07", false), ("007", "07", false), ("", "", true)])
    func equality(left: String, right: String, equal: Bool) {
        #expect((NaturalOrder.compare(left.utf8, right.utf8) == 0) == equal)
    }

    @Test("It is transitive", arguments: 0..<10) func transitive(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        let texts = (0..<25).map { _ in
            String(
                (0..<Int.random(in: 0...4, using: &random)).map { _ in "0079a-".randomElement(using: &random) ?? "0" })
        }
        for first in texts {
            for second in texts where NaturalOrder.isBefore(first, second) {
                for third in texts where NaturalOrder.isBefore(second, third) {
                    #expect(NaturalOrder.isBefore(first, third), "seed \(seed): \(first) \(second) \(third)")
                }
            }
        }
    }
}
