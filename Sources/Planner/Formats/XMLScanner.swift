internal import Model

/// Reads a document as a sequence of tags and texts, and finds the first place where it is not well-formed (Extensible Markup Language 1.0,
/// fifth edition, and Namespaces in XML 1.0; without document types, so there are no entities but the five of XML itself).
///
/// An own scanner because Foundation's parser ends the process at `<?a?>`, says neither where a tag begins nor what is wrong with a text, and
/// brings libxml2 into the program. The tests compare it with libxml2. It keeps nothing but the open elements.
///
/// - Complexity: O(size of the text) for the whole document.
struct XMLScanner {
    enum Event {
        case start(XMLItems.Tag)
        case end
        /// Text between two tags, with what stands for other text replaced; perhaps in parts.
        case text(String, offset: Int)
    }

    /// The first mistake: nothing is read behind it.
    struct Fault: Error {
        let diagnostic: Diagnostic
    }

    private struct OpenElement {
        let name: ArraySlice<UInt8>
        let offset: Int
    }

    let bytes: [UInt8]
    var offset = 0
    private let name: String
    private var open: [OpenElement] = []
    private var namespaces = XMLNamespaces()
    private var hasElement = false
    /// `<a/>` is a start and an end.
    private var endsNext = false
    private var line = 1
    private var column = 1
    private var countedOffset = 0

    /// - Parameter bytes: well-formed UTF-8.
    init(name: String, bytes: [UInt8]) {
        self.name = name
        self.bytes = bytes
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            offset = 3
            countedOffset = 3
        }
    }

    /// Line and column, from 1, of the character at `target`. Cheap when it is asked in the order of the text.
    mutating func place(of target: Int) -> SourcePlace {
        if target < countedOffset {
            (line, column) = (1, 1)
            countedOffset = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        }
        while countedOffset < target {
            let byte = bytes[countedOffset]
            countedOffset += 1
            if byte == 0x0A || (byte == 0x0D && !(countedOffset < bytes.count && bytes[countedOffset] == 0x0A)) {
                line += 1
                column = 1
            } else if byte & 0xC0 != 0x80, byte != 0x0D {
                column += 1
            }
        }
        return SourcePlace(file: name, line: line, column: column)
    }

    /// The next tag or text; nil at the end of the document.
    mutating func next() throws(Fault) -> Event? {
        if endsNext {
            endsNext = false
            namespaces.leave()
            open.removeLast()
            return .end
        }
        while offset < bytes.count {
            if open.isEmpty, bytes[offset] != Byte.less {
                try passOutside()
            } else if bytes[offset] != Byte.less {
                return try text()
            } else if starts(with: "<!--") {
                try passComment()
            } else if starts(with: "<?") {
                try passInstruction()
            } else if !open.isEmpty, starts(with: "<![CDATA[") {
                return try characterData()
            } else if starts(with: "<!") {
                throw markupFault()
            } else if starts(with: "</") {
                try endTag()
                return .end
            } else {
                return .start(try startTag())
            }
        }
        try checkEnd()
        return nil
    }

    // MARK: Outside of elements

    private mutating func passOutside() throws(Fault) {
        guard isBlank(bytes[offset]) else {
            guard hasElement else { throw fault("text stands before the top element", at: offset) }
            throw fault(
                "something stands behind the top element", rule: "a document has one element that holds everything", at: offset)
        }
        offset += 1
    }

    private mutating func checkEnd() throws(Fault) {
        if let last = open.last {
            let element = String(decoding: last.name, as: UTF8.self)
            let begin = place(of: last.offset)
            throw fault("the text ends within the element <\(element)>", rule: "it begins at \(begin)", at: bytes.count)
        }
        if !hasElement { throw fault("there is no element in the file", at: bytes.count) }
    }

    private mutating func markupFault() -> Fault {
        guard open.isEmpty, starts(with: "<!DOCTYPE") else {
            return fault("'<!' begins neither a comment nor a CDATA section", at: offset)
        }
        return Fault(
            diagnostic: Diagnostic(
                .invalidXML, "a document type declaration is not allowed",
                rule: "a model has no entities of its own and takes nothing from other files", place: place(of: offset),
                nextStep: "leave the declaration out"))
    }

    // MARK: Tags

    private mutating func startTag() throws(Fault) -> XMLItems.Tag {
        let begin = offset
        guard !hasElement || !open.isEmpty else {
            throw fault(
                "something stands behind the top element", rule: "a document has one element that holds everything", at: begin)
        }
        offset += 1
        let element = try name("'<' begins no tag (in text it is written &lt;)", at: begin)
        let attributes = try self.attributes(of: element, from: begin)
        hasElement = true
        open.append(OpenElement(name: element, offset: begin))
        namespaces.enter(attributes.filter { $0.isDeclaration })
        let (prefix, local) = XMLNamespaces.parts(of: element)
        guard let namespace = namespaces.namespace(of: prefix) else { throw undeclaredPrefix(element, at: begin) }
        return XMLItems.Tag(
            namespace: namespace.isEmpty ? nil : namespace, name: String(decoding: local, as: UTF8.self),
            qualifiedName: String(decoding: element, as: UTF8.self), attributes: try values(of: attributes),
            place: place(of: begin))
    }

    private mutating func endTag() throws(Fault) {
        let begin = offset
        offset += 2
        let element = try name("'</' is followed by no name", at: begin)
        passBlanks()
        guard offset < bytes.count, bytes[offset] == Byte.greater else {
            throw fault("an end tag is not closed with '>'", at: offset)
        }
        guard let last = open.last else { throw fault("an end tag without a start", at: begin) }
        guard last.name == element else {
            let expected = String(decoding: last.name, as: UTF8.self)
            let place = place(of: last.offset)
            throw fault(
                "the end tag </\(String(decoding: element, as: UTF8.self))> does not match the element <\(expected)>",
                rule: "it begins at \(place)", at: begin, nextStep: "close it first: </\(expected)>")
        }
        offset += 1
        namespaces.leave()
        open.removeLast()
    }

    /// The attributes up to and with the end of the tag.
    private mutating func attributes(of element: ArraySlice<UInt8>, from begin: Int) throws(Fault) -> [XMLAttribute] {
        var attributes: [XMLAttribute] = []
        while true {
            let hadBlank = passBlanks()
            guard offset < bytes.count else {
                throw fault("the tag <\(String(decoding: element, as: UTF8.self))> is not closed with '>'", at: begin)
            }
            if bytes[offset] == Byte.greater {
                offset += 1
                return attributes
            }
            if starts(with: "/>") {
                offset += 2
                endsNext = true
                return attributes
            }
            guard hadBlank else { throw fault("a blank is missing before an attribute", at: offset) }
            let place = offset
            let name = try name("this is no attribute, and the tag is not closed with '>'", at: place)
            attributes.append(XMLAttribute(name: name, value: try attributeValue(of: name), offset: place))
        }
    }

    private mutating func attributeValue(of name: ArraySlice<UInt8>) throws(Fault) -> String {
        let word = String(decoding: name, as: UTF8.self)
        passBlanks()
        guard offset < bytes.count, bytes[offset] == Byte.equals else {
            throw fault("the attribute '\(word)' has no value", at: offset)
        }
        offset += 1
        passBlanks()
        guard offset < bytes.count, bytes[offset] == Byte.quote || bytes[offset] == Byte.apostrophe else {
            throw fault("the value of the attribute '\(word)' has no quotes", at: offset)
        }
        return try quotedValue()
    }

    /// The attributes that are not declarations of namespaces, by qualified name.
    private mutating func values(of attributes: [XMLAttribute]) throws(Fault) -> [String: String] {
        var values: [String: String] = [:]
        var known: Set<[String]> = []
        for attribute in attributes {
            let qualified = String(decoding: attribute.name, as: UTF8.self)
            let (prefix, local) = XMLNamespaces.parts(of: attribute.name)
            if attribute.isDeclaration {
                if let problem = XMLNamespaces.problem(with: attribute) { throw fault(problem, at: attribute.offset) }
            } else if !prefix.isEmpty, namespaces.namespace(of: prefix) == nil {
                throw undeclaredPrefix(attribute.name, at: attribute.offset)
            }
            let namespace = attribute.isDeclaration ? "xmlns" : prefix.isEmpty ? "" : namespaces.namespace(of: prefix) ?? ""
            guard
                known.insert([namespace, String(decoding: local, as: UTF8.self), attribute.isDeclaration ? qualified : ""])
                    .inserted
            else { throw fault("the attribute '\(qualified)' stands twice", at: attribute.offset) }
            if !attribute.isDeclaration { values[qualified] = attribute.value }
        }
        return values
    }

    private mutating func undeclaredPrefix(_ name: ArraySlice<UInt8>, at offset: Int) -> Fault {
        fault(
            "the prefix of '\(String(decoding: name, as: UTF8.self))' is not declared", at: offset,
            nextStep: "declare it on the top element: xmlns:litp=\"\(XMLVocabulary.namespace)\"")
    }

    // MARK: Faults

    mutating func fault(_ summary: String, rule: String? = nil, at target: Int, nextStep: String? = nil) -> Fault {
        Fault(
            diagnostic: Diagnostic(
                .invalidXML, "not well-formed XML: " + summary, rule: rule, place: place(of: min(target, bytes.count)),
                nextStep: nextStep))
    }
}
