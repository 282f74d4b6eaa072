import Foundation
import Model
import TaskKit
import Testing

@testable import Store

@Suite("Reading JSON")
struct JSONReadingTests {
    private struct Everything: Codable, Equatable {
        enum Choice: Codable, Equatable {
            case plain
            case labelled(ItemPath, name: String?)
        }

        var text: String
        var whole: Int
        var byte: UInt8
        var real: Double
        var isSo: Bool
        var missing: Int?
        var list: [[Int]]
        var names: [String: Bool]
        var choices: [Choice]
        var nothing: [String?]
    }

    private func both<Value: Decodable & Equatable>(_ type: Value.Type, _ text: String) throws {
        let expected = try JSONDecoder().decode(type, from: Data(text.utf8))
        #expect(try JSONReading.value(type, from: text) == expected)
    }

    @Test("Values of every kind are read as Foundation reads them, in whatever order and spacing their members stand")
    func kinds() throws {
        try both(
            Everything.self,
            """
             { "names" : {"a":true, "b" : false}, "unknown": {"x": [1, {"y": "}"}]},"text":"t",
            "real":-1.5e3,"whole":-7,\t"byte":255,"isSo":true,"missing":null,"list":[[],[1],[2,3]],
            "nothing":[null,"x"], "choices":[{"plain":{}},{"labelled":{"name":null,"_0":"/a/b"}},{"labelled":{"_0":"/","name":"n"}}] }

            """)
    }

    @Test(
        "A text is what its escapes mean",
        arguments: [
            #""""#, #""plain""#, #""\"\\\/\b\f\n\r\t""#, #""\u0041\u00e9\u65e5""#, #""\ud83d\udc69!""#, #""größe 日本 👩‍👩‍👧""#,
        ])
    func escapes(text: String) throws {
        try both([String].self, "[\(text)]")
        try both([String: Int].self, "{\(text):1}")
    }

    @Test(
        "What is no document is refused",
        arguments: [
            "", " ", "{", "[1", "[1,]", "[1 2]", #"{"a"}"#, #"{"a":}"#, #"{"a":1,}"#, "{1:2}", "[1]]", "[1] x", #"["a]"#,
            #"["\x"]"#,
            #"["\ud83d"]"#, #"["\u12"]"#, "[tru]", "[\"a\nb\"]", "[-]", "[1.2.3]", "}", "[1}", #"{"a":1]"#,
        ])
    func malformed(text: String) {
        #expect(throws: DecodingError.self) { try JSONReading.value([String: String].self, from: text) }
        #expect(throws: DecodingError.self) { try JSONReading.value([String].self, from: text) }
        #expect(throws: DecodingError.self) { try JSONReading.value([Double].self, from: text) }
    }

    @Test("A value of another kind than is wanted, and a member that is not there, are told")
    func mismatch() throws {
        #expect(throws: DecodingError.self) { try JSONReading.value([Int].self, from: #"["1"]"#) }
        #expect(throws: DecodingError.self) { try JSONReading.value([UInt8].self, from: "[256]") }
        #expect(throws: DecodingError.self) { try JSONReading.value([Bool].self, from: "[1]") }
        #expect(throws: DecodingError.self) { try JSONReading.value([String: Int].self, from: "[]") }
        #expect(throws: DecodingError.self) { try JSONReading.value([ItemPath].self, from: #"["no path"]"#) }
        #expect { try JSONReading.value(StepScope.self, from: #"{"node":"/n"}"#) } throws: { error in
            guard case DecodingError.keyNotFound(let key, _) = error else { return false }
            return key.stringValue == "item"
        }
    }

    @Test("A document of a hundred thousand nested arrays is read without recursion") func depth() throws {
        let count = 100_000
        let text = String(repeating: "[", count: count) + String(repeating: "]", count: count)
        #expect(try JSONTape(text).tokens.count == count)
    }
}
