import Model
import Testing

@testable import Formats

@Suite("Secrets in YAML") struct SecretTests {
    private static func registry() throws -> TypeRegistry {
        let text = PropertyType("text", rule: "any text") { _ in true }
        let types = [
            ItemType("root", summary: "", fields: [.collection("files", "file"), .child("main", "file")]),
            ItemType(
                "file", summary: "",
                properties: [
                    PropertyDefinition("note", "text", summary: ""),
                    PropertyDefinition("code", "text", secret: true, summary: ""),
                ]),
        ]
        return try TypeRegistry([TypeDeclarations(owner: "test", propertyTypes: [text], itemTypes: types)])
    }

    private func read(_ text: String) throws -> ModelReading {
        YAMLModelReader(registry: try Self.registry()).read([("a.yaml", text)])
    }

    private func reference(_ text: String) throws -> SecretReference? {
        let reading = try read(text)
        #expect(reading.lines == [])
        return reading.tree.property("code", of: "/main")?.secret
    }

    @Test("A reference is a mapping with one key, in flow or block style, or its text in quotes")
    func forms() throws {
        #expect(try reference("main: { code: { secret: db/root } }") == .stored("db/root"))
        #expect(try reference("main:\n  code:\n    env: DB_PASSWORD\n") == .environment("DB_PASSWORD"))
        #expect(try reference("main:\n  code: {file: /run/secrets/db}\n") == .file("/run/secrets/db"))
        #expect(try reference("main:\n  code: '{secret: a}'\n") == .stored("a"))
        #expect(try reference("main:\n  code: {secret: 123}\n") == .stored("123"))
    }

    @Test(
        "References are written in flow style and read back",
        arguments: [.stored("db/root"), .stored("null"), .stored("1.5"), .environment("null"), .file("/a-b/c~d=e@f")]
            as [SecretReference])
    func roundTrip(reference: SecretReference) throws {
        let path = try #require(ItemPath("/main"))
        let tree = Tree(items: [Item(path: path, type: "file", properties: ["code": .secret(reference)])])
        let text = YAMLModelWriter(registry: try Self.registry()).text(of: tree)
        #expect(text.hasPrefix("main:\n  code: {\(reference.keyword.rawValue): "))
        let reading = try read(text)
        #expect(reading.lines == [])
        #expect(reading.tree.property("code", of: "/main") == .secret(reference))
        #expect(YAMLModelWriter(registry: try Self.registry()).text(of: reading.tree) == text)
    }

    @Test(
        "What is no reference is told at its place, without what was written",
        arguments: [
            "hunter2", "[hunter2]", "{secret: hunter2 hunter2}", "{hunter2: a}", "{secret: [hunter2]}", "{secret: {a: hunter2}}",
            "{secret: hunter2, env: A}", "{}", "{secret: null}",
        ])
    func mistakes(value: String) throws {
        let reading = try read("main:\n  code: \(value)\n")
        #expect(reading.errors.map(\.property) == ["code"])
        #expect(reading.errors.first?.place?.line == 2)
        #expect(!"\(reading.errors)".contains("hunter2"))
    }

    @Test("A misspelled keyword gets the nearest")
    func keyword() throws {
        let reading = try read("main:\n  code: {secrte: a}\n")
        #expect(reading.errors.map(\.nextStep) == ["did you mean 'secret'?"])
    }

    @Test("A reference at a property that takes none names those that do")
    func wrongProperty() throws {
        let reading = try read("main:\n  note: {secret: a}\n")
        #expect(reading.lines == ["a.yaml:2:3 ValidationError: 'note' is a mapping where a value is needed"])
        #expect(reading.errors.first?.nextStep == "a file takes secrets in: code")
    }
}
