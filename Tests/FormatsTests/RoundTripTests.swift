import Model
import TestSupport
import Testing

@testable import Formats

@Suite("Writing and reading back") struct RoundTripTests {
    @Test("A tree that is written reads back as the same tree, and is written as the same bytes", arguments: 0..<60)
    func roundTrip(seed: UInt64) throws {
        let registry = try SiteTypes.registry()
        var random = SeededGenerator(seed: seed)
        let tree = RandomSite(registry: registry).tree(&random)
        let writer = YAMLModelWriter(registry: registry)
        let text = writer.text(of: tree)
        let reading = YAMLModelReader(registry: registry).read([("random.yaml", text)])
        let allowed: Set<Diagnostic.Identifier> = [.missingRequiredItem, .missingRequiredProperty, .cardinality]
        #expect(reading.errors.filter { !allowed.contains($0.identifier) }.isEmpty, "seed \(seed)")
        #expect(tree.ordered.map(\.path) == reading.tree.ordered.map(\.path), "seed \(seed)")
        for item in tree.ordered {
            let same = reading.tree[item.path].map { $0.isSameDeclaration(as: item) }
            #expect(same == true, "seed \(seed): \(item) was read as \(String(describing: reading.tree[item.path]))")
        }
        #expect(writer.text(of: reading.tree) == text, "seed \(seed)")
    }

    @Test("Any scalar reads back as it was", arguments: 0..<20) func scalars(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let texts = (0..<200).map { _ in RandomSite.text(&random) }
        let path = try #require(ItemPath("/software/services/a"))
        for text in texts {
            let yaml = "software: { services: { a: { tags: [\(YAMLScalar.value(text, inList: true))] } } }\nx: 1\n"
            let block = "software:\n  services:\n    a:\n      note: \(YAMLScalar.value(text))\n"
            let read = try reading(block).tree[path]?.properties["note"]
            // Swift compares texts by what they look like; here every scalar counts.
            #expect(read.map { Array($0.text.unicodeScalars) } == Array(text.unicodeScalars), "seed \(seed): \(block)")
            guard !text.isEmpty else { continue }
            let list = try reading(yaml).tree[path]?.properties["tags"]?.list
            #expect(list == [text], "seed \(seed): \(yaml)")
        }
    }

    @Test("Bytes that are no model never end the reader", arguments: 0..<20) func noise(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let registry = try SiteTypes.registry()
        let base = Array(
            YAMLModelWriter(registry: registry).text(of: RandomSite(registry: registry).tree(&random)).unicodeScalars)
        for _ in 0..<20 {
            var scalars = base
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: 0..<scalars.count, using: &random)
                scalars[position] = RandomSite.alphabet.randomElement(using: &random) ?? "x"
            }
            var text = ""
            text.unicodeScalars.append(contentsOf: scalars)
            let reading = YAMLModelReader(registry: registry).read([("noise.yaml", text)])
            #expect(reading.errors == reading.errors.sorted(), "seed \(seed)")
        }
    }
}

/// Trees of any shape that the types admit, with values chosen to hurt.
struct RandomSite {
    let registry: TypeRegistry

    /// Without U+FEFF, which Foundation (below Yams) takes away where a scalar begins with it.
    static let alphabet: [Unicode.Scalar] = Array(
        "ab1 :#-,[]{}'\"\\&*!|>%@`~?.\n\t\r\u{0}\u{7F}\u{85}\u{A0}ä日\u{2028}\u{E000}\u{1F600}\u{301}".unicodeScalars)

    static func text(_ random: inout SeededGenerator) -> String {
        let words = ["", "null", "true", "012", "---", "...", "- a", "a: b", "<<", "=", "1e3", "0x1F", "2024-01-02"]
        if Int.random(in: 0..<4, using: &random) == 0 { return words.randomElement(using: &random) ?? "" }
        var text = ""
        for _ in 0..<Int.random(in: 0...6, using: &random) {
            text.unicodeScalars.append(alphabet.randomElement(using: &random) ?? "x")
        }
        return text
    }

    func tree(_ random: inout SeededGenerator) -> Tree {
        var tree = Tree()
        var sources: [Item] = []
        fill(.root, "root", in: &tree, sources: &sources, depth: 0, &random)
        return tree
    }

    private func fill(
        _ path: ItemPath, _ type: String, in tree: inout Tree, sources: inout [Item], depth: Int,
        _ random: inout SeededGenerator
    ) {
        guard let structure = registry.structure(of: type) else { return }
        var item = Item(path: path, type: type)
        // Only items whose own subtree is complete are sources, so that no chain leads back.
        let candidates = sources.filter { registry.isKind($0.type, of: type) || registry.isKind(type, of: $0.type) }
        if !path.isRoot, Bool.random(using: &random) { item.source = candidates.randomElement(using: &random)?.path }
        for property in structure.properties where Bool.random(using: &random) {
            item.properties[property.name] = value(of: property, &random)
        }
        tree.insert(item)
        for field in structure.fields where depth < 6 && (depth < 2 || Bool.random(using: &random)) {
            let place = path.appending(field.name)
            let types = registry.concreteTypes(of: field.itemType)
            guard field.isCollection else {
                fill(
                    place, types.randomElement(using: &random) ?? "", in: &tree, sources: &sources, depth: depth + 1,
                    &random)
                continue
            }
            for number in 0..<Int.random(in: 0...3, using: &random) where !field.isReference {
                let id =
                    ["n-\(number)", "n\(number).x", "\(number)", "_\(number)-"].randomElement(using: &random) ?? "n"
                fill(
                    place.appending(id), types.randomElement(using: &random) ?? "", in: &tree, sources: &sources,
                    depth: depth + 1, &random)
            }
        }
        if !path.isRoot, item.source == nil, tree.subtree(of: path).allSatisfy({ $0.source == nil }) {
            sources.append(item)
        }
    }

    private func value(of property: PropertyDefinition, _ random: inout SeededGenerator) -> PropertyValue {
        if property.isSecret { return secret(&random) }
        return switch property.type {
        case "count": .integer(Int.random(in: 0...99, using: &random))
        case "flag": .boolean(Bool.random(using: &random))
        case "words": .list((0..<Int.random(in: 0...3, using: &random)).map { "w\($0)" + RandomSite.text(&random) })
        case "word": .string("w-\(Int.random(in: 0...9, using: &random))")
        default: .string(RandomSite.text(&random))
        }
    }

    private func secret(_ random: inout SeededGenerator) -> PropertyValue {
        let references: [SecretReference] = [
            .stored("db/root"), .stored("null"), .stored("1e3"), .stored("a-"), .environment("null"), .environment("A_1"),
            .file("/a/b-c.d"), .file("/"),
        ]
        return .secret(references.randomElement(using: &random) ?? .stored("a"))
    }
}
