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
            return try Yams.serialize(node: node, width: -1, allowUnicode: true)
        } catch {
            // The emitter fails only for lack of memory: every node made below can be written.
            return ""
        }
    }

    private var node: Node {
        switch self {
        case .text(let text): YAMLValue.scalar(text)
        case .integer(let number): Node(String(number))
        case .boolean(let flag): Node(flag ? "true" : "false")
        case .sequence(let values): .sequence(Node.Sequence(values.map(\.node), .implicit, .block))
        case .mapping(let pairs):
            .mapping(Node.Mapping(pairs.map { (YAMLValue.scalar($0.0), $0.1.node) }, .implicit, .block))
        }
    }

    /// A text stays a text: what would read as a number, a date or a boolean is quoted.
    private static func scalar(_ text: String) -> Node {
        let style: Node.Scalar.Style
        if text.contains("\n") {
            style = .literal
        } else {
            let plain = Node(text)
            style = plain.tag == .implicit || Resolver.default.resolveTag(of: plain) == .str ? .any : .singleQuoted
        }
        return .scalar(Node.Scalar(text, Tag(.str), style))
    }
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
