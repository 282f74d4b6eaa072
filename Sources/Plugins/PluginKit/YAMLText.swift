import Yams

/// A value that becomes YAML: for cloud-init, inventories and variables. Written by an encoder, never pasted together (R40).
package indirect enum YAMLValue: Sendable {
    case text(String)
    case integer(Int)
    case boolean(Bool)
    case sequence([YAMLValue])
    /// In the order given.
    case mapping([(String, YAMLValue)])

    /// The value as a YAML document in block style, with a newline at its end. The same value gives the same bytes.
    package var document: String {
        do {
            return try Yams.serialize(node: node(YAMLTags()), width: -1, allowUnicode: true)
        } catch {
            // The emitter fails only for lack of memory: every node made below can be written.
            return ""
        }
    }

    private func node(_ tags: YAMLTags) -> Node {
        switch self {
        case .text(let text): tags.scalar(text)
        case .integer(let number): Node(String(number))
        case .boolean(let flag): Node(flag ? "true" : "false")
        case .sequence(let values): .sequence(Node.Sequence(values.map { $0.node(tags) }, tags.sequence, .block))
        case .mapping(let pairs):
            .mapping(Node.Mapping(pairs.map { (tags.scalar($0.0), $0.1.node(tags)) }, tags.mapping, .block))
        }
    }
}

/// The tags of one document: each costs more than all else that is to be done for a value.
private struct YAMLTags {
    let mapping = Tag(.map)
    let sequence = Tag(.seq)
    private let text = Tag(.str)
    private let unresolved = Tag(.implicit)

    /// A text stays a text: what would read as a number, a date or a boolean is quoted.
    func scalar(_ text: String) -> Node {
        let style: Node.Scalar.Style = text.contains("\n") ? .literal : isPlain(text) ? .any : .singleQuoted
        return .scalar(Node.Scalar(text, self.text, style))
    }

    private func isPlain(_ text: String) -> Bool {
        // What begins with a letter and is longer than `false` is no word of YAML; the rules themselves are regular expressions.
        if text.utf8.count > 5, let first = text.utf8.first, YAMLTags.letters.contains(first | 0x20) { return true }
        return Resolver.default.resolveTag(of: .scalar(Node.Scalar(text, unresolved))) == .str
    }

    private static let letters = UInt8(ascii: "a")...UInt8(ascii: "z")
}

/// What people write into a model as YAML.
package enum YAMLText {
    /// What is wrong with a text that should be a mapping, or empty; nil when nothing is.
    package static func mappingFault(in text: String) -> String? {
        do {
            guard let node = try Yams.compose(yaml: text) else { return nil }
            return node.mapping == nil ? "keys with values, such as replicaCount: 3" : nil
        } catch {
            return String("\(error)".split(separator: "\n").first ?? "well-formed YAML")
        }
    }
}
