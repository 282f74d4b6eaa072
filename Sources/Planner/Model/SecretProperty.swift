/// Reading the value of a property, with the one rule that stands above its type: a secret property takes a reference and nothing else, and
/// no other property takes one.
extension PropertyDefinition {
    /// What somebody wrote for this property, in the form in which it is kept.
    ///
    /// - Parameter type: the type of the property.
    /// - Throws: ``PropertyType/Violation``; for a secret property one that does not repeat what was written.
    package func value(from written: WrittenValue, of type: PropertyType) throws(PropertyType.Violation) -> PropertyValue {
        guard isSecret else {
            if case .scalar(let text) = written, let reference = SecretReference(text) {
                throw PropertyType.Violation(
                    value: reference.text, rule: "\(type.rule); only a secret property takes a reference")
            }
            return try type.value(from: written)
        }
        guard case .scalar(let text) = written else {
            throw PropertyType.Violation(concealedBy: PropertyDefinition.secretRule)
        }
        do {
            return .secret(try SecretReference(reading: text))
        } catch {
            switch error {
            case .isNone: throw PropertyType.Violation(concealedBy: PropertyDefinition.secretRule)
            case .badTarget(let keyword):
                throw PropertyType.Violation(
                    concealedBy: "what stands behind '\(keyword.rawValue):' is made of \(SecretReference.rule(for: keyword))")
            }
        }
    }

    /// Whether a value that is kept already is one that the property may have.
    func check(_ value: PropertyValue, of type: PropertyType) throws(PropertyType.Violation) {
        if isSecret, value.secret == nil { throw PropertyType.Violation(concealedBy: PropertyDefinition.secretRule) }
        _ = try self.value(from: value.list.map { .sequence($0) } ?? .scalar(value.text), of: type)
    }

    package static let secretRule = "a secret is given by reference: \(SecretReference.rule); 'planner crypt set NAME' stores one"
}

extension PropertyType.Violation {
    /// A violation that tells the rule and never the value, because that may be a secret.
    init(concealedBy rule: String) {
        self.init(value: "", rule: rule)
        isConcealed = true
    }

    /// What is wrong, in one line.
    package func summary(of property: String) -> String {
        isConcealed
            ? "'\(property)' holds no reference to a secret" : "'\(value)' is not a valid '\(property)'"
    }

    /// A text that may be shown with the error: nil where it could hold a secret.
    package func shown(_ text: String) -> String? { isConcealed ? nil : text }
}

extension ResolvedItem {
    /// The reference that a secret property holds; nil when it is not set.
    package func secret(_ property: String) -> SecretReference? { properties[property]?.secret }
}

/// A place in a declared model that refers to a secret.
package struct SecretUse: Hashable, Sendable {
    package let path: ItemPath
    package let property: String
    package let reference: SecretReference
    package let place: SourcePlace?

    package init(path: ItemPath, property: String, reference: SecretReference, place: SourcePlace?) {
        self.path = path
        self.property = property
        self.reference = reference
        self.place = place
    }
}

extension Tree {
    /// Every reference to a secret, where it was written; in tree order, by property. O(items).
    package var secretUses: [SecretUse] {
        let holders = items.values.filter { item in item.properties.values.contains { $0.secret != nil } }
        return holders.sorted { $0.path < $1.path }.flatMap { item in
            item.properties.sorted { $0.key < $1.key }.compactMap { name, value in
                value.secret.map {
                    SecretUse(path: item.path, property: name, reference: $0, place: item.place(of: name))
                }
            }
        }
    }
}
