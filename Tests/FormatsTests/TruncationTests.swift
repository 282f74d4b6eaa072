import Model
import Testing

@testable import Formats

@Suite("Files that end too early") struct TruncationTests {
    private static let whole = """
        # A site
        software:
          services:
            a: { cpus: 4, tags: ["x,y", 'it''s'], note: "tab\\t\\u00e4" }
            b: &b
              note: |
                first line
                second
            c: { inherit: /software/services/a, note: größe }
        """

    @Test("A file that is cut after any byte is read to its end or refused with a place, and never half of an item is kept")
    func everyByte() throws {
        let bytes = Array(TruncationTests.whole.utf8)
        let whole = try reading(TruncationTests.whole).tree
        for length in 0...bytes.count {
            guard let text = String(validating: bytes[..<length], as: UTF8.self) else { continue }
            let reading = try reading(text)
            #expect(reading.errors.allSatisfy { $0.place != nil || $0.path != nil }, "after \(length) bytes")
            #expect(reading.errors == reading.errors.sorted())
            guard reading.errors.isEmpty else { continue }
            #expect(reading.tree.ordered.allSatisfy { whole[$0.path]?.type == $0.type }, "after \(length) bytes")
        }
    }
}
