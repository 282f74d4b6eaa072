import Formats
import Foundation
import Model
import TestSupport
import Testing

@testable import PlannerCommandLine

/// The scanner of documents is our own; libxml2 says whether it is right.
@Suite("What is well-formed XML, as libxml2 sees it")
struct WellFormednessTests {
    private static let document = """
        <?xml version="1.0" encoding="utf-8"?>
        <!-- a - site -->
        <l:root xmlns:l="http://www.ericsson.com/litp" xmlns:x="http://example.com/x"
            x:note="a 'b' &#38; &quot;c&quot;" id="root">
          <title a='1' b="2">größe &amp; &lt;more&gt; &#x26; ]] <![CDATA[<raw> ]] &]]></title>
          <?planner nothing?><?p?>
          <l:software id='software'><é.x-1 x:b="1" b="2"/><x:y xmlns="http://example.com/z" /></l:software >
        </l:root>
        <!-- end --><?done?>

        """

    @Test("A document that was changed at random is well-formed for both or for none", arguments: 0..<10)
    func noise(seed: UInt64) async throws {
        let directory = try TemporaryDirectory()
        let reader = XMLModelReader(registry: try Tools.registry())
        var random = SeededGenerator(seed: seed)
        var ours: [String: XMLReading] = [:]
        for number in 0..<200 {
            let bytes = WellFormednessTests.changed(&random)
            let file = directory.path + "/\(number).xml"
            try Data(bytes).write(to: URL(fileURLWithPath: file))
            ours[file] = reader.read(bytes, name: file)
        }
        let verdict = try await Tools.run(["xmllint", "--noout", "--nonet"] + ours.keys.sorted())
        let refused = Set(
            verdict.words.split(separator: "\n")
                // That the name of a namespace is a URI is not a matter of the form.
                .filter { $0.contains(" error : ") && !$0.contains("is not a valid URI") }.compactMap { line in
                    line.range(of: ".xml:").map { String(line[..<$0.lowerBound]) + ".xml" }
                })
        #expect(!refused.isEmpty)
        for (file, reading) in ours.sorted(by: { $0.key < $1.key }) where reading.isComplete == refused.contains(file) {
            let text = try String(decoding: Data(contentsOf: URL(fileURLWithPath: file)), as: UTF8.self)
            let said = verdict.words.split(separator: "\n").filter { $0.hasPrefix(file) }
            Issue.record("seed \(seed): we say \(reading.errors.last.map(\.summary) ?? "good"), libxml2 \(said)\n\(text)")
        }
    }

    /// Up to three changes behind the first line, whose versions libxml2 is lenient about.
    private static func changed(_ random: inout SeededGenerator) -> [UInt8] {
        var bytes = Array(document.utf8)
        let alphabet = Array("<>/&;!-[]'\"= \n\r\u{0}a:x?#1".utf8)
        let pieces = [
            "<!--", "-->", "]]>", "<![CDATA[", "<?", "?>", "&#0;", "&#xFFFE;", "&x;", "</", "/>", " xmlns:q=''", "é", "\u{FFFF}",
        ]
        for _ in 0..<Int.random(in: 0...3, using: &random) {
            let position = Int.random(in: 40..<bytes.count, using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0: bytes[position] = alphabet.randomElement(using: &random) ?? 0
            case 1: bytes.remove(at: position)
            case 2: bytes.insert(contentsOf: (pieces.randomElement(using: &random) ?? "").utf8, at: position)
            default: bytes.removeSubrange(position..<min(bytes.count, position + Int.random(in: 1...9, using: &random)))
            }
        }
        return bytes
    }
}
