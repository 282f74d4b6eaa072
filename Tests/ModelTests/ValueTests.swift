import Foundation
import Testing

@testable import Model

@Suite("Property values") struct ValueTests {
    @Test(
        "A value survives being stored, in its own form",
        arguments: ["4", "true", "", "a,b", 4, -1, true, false, [], ["4"], ["a,b", ""]] as [PropertyValue])
    func coding(value: PropertyValue) throws {
        let data = try JSONEncoder().encode([value])
        #expect(try JSONDecoder().decode([PropertyValue].self, from: data) == [value])
    }

    @Test("Text is as LITP writes it") func text() {
        #expect((["a", "b"] as PropertyValue).text == "a,b")
        #expect((false as PropertyValue).text == "false")
        #expect((4 as PropertyValue).text == "4")
    }

    private let count = PropertyType("count", .integer, rule: "two digits") { $0.count <= 2 }
    private let words = PropertyType("words", .list, rule: "words", allowsEmptyList: false) { !$0.isEmpty }
    private let flag = PropertyType("flag", .boolean, rule: "true or false") { _ in true }
    private let colour = PropertyType.choice("colour", ["red", "green"])

    @Test("The type decides the form, not how it was written") func forms() throws {
        #expect(try count.value(from: .scalar("4")) == 4)
        #expect(try flag.value(from: .scalar("true")) == true)
        #expect(try words.value(from: .scalar("a,b")) == ["a", "b"])
        #expect(try words.value(from: .sequence(["a,b"])) == ["a,b"])
        #expect(try colour.value(from: .scalar("red")) == "red")
    }

    @Test("The rule sees the whole value", arguments: ["", "400", "x", "4 ", "1e1", "0x1"])
    func wrongNumbers(text: String) {
        #expect(throws: PropertyType.Violation.self) { try count.value(from: .scalar(text)) }
    }

    @Test("A list breaks its rule by one element, which is named") func listElement() {
        #expect(throws: PropertyType.Violation(value: "", rule: "words")) {
            try words.value(from: .sequence(["a", ""]))
        }
        #expect(throws: PropertyType.Violation(value: "", rule: "at least one entry: words")) {
            try words.value(from: .sequence([]))
        }
        #expect(throws: PropertyType.Violation.self) { try words.value(from: .scalar("")) }
    }

    @Test("A sequence is no scalar, and yes is no boolean") func wrongForms() {
        #expect(throws: PropertyType.Violation.self) { try count.value(from: .sequence(["4"])) }
        #expect(throws: PropertyType.Violation.self) { try flag.value(from: .scalar("yes")) }
        #expect(throws: PropertyType.Violation.self) { try colour.value(from: .sequence(["red"])) }
    }

    @Test("A wrong choice suggests the nearest") func suggestion() {
        #expect(throws: PropertyType.Violation(value: "gren", rule: "one of red, green", suggestion: "green")) {
            try colour.value(from: .scalar("gren"))
        }
    }

    @Test("Effects are ordered by what they cost") func effects() {
        #expect(Effect.allCases.shuffled().sorted() == [.live, .restart, .replace])
    }
}

@Suite("The nearest word") struct NearestWordTests {
    @Test(
        "Is near, or is not offered",
        arguments: [
            ("hostnme", "hostname"), ("hostname1", "hostname"), ("xyz", nil), ("", nil), ("cpu", "cpus"),
            (String(repeating: "hostname", count: 1000), nil),
        ] as [(String, String?)])
    func nearest(written: String, expected: String?) {
        #expect(NearestWord.to(written, among: ["hostname", "domain", "cpus"]) == expected)
    }

    @Test("Of equally near words the first by name, whatever their order") func ties() {
        #expect(NearestWord.to("ad", among: ["ac", "ab"]) == "ab")
        #expect(NearestWord.to("ad", among: ["ab", "ac"]) == "ab")
    }
}

@Suite("Diagnostics") struct DiagnosticTests {
    @Test("Stand in the order of the files, then of the tree") func order() throws {
        func place(_ file: String, _ line: Int, _ column: Int) -> SourcePlace {
            SourcePlace(file: file, line: line, column: column)
        }
        let expected = [
            Diagnostic(.validation, "1", place: place("f2", 1, 2)),
            Diagnostic(.validation, "2", place: place("f2", 1, 10)),
            Diagnostic(.validation, "3", place: place("f10", 1, 1)), Diagnostic(.validation, "4"),
            Diagnostic(.validation, "5", path: try path("/a-2")), Diagnostic(.validation, "6", path: try path("/a-10")),
            Diagnostic(.validation, "7", path: try path("/a-10"), property: "p"),
        ]
        for _ in 0..<20 { #expect(expected.shuffled().sorted().map(\.summary) == expected.map(\.summary)) }
    }

    @Test("A property that has no place of its own is shown at its item") func fallback() throws {
        let here = SourcePlace(file: "f", line: 1, column: 1)
        let there = SourcePlace(file: "f", line: 2, column: 1)
        var thing = try item("/a", "thing")
        #expect(thing.place(of: "x") == nil)
        thing.places = Item.Places(item: here, properties: ["x": there])
        #expect(thing.place(of: "x") == there)
        #expect(thing.place(of: "y") == here)
        #expect(thing.place() == here)
    }
}
