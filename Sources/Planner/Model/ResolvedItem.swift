/// An item with its effective values: its own, else its source's, else the defaults of its type.
///
/// A copy costs one reference, as with ``Item``.
package struct ResolvedItem: Sendable {
    private let content: Content

    private final class Content: Sendable {
        let path: ItemPath
        let type: String
        let source: ItemPath?
        let declaration: Item?
        let properties: [String: PropertyValue]

        init(
            path: ItemPath, type: String, source: ItemPath?, declaration: Item?, properties: [String: PropertyValue]
        ) {
            self.path = path
            self.type = type
            self.source = source
            self.declaration = declaration
            self.properties = properties
        }
    }

    package init(
        path: ItemPath, type: String, source: ItemPath?, declaration: Item?, properties: [String: PropertyValue]
    ) {
        content = Content(path: path, type: type, source: source, declaration: declaration, properties: properties)
    }

    package var path: ItemPath { content.path }
    package var type: String { content.type }
    /// The item that it inherits from, directly or through its parent.
    package var source: ItemPath? { content.source }
    /// What was declared here; nil when the item is only seen here because an ancestor inherits.
    package var declaration: Item? { content.declaration }
    package var properties: [String: PropertyValue] { content.properties }

    package subscript(property: String) -> PropertyValue? { properties[property] }

    /// The text of a property; empty when it is not set.
    package func text(_ property: String) -> String { properties[property]?.text ?? "" }
    package func integer(_ property: String) -> Int? { properties[property]?.integer }
    package func list(_ property: String) -> [String] { properties[property]?.list ?? [] }
    package func flag(_ property: String) -> Bool { properties[property]?.boolean ?? false }

    /// Whether both mean the same on the real system: type and effective values, whatever was inherited from where.
    package func isSameEffect(as other: ResolvedItem) -> Bool {
        content === other.content || type == other.type && properties == other.properties
    }
}

extension ResolvedItem: Hashable {
    package static func == (left: ResolvedItem, right: ResolvedItem) -> Bool {
        left.content === right.content
            || left.path == right.path && left.type == right.type && left.source == right.source
                && left.declaration == right.declaration && left.properties == right.properties
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(properties)
    }
}
