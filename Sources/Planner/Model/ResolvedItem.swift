/// An item with its effective values: its own, else its source's, else the defaults of its type.
package struct ResolvedItem: Hashable, Sendable {
    package let path: ItemPath
    package let type: String
    /// The item that it inherits from, directly or through its parent.
    package let source: ItemPath?
    /// What was declared here; nil when the item is only seen here because an ancestor inherits.
    package let declaration: Item?
    package let properties: [String: PropertyValue]

    package init(
        path: ItemPath, type: String, source: ItemPath?, declaration: Item?, properties: [String: PropertyValue]
    ) {
        self.path = path
        self.type = type
        self.source = source
        self.declaration = declaration
        self.properties = properties
    }

    package subscript(property: String) -> PropertyValue? { properties[property] }

    /// The text of a property; empty when it is not set.
    package func text(_ property: String) -> String { properties[property]?.text ?? "" }
    package func integer(_ property: String) -> Int? { properties[property]?.integer }
    package func list(_ property: String) -> [String] { properties[property]?.list ?? [] }
    package func flag(_ property: String) -> Bool { properties[property]?.boolean ?? false }

    /// Whether both mean the same on the real system: type and effective values, whatever was inherited from where.
    package func isSameEffect(as other: ResolvedItem) -> Bool { type == other.type && properties == other.properties }
}
