import Model
import TaskKit
import Testing

@testable import Store

@Suite("Stored trees") struct TreeTests {
    private func registry() throws -> TypeRegistry {
        try TypeRegistry([
            TypeDeclarations(owner: "test", propertyTypes: [], itemTypes: [ItemType("thing", summary: "")])
        ])
    }

    @Test("An item reads back as it was declared, with its places") func roundTrip() throws {
        try withStore { (store) throws in
            var item = try item(
                "/a/svc-1", ["s": "x,y", "n": 4, "f": false, "l": ["1", "a,b"], "e": [], "u": "größe \u{0}"],
                inherit: "/b")
            item.places = Item.Places(
                item: SourcePlace(file: "site.yaml", line: 3, column: 5),
                properties: ["s": SourcePlace(file: "site.yaml", line: 4, column: 9)])
            try store.changeDeclared(inserting: [item], removing: [])
            #expect(try store.declared()[item.path] == item)
        }
    }

    @Test(
        "A property keeps its form: the text 4 is not the number 4", arguments: ["4", "true", "null", "", "[1]", "1e3"])
    func forms(text: String) throws {
        try withStore { (store) throws in
            try store.changeDeclared(inserting: [item("/a", ["x": .string(text)])], removing: [])
            #expect(try store.declared()[path("/a")]?.properties["x"] == .string(text))
        }
    }

    // And the serial of what is declared.
    @Test("A change writes the rows that change, and no other") func changedRows() throws {
        try withStore { (store) throws in
            var items = try (0..<500).map { try item("/a/i-\($0)", ["x": .integer($0)]) }
            #expect(try store.rowsChanged { try store.changeDeclared(inserting: items, removing: []) } == 501)
            items[7].properties["x"] = 0
            #expect(try store.rowsChanged { try store.changeDeclared(inserting: items, removing: []) } == 2)
            #expect(
                try store.rowsChanged {
                    try store.changeDeclared(inserting: [], removing: [path("/a/i-3"), path("/a/no")])
                } == 2)
            #expect(try store.declared().count == 500)
        }
    }

    @Test("The root item keeps its properties") func root() throws {
        try withStore { (store) throws in
            let root = Item(path: .root, type: TypeRegistry.rootType, properties: ["title": "x"])
            try store.changeDeclared(inserting: [root], removing: [])
            #expect(try store.declared()[.root] == root)
        }
    }

    @Test("Applied items come back parents first, in natural order, with what was declared") func appliedOrder() throws {
        try withStore { (store) throws in
            let paths = ["/n", "/n/svc-2", "/n/svc-2/os", "/n/svc-10", "/n/svc-10/os", "/n.x"]
            let declared = try item("/n", ["x": 1])
            try store.record { changes in
                changes.applyItems = try paths.reversed().map { path in
                    try resolved(path, ["p": ["a"], "x": 1], declaration: path == "/n" ? declared : nil)
                }
            }
            let applied = try store.applied(registry: registry())
            #expect(applied.ordered.map(\.path.text) == paths)
            #expect(try applied[path("/n")]?.declaration == declared)
            #expect(try applied.childNames(of: path("/n")) == ["svc-2", "svc-10"])
            try store.record { $0.removeItems = [try path("/n/svc-2/os"), try path("/n/svc-2")] }
            #expect(try store.applied(registry: registry()).ordered.count == 4)
        }
    }

    @Test("A snapshot is one state of everything") func snapshot() throws {
        try withStore { (store) throws in
            try store.changeDeclared(inserting: [item("/a")], removing: [])
            try store.record { changes in
                changes.applyItems = [try resolved("/b")]
                changes.recordSteps = [RecordedStep(try step("/b"), fingerprint: "f")]
                changes.takeOut = [NodeContributor(node: try path("/n/svc-1"), contributor: "ha")]
            }
            let snapshot = try store.snapshot(registry: registry())
            #expect(snapshot.declared.count == 2)
            #expect(snapshot.applied.ordered.count == 1)
            #expect(snapshot.appliedSteps.count == 1)
            #expect(snapshot.nodeFacts.count == 1)
            #expect(snapshot.appliedSerial == 1)
        }
    }
}
