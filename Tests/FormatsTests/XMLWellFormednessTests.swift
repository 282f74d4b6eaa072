import Foundation
import Model
import TestSupport
import Testing

@testable import Formats

@Suite("Text that is not good XML") struct XMLWellFormednessTests {
    @Test("A document that breaks off anywhere is one error with a place, after those before it")
    func truncated() throws {
        let bytes = Array(XMLTexts.everything.utf8)
        let reader = XMLModelReader(registry: try SiteTypes.registry())
        for length in 0..<(bytes.count - 1) {
            let reading = reader.read(Array(bytes[..<length]), name: "a.xml")
            #expect(reading.errors.last?.identifier == .invalidXML, "\(length)")
            #expect(reading.errors.last?.place != nil, "\(length)")
            #expect(!reading.isComplete, "\(length)")
        }
        #expect(reader.read(bytes, name: "a.xml").lines == [])
    }

    struct Broken: Sendable, CustomTestStringConvertible {
        let text: String
        let error: String
        var testDescription: String { error }
    }

    @Test(
        "Broken XML is one error at its place, in words",
        arguments: [
            Broken(text: "", error: "1:1 there is no element in the file"),
            Broken(text: "<!-- x -->", error: "1:11 there is no element in the file"),
            Broken(text: "x<a/>", error: "1:1 text stands before the top element"),
            Broken(
                text: XMLTexts.root("<litp:software id=\"software\">"),
                error: "3:1 the end tag </litp:root> does not match the element <litp:software>"),
            Broken(text: XMLTexts.root("<title"), error: "3:1 this is no attribute, and the tag is not closed with '>'"),
            Broken(
                text: "<l:root xmlns:l=\"http://www.ericsson.com/litp\">\n<title>x",
                error: "2:9 the text ends within the element <title>"),
            Broken(
                text: XMLTexts.root("<title>a & b</title>"),
                error: "2:10 '&' begins no reference (a plain '&' is written &amp;)"),
            Broken(
                text: XMLTexts.root("<title>&nbsp;</title>"),
                error: "2:8 the entity &nbsp; is not declared (only &amp; &lt; &gt; &quot; &apos; are)"),
            Broken(text: XMLTexts.root("<title>a < b</title>"), error: "2:10 '<' begins no tag (in text it is written &lt;)"),
            Broken(text: XMLTexts.root("<title x=1/>"), error: "2:10 the value of the attribute 'x' has no quotes"),
            Broken(text: XMLTexts.root("<title x/>"), error: "2:9 the attribute 'x' has no value"),
            Broken(text: XMLTexts.root("<title x='1' x='2'/>"), error: "2:14 the attribute 'x' stands twice"),
            Broken(text: XMLTexts.root("<title x='1'y='2'/>"), error: "2:13 a blank is missing before an attribute"),
            Broken(
                text: XMLTexts.root("<title x='<'/>"), error: "2:11 '<' within the value of an attribute (it is written &lt;)"),
            Broken(text: XMLTexts.root("<title>]]></title>"), error: "2:8 ']]>' within text (it is written ]]&gt;)"),
            Broken(text: XMLTexts.root("<!-- a -- b -->"), error: "2:8 '--' within a comment"),
            Broken(text: XMLTexts.root("<title><![CDATA[x</title>"), error: "2:8 a CDATA section is not closed with ']]>'"),
            Broken(text: XMLTexts.root("") + "<more/>", error: "4:1 something stands behind the top element"),
            Broken(text: XMLTexts.root("") + "more", error: "4:1 something stands behind the top element"),
            Broken(
                text: XMLTexts.root("<?xml version='1.0'?>"), error: "2:1 <?xml ...?> stands elsewhere than at the very beginning"
            ),
            Broken(text: "<?xml version='2.0'?><a/>", error: "1:7 'version' has no such value"),
            Broken(text: XMLTexts.root("<title>a\u{0}b</title>"), error: "2:9 XML cannot hold the character U+0000"),
            Broken(text: XMLTexts.root("<title>ä\u{FFFF}</title>"), error: "2:9 XML cannot hold the character U+FFFF"),
            Broken(text: XMLTexts.root("<title>&#0;</title>"), error: "2:8 &#0; is no character that XML can hold"),
            Broken(text: XMLTexts.root("<a:b:c/>"), error: "2:1 'a:b:c' is no name"),
        ])
    func syntax(broken: Broken) throws {
        let place = broken.error.prefix { $0 != " " }
        let expected = "a.xml:\(place) InvalidXMLError: not well-formed XML:\(broken.error.dropFirst(place.count))"
        #expect(try xmlReading(broken.text).lines == [expected])
    }

    @Test("An instruction without content, which ends Foundation's parser, is passed over like any other")
    func instruction() throws {
        #expect(try xmlReading("<?a?>" + XMLTexts.root("<?b?><title>x<?c d?>y</title>")).lines == [])
    }

    @Test(
        "A document type declaration is refused before anything is read: no entity is expanded, no file is opened",
        arguments: [
            "<!DOCTYPE root SYSTEM \"file:///etc/hostname\">",
            "<!DOCTYPE root [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>",
            "<!DOCTYPE root [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;&a;&a;\"><!ENTITY c \"&b;&b;&b;&b;\">]>",
            "<!-- x --><?y z?><!DOCTYPE root [<!ENTITY % p SYSTEM \"http://example.com\"> %p;]>",
        ])
    func documentType(declaration: String) throws {
        let reading = try xmlReading("<?xml version=\"1.0\"?>\n" + declaration + XMLTexts.root("<title>&x;&c;</title>"))
        #expect(reading.errors.map(\.summary) == ["a document type declaration is not allowed"])
        #expect(reading.errors.first?.place?.line == 2)
        #expect(reading.fragment == nil)
    }

    @Test("Words of a declaration within comments and text are not one")
    func harmless() throws {
        let reading = try xmlReading(XMLTexts.root("<!-- <!DOCTYPE x> --><title><![CDATA[<!DOCTYPE x>]]></title>"))
        #expect(reading.lines == [])
    }

    @Test("A file in UTF-16 is refused in words, with or without a byte order mark")
    func utf16() throws {
        let reader = XMLModelReader(registry: try SiteTypes.registry())
        for encoding in [String.Encoding.utf16BigEndian, .utf16LittleEndian] {
            let bytes = [UInt8](try #require(XMLTexts.everything.data(using: encoding)))
            let mark: [UInt8] = encoding == .utf16BigEndian ? [0xFE, 0xFF] : [0xFF, 0xFE]
            for text in [bytes, mark + bytes] {
                #expect(reader.read(text, name: "a.xml").lines == ["a.xml:1:1 InvalidXMLError: the file is not UTF-8 but UTF-16"])
            }
        }
    }

    @Test("A byte that is not UTF-8 is named with its place, and so is another encoding in the first line")
    func encoding() throws {
        let reader = XMLModelReader(registry: try SiteTypes.registry())
        let bytes = Array("<x>\n  gr".utf8) + [0xF6, 0xDF] + Array("e</x>".utf8)
        #expect(reader.read(bytes, name: "a.xml").lines == ["a.xml:2:5 InvalidXMLError: the file is not UTF-8"])
        let latin = reader.read(Array("<?xml version='1.0' encoding='ISO-8859-1'?><x/>".utf8), name: "a.xml")
        #expect(latin.lines == ["a.xml:1:1 InvalidXMLError: the file says that it is in ISO-8859-1"])
    }

    @Test("Nesting without end is one error at the limit", arguments: [200, 1000, 200_000])
    func deepNesting(levels: Int) throws {
        let open = String(repeating: "<a>", count: levels)
        let reading = try xmlReading(XMLTexts.root(open + String(repeating: "</a>", count: levels)))
        #expect(
            reading.lines == [
                "a.xml:2:1 PropertyNotAllowedError: a root has no property 'a'",
                "a.xml:2:382 InvalidXMLError: the document is nested too deeply",
            ])
        #expect(try !xmlReading(open).errors.isEmpty)
    }

    @Test("A huge value, name or attribute is one error")
    func huge() throws {
        let huge = String(repeating: "x", count: 1 << 20)
        for text in [
            XMLTexts.root("<title>\(huge)</title>"), XMLTexts.root("<\(huge)/>"), XMLTexts.root("<title \(huge)=\"1\"/>"),
            XMLTexts.root("<title a=\"\(huge)\"/>"), XMLTexts.root("<title>&\(huge);</title>"), XMLTexts.root("<?\(huge)?>"),
        ] {
            let errors = try xmlReading(text, limits: .init(value: 1 << 16)).errors
            #expect(errors.count == 1)
            #expect(errors.first?.place?.line == 2)
            #expect(errors.first.map { $0.summary.count < 200 } == true)
        }
        let reading = try xmlReading(XMLTexts.root("<title>12345</title>"), limits: .init(value: 4))
        #expect(reading.lines == ["a.xml:2:1 InvalidXMLError: the value is too long"])
        let whole = try xmlReading(XMLTexts.root(""), limits: .init(bytes: 10))
        #expect(whole.lines == ["a.xml:1:1 InvalidXMLError: the file is too large"])
    }

    @Test("Too many elements are one error at the first that is too many")
    func manyElements() throws {
        let text = XMLTexts.services("\n" + String(repeating: "<x/>\n", count: 50))
        let reading = try xmlReading(text, limits: .init(elements: 20))
        #expect(reading.errors.filter { $0.summary == "the document has too many elements" }.map { $0.place?.line } == [20])
        #expect(!reading.isComplete)
    }

    @Test("Bytes that are no document never end the reader, and every error has a place", arguments: 0..<20)
    func noise(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        let reader = XMLModelReader(registry: try SiteTypes.registry())
        let base = Array(XMLTexts.everything.utf8)
        let alphabet = Array("<>/&;!-[]'\"= \n\r\u{0}ax?".utf8) + [0xC3, 0xFF, 0xEF]
        for _ in 0..<50 {
            var bytes = base
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let position = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[position] = alphabet.randomElement(using: &random) ?? 0
                case 1: bytes.remove(at: position)
                default: bytes.insert(contentsOf: bytes[position...].prefix(12), at: position)
                }
            }
            let reading = reader.read(bytes, name: "noise.xml")
            #expect(reading.errors.allSatisfy { $0.place != nil }, "seed \(seed)")
            #expect(reading.isComplete || !reading.errors.isEmpty, "seed \(seed)")
        }
    }
}
