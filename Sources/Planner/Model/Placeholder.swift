/// `%%token%%`: stands in a model file for a value that each site has its own of. Files with placeholders load; a plan cannot be made while
/// one is left.
package enum Placeholder {
    /// The name between the signs when all of `text` is a placeholder.
    package static func token(of text: some StringProtocol) -> String? {
        guard text.utf8.count > 4, text.hasPrefix("%%"), text.hasSuffix("%%") else { return nil }
        let token = text.dropFirst(2).dropLast(2)
        let isName = token.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "."):
                true
            default: false
            }
        }
        return isName ? String(token) : nil
    }

    /// The names of all placeholders in a value.
    package static func tokens(in value: PropertyValue) -> [String] {
        switch value {
        case .string(let text): token(of: text).map { [$0] } ?? []
        case .list(let elements): elements.compactMap { token(of: $0) }
        case .integer, .boolean: []
        }
    }

    /// An error for each placeholder that is left in `tree`, where it was written.
    package static func errors(in tree: ResolvedTree) -> [Diagnostic] {
        tree.ordered.flatMap { item -> [Diagnostic] in
            guard let own = item.declaration?.properties, own.values.contains(where: { !tokens(in: $0).isEmpty }) else {
                return []
            }
            return own.sorted { $0.key < $1.key }.flatMap { name, value -> [Diagnostic] in
                // Any text may hold such signs; only where the type says so do they stand for something.
                guard tree.registry.structure(of: item.type)?.property(name)?.isSiteSpecific == true else { return [] }
                return tokens(in: value).map { token in
                    Diagnostic(
                        .validation, "placeholder '%%\(token)%%' has no value", path: item.path, property: name,
                        value: value.text, rule: "no plan is made while a placeholder is left",
                        place: item.declaration?.place(of: name),
                        nextStep: "put the value of this site in its place: planner update -p \(item.path) -o \(name)=...")
                }
            }
        }
    }
}
