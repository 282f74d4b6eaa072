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
    /// For lists: how many entries there may be.
    package let entryCount: ClosedRange<Int>
    /// The words that are allowed, when the rule is a choice: shown, and used for "did you mean".
    package let choices: [String]
    /// The numbers that are allowed, when the rule is a range.
    package let range: ClosedRange<Int>?
    /// The regular expression of whole values, when the rule is one: for schemas.
    package let pattern: String?
    /// What is wrong with the declaration itself; registration reports it.
    package let faults: [String]
    private let isValid: @Sendable (String) -> Bool
    private let advice: @Sendable (String) -> String?

    /// For lists: whether an empty list is allowed.
    package var allowsEmptyList: Bool { entryCount.lowerBound == 0 }

    /// - Parameters:
    ///   - count: for lists, how many entries there may be.
    ///   - advice: what to do about a value that breaks the rule in a way that people often do; nil when there is nothing special to say.
    ///   - isValid: whether one value, or one element of a list, keeps the rule; sees it whole, as text.
    package init(
        _ name: String, _ kind: Kind = .string, rule: String, allowsEmptyList: Bool = true,
        count: ClosedRange<Int>? = nil, choices: [String] = [], advice: @escaping @Sendable (String) -> String? = { _ in nil },
        isValid: @escaping @Sendable (String) -> Bool
    ) {
        self.init(
            name, kind, rule: rule, count: count ?? (allowsEmptyList ? 0 : 1)...Int.max, choices: choices, range: nil,
            pattern: nil, faults: [], advice: advice, isValid: isValid)
    }

    private init(
        _ name: String, _ kind: Kind, rule: String, count: ClosedRange<Int>, choices: [String], range: ClosedRange<Int>?,
        pattern: String?, faults: [String], advice: @escaping @Sendable (String) -> String?,
        isValid: @escaping @Sendable (String) -> Bool
    ) {
        self.name = name
        self.kind = kind
        self.rule = rule
        entryCount = count
        self.choices = choices
        self.range = range
        self.pattern = pattern
        self.faults = faults
        self.advice = advice
        self.isValid = isValid
    }

    /// A type whose values are what a regular expression describes, from their beginning to their end (``ValuePattern``).
    ///
    /// A pattern that cannot be used makes a type that takes nothing, and is reported when the type is registered.
    package init(
        _ name: String, _ kind: Kind = .string, rule: String, pattern: String, count: ClosedRange<Int>? = nil,
        advice: @escaping @Sendable (String) -> String? = { _ in nil }
    ) {
        var faults: [String] = []
        var compiled: ValuePattern?
        do {
            compiled = try ValuePattern(pattern)
        } catch {
            faults = ["the pattern '\(pattern)' cannot be used: \(error.reason)"]
        }
        self.init(
            name, kind, rule: rule, count: count ?? 0...Int.max, choices: [], range: nil, pattern: pattern, faults: faults,
            advice: advice
        ) { [compiled] in compiled?.matches($0) ?? false }
    }

    /// A type whose value is one of `choices`.
    package static func choice(_ name: String, _ choices: [String]) -> PropertyType {
        PropertyType(name, rule: "one of " + choices.joined(separator: ", "), choices: choices) { choices.contains($0) }
    }

    /// A type whose value is a number within `range`.
    ///
    /// - Parameter rule: in words; what the number is, if that is not plain.
    package static func range(_ name: String, _ range: ClosedRange<Int>, rule: String? = nil) -> PropertyType {
        let words =
            range.upperBound == Int.max
            ? "a whole number of \(range.lowerBound) or more" : "a whole number from \(range.lowerBound) to \(range.upperBound)"
        return PropertyType(
            name, .integer, rule: rule ?? words, count: 0...Int.max, choices: [], range: range, pattern: nil, faults: [],
            advice: { _ in nil }
        ) { text in Int(text).map { range.contains($0) } ?? false }
    }

    // MARK: Reading

    /// What somebody wrote, in the form in which it is kept.
    ///
    /// - Parameter acceptsPlaceholders: whether `%%token%%` is taken too, as text, also in the place of a number (``Placeholder``).
    /// - Throws: ``Violation`` with the rule and the part of the value that breaks it.
    package func value(
        from written: WrittenValue, acceptsPlaceholders: Bool = false
    ) throws(Violation) -> PropertyValue {
        if acceptsPlaceholders, case .scalar(let text) = written, Placeholder.token(of: text) != nil {
            return kind == .list ? .list([text]) : .string(text)
        }
        switch kind {
        case .string:
            guard case .scalar(let text) = written else { throw violation(written.text) }
            return .string(try checked(text))
        case .integer:
            // `Int` would take a sign that no rule knows of.
            guard case .scalar(let text) = written, text.utf8.first != UInt8(ascii: "+"), let number = Int(text) else {
                throw violation(written.text)
            }
            _ = try checked(text)
            return .integer(number)
        case .boolean:
            guard case .scalar(let text) = written, text == "true" || text == "false" else {
                throw violation(written.text)
            }
            return .boolean(text == "true")
        case .list: return .list(try entries(of: written, acceptsPlaceholders: acceptsPlaceholders))
        }
    }

    private func entries(of written: WrittenValue, acceptsPlaceholders: Bool) throws(Violation) -> [String] {
        let entries: [String]
        switch written {
        case .sequence(let texts): entries = texts
        case .scalar(""): entries = []
        case .scalar(let text):
            entries = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        }
        guard entryCount.contains(entries.count) else {
            let number = entries.count < entryCount.lowerBound ? entryCount.lowerBound : entryCount.upperBound
            let bound = entries.count < entryCount.lowerBound ? "at least" : "at most"
            throw Violation(
                value: entries.isEmpty ? "" : "\(entries.count) entries",
                rule: "\(bound) \(number == 1 ? "one entry" : "\(number) entries"): \(rule)")
        }
        for entry in entries where !(acceptsPlaceholders && Placeholder.token(of: entry) != nil) { _ = try checked(entry) }
        return entries
    }

    private func checked(_ text: String) throws(Violation) -> String {
        guard isValid(text) else { throw violation(text) }
        return text
    }

    private func violation(_ value: String) -> Violation {
        Violation(
            value: Violation.shown(value), rule: rule, suggestion: NearestWord.to(value, among: choices),
            advice: advice(value) ?? Violation.advice(for: value))
    }

    /// A value that does not keep the rule of its type.
    package struct Violation: Error, Hashable, Sendable {
        package var value: String
        package var rule: String
        /// The word that was probably meant.
        package var suggestion: String?
        /// What to do about it, when the mistake is a known one.
        package var advice: String?

        package init(value: String, rule: String, suggestion: String? = nil, advice: String? = nil) {
            self.value = value
            self.rule = rule
            self.suggestion = suggestion
            self.advice = advice
        }

        package var nextStep: String? { advice ?? suggestion.map { "did you mean '\($0)'?" } }

        /// A value as it may be shown: a private key that was pasted by mistake stays unseen.
        package static func shown(_ value: String) -> String {
            value.contains("PRIVATE KEY") ? "(a private key)" : value
        }

        /// What is known of mistakes that are made with values of any type.
        static func advice(for value: String) -> String? {
            if value.contains("PRIVATE KEY") {
                return "this is a private key: give the public one (.pub), and replace the pair, it was exposed"
            }
            if let start = value.firstRange(of: "${") {
                let name = value[start.upperBound...].prefix { $0 != "}" }
                return "nothing fills in '${\(name)}' here: write the value itself"
            }
            if value.contains("$(") || value.contains("`") || value.contains(/\$[A-Za-z_]/) {
                return "no shell reads this: write the value itself"
            }
            if value.hasPrefix("%%"), Placeholder.token(of: value) != nil {
                return "placeholders are taken by site-specific properties only: write the value itself"
            }
            return nil
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
