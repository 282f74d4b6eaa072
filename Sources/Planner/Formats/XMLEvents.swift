internal import Foundation
internal import Model

#if canImport(FoundationXML)
    internal import FoundationXML
#endif

/// Turns the callbacks of Foundation's XML parser into items, with places that point at the beginning of what they are about.
///
/// A class because the parser wants a delegate. `parse()` of the parser may return true for text that is not well-formed, says nothing about
/// very short text, and goes on after errors; so only the delegate's own record counts here, and the first error ends it.
final class XMLEvents: NSObject, XMLParserDelegate {
    private(set) var items: XMLItems
    private let name: String
    private let bytes: [UInt8]
    private var cursor: XMLCursor
    private var isBroken = false

    init(name: String, bytes: [UInt8], items: XMLItems) {
        self.name = name
        self.bytes = bytes
        self.items = items
        cursor = XMLCursor(name: name, bytes: bytes)
    }

    /// Whether the text was read to its end.
    var isComplete: Bool { !isBroken && !items.isOverflowing }

    func parse() {
        let parser = XMLParser(data: Data(bytes))
        parser.delegate = self
        parser.shouldProcessNamespaces = true
        parser.shouldResolveExternalEntities = false
        _ = parser.parse()
        guard !isBroken, !items.isOverflowing else { return }
        if let open = items.openElement {
            fail("the text ends within the element <\(open.name)>", rule: "it begins at \(open.place)", at: cursor.text)
        } else if !items.hasTop {
            fail("there is no element in the file", at: cursor.text)
        }
    }

    // MARK: Callbacks

    func parser(
        _ parser: XMLParser, didStartElement name: String, namespaceURI: String?, qualifiedName: String?,
        attributes: [String: String]
    ) {
        guard !isBroken else { return }
        let place = cursor.passStartTag()
        // The parser gives the empty text for "no namespace".
        items.open(
            XMLItems.Tag(
                namespace: namespaceURI.flatMap { $0.isEmpty ? nil : $0 }, name: name,
                qualifiedName: qualifiedName ?? name,
                attributes: attributes, place: place))
        if items.isOverflowing { parser.abortParsing() }
    }

    func parser(_ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?) {
        guard !isBroken, !items.isOverflowing else { return }
        cursor.passEndTag()
        items.close()
    }

    func parser(_ parser: XMLParser, foundCharacters text: String) {
        guard !isBroken, !items.isOverflowing else { return }
        items.add(text, at: cursor)
    }

    func parser(_ parser: XMLParser, foundCDATA block: Data) {
        guard !isBroken, !items.isOverflowing else { return }
        items.add(String(decoding: block, as: UTF8.self), at: cursor)
    }

    func parser(_ parser: XMLParser, parseErrorOccurred error: any Error) {
        guard !isBroken, !items.isOverflowing else { return }
        let code = (error as NSError).code
        let place = SourcePlace(file: name, line: max(1, parser.lineNumber), column: max(1, parser.columnNumber))
        switch code {
        case XMLFault.undeclaredPrefix:
            fail(
                "the prefix of the element or of an attribute is not declared", at: cursor.nextTag,
                nextStep: "declare it on the top element: xmlns:litp=\"\(XMLVocabulary.namespace)\"")
        case XMLFault.documentEnd where items.openElement == nil && items.hasTop:
            fail(
                "something stands behind the top element", rule: "a document has one element that holds everything",
                at: cursor.text)
        default:
            let open = items.openElement.map { "the innermost open element is <\($0.name)>, which begins at \($0.place)" }
            fail("not well-formed XML: " + XMLFault.words(for: code), rule: open, at: place)
        }
        parser.abortParsing()
    }

    private func fail(_ summary: String, rule: String? = nil, at place: SourcePlace, nextStep: String? = nil) {
        isBroken = true
        items.report(Diagnostic(.invalidXML, summary, rule: rule, place: place, nextStep: nextStep))
    }
}

/// What the error codes of libxml2 mean (its `xmlerror.h`); Foundation passes on the number alone.
enum XMLFault {
    static let documentEnd = 5
    static let undeclaredPrefix = 201

    static func words(for code: Int) -> String {
        words[code] ?? "error \(code) of libxml2"
    }

    private static let words: [Int: String] = [
        1: "a text, a name or the nesting is beyond what the parser bears",
        4: "there is no element",
        5: "the text ends too early",
        6: "a character reference is not closed with ';'",
        8: "a character reference is no number",
        9: "a character that XML cannot hold",
        23: "'&' begins a reference that is not closed with ';' (a plain '&' is written &amp;)",
        26: "an entity that is not declared (only &amp; &lt; &gt; &quot; &apos; are)",
        38: "'<' within the value of an attribute (it is written &lt;)",
        39: "the value of an attribute has no quotes",
        40: "the value of an attribute is not closed",
        41: "an attribute has no value",
        42: "an attribute stands twice in one tag",
        45: "a comment is not closed",
        46: "a processing instruction has no name",
        47: "a processing instruction is not closed",
        56: "the declaration <?xml ...?> is not closed",
        57: "the declaration <?xml ...?> has a mistake",
        62: "']]>' within text (it is written ]]&gt;)",
        63: "a CDATA section is not closed",
        64: "the declaration <?xml ...?> stands elsewhere than at the very beginning",
        65: "a blank is missing between attributes",
        68: "'<' or '&' that begins neither a tag nor a reference (they are written &lt; and &amp;)",
        73: "a tag is not closed with '>'",
        76: "an end tag does not match the element that is open",
        77: "an element is not closed",
        80: "'--' within a comment",
    ]
}
