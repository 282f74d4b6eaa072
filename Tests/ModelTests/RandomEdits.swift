import TestSupport

@testable import Model

/// Trees as operators make them: edit after edit, with inheritance over several levels; what is refused is not done.
struct RandomEdits {
    private let registry: TypeRegistry
    private var random: SeededGenerator

    init(seed: UInt64, registry: TypeRegistry) {
        self.registry = registry
        random = SeededGenerator(seed: seed)
    }

    mutating func apply(_ number: Int, to tree: inout Tree) {
        for _ in 0..<number {
            var edited = tree
            let nothing = ResolvedTree(ordered: [], registry: registry)
            // Some random edits are not valid; those leave the tree as it was.
            guard let outcome = try? edit(of: tree).outcome(on: tree, applied: nothing, registry: registry) else { continue }
            for path in outcome.removed { edited.remove(path) }
            for item in outcome.inserted { edited.insert(item) }
            // Boxes that inherit boxes grow beyond all bounds; such a tree would test nothing but patience.
            let (seen, problems) = ResolvedTree.resolving(edited, registry: registry)
            if seen.ordered.count <= 120, problems.isEmpty { tree = edited }
        }
    }

    mutating func flip() -> Bool { Bool.random(using: &random) }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    private mutating func one<Element>(of elements: [Element], or other: Element) -> Element {
        elements.randomElement(using: &random) ?? other
    }

    private mutating func edit(of tree: Tree) -> ModelEdit {
        let items = tree.ordered
        let boxes = items.filter { $0.type == "box" }.map(\.path)
        let things = items.filter { $0.type == "thing" || $0.type == "gadget" }.map(\.path)
        let isBox = boxes.count < 3 || chance(4)
        let owner = chance(2) ? ItemPath.root : one(of: boxes, or: .root)
        let target = one(of: isBox ? boxes : things, or: .root)
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3:
            let path = newPath(isBox: isBox, owner: isBox ? owner : one(of: boxes, or: .root), isLink: false)
            let type = isBox ? nil : one(of: ["gadget", "thing"], or: "thing")
            return .create(WrittenItem(path: path, type: type, properties: values(isBox: isBox)))
        case 3..<6:
            let isLink = !isBox && chance(2)
            let path = newPath(isBox: isBox, owner: isBox ? owner : one(of: boxes, or: .root), isLink: isLink)
            return .create(WrittenItem(path: path, source: target.text, properties: values(isBox: isBox)))
        case 6, 7: return .update(target, properties: values(isBox: isBox), deleting: [])
        case 8: return .update(target, properties: [:], deleting: Array((tree[target]?.properties.keys.sorted() ?? []).prefix(1)))
        default: return .remove(target)
        }
    }

    private mutating func newPath(isBox: Bool, owner: ItemPath, isLink: Bool) -> ItemPath {
        let id = one(of: ["a", "b", "c2", "c10"], or: "a")
        if isBox { return owner.appending("boxes").appending(id) }
        if isLink { return chance(3) ? owner.appending("link") : owner.appending("links").appending(id) }
        return chance(3) ? owner.appending("main") : owner.appending("things").appending(id)
    }

    private mutating func values(isBox: Bool) -> [String: WrittenValue] {
        var values: [String: WrittenValue] = [:]
        let word = WrittenValue.scalar(one(of: ["red", "green", "blue"], or: "red"))
        if isBox {
            if chance(2) { values["label"] = word }
            return values
        }
        if chance(2) { values["name"] = word }
        if chance(3) { values["size"] = .scalar(String(Int.random(in: 0...8, using: &random))) }
        if chance(3) { values["tags"] = .sequence(["x", "y"]) }
        return values
    }
}
