/// A rule over a whole item: over several of its properties, or over what is below it. It is asked after each property was found valid, and
/// returns what is wrong, or nothing.
package struct ItemRule: Sendable {
    /// The rule in words, for those who read what a type wants.
    package let summary: String
    package let broken: @Sendable (ResolvedItem, ResolvedTree) -> Breach?

    /// A rule over the properties of an item.
    package init(_ summary: String = "", _ broken: @escaping @Sendable (ResolvedItem) -> Breach?) {
        self.summary = summary
        self.broken = { item, _ in broken(item) }
    }

    /// A rule that sees the items below it too: `tree.children(of: item.path.appending("disks"))`.
    package init(_ summary: String, inTree broken: @escaping @Sendable (ResolvedItem, ResolvedTree) -> Breach?) {
        self.summary = summary
        self.broken = broken
    }

    /// How an item breaks a rule.
    package struct Breach: Sendable {
        package var property: String?
        package var rule: String

        package init(property: String? = nil, rule: String) {
            self.property = property
            self.rule = rule
        }
    }
}

/// Rules that many types need.
extension ItemRule {
    /// A number that is not above another (LITP's `MaxValue`). Holds while one of the two is not set.
    package static func isAtMost(_ property: String, _ limit: String) -> ItemRule {
        let summary = "'\(property)' is at most '\(limit)'"
        return ItemRule(summary) { item in
            guard let value = item.integer(property), let bound = item.integer(limit), value > bound else { return nil }
            return Breach(property: property, rule: "\(summary), which is \(bound)")
        }
    }

    /// Exactly one of the properties is set (LITP's `OneProperty`).
    package static func oneOf(_ properties: [String]) -> ItemRule {
        let summary = "exactly one of \(quoted(properties)) is set"
        return ItemRule(summary) { item in
            let present = properties.filter { item[$0] != nil }
            guard present.count != 1 else { return nil }
            return Breach(
                property: present.dropFirst().first,
                rule: "\(summary); \(present.isEmpty ? "none is" : "\(quoted(present)) are")")
        }
    }

    /// All of the properties are set, or none.
    package static func together(_ properties: [String]) -> ItemRule {
        let summary = "\(quoted(properties)) are set together"
        return ItemRule(summary) { item in
            let missing = properties.filter { item[$0] == nil }
            guard !missing.isEmpty, missing.count < properties.count else { return nil }
            return Breach(
                property: properties.first { item[$0] != nil },
                rule: "\(summary); \(quoted(missing)) \(missing.count == 1 ? "is" : "are") missing")
        }
    }

    /// A property that says nothing without another one.
    package static func needs(_ property: String, _ other: String) -> ItemRule {
        let summary = "'\(property)' needs '\(other)'"
        return ItemRule(summary) { item in
            item[property] != nil && item[other] == nil ? Breach(property: property, rule: "\(summary), which is not set") : nil
        }
    }

    private static func quoted(_ names: [String]) -> String { names.map { "'\($0)'" }.joined(separator: ", ") }
}
