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
    /// Whether an item of the type is true without any task of its own: it only says something to others, or holds them. Of every other type
    /// it is an oddity when no step of a plugin has to do with an item, and `create_plan` says so. Inherited by subtypes.
    package let needsNoTask: Bool
    /// Whether what stands below is only defined there, and made true where others refer to it or inherit from it. Inherited by subtypes.
    package let holdsDefinitions: Bool
    /// Rules that see the whole item, after each of its properties was found valid.
    package let rules: [ItemRule]

    package init(
        _ name: String, extends base: String? = nil, summary: String, isAbstract: Bool = false,
        needsNoTask: Bool = false, holdsDefinitions: Bool = false, properties: [PropertyDefinition] = [], fields: [Field] = [],
        rules: [ItemRule] = []
    ) {
        self.name = name
        self.base = base
        self.summary = summary
        self.isAbstract = isAbstract
        self.needsNoTask = needsNoTask
        self.holdsDefinitions = holdsDefinitions
        self.properties = properties
        self.fields = fields
        self.rules = rules
    }
}

/// A property that items of a type can have. A reference, because it is looked at for every item of every tree.
package final class PropertyDefinition: Sendable {
    package let name: String
    /// The name of a ``PropertyType``.
    package let type: String
    package let defaultValue: PropertyValue?
    package let isRequired: Bool
    /// Whether the operator can change the value once it was applied.
    package let isUpdatable: Bool
    /// Whether plugins may set the value.
    package let isPluginUpdatable: Bool
    /// Whether files may have a placeholder in place of the value (``Placeholder``).
    package let isSiteSpecific: Bool
    /// Whether the value is part of what is made true on hosts. A change of one that is not makes the item neither Updated nor a reason for
    /// any step; it counts as applied at once.
    package let isConfiguration: Bool
    /// What to use in its place, when it should not be set any more; nil when it may be.
    package let deprecation: String?
    /// What a change costs on the real system.
    package let effect: Effect
    /// Whether it holds a ``SecretReference`` and never a value.
    package let isSecret: Bool
    package let summary: String

    /// - Parameter deprecated: what to use in its place.
    package init(
        _ name: String, _ type: String, default defaultValue: PropertyValue? = nil, required isRequired: Bool = false,
        updatable isUpdatable: Bool = true, pluginUpdatable isPluginUpdatable: Bool = false,
        siteSpecific isSiteSpecific: Bool = false, configuration isConfiguration: Bool = true,
        deprecated deprecation: String? = nil, effect: Effect = .live, secret isSecret: Bool = false, summary: String
    ) {
        self.name = name
        self.type = type
        self.defaultValue = defaultValue
        self.isRequired = isRequired
        self.isUpdatable = isUpdatable
        self.isPluginUpdatable = isPluginUpdatable
        self.isSiteSpecific = isSiteSpecific
        self.isConfiguration = isConfiguration
        self.deprecation = deprecation
        self.effect = effect
        self.isSecret = isSecret
        self.summary = summary
    }
}

/// A place for other items below an item of a type. A reference, as ``PropertyDefinition``.
package final class Field: Sendable {
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
    /// Whether what is inherited here, and what is below it, must stay as the source has it.
    package let isReadOnly: Bool
    package let summary: String

    package init(
        _ name: String, _ kind: Kind, requires: [String] = [], readOnly isReadOnly: Bool = false, summary: String = ""
    ) {
        self.name = name
        self.kind = kind
        self.requires = requires
        self.isReadOnly = isReadOnly
        self.summary = summary
    }

    /// - Parameter required: whether the item must be there. It is declared together with its parent when it needs no values.
    package static func child(_ name: String, _ type: String, required: Bool = false, requires: [String] = []) -> Field {
        Field(name, .child(type: type, isRequired: required), requires: requires)
    }

    package static func collection(
        _ name: String, _ type: String, minimum: Int = 0, maximum: Int = Int.max, requires: [String] = []
    ) -> Field {
        Field(name, .collection(type: type, minimum: minimum, maximum: maximum), requires: requires)
    }

    package static func reference(
        _ name: String, _ type: String, required: Bool = false, requires: [String] = [], readOnly: Bool = false
    ) -> Field {
        Field(name, .reference(type: type, isRequired: required), requires: requires, readOnly: readOnly)
    }

    package static func referenceCollection(
        _ name: String, _ type: String, minimum: Int = 0, maximum: Int = Int.max, requires: [String] = [],
        readOnly: Bool = false
    ) -> Field {
        Field(
            name, .referenceCollection(type: type, minimum: minimum, maximum: maximum), requires: requires, readOnly: readOnly)
    }

    /// The type that items of the field have or extend.
    package var itemType: String {
        switch kind {
        case .child(let type, _), .collection(let type, _, _), .reference(let type, _),
            .referenceCollection(let type, _, _):
            type
        }
    }

    /// Whether something must stand in the field, or not more than so many items may.
    var isDemanding: Bool {
        switch kind {
        case .child(_, let isRequired), .reference(_, let isRequired): isRequired
        case .collection(_, let minimum, let maximum), .referenceCollection(_, let minimum, let maximum):
            minimum > 0 || maximum < Int.max
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
