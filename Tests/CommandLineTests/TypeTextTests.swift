import ArgumentParser
import Model
import PluginKit
import Testing

@testable import PlannerCommandLine

@Suite("Types as text")
struct TypeTextTests {
    private func registry() throws -> TypeRegistry {
        let words = PropertyType("words", .list, rule: "lower-case letters", pattern: "[a-z]+", count: 1...3)
        return try TypeRegistry([
            TypeDeclarations(
                owner: "one", propertyTypes: [.range("count", 1...9), words, .choice("mood", ["good", "bad"])],
                itemTypes: [
                    ItemType(
                        "root", summary: "All.",
                        fields: [
                            .collection("things", "thing", maximum: 2),
                            .reference("best", "gadget", required: true, readOnly: true),
                        ]),
                    ItemType(
                        "thing",
                        summary: "Something with a summary that is so long that it does not fit in one line of a terminal.",
                        isAbstract: true,
                        properties: [
                            PropertyDefinition("size", "count", default: 2, updatable: false, summary: "How large."),
                            PropertyDefinition(
                                "mood", "mood", required: true, siteSpecific: true, effect: .restart, summary: "How it is."),
                        ], rules: [.needs("size", "mood")]),
                ]),
            TypeDeclarations(
                owner: "two", propertyTypes: [],
                itemTypes: [
                    ItemType(
                        "gadget", extends: "thing", summary: "A thing that does something.",
                        properties: [
                            PropertyDefinition(
                                "tags", "words", pluginUpdatable: true, configuration: false, deprecated: "leave it out",
                                summary: "Words.")
                        ],
                        fields: [.collection("parts", "thing", minimum: 1), .child("core", "gadget", requires: ["parts"])])
                ]),
        ])
    }

    @Test("All types stand below those that they extend, in 80 columns")
    func all() throws {
        #expect(
            try TypeText(registry()).allItemTypes == """
                root      All.
                thing     Something with a summary that is so long that it does not fit in one
                          line of a terminal. (only to be extended)
                  gadget  A thing that does something.

                """)
    }

    @Test("A type is shown with all that it has, where that comes from and where it stands")
    func one() throws {
        #expect(
            try TypeText(registry()).itemType("gadget") == """
                gadget  item type of the plugin two
                  A thing that does something.
                  extends       thing
                  stands in     gadget.parts, gadget.core, root.things, root.best
                  rule          'size' needs 'mood'

                Properties
                  size  count  (fixed once applied)
                      How large.
                      rule: a whole number from 1 to 9
                      default: 2
                      from: thing
                  mood  mood  (required, takes %%token%%, a change restarts)
                      How it is.
                      rule: one of good, bad
                      from: thing
                  tags  words  (set by plugins, a change needs no plan)
                      Words.
                      Not to be used any more: leave it out
                      rule: lower-case letters

                Below it
                  parts  collection of thing, 1 or more
                      types: gadget
                  core  child of gadget
                      after: parts

                """)
    }

    @Test("A type that others stand in says what can stand there")
    func fields() throws {
        let text = try #require(try TypeText(registry()).itemType("root"))
        #expect(text.contains("  things  collection of thing, at most 2\n      types: gadget\n"))
        #expect(text.contains("  best  reference of gadget, required, read-only\n"))
    }

    @Test("A property type is shown with its rule and who uses it")
    func propertyType() throws {
        #expect(
            try TypeText(registry()).propertyType("words") == """
                words  property type of the plugin one
                  Lower-case letters
                  form          list of 1 to 3 entries
                  pattern       [a-z]+
                  used by       gadget.tags

                """)
        #expect(try TypeText(registry()).allPropertyTypes.split(separator: "\n").count == 3)
    }

    @Test("Every type of every plugin fits in the width of the terminal, coloured or not", arguments: [80, 100])
    func width(_ width: Int) throws {
        let registry = try TypeRegistry(plugins.map(\.declarations))
        for color in [false, true] {
            let text = TypeText(registry, width: width, style: Style(usesColor: color))
            let all =
                [text.allItemTypes, text.allPropertyTypes] + registry.itemTypeNames.compactMap { text.itemType($0) }
                + registry.propertyTypeNames.compactMap { text.propertyType($0) }
            #expect(all.count > 70)
            for line in all.joined().replacing(/\u{1b}\[[0-9]+m/, with: "").split(separator: "\n") where line.contains(" ") {
                // Expressions and commands have no blanks at which they could be broken.
                #expect(line.count <= width || line.split(separator: " ").contains { $0.count > 40 }, "\(line)")
            }
        }
    }

    @Test("What is not there is answered with the nearest name")
    func unknown() throws {
        let registry = try TypeRegistry(plugins.map(\.declarations))
        #expect(TypesCommand.unknown("vm-servce", in: registry).diagnostics.first?.nextStep == "did you mean 'vm-service'?")
        #expect(TypesCommand.unknown("prt", in: registry).diagnostics.first?.nextStep == "did you mean 'port'?")
        #expect(TypesCommand.unknown("something else", in: registry).diagnostics.first?.nextStep == "planner types lists them")
    }

    @Test("JSON has every flag, bound and origin")
    func json() throws {
        let type = try #require(JSONItemType("gadget", in: registry()))
        #expect(type.extends == ["thing"])
        #expect(
            type.properties.map { "\($0.name) \($0.declaredBy) \($0.configuration)" } == [
                "size thing true", "mood thing true", "tags gadget false",
            ])
        #expect(
            type.fields.map { "\($0.name) \($0.kind) \($0.minimum ?? -1) \($0.maximum ?? -1)" } == [
                "parts collection 1 -1", "core child -1 -1",
            ])
        let words = try #require(JSONPropertyType("words", in: registry()))
        #expect(words.pattern == "[a-z]+")
        #expect(words.maximumEntries == 3)
        #expect(JSONItemType("nothing", in: try registry()) == nil)
    }

    @Test("The command teaches with examples")
    func help() {
        let help = PlannerCommand.helpMessage(for: TypesCommand.self)
        for word in ["planner types vm-service", "--properties", "--json"] { #expect(help.contains(word), "\(word)") }
        #expect(PlannerCommand.helpMessage().contains("types"))
        #expect(throws: (any Error).self) { _ = try TypesCommand.parse(["port", "node"]) }
    }
}
