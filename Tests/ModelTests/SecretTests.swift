import Foundation
import Testing

@testable import Model

@Suite("References to secrets") struct SecretReferenceTests {
    @Test(
        "A reference reads back from its text",
        arguments: [
            .stored("db/root"), .stored("0"), .stored("null"), .environment("DB_PASSWORD"), .environment("_"),
            .file("/run/secrets/db-1.key"),
        ] as [SecretReference])
    func text(reference: SecretReference) throws {
        #expect(SecretReference(reference.text) == reference)
        let json = try JSONEncoder().encode(PropertyValue.secret(reference))
        #expect(try JSONDecoder().decode(PropertyValue.self, from: json) == .secret(reference))
    }

    @Test(
        "Blanks and quotes are as free as in YAML",
        arguments: ["{secret: a}", "{secret:a}", " { secret :  a } ", "{\tsecret:\ta}", "{secret: 'a'}", "{secret: \"a\"}"])
    func spelling(text: String) { #expect(SecretReference(text) == .stored("a")) }

    @Test(
        "Anything else is none",
        arguments: [
            "", "{", "}", "{}", "a", "secret: a", "{secret}", "{secret: }", "{secret: a b}", "{secret: a}x", "{sekret: a}",
            "{secret: a, env: B}", "{secret: -a}", "{secret: /a}", "{env: 1A}", "{env: A-B}", "{file: a}", "{file: /a b}",
            "{file: /a}}",
            "{secret: ä}", "{SECRET: a}",
        ])
    func noReference(text: String) { #expect(SecretReference(text) == nil) }

    @Test("In JSON it is an object with one key")
    func json() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let values: [PropertyValue] = [.secret(.stored("a/b")), .secret(.environment("A")), .secret(.file("/a"))]
        let text = String(decoding: try encoder.encode(values), as: UTF8.self)
        #expect(text == #"[{"secret":"a/b"},{"env":"A"},{"file":"/a"}]"#)
    }

    @Test("An object that is no reference is refused", arguments: [#"{"secret":""}"#, "{}", #"{"x":"a"}"#, #"{"env":"a b"}"#])
    func badJSON(text: String) {
        #expect(throws: DecodingError.self) { try JSONDecoder().decode(PropertyValue.self, from: Data(text.utf8)) }
    }
}

@Suite("Secret properties") struct SecretPropertyTests {
    private let safe = ItemType(
        "safe", extends: "base", summary: "",
        properties: [
            PropertyDefinition("note", "word", summary: ""),
            PropertyDefinition("code", "word", required: true, secret: true, summary: ""),
        ])

    private func created(_ properties: [String: WrittenValue]) throws -> (tree: Tree, errors: [Diagnostic]) {
        let registry = try registry([safe])
        var tree = try tree()
        do {
            try tree.create(
                WrittenItem(path: path("/boxes/a/bases/s"), type: "safe", properties: properties), registry: registry)
            return (tree, [])
        } catch let error as ModelError {
            return (tree, error.diagnostics)
        }
    }

    @Test("A secret property takes a reference, whatever the rule of its type is")
    func reference() throws {
        let (tree, errors) = try created(["code": .scalar("{env: DOOR_CODE_7}")])
        #expect(errors == [])
        let registry = try registry([safe])
        let resolved = ResolvedTree.resolving(tree, registry: registry).tree
        #expect(resolved.seen("/boxes/a/bases/s")?.secret("code") == .environment("DOOR_CODE_7"))
        #expect(Validation.errors(of: tree, resolved: resolved) == [])
        #expect(tree.secretUses.map(\.reference) == [.environment("DOOR_CODE_7")])
        #expect(tree.secretUses.map(\.property) == ["code"])
    }

    @Test(
        "A value at a secret property is refused, and stands nowhere in the error",
        arguments: [
            .scalar("hunter"), .scalar(""), .sequence(["hunter"]), .scalar("{secret: hunter hunter}"),
            .scalar("{hunter: hunter}"),
        ] as [WrittenValue])
    func value(written: WrittenValue) throws {
        let (_, errors) = try created(["code": written])
        #expect(errors.map(\.identifier) == [.validation])
        #expect(errors.map(\.property) == ["code"])
        #expect(!"\(errors)".contains("hunter"))
        let json = String(decoding: try JSONEncoder().encode(errors), as: UTF8.self)
        #expect(!json.contains("hunter"))
    }

    @Test("The error says what to write, and for a bad name what a name is")
    func advice() throws {
        #expect(try created(["code": .scalar("x")]).errors.first?.rule?.contains("{secret: NAME}") == true)
        #expect(try created(["code": .scalar("{secret: a b}")]).errors.first?.rule?.contains("letters, digits") == true)
    }

    @Test("A property that is no secret refuses a reference")
    func noSecret() throws {
        let (_, errors) = try created(["code": .scalar("{secret: a}"), "note": .scalar("{secret: a}")])
        #expect(errors.map(\.property) == ["note"])
        #expect(errors.first?.rule?.contains("only a secret property") == true)
    }

    @Test("What is stored as a value at a secret property is refused without being shown")
    func stored() throws {
        let registry = try registry([safe])
        let tree = try tree(item("/boxes/a/bases/s", "safe", ["code": .string("hunter")]))
        let errors = Validation.errors(of: tree, resolved: ResolvedTree.resolving(tree, registry: registry).tree)
        #expect(errors.map(\.property) == ["code"])
        #expect(!"\(errors)".contains("hunter"))
    }

    @Test("An item that inherits has the reference of its source, and may have its own")
    func inheritance() throws {
        let registry = try registry([safe])
        let tree = try tree(
            item("/boxes/a/bases/s", "safe", ["code": .secret(.stored("one"))]),
            item("/boxes/b/bases/s", "safe", inherit: "/boxes/a/bases/s"),
            item("/boxes/b/bases/t", "safe", ["code": .secret(.stored("two"))], inherit: "/boxes/a/bases/s"))
        let resolved = ResolvedTree.resolving(tree, registry: registry).tree
        #expect(resolved.seen("/boxes/b/bases/s")?.secret("code") == .stored("one"))
        #expect(resolved.seen("/boxes/b/bases/t")?.secret("code") == .stored("two"))
        #expect(tree.secretUses.map(\.path.text) == ["/boxes/a/bases/s", "/boxes/b/bases/t"])
    }

    @Test("A secret with a default, and one that is no text, do not register")
    func registration() throws {
        let bad = ItemType(
            "bad", summary: "",
            properties: [
                PropertyDefinition("a", "word", default: "x", secret: true, summary: ""),
                PropertyDefinition("b", "count", secret: true, summary: ""),
            ])
        #expect(
            throws: RegistrationError(faults: [
                "'a' of 'bad' is a secret and must not have a default", "'b' of 'bad' is a secret and must be a string",
            ])
        ) { try registry([bad]) }
    }
}
