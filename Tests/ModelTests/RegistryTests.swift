import Testing

@testable import Model

@Suite("The type registry") struct RegistryTests {
    private func faults(_ types: ItemType..., properties: [PropertyType] = []) -> [String] {
        do {
            _ = try TypeRegistry([TypeDeclarations(owner: "one", propertyTypes: properties, itemTypes: types)])
            return []
        } catch {
            return error.faults
        }
    }

    private let word = PropertyType("word", rule: "letters") { $0.allSatisfy(\.isLetter) }
    private let count = PropertyType("count", .integer, rule: "digits") { $0.allSatisfy(\.isNumber) }

    @Test("A name that two plugins declare names both") func owners() {
        let type = ItemType("thing", summary: "")
        #expect(throws: RegistrationError(faults: ["item type 'thing' is declared by one and by two"])) {
            try TypeRegistry([
                TypeDeclarations(owner: "one", propertyTypes: [], itemTypes: [type]),
                TypeDeclarations(owner: "two", propertyTypes: [], itemTypes: [type]),
            ])
        }
    }

    @Test("A type that extends itself prints the circle") func circle() {
        let faults = faults(
            ItemType("a", extends: "b", summary: ""), ItemType("b", extends: "c", summary: ""),
            ItemType("c", extends: "a", summary: ""))
        #expect(faults == ["item type 'a' (one) extends itself: a -> b -> c -> a"])
    }

    @Test("Unknown types are faults, each once") func unknownTypes() {
        let faults = faults(
            ItemType(
                "a", extends: "no", summary: "", properties: [PropertyDefinition("p", "no", summary: "")],
                fields: [.child("f", "no")]),
            ItemType("b", extends: "a", summary: ""))
        #expect(
            faults == [
                "field 'f' of 'a' (one) has the unknown type 'no'", "item type 'a' (one) extends the unknown type 'no'",
                "property 'p' of 'a' (one) has the unknown type 'no'",
            ])
    }

    @Test("What a type inherits it cannot declare again") func redeclared() {
        let faults = faults(
            ItemType("a", summary: "", properties: [PropertyDefinition("p", "word", summary: "")]),
            ItemType("b", extends: "a", summary: "", fields: [.child("p", "a")]), properties: [word])
        #expect(faults == ["'p' of 'b' (one) is declared already by 'a' (one), which it extends"])
    }

    @Test("The words of model files name no property") func reserved() {
        let faults = faults(
            ItemType(
                "a", summary: "", properties: [PropertyDefinition("type", "word", summary: "")],
                fields: [.child("inherit", "a")]),
            properties: [word])
        #expect(faults.count == 2)
    }

    @Test("A default keeps the rule and the form of its property") func defaults() {
        let faults = faults(
            ItemType(
                "a", summary: "",
                properties: [
                    PropertyDefinition("p", "word", default: "1", summary: ""),
                    PropertyDefinition("q", "count", default: "1", summary: ""),
                    PropertyDefinition("r", "count", default: 1, summary: ""),
                ]),
            properties: [word, count])
        #expect(
            faults == [
                "the default of 'p' of 'a' (one) breaks its rule: letters", "the default of 'q' of 'a' (one) is not an integer",
            ])
    }

    @Test("A field requires a sibling that is there, its own or inherited") func requires() {
        let faults = faults(
            ItemType("a", summary: "", fields: [.collection("x", "a")]),
            ItemType("b", extends: "a", summary: "", fields: [.collection("y", "a", requires: ["x", "z"])]))
        #expect(faults == ["field 'y' of 'b' (one) requires the unknown field 'z'"])
    }

    @Test("A type has what it extends, before its own") func structure() throws {
        let gadget = try #require(try registry().structure(of: "gadget"))
        #expect(gadget.properties.map(\.name) == ["name", "size", "tags", "power"])
        #expect(gadget.lineage == ["gadget", "thing"])
        #expect(gadget.isKind(of: "thing"))
        #expect(gadget.rules.count == 1)
    }

    @Test("Only what is not abstract can stand in a place") func concrete() throws {
        let registry = try registry()
        #expect(registry.concreteTypes(of: "base") == ["left", "right"])
        #expect(registry.onlyType(of: "base") == nil)
        #expect(registry.onlyType(of: "thing") == "thing")
        #expect(registry.onlyType(of: "box") == "box")
        #expect(registry.onlyType(of: "nothing") == nil)
    }
}
