import Model
import Testing

@testable import Formats

@Suite("Mistakes in a model") struct MistakeTests {
    /// A text and the one error that it gives.
    struct Mistake: Sendable, CustomTestStringConvertible {
        let name: String
        let text: String
        let error: String
        var nextStep: String?
        var testDescription: String { name }
    }

    static func inServices(_ line: String) -> String { "software:\n  services:\n    \(line)\n" }

    @Test("One mistake is one error at its place, with what to do", arguments: mistakes)
    func single(mistake: Mistake) throws {
        let reading = try reading(mistake.text)
        #expect(reading.lines == [mistake.error])
        if let nextStep = mistake.nextStep { #expect(reading.errors.first?.nextStep == nextStep) }
    }

    static let mistakes = [
        Mistake(
            name: "unknown type, once and not for what is below it",
            text: inServices("a: { type: vm-servce, parts: { p: { x: 1, q: { } } }, z: 1 }"),
            error: "a.yaml:3:16 InvalidTypeError: unknown item type 'vm-servce'", nextStep: "did you mean 'vm-service'?"
        ),
        Mistake(
            name: "type left out where several are possible", text: "software: { images: { a: { uri: x } } }",
            error: "a.yaml:1:23 InvalidTypeError: the type of the item is not given"),
        Mistake(
            name: "abstract type", text: "software: { images: { a: { type: image-base } } }",
            error: "a.yaml:1:34 InvalidTypeError: 'image-base' is only there to be extended"),
        Mistake(
            name: "type that cannot stand here", text: "software: { images: { a: { type: node } } }",
            error: "a.yaml:1:34 InvalidChildTypeError: an item of type 'node' cannot stand here"),
        Mistake(
            name: "unknown property", text: inServices("a: { cpu: 4 }"),
            error: "a.yaml:3:10 PropertyNotAllowedError: a service has no property 'cpu'",
            nextStep: "did you mean 'cpus'?"),
        Mistake(
            name: "unknown field", text: inServices("a: { limit: { files: 1 } }"),
            error: "a.yaml:3:10 ChildNotAllowedError: a service has no field 'limit'",
            nextStep: "did you mean 'limits'?"),
        Mistake(
            name: "bad value", text: inServices("a: { cpus: 400 }"),
            error: "a.yaml:3:16 ValidationError: '400' is not a valid 'cpus'"),
        Mistake(
            name: "list for a scalar", text: inServices("a: { cpus: [4] }"),
            error: "a.yaml:3:16 ValidationError: '[4]' is not a valid 'cpus'"),
        Mistake(
            name: "mapping for a scalar", text: inServices("a: { cpus: { is: 4 } }"),
            error: "a.yaml:3:10 ValidationError: 'cpus' is a mapping where a value is needed"),
        Mistake(
            name: "scalar for an item", text: inServices("a: { limits: 4 }"),
            error: "a.yaml:3:10 ValidationError: 'limits' is a value where a mapping is needed"),
        Mistake(
            name: "scalar for a collection", text: "software: { services: 4 }",
            error: "a.yaml:1:13 ValidationError: 'services' is a value where a mapping is needed"),
        Mistake(
            name: "scalar in a collection", text: "software: { services: { a: 4 } }",
            error: "a.yaml:1:25 ValidationError: 'a' is a value where an item is needed"),
        Mistake(
            name: "type on a collection", text: "software: { services: { type: service } }",
            error: "a.yaml:1:25 ValidationError: 'type' is a value where an item is needed"),
        Mistake(
            name: "list of mappings", text: inServices("a: { tags: [{ x: 1 }] }"),
            error: "a.yaml:3:16 ValidationError: 'tags' holds something else than values"),
        Mistake(
            name: "null in a list", text: inServices("a: { tags: [x, ~] }"),
            error: "a.yaml:3:16 ValidationError: 'tags' holds something else than values"),
        Mistake(
            name: "property without a value", text: inServices("a:\n      cpus:"),
            error: "a.yaml:4:7 ValidationError: 'cpus' has no value"),
        Mistake(
            name: "collection without a value", text: "software:\n  services:\n",
            error: "a.yaml:2:3 ValidationError: 'services' is empty",
            nextStep: "leave the key out, or write 'services: {}'"),
        Mistake(
            name: "item without a value", text: "software:\n  services:\n    a:\n",
            error: "a.yaml:3:5 ValidationError: 'a' is empty", nextStep: "write 'a: {}' for an item that sets nothing"),
        Mistake(
            name: "type that is no word", text: inServices("a: { type: [service], cpus: 1 }"),
            error: "a.yaml:3:16 InvalidTypeError: 'type' is no single word"),
        Mistake(
            name: "inherit that is no path", text: inServices("a: { inherit: b }"),
            error: "a.yaml:3:19 InvalidLocationError: 'b' is not the path of an item"),
        Mistake(
            name: "dangling inherit", text: inServices("a: { inherit: /software/services/bb }\n    b: {}"),
            error: "a.yaml:3:19 InvalidLocationError: inherit names an item that does not exist",
            nextStep: "did you mean '/software/services/b'?"),
        Mistake(
            name: "dangling inherit of an item whose type requires a property",
            text: """
                deployments:
                  d: { clusters: { c: { type: cluster, nodes: { n: { inherit: /deployments/gone } } } } }
                """,
            error: "a.yaml:2:63 InvalidLocationError: inherit names an item that does not exist"),
        Mistake(
            name: "dangling inherit where several types are possible",
            text: "software: { images: { a: { inherit: /software/images/bb }, b: { type: vm-image } } }",
            error: "a.yaml:1:37 InvalidLocationError: inherit names an item that does not exist",
            nextStep: "did you mean '/software/images/b'?"),
        Mistake(
            name: "inherit of an item that inherits this one",
            text: inServices("a: { inherit: /software/services/b }\n    b: { inherit: /software/services/a }"),
            error: "a.yaml:3:19 MethodNotAllowedError: inherit leads back to the item itself"),
        Mistake(
            name: "id that is no id", text: "software: { services: { a/b: { cpus: 1 } } }",
            error: "a.yaml:1:25 ValidationError: 'a/b' cannot be the id of an item"),
        Mistake(
            name: "merge key", text: "software: { services: { a: &a { cpus: 1 }, b: { <<: *a } } }",
            error: "a.yaml:1:49 InvalidYAMLError: '<<' does not merge mappings here",
            nextStep: "write 'inherit: PATH' to take the values of another item"),
        Mistake(
            name: "key that is a list", text: "software: { services: { [a, b]: { cpus: 1 } } }",
            error: "a.yaml:1:25 InvalidYAMLError: a key is a word, not a mapping or a sequence"),
        Mistake(
            name: "list at the top", text: "- a\n",
            error: "a.yaml:1:1 InvalidYAMLError: the top of a model is a mapping"),
        Mistake(
            name: "wrong value of a required property, which is not also missing",
            text: cluster("svc-1: { hostname: 'a b', ssh: {} }"),
            error: "a.yaml:5:26 ValidationError: 'a b' is not a valid 'hostname'"),
        Mistake(
            name: "missing required property", text: cluster("svc-1: { ssh: {} }"),
            error: "a.yaml:5:7 MissingRequiredPropertyError: required property 'hostname' is not set"),
        Mistake(
            name: "missing required item", text: cluster("svc-1: { hostname: a }"),
            error: "a.yaml:5:7 MissingRequiredItemError: required item 'ssh' is missing"),
        Mistake(
            name: "required item of an unknown type, which is not also missing",
            text: cluster("svc-1: { hostname: a, ssh: { type: tcp } }"),
            error: "a.yaml:5:42 InvalidTypeError: unknown item type 'tcp'"),
        Mistake(
            name: "too few items", text: "deployments: { d: { clusters: { c: { } } } }",
            error: "a.yaml:1:33 CardinalityError: 'nodes' has 0 items"),
        Mistake(
            name: "reference that does not inherit",
            text: cluster(
                "n: { hostname: n, ssh: {} }", "services: { s: { active: 1, applications: { x: { cpus: 1 } } } }"),
            error: "a.yaml:6:48 ChildNotAllowedError: 'applications' holds inherited items only"),
        Mistake(
            name: "type of the root", text: "type: site\n",
            error: "a.yaml:1:7 InvalidTypeError: the root is of type 'root'"),
    ]

    static func cluster(_ node: String, _ more: String = "") -> String {
        """
        deployments:
         d:
          clusters:
           c: { nodes: {
              \(node)}, 
           \(more) }
        """
    }

    @Test("What inherits from an item of unknown type is no second mistake") func inheritorsOfUnknown() throws {
        let reading = try reading(
            Self.inServices(
                "a: { type: nothing }\n    b: { inherit: /software/services/a }\n    c: { inherit: /software/services/b }"
            ))
        #expect(reading.lines == ["a.yaml:3:16 InvalidTypeError: unknown item type 'nothing'"])
    }

    @Test("A value that breaks its rule is reported where it stands, not at every inheritor") func inheritedValue()
        throws
    {
        let reading = try reading(
            Self.inServices("a: { cpus: many }\n    b: { inherit: /software/services/a }"))
        #expect(reading.lines == ["a.yaml:3:16 ValidationError: 'many' is not a valid 'cpus'"])
    }

    @Test("All mistakes of all files come in one go, in the order of the files") func allAtOnce() throws {
        let reading = try reading(
            "software:\n  services:\n    a: { cpus: x, cpu: 1 }\n    b: { type: y }\n",
            "software: [\n",
            "software: { services: { c: { cpus: -1 } } }\n")
        #expect(
            reading.lines == [
                "a.yaml:3:16 ValidationError: 'x' is not a valid 'cpus'",
                "a.yaml:3:19 PropertyNotAllowedError: a service has no property 'cpu'",
                "a.yaml:4:16 InvalidTypeError: unknown item type 'y'",
                "b.yaml:2:1 InvalidYAMLError: not well-formed YAML: did not find expected node content",
                "c.yaml:1:36 ValidationError: '-1' is not a valid 'cpus'",
            ])
    }

    @Test("A source that is in no file that can be read is told beside the file that cannot") func sourceInBrokenFile() throws {
        let reading = try reading(
            Self.inServices("a: { inherit: /software/services/b }"), "software: { services: { b: {")
        #expect(reading.errors.map(\.identifier) == [.invalidLocation, .invalidYAML])
    }

    @Test("An item that two files declare names both places") func declaredTwice() throws {
        let reading = try reading(
            Self.inServices("a: { cpus: 1 }"), Self.inServices("a: { note: x }"))
        #expect(reading.lines == ["b.yaml:3:5 ItemExistsError: the item is declared twice"])
        #expect(reading.errors.first?.rule == "it is declared first at a.yaml:3:5")
    }

    @Test("A bad value says its rule") func rule() throws {
        let error = try #require(try reading(Self.inServices("a: { cpus: x }")).errors.first)
        #expect(error.rule == "a number from 0 to 99")
        #expect(error.path?.text == "/software/services/a")
        #expect(error.property == "cpus")
        #expect(error.value == "x")
    }
}
