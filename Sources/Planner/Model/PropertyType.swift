/// What a property may hold: the form of its value and the rule that the value must keep.
///
/// Rules are anchored by construction: they see the whole value, never a part of it (`reference/engine.md` 1.1 shows what
/// searching does).
package struct PropertyType: Sendable {
    /// The form of a value.
    package enum Kind: String, Sendable {
        case string, integer, boolean
        /// An ordered list of strings; the rule holds for each element.
        case list
    }

    package let name: String
    package let kind: Kind
    /// The rule for people: `an IPv4 address such as 192.168.0.42`.
    package let rule: String
    /// For lists: whether an empty list is allowed.
    package let allowsEmptyList: Bool
    /// The words that are allowed, when the rule is a choice: shown, and used for "did you mean".
    package let choices: [String]
    private let isValid: @Sendable (String) -> Bool

    /// - Parameter isValid: whether one value, or one element of a list, keeps the rule; sees it whole, as text.
    package init(
        _ name: String, _ kind: Kind = .string, rule: String, allowsEmptyList: Bool = true, choices: [String] = [],
        isValid: @escaping @Sendable (String) -> Bool
    ) {
        self.name = name
        self.kind = kind
        self.rule = rule
        self.allowsEmptyList = allowsEmptyList
        self.choices = choices
        self.isValid = isValid
    }

    /// A type whose value is one of `choices`.
    package static func choice(_ name: String, _ choices: [String]) -> PropertyType {
        PropertyType(name, rule: "one of " + choices.joined(separator: ", "), choices: choices) { choices.contains($0) }
    }

    /// What somebody wrote, in the form in which it is kept.
    ///
    /// - Throws: ``Violation`` with the rule and the part of the value that breaks it.
    package func value(from written: WrittenValue) throws(Violation) -> PropertyValue {
        switch kind {
        case .string:
            guard case .scalar(let text) = written else { throw violation(written.text) }
            return .string(try checked(text))
        case .integer:
            guard case .scalar(let text) = written, let number = Int(text) else {
                throw violation(written.text)
            }
            _ = try checked(text)
            return .integer(number)
        case .boolean:
            guard case .scalar(let text) = written, text == "true" || text == "false" else {
                throw violation(written.text)
            }
            return .boolean(text == "true")
        case .list:
            let elements: [String]
            switch written {
            case .sequence(let texts): elements = texts
            case .scalar(""): elements = []
            case .scalar(let text):
                elements = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            }
            if elements.isEmpty, !allowsEmptyList { throw Violation(value: "", rule: "at least one entry: " + rule) }
            for element in elements { _ = try checked(element) }
            return .list(elements)
        }
    }

    private func checked(_ text: String) throws(Violation) -> String {
        guard isValid(text) else { throw violation(text) }
        return text
    }

    private func violation(_ value: String) -> Violation {
        Violation(value: value, rule: rule, suggestion: NearestWord.to(value, among: choices))
    }

    /// A value that does not keep the rule of its type.
    package struct Violation: Error, Hashable, Sendable {
        package var value: String
        package var rule: String
        package var suggestion: String?
        /// Whether ``value`` was left out because it could be a secret.
        package var isConcealed = false

        package init(value: String, rule: String, suggestion: String? = nil) {
            self.value = value
            self.rule = rule
            self.suggestion = suggestion
        }
    }
}

/// A value as a file or a command line has it, before its type is known.
package enum WrittenValue: Hashable, Sendable {
    case scalar(String)
    case sequence([String])

    package var text: String {
        switch self {
        case .scalar(let text): text
        case .sequence(let texts): "[" + texts.joined(separator: ", ") + "]"
        }
    }
}
