import Foundation
import GRDB
import Model
import TestSupport
import Testing

@testable import Store

@Suite("Single items of a store") struct StoredItemsTests {
    @Test("A store answers about single items as the whole tree does", arguments: 0..<10) func sameAsTree(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var items: [Item] = []
        var texts: [String] = ["/a"]
        for _ in 0..<80 {
            let text =
                (texts.randomElement(using: &random) ?? "/a") + "/"
                + (["a", "a-b", "a.b", "a0", "b", "c-10"].randomElement(using: &random) ?? "a")
            guard !texts.contains(text) else { continue }
            texts.append(text)
            let source = Bool.random(using: &random) ? texts.randomElement(using: &random) : nil
            if Int.random(in: 0..<5, using: &random) > 0 { items.append(try item(text, ["x": .string(text)], inherit: source)) }
        }
        let tree = Tree(items: items)
        try withStore { (store) throws in
            try store.changeDeclared(inserting: items, removing: [])
            try store.record { changes in
                changes.applyItems = items.map {
                    ResolvedItem(path: $0.path, type: $0.type, source: nil, declaration: $0, properties: $0.properties)
                }
            }
            let applied = try store.applied(registry: TypeRegistry([]))
            try store.readItems { stored in
                for text in texts + ["/", "/no"] {
                    let path = try path(text)
                    #expect(try stored.item(at: path) == tree.item(at: path).flatMap { $0.path.isRoot ? nil : $0 })
                    #expect(try stored.items(within: path) == tree.items(within: path).filter { !$0.path.isRoot })
                    #expect(Set(try stored.heirs(of: path)) == Set(tree.heirs(of: path)))
                    #expect(Set(try stored.heirs(within: path)) == Set(tree.heirs(within: path)))
                    #expect(try stored.names(below: path, limit: 100) == tree.names(below: path, limit: 100), "\(text)")
                    #expect(try stored.appliedNames(below: path, limit: 100) == applied.appliedNames(below: path, limit: 100))
                    #expect(try stored.appliedItem(at: path) == applied.appliedItem(at: path))
                    #expect(try stored.appliedItems(within: path) == applied.appliedItems(within: path))
                }
            }
        }
    }

    @Test("What refuses an edit comes out as it is, and nothing is written") func refusal() throws {
        try withStore { (store) throws in
            #expect(throws: ModelError.self) {
                try store.editDeclared { items in
                    _ = try items.item(at: .root)
                    throw ModelError(Diagnostic(.validation, "no"))
                } confirming: {
                    ([], ())
                }
            }
            #expect(throws: ModelError.self) {
                try store.editDeclared { _ in
                    DeclaredChanges(inserting: [try item("/a")])
                } confirming: { () -> (appliedAtOnce: [ResolvedItem], value: Void) in
                    throw ModelError(Diagnostic(.validation, "no"))
                }
            }
            #expect(try store.declared().count == 1)
            #expect(try store.declaredSerial == 0)
        }
    }

    @Test("Only a change counts as one") func serial() throws {
        try withStore { (store) throws in
            let items = [try item("/a")]
            try store.changeDeclared(inserting: items, removing: [])
            #expect(try store.declaredSerial == 1)
            try store.changeDeclared(inserting: items, removing: [])
            #expect(try store.declaredSerial == 1)
        }
    }

    @Test("Paths and sources are found by an index") func queryPlans() throws {
        try withStore { (store) throws in
            let conditions = ["path = 'x'", "source = 'x'", StoredItems.within("path"), StoredItems.within("source")]
            for condition in conditions {
                let plan = try store.read { database in
                    try String.fetchAll(
                        database,
                        SQLRequest<String>(
                            sql: "EXPLAIN QUERY PLAN " + DeclaredItemTable.select(where: condition),
                            arguments: condition.contains("?") ? ["/x", "/x/", "/x0"] : [],
                            adapter: SuffixRowAdapter(fromIndex: 3)))
                }
                #expect(!plan.isEmpty && plan.allSatisfy { !$0.hasPrefix("SCAN") }, "\(condition): \(plan)")
            }
        }
    }
}

@Suite("Texts of columns") struct ColumnTextTests {
    private func values(_ random: inout SeededGenerator) -> [String: PropertyValue] {
        let letters = Array("a\"\\/\n\t\u{0}\u{1f}\u{7f}ä日\u{1F600}{}[],: 1")
        func text() -> String {
            String((0..<Int.random(in: 0...5, using: &random)).map { _ in letters.randomElement(using: &random) ?? "x" })
        }
        var values: [String: PropertyValue] = [:]
        for number in 0..<Int.random(in: 0...5, using: &random) {
            values["p\(number)" + text()] =
                switch Int.random(in: 0..<5, using: &random) {
                case 0: .string(text())
                case 4: SecretReference(.secret, "db/root").map { .secret($0) } ?? .string("")
                case 1: .integer(Int.random(in: .min ... .max, using: &random))
                case 2: .boolean(Bool.random(using: &random))
                default: .list((0..<Int.random(in: 0...3, using: &random)).map { _ in text() })
                }
        }
        return values
    }

    @Test("Properties read back, and Foundation reads and writes the same", arguments: 0..<20) func properties(seed: UInt64)
        throws
    {
        var random = SeededGenerator(seed: seed)
        for _ in 0..<50 {
            let values = values(&random)
            let text = PropertyText.text(of: values)
            #expect(try PropertyText.properties(from: text) == values, "seed \(seed)")
            #expect(try JSONText().value([String: PropertyValue].self, from: text) == values, "seed \(seed)")
            #expect(try PropertyText.properties(from: JSONText().text(values)) == values, "seed \(seed)")
        }
    }

    @Test(
        "What is no object of properties is refused",
        arguments: [
            "", "{", "[]", "{\"a\"}", "{\"a\":}", "{\"a\":1.5}", "{\"a\":\"x}", "{\"a\":\"\\q\"}", "{\"a\":[1]}", "{\"a\":null}",
            "{\"a\":\"\\u12\"}",
        ])
    func refused(text: String) {
        #expect(throws: UnreadableRecord.self) { try PropertyText.properties(from: text) }
    }

    @Test("Places read back") func places() throws {
        let places = Item.Places(
            item: SourcePlace(file: "a dir/site 1.yaml", line: 3, column: 5),
            properties: [
                "s": SourcePlace(file: "a dir/site 1.yaml", line: 4, column: 9),
                "t": SourcePlace(file: "other file.yaml", line: 1, column: 1),
            ])
        #expect(Item.Places(stored: places.text) == places)
        #expect(Item.Places(stored: places.text).place(of: "t") == SourcePlace(file: "other file.yaml", line: 1, column: 1))
        #expect(Item.Places(stored: "{\"item\":1}").place(of: "s") == nil)
    }
}

@Suite("Stores of earlier versions") struct MigrationTests {
    @Test("What was applied with schema 1 is there with all that was declared") func fromFirstSchema() throws {
        try withDirectory { (directory) throws in
            let file = try StoreFiles.prepare(directory: directory)
            let pool = try DatabasePool(path: file)
            try Schema.migrator.migrate(pool, upTo: "1 tables")
            try pool.write { database in
                try database.execute(
                    sql: "INSERT INTO declared_item VALUES ('/a', 'thing', '/b', '{\"x\":1}', '{\"item\":{}}')")
                try database.execute(
                    sql: """
                        INSERT INTO applied_item (path, type, source, declaration, properties) VALUES
                        ('/a', 'thing', '/b', '{"path":"/a","type":"thing","source":"/b","properties":{"x":1}}', '{"x":1,"y":"z"}'),
                        ('/a/c', 'thing', '/b/c', NULL, '{}')
                        """)
            }
            try pool.close()
            let store = try Store(directory: directory)
            #expect(try store.declared()[path("/a")] == item("/a", ["x": 1], inherit: "/b"))
            let applied = try store.applied(registry: TypeRegistry([]))
            #expect(try applied[path("/a")]?.declaration == item("/a", ["x": 1], inherit: "/b"))
            #expect(try applied[path("/a")]?["y"] == "z")
            #expect(try applied[path("/a/c")]?.declaration == nil)
        }
    }
}
