import TestSupport

@testable import Model

/// Trees as operators make them: edit after edit, with inheritance over several levels; what is refused is not done.
enum RandomEdits {
    private static let boxes = ["/boxes/a", "/boxes/b", "/boxes/c", "/boxes/a/boxes/d", "/boxes/b/boxes/e"]

    static func apply(_ number: Int, to tree: inout Tree, registry: TypeRegistry, _ random: inout SeededGenerator) {
        for _ in 0..<number {
            guard let edit = edit(of: tree, &random) else { continue }
            // Most random edits are not valid; those leave the tree as it was.
            try? tree.apply(edit, registry: registry)
        }
    }

    private static func edit(of tree: Tree, _ random: inout SeededGenerator) -> TreeEdit? {
        guard let box = boxes.randomElement(using: &random) else { return nil }
        let places = [
            box, box + "/things/t1", box + "/things/t2", box + "/things/t10", box + "/main", box + "/links/l1", box + "/link",
            box + "/boxes/f", box + "/boxes/f/main",
        ]
        guard let path = places.randomElement(using: &random).flatMap({ ItemPath($0) }) else { return nil }
        let existing = tree.ordered.map(\.path)
        var values: [String: WrittenValue] = [:]
        for name in ["name", "size", "tags", "label"] where Int.random(in: 0..<3, using: &random) == 0 {
            values[name] = value(of: name, &random)
        }
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<3:
            return .create(
                WrittenItem(path: path, type: ["gadget", nil, nil].randomElement(using: &random) ?? nil, properties: values))
        case 3..<6:
            let source = existing.randomElement(using: &random)?.text
            return .create(WrittenItem(path: path, source: source, properties: values))
        case 6, 7:
            let target = existing.randomElement(using: &random) ?? path
            return .update(target, properties: values, deleting: [])
        case 8:
            let target = existing.randomElement(using: &random) ?? path
            return .update(
                target, properties: [:], deleting: tree[target].map { Array($0.properties.keys.sorted().prefix(1)) } ?? [])
        default:
            return .remove(existing.randomElement(using: &random) ?? path)
        }
    }

    private static func value(of name: String, _ random: inout SeededGenerator) -> WrittenValue {
        switch name {
        case "size": .scalar(String(Int.random(in: 0...8, using: &random)))
        case "tags": .sequence(["x", "y", "z"].filter { _ in Bool.random(using: &random) })
        default: .scalar(["red", "green", "blue"].randomElement(using: &random) ?? "red")
        }
    }
}
