import TestSupport
import Testing

@testable import Model

@Suite("Trees") struct TreeTests {
    @Test("Children are listed in natural order, however they came") func order() throws {
        let tree = Tree(items: try ["svc-10", "svc-2", "a", "svc-1"].map { try item("/boxes/\($0)", "box") })
        #expect(try tree.children(of: path("/boxes")) == ["a", "svc-1", "svc-2", "svc-10"])
        #expect(tree.children(of: .root) == ["boxes"])
    }

    @Test("An item that is inserted again takes the place of the first") func replacing() throws {
        var tree = try tree()
        tree.insert(try item("/boxes/a", "box", ["label": "x"]))
        #expect(tree.count == 3)
        #expect(try tree.children(of: path("/boxes")) == ["a", "b"])
    }

    @Test("What is removed goes with all that is below it, and so does a collection that is empty then") func removing()
        throws
    {
        var tree = try tree(item("/boxes/a/things/t", "thing"), item("/boxes/a/things/t/x/y", "thing"))
        #expect(try tree.remove(path("/boxes/a")).count == 3)
        #expect(try tree.children(of: path("/boxes")) == ["b"])
        #expect(try tree.remove(path("/boxes/b")).count == 1)
        #expect(tree.children(of: .root) == [])
        #expect(tree.ordered.map(\.path) == [.root])
    }

    @Test("The root stays when everything is removed") func removingRoot() throws {
        var tree = try tree()
        #expect(tree.remove(.root).count == 3)
        #expect(tree.ordered.map(\.type) == ["root"])
    }

    @Test("After any edits the tree is the one that has just these items", arguments: 0..<30) func randomEdits(
        seed: UInt64
    ) throws {
        var random = SeededGenerator(seed: seed)
        var tree = Tree()
        var model: Set<ItemPath> = [.root]
        for _ in 0..<200 {
            let depth = Int.random(in: 1...4, using: &random)
            let text = (0..<depth).map { _ in "/" + ["a", "b-2", "b-10"][Int.random(in: 0..<3, using: &random)] }
                .joined()
            let path = try path(text)
            if Int.random(in: 0..<4, using: &random) == 0 {
                tree.remove(path)
                model = model.filter { !$0.isWithin(path) }
            } else {
                tree.insert(Item(path: path, type: "box"))
                model.insert(path)
            }
            #expect(tree.ordered.map(\.path) == model.sorted(), "seed \(seed)")
        }
    }
}
