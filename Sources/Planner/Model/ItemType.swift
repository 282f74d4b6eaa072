/// What an item may hold: its properties and its fields. A type can extend another; everything that handles a type handles its
/// subtypes.
package struct ItemType: Sendable {
    package let name: String
    package let base: String?
    package let summary: String
    package let properties: [PropertyDefinition]
    package let fields: [Field]
    /// An abstract type is only there to be extended: no item is of it.
    package let isAbstract: Bool
    /// Rules that see the whole item, after each of its properties was found valid.
    package let rules: [ItemRule]

    package init(
        _ name: String, extends base: String? = nil, summary: String, isAbstract: Bool = false,
        properties: [PropertyDefinition] = [], fields: [Field] = [], rules: [ItemRule] = []
    ) {
        self.name = name
        self.base = base
        self.summary = summary
        self.isAbstract = isAbstract
        self.properties = properties
        self.fields = fields
        self.rules = rules
    }
}

/// A property that items of a type can have.
package struct PropertyDefinition: Sendable {
    package let name: String
    /// The name of a ``PropertyType``.
    package let type: String
    package let defaultValue: PropertyValue?
    package let isRequired: Bool
    /// Whether the value can be changed once it was applied.
    package let isUpdatable: Bool
    /// What a change costs on the real system.
    package let effect: Effect
    /// Whether it holds a ``SecretReference`` and never a value.
    package let isSecret: Bool
    package let summary: String

    package init(
        _ name: String, _ type: String, default defaultValue: PropertyValue? = nil, required isRequired: Bool = false,
        updatable isUpdatable: Bool = true, effect: Effect = .live, secret isSecret: Bool = false, summary: String
    ) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.isUpdatable = isUpdatable
        self.effect = effect
        self.isSecret = isSecret
        self.summary = summary
    }
}

/// A place for other items below an item of a type.
package struct Field: Sendable {
    package enum Kind: Sendable, Hashable {
        /// One item of the type, at the name of the field.
        case child(type: String, isRequired: Bool)
        /// Any number of items of the type, each under its id.
        case collection(type: String, minimum: Int, maximum: Int)
        /// One inherited item, at the name of the field.
        case reference(type: String, isRequired: Bool)
        /// Any number of inherited items.
        case referenceCollection(type: String, minimum: Int, maximum: Int)
    }

    package let name: String
    package let kind: Kind
    /// Sibling fields whose items must be true before those of this field; the reverse for removals.
    package let requires: [String]
    package let summary: String

    package init(_ name: String, _ kind: Kind, requires: [String] = [], summary: String = "") {
        self.name = name
        self.kind = kind
        self.requires = requires
        self.summary = summary
    }

    package static func child(_ name: String, _ type: String, required: Bool = false, requires: [String] = []) -> Field {
        Field(name, .child(type: type, isRequired: required), requires: requires)
    }

    package static func collection(
        _ name: String, _ type: String, minimum: Int = 0, maximum: Int = Int.max, requires: [String] = []
    ) -> Field {
        Field(name, .collection(type: type, minimum: minimum, maximum: maximum), requires: requires)
    }

    package static func reference(_ name: String, _ type: String, required: Bool = false) -> Field {
        Field(name, .reference(type: type, isRequired: required))
    }

    package static func referenceCollection(
        _ name: String, _ type: String, minimum: Int = 0, maximum: Int = Int.max, requires: [String] = []
    ) -> Field {
        Field(name, .referenceCollection(type: type, minimum: minimum, maximum: maximum), requires: requires)
    }

    /// The type that items of the field have or extend.
    package var itemType: String {
        switch kind {
        case .child(let type, _), .collection(let type, _, _), .reference(let type, _),
            .referenceCollection(let type, _, _):
            type
        }
    }

    /// Whether items of the field stand one level lower, each under its own id.
    package var isCollection: Bool {
        switch kind {
        case .collection, .referenceCollection: true
        case .child, .reference: false
        }
    }

    /// Whether items of the field must inherit.
    package var isReference: Bool {
        switch kind {
        case .reference, .referenceCollection: true
        case .child, .collection: false
        }
    }
}

/// A rule over a whole item. Returns what is wrong, or nothing.
package struct ItemRule: Sendable {
    package let broken: @Sendable (ResolvedItem) -> Breach?

    package init(_ broken: @escaping @Sendable (ResolvedItem) -> Breach?) { self.broken = broken }

    /// How an item breaks a rule.
    package struct Breach: Sendable {
        package var property: String?
        package var rule: String
        /// What kind of mistake it is: a rule may say that one of several properties must be set.
        package var identifier: Diagnostic.Identifier

        package init(
            property: String? = nil, rule: String, identifier: Diagnostic.Identifier = .validation
        ) {
            self.property = property
            self.rule = rule
            self.identifier = identifier
        }
    }
}
