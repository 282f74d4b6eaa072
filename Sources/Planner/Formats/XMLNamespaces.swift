/// An attribute as it was written.
struct XMLAttribute {
    let name: ArraySlice<UInt8>
    let value: String
    let offset: Int

    /// Whether it binds a prefix, or the default, to a namespace.
    var isDeclaration: Bool { name.elementsEqual("xmlns".utf8) || name.starts(with: "xmlns:".utf8) }
}

/// Which namespace a prefix stands for, at one place of a document (Namespaces in XML 1.0).
struct XMLNamespaces {
    private static let xml = "http://www.w3.org/XML/1998/namespace"
    private static let xmlns = "http://www.w3.org/2000/xmlns/"

    /// The bindings of each open element that has any; an element without costs one empty place.
    private var scopes: [[String: String]] = []

    mutating func enter(_ declarations: [XMLAttribute]) {
        var scope: [String: String] = [:]
        for declaration in declarations { scope[XMLNamespaces.prefix(declaredBy: declaration)] = declaration.value }
        scopes.append(scope)
    }

    mutating func leave() { _ = scopes.popLast() }

    /// The namespace of a prefix, or of elements without one; empty for none. Nil when the prefix is not declared.
    func namespace(of prefix: ArraySlice<UInt8>) -> String? {
        let word = String(decoding: prefix, as: UTF8.self)
        if word == "xml" { return XMLNamespaces.xml }
        for scope in scopes.reversed() {
            if let namespace = scope[word] { return namespace }
        }
        return word.isEmpty ? "" : nil
    }

    /// What is before and behind the colon of a name.
    static func parts(of name: ArraySlice<UInt8>) -> (prefix: ArraySlice<UInt8>, local: ArraySlice<UInt8>) {
        guard let colon = name.firstIndex(of: UInt8(ascii: ":")) else { return (name.prefix(0), name) }
        return (name[..<colon], name[(colon + 1)...])
    }

    /// The prefix that a declaration binds; empty for the default.
    private static func prefix(declaredBy attribute: XMLAttribute) -> String {
        let (prefix, local) = parts(of: attribute.name)
        return prefix.isEmpty ? "" : String(decoding: local, as: UTF8.self)
    }

    /// What is wrong with the declaration of a namespace; nil when nothing is.
    static func problem(with attribute: XMLAttribute) -> String? {
        let word = prefix(declaredBy: attribute)
        if word == "xmlns" { return "the prefix 'xmlns' cannot be declared" }
        if (word == "xml") != (attribute.value == xml) { return "the prefix 'xml' and its namespace belong together" }
        if attribute.value == xmlns { return "the namespace \(xmlns) cannot be declared" }
        if !word.isEmpty, attribute.value.isEmpty { return "the prefix '\(word)' is declared as nothing" }
        return nil
    }
}
