import TestSupport
import Testing

@testable import Model

@Suite("Edits on the part of a tree that they depend on") struct SliceTests {
    /// Nothing was applied.
    private struct Nothing: AppliedItems {
        func appliedItem(at path: ItemPath) -> ResolvedItem? { nil }
        func appliedItems(within path: ItemPath) -> [ResolvedItem] { [] }
        func appliedNames(below path: ItemPath, limit: Int) -> [String] { [] }
    }

    @Test("An edit of a slice comes to what the edit of the whole tree comes to", arguments: 0..<60)
    func sameAsWhole(seed: UInt64) throws {
        let registry = try registry()
        var random = SeededGenerator(seed: seed)
        var whole = try tree(item("/boxes/a/things/t", "thing", ["size": 4]))
        for step in 0..<60 {
            let edit = try RandomEdit(random: &random, in: whole).edit
            let expected = result(of: edit, on: whole, registry: registry)
            var edited = whole
            do {
                let outcome = try edit.outcome(on: whole, applied: Nothing(), registry: registry)
                for path in outcome.removed { edited.remove(path) }
                for item in outcome.inserted { edited.insert(item) }
                let wanted = try expected.get()
                #expect(edited.ordered == wanted.ordered, "seed \(seed), step \(step): \(edit)")
            } catch let error as ModelError {
                let wanted = failure(expected)
                #expect(words(error) == wanted.map(words), "seed \(seed), step \(step): \(edit)")
            }
            whole = edited
        }
    }

    @Test("An applied item does not come back as another type") func otherType() throws {
        let registry = try registry()
        let whole = try tree()
        let applied = try tree(item("/boxes/a/things/t", "thing", ["size": 4])).resolved()
        let create = ModelEdit.create(WrittenItem(path: try path("/boxes/a/things/t"), type: "gadget"))
        let error = #expect(throws: ModelError.self) {
            try create.outcome(on: whole, applied: applied, registry: registry)
        }
        #expect(error?.diagnostics.map(\.summary) == ["the type of an applied item cannot be changed"])
    }

    @Test("An item that comes back brings the values that it was applied with, and what was below it") func recovered() throws {
        let registry = try registry()
        let whole = try tree()
        let applied = try tree(
            item("/boxes/a/boxes/c", "box", ["label": "old"]), item("/boxes/a/boxes/c/things/t", "thing", ["size": 4])
        ).resolved()
        let create = ModelEdit.create(
            WrittenItem(path: try path("/boxes/a/boxes/c"), properties: ["label": .scalar("new")]))
        let outcome = try create.outcome(on: whole, applied: applied, registry: registry)
        #expect(
            try outcome.added == [
                item("/boxes/a/boxes/c", "box", ["label": "new"]), item("/boxes/a/boxes/c/things/t", "thing", ["size": 4]),
            ])
    }

    @Test("A place is shown from a slice as it is from both trees", arguments: 0..<25) func looking(seed: UInt64) throws {
        let registry = try registry()
        var random = SeededGenerator(seed: seed)
        var trees: [Tree] = []
        for _ in 0..<2 {
            var tree = try tree(item("/boxes/a/things/t", "thing", ["size": 4]))
            for _ in 0..<40 {
                if case .success(let edited) = result(
                    of: try RandomEdit(random: &random, in: tree).edit, on: tree, registry: registry)
                {
                    tree = edited
                }
            }
            trees.append(tree)
        }
        let applied = ResolvedTree.resolving(trees[1], registry: registry).tree
        let whole = TreeComparison(declared: ResolvedTree.resolving(trees[0], registry: registry).tree, applied: applied)
        for place in whole.places(within: .root) {
            for levels in 0...1 {
                let near = try TreeComparison.around(
                    place.path, levels: levels, declared: trees[0], applied: applied, registry: registry)
                let seen = near.places(within: place.path, depth: levels).map(words)
                #expect(seen == whole.places(within: place.path, depth: levels).map(words), "seed \(seed): \(place.path)")
            }
        }
    }

    private func words(_ place: ShownPlace) -> String {
        "\(place.path) \(place.typeWord) \(place.state) \(place.source?.text ?? "-") \(place.children) "
            + "\(place.item?.properties.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" } ?? [])"
    }

    @Test("A slice holds what an edit depends on, and not the tree") func size() throws {
        var whole = Tree()
        for number in 0..<300 { whole.insert(try item("/boxes/a\(number)/things/t", "thing")) }
        var slice = try TreeSlice(of: whole)
        try slice.prepareCreation(at: path("/boxes/a7/things/u"), source: nil)
        #expect(slice.tree.count < 5)
    }

    private func result(of edit: ModelEdit, on tree: Tree, registry: TypeRegistry) -> Result<Tree, ModelError> {
        var edited = tree
        do {
            switch edit {
            case .create(let written): try edited.create(written, registry: registry)
            case .update(let path, let properties, let deleting):
                try edited.update(path, properties: properties, deleting: deleting, registry: registry)
            case .remove(let path): _ = try edited.removeItem(path, registry: registry)
            }
            return .success(edited)
        } catch {
            return .failure(error)
        }
    }

    private func failure(_ result: Result<Tree, ModelError>) -> ModelError? {
        if case .failure(let error) = result { error } else { nil }
    }

    /// Without the advice, which may name what only the whole tree has.
    private func words(_ error: ModelError) -> [String] {
        error.diagnostics.map { "\($0.identifier) \($0.path?.text ?? "") \($0.property ?? "") \($0.summary)" }
    }
}

/// An edit of a few ids, so that edits meet each other's items, with sources that lead everywhere.
private struct RandomEdit {
    let edit: ModelEdit

    init(random: inout SeededGenerator, in tree: Tree) throws {
        let known = tree.ordered.map(\.path.text)
        let source = Int.random(in: 0..<3, using: &random) == 0 ? known.randomElement(using: &random) : nil
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<6:
            let parent = known.randomElement(using: &random) ?? "/"
            let field = ["boxes", "things", "main", "link", "links", "bases", "no"].randomElement(using: &random) ?? ""
            let name = ["main", "link"].contains(field) ? "" : "/" + (["a", "b", "c"].randomElement(using: &random) ?? "")
            let type = ["box", "thing", "gadget", "left", nil, nil].randomElement(using: &random) ?? nil
            edit = .create(
                WrittenItem(
                    path: try path((parent == "/" ? "" : parent) + "/" + field + name), type: source == nil ? type : nil,
                    source: source, properties: RandomEdit.values(&random)))
        case 6..<8:
            edit = .update(
                try path(known.randomElement(using: &random) ?? "/"), properties: RandomEdit.values(&random),
                deleting: Bool.random(using: &random) ? ["size"] : [])
        default:
            let removed = known.randomElement(using: &random) ?? "/"
            edit = .remove(
                try path(Bool.random(using: &random) ? removed : removed + "/things/a".dropFirst(removed == "/" ? 1 : 0)))
        }
    }

    private static func values(_ random: inout SeededGenerator) -> [String: WrittenValue] {
        let all: [String: WrittenValue] = [
            "size": .scalar("3"), "name": .scalar("x"), "power": .scalar("2"), "label": .scalar("l"), "no": .scalar("x"),
        ]
        return all.filter {
            $0.key != "no" ? Int.random(in: 0..<4, using: &random) == 0 : Int.random(in: 0..<30, using: &random) == 0
        }
    }
}
