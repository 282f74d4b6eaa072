import Foundation
import Model
import Testing

@testable import Formats

@Suite("Text that is not good YAML") struct WellFormednessTests {
    @Test("A key that stands twice names both places, and the other mistakes are found too") func duplicates() throws {
        let reading = try reading(
            """
            software:
              services:
                a:
                  cpus: 1
                  note: x
                  cpus: y
                b: { cpus: z, "note": 1, note: 2, 'note': 3, tagz: 4 }
            """)
        #expect(
            reading.lines == [
                "a.yaml:6:7 InvalidYAMLError: the key 'cpus' stands twice in one mapping",
                "a.yaml:6:13 ValidationError: 'y' is not a valid 'cpus'",
                "a.yaml:7:16 ValidationError: 'z' is not a valid 'cpus'",
                "a.yaml:7:30 InvalidYAMLError: the key 'note' stands twice in one mapping",
                "a.yaml:7:39 InvalidYAMLError: the key 'note' stands twice in one mapping",
                "a.yaml:7:50 PropertyNotAllowedError: a service has no property 'tagz'",
            ])
        #expect(reading.errors.first?.rule == "it stands first at a.yaml:4:7")
    }

    @Test("An item that stands twice in a file names both places") func duplicateItem() throws {
        let reading = try reading("software: { services: { größe: {}, a: {}, b: {}, a: { cpus: x } } }")
        #expect(
            reading.lines == [
                "a.yaml:1:25 ValidationError: 'größe' cannot be the id of an item",
                "a.yaml:1:50 InvalidYAMLError: the key 'a' stands twice in one mapping",
                "a.yaml:1:61 ValidationError: 'x' is not a valid 'cpus'",
            ])
        #expect(reading.errors[1].rule == "it stands first at a.yaml:1:36")
    }

    @Test("A key that stands twice is reported though the text breaks off later") func duplicateAndBroken() throws {
        let reading = try reading("software: { images: {}, images: {} }\ntitle: [\n")
        #expect(
            reading.lines == [
                "a.yaml:1:13 InvalidYAMLError: the key 'images' stands twice in one mapping",
                "a.yaml:3:1 InvalidYAMLError: not well-formed YAML: did not find expected node content",
            ])
    }

    @Test("A key with an anchor that stands twice is reported") func duplicateWithAnchor() throws {
        let reading = try reading("&a title: a\n&b title: b\n")
        #expect(reading.lines == ["a.yaml:1:1 InvalidYAMLError: the key 'title' stands twice in one mapping"])
    }

    @Test("Hundreds of duplicate keys end in time") func manyDuplicates() throws {
        let text = (0..<200).map { "k\($0 % 100): 1\n" }.joined()
        let reading = try reading(text)
        #expect(reading.errors.filter { $0.identifier == .invalidYAML }.count > 50)
    }

    @Test(
        "Broken YAML is one error at its place",
        arguments: [
            ("a: 'x\n", "a.yaml:2:1"), ("a: b: c\n", "a.yaml:1:5"), ("\ta: 1\n", "a.yaml:1:1"),
            ("a: *b\n", "a.yaml:1:4"),
            ("a: {\n  b: 1\n", "a.yaml:3:1"), ("a: 1\n---\nb: 1\n", "a.yaml:2:1"), ("title: \u{1}\n", "a.yaml:1:8"),
            ("a: \"\\q\"\n", "a.yaml:1:5"), ("software: {}\r\n\r\ntitle: 'x\r\n", "a.yaml:4:1"),
        ])
    func syntax(text: String, place: String) throws {
        let reading = try reading(text)
        #expect(reading.errors.map { $0.place?.description } == [place])
        #expect(reading.errors.first?.identifier == .invalidYAML)
    }

    @Test("A quotation that is not closed says where it begins") func openQuotation() throws {
        let error = try #require(try reading("title: 'x\nsoftware: {}\n").errors.first)
        #expect(error.rule?.contains("a.yaml:1:8") == true)
    }

    @Test("Aliases that stand for aliases end in one error") func aliasBomb() throws {
        var text = "x0: &x0 { a: 1 }\n"
        for level in 1...9 {
            let uses = (0..<10).map { "k\($0): *x\(level - 1)" }.joined(separator: ", ")
            text += "x\(level): &x\(level) { \(uses) }\n"
        }
        let reading = try reading(text, limits: .init(nodes: 10_000))
        #expect(reading.errors.filter { $0.summary == "the model is too large" }.count == 1)
    }

    @Test("A list of aliases to lists is bounded too") func sequenceBomb() throws {
        let text = "title: [\(String(repeating: "x, ", count: 200))x]\n"
        #expect(try reading(text, limits: .init(nodes: 100)).errors.contains { $0.summary == "the model is too large" })
    }

    @Test("Nesting without end is an error, not a crash", arguments: [70, 900, 100_000])
    func deepNesting(levels: Int) throws {
        let text = String(repeating: "{a: ", count: levels) + "1" + String(repeating: "}", count: levels)
        let reading = try reading(text)
        #expect(!reading.errors.isEmpty)
        let lists = try self.reading(String(repeating: "[", count: levels))
        #expect(!lists.errors.isEmpty)
    }

    private func reading(_ text: String) throws -> ModelReading { try FormatsTests.reading(text) }

    private func reading(_ text: String, limits: YAMLModelReader.Limits) throws -> ModelReading {
        try FormatsTests.reading(text, limits: limits)
    }
}

@Suite("Model files") struct FileTests {
    /// A directory that is gone after the test.
    private func withDirectory(_ body: (String) throws -> Void) throws {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "planner-\(UInt64.random(in: 0 ... .max))")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: directory) }
        try body(directory.path)
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path))
    }

    @Test("A directory stands for its model files in natural order") func directory() throws {
        let registry = try SiteTypes.registry()
        try withDirectory { directory in
            try write(Array("software: { services: { a: { cpus: x } } }".utf8), to: directory + "/part10.yml")
            try write(Array("software: { services: { b: { cpus: y } } }".utf8), to: directory + "/part2.yaml")
            try write(Array("no model".utf8), to: directory + "/notes.txt")
            let reading = YAMLModelReader(registry: registry).read(files: [directory])
            #expect(reading.errors.map { $0.place?.file } == [directory + "/part2.yaml", directory + "/part10.yml"])
        }
    }

    @Test("A file that is not UTF-8 names the place of the byte") func encoding() throws {
        let registry = try SiteTypes.registry()
        try withDirectory { directory in
            try write(Array("title: a\ntitel: gr".utf8) + [0xF6, 0xDF, 0x65], to: directory + "/a.yaml")
            let reading = YAMLModelReader(registry: registry).read(files: [directory + "/a.yaml"])
            #expect(reading.errors.map { $0.place } == [SourcePlace(file: directory + "/a.yaml", line: 2, column: 10)])
        }
    }

    @Test("A file that does not exist is an error; the others are read") func missingFile() throws {
        let registry = try SiteTypes.registry()
        try withDirectory { directory in
            try write(Array("title: a site".utf8), to: directory + "/b.yaml")
            let reading = YAMLModelReader(registry: registry).read(files: [
                directory + "/a.yaml", directory + "/b.yaml",
            ])
            #expect(reading.errors.map(\.summary) == ["cannot read \(directory)/a.yaml: there is no such file"])
            #expect(reading.tree.property("title", of: "/") == "a site")
        }
    }

    @Test("A directory without a model is an error") func emptyDirectory() throws {
        let registry = try SiteTypes.registry()
        try withDirectory { directory in
            #expect(YAMLModelReader(registry: registry).read(files: [directory]).errors.count == 1)
        }
    }

    /// Thirty lines that stand for a billion words.
    private var bomb: String {
        (1...30).reduce("a0: &a0 [x, x]\n") { $0 + "a\($1): &a\($1) [*a\($1 - 1), *a\($1 - 1)]\n" }
    }

    @Test(
        "A key that stands for more than memory holds is refused before it is read",
        arguments: ["? *a30\n: x\n", "*a30 : x\n", "b: {*a30 : x}\n", "b: {? *a30 : x}\n", "b: {[*a30]: x}\n", "- ? [*a30]\n"])
    func keyBomb(key: String) throws {
        let errors = try reading(bomb + key).errors
        #expect(errors.map(\.summary) == ["a key is an alias or a collection"])
        #expect(errors.first?.place?.line == 32)
    }

    @Test("Aliases that stand for more than memory holds are counted, not followed") func valueBomb() throws {
        let errors = try reading(bomb + "software: { services: { a: { tags: *a30 } } }\n").errors
        #expect(!errors.isEmpty)
    }
}
