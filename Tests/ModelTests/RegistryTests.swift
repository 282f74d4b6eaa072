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

    @Test("A fault between two plugins names both") func bothOwners() {
        let base = ItemType("base", summary: "", properties: [PropertyDefinition("p", "word", summary: "")])
        let sub = ItemType("sub", extends: "base", summary: "", fields: [.collection("p", "base")])
        #expect(
            throws: RegistrationError(faults: [
                "'p' of 'sub' (two) is declared already by 'base' (one), which it extends",
                "property type 'word' is declared by one and by two",
            ])
        ) {
            try TypeRegistry([
                TypeDeclarations(owner: "one", propertyTypes: [word], itemTypes: [base]),
                TypeDeclarations(owner: "two", propertyTypes: [word], itemTypes: [sub]),
            ])
        }
    }

    @Test("A name that stands twice in one type is a fault") func twice() {
        let faults = faults(ItemType("a", summary: "", fields: [.child("x", "a"), .collection("x", "a")]))
        #expect(faults == ["'x' of 'a' (one) is declared twice there"])
    }

    @Test("Two children with one definition are two places") func equalChildren() {
        #expect(
            faults(ItemType("a", summary: ""), ItemType("b", summary: "", fields: [.child("x", "a"), .child("y", "a")])) == [])
    }

    @Test("Names that no model can write are faults", arguments: ["", "a b", "1st", "a.b", "-a", "ä", "xml"])
    func names(_ name: String) {
        let faults = faults(
            ItemType("a", summary: "", properties: [PropertyDefinition(name, "word", summary: "")]), properties: [word])
        #expect(faults == ["'\(name)' of 'a' (one) is no name: letters, digits, '_' and '-', and a letter first"])
    }

    @Test("A nearly right type is suggested") func suggestions() {
        let faults = faults(
            ItemType(
                "thing", summary: "", properties: [PropertyDefinition("p", "wort", summary: "")], fields: [.child("f", "thng")]),
            properties: [word])
        #expect(
            faults == [
                "field 'f' of 'thing' (one) has the unknown type 'thng'; did you mean 'thing'?",
                "property 'p' of 'thing' (one) has the unknown type 'wort'; did you mean 'word'?",
            ])
    }

    @Test("Bounds that nothing keeps are faults") func bounds() {
        let faults = faults(
            ItemType(
                "a", summary: "",
                fields: [.collection("x", "a", minimum: 3, maximum: 2), .referenceCollection("y", "a", minimum: -1)]))
        #expect(
            faults == [
                "field 'x' of 'a' (one) holds at least 3 and at most 2 items",
                "field 'y' of 'a' (one) holds at least -1 and at most \(Int.max) items",
            ])
    }

    @Test("Fields that require each other are a fault, told once, at the type that closes the circle") func circleOfFields() {
        let faults = faults(
            ItemType("a", summary: "", fields: [.collection("x", "a"), .collection("y", "a", requires: ["x"])]),
            ItemType(
                "b", extends: "a", summary: "",
                fields: [.collection("u", "a", requires: ["v"]), .child("v", "a", requires: ["u"])]),
            ItemType("c", extends: "b", summary: ""))
        #expect(faults == ["fields of 'b' (one) require each other: u -> v -> u"])
    }

    @Test("Required children that hold each other are a fault") func endless() {
        let faults = faults(
            ItemType("a", summary: "", fields: [.child("x", "base", required: true)]),
            ItemType("base", summary: "", isAbstract: true),
            ItemType("b", extends: "base", summary: "", fields: [.child("y", "a", required: true)]))
        #expect(faults == ["required children without end: 'a' (one) -> 'b' (one) -> 'a' (one)"])
    }

    @Test("A field that does not inherit cannot be read-only") func readOnly() {
        let field = Field("x", .collection(type: "a", minimum: 0, maximum: 1), readOnly: true)
        #expect(
            faults(ItemType("a", summary: "", fields: [field])) == [
                "field 'x' of 'a' (one) is read-only, and holds items that do not inherit"
            ])
    }

    @Test("A pattern that cannot be used, or has anchors, is a fault") func patterns() {
        let faults = faults(
            properties: [PropertyType("p", rule: "x", pattern: "^a$"), PropertyType("q", rule: "x", pattern: "(a")])
        #expect(
            faults == [
                "property type 'p' (one): the pattern '^a$' cannot be used: it carries its own anchor '^'; the whole value is matched "
                    + "anyway, at character 1",
                "property type 'q' (one): the pattern '(a' cannot be used: '(' without ')', at character 3",
            ])
    }

    @Test("A circle of types is told from its first type, wherever it is entered") func enteredCircle() {
        let faults = faults(
            ItemType("a", extends: "c", summary: ""), ItemType("b", extends: "c", summary: ""),
            ItemType("c", extends: "b", summary: ""))
        #expect(faults == ["item type 'b' (one) extends itself: b -> c -> b"])
    }

    @Test("A registry knows who declares what, and where an item may stand") func looking() throws {
        let registry = try registry()
        #expect(registry.structure(of: "gadget")?.owner == "test")
        #expect(registry.declarer(of: "size", in: "gadget") == "thing")
        #expect(registry.declarer(of: "power", in: "gadget") == "gadget")
        #expect(registry.declarer(of: "parts", in: "strict") == "strict")
        #expect(
            registry.places(for: "gadget").map { "\($0.owner).\($0.field.name)" } == [
                "box.things", "box.main", "box.link", "box.links", "strict.part", "strict.parts",
            ])
        #expect(
            registry.uses(ofPropertyType: "count").map { "\($0.owner).\($0.property.name)" } == ["gadget.power", "thing.size"])
        #expect(registry.owner(ofPropertyType: "count") == "test")
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
