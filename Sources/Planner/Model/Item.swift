/// An item as somebody declared it: only what was written, no defaults and nothing inherited.
///
/// A copy costs one reference, whatever the item holds: trees of 100,000 items are copied, sorted and compared all the time.
package struct Item: Sendable {
    private var content: Content

    /// What an item holds, in one allocation; a change makes a new one.
    private final class Content: Sendable {
        let path: ItemPath
        let type: String
        let source: ItemPath?
        let properties: [String: PropertyValue]
        let places: Places?

        init(path: ItemPath, type: String, source: ItemPath?, properties: [String: PropertyValue], places: Places?) {
            self.path = path
            self.type = type
            self.source = source
            self.properties = properties
            self.places = places
        }
    }

    package init(
        path: ItemPath, type: String, source: ItemPath? = nil, properties: [String: PropertyValue] = [:],
        places: Places? = nil
    ) {
        content = Content(path: path, type: type, source: source, properties: properties, places: places)
    }

    package var path: ItemPath {
        get { content.path }
        set { self = Item(path: newValue, type: type, source: source, properties: properties, places: places) }
    }

    package var type: String {
        get { content.type }
        set { self = Item(path: path, type: newValue, source: source, properties: properties, places: places) }
    }

    /// The item whose values and children this one inherits.
    package var source: ItemPath? {
        get { content.source }
        set { self = Item(path: path, type: type, source: newValue, properties: properties, places: places) }
    }

    package var properties: [String: PropertyValue] {
        get { content.properties }
        set { self = Item(path: path, type: type, source: source, properties: newValue, places: places) }
    }

    /// Where it was written, and where each of its properties was; not part of what the item is.
    package var places: Places? {
        get { content.places }
        set { self = Item(path: path, type: type, source: source, properties: properties, places: newValue) }
    }

    /// The nearest place to show for a property.
    package func place(of property: String? = nil) -> SourcePlace? {
        places?.place(of: property)
    }

    /// Whether both declare the same, wherever they were written.
    package func isSameDeclaration(as other: Item) -> Bool {
        content === other.content
            || path == other.path && type == other.type && source == other.source && properties == other.properties
    }
}

extension Item: Hashable {
    package static func == (left: Item, right: Item) -> Bool {
        left.content === right.content || left.isSameDeclaration(as: right) && left.places == right.places
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(path)
        hasher.combine(properties)
    }
}

extension Item: CustomStringConvertible {
    package var description: String { "\(path) (\(type))" }
}

/// What an item is relative to what was applied: derived, never stored (DESIGN section 1).
package enum ItemState: String, Sendable, Codable, CaseIterable {
    /// Declared only.
    case initial = "Initial"
    /// Declared and applied, equal.
    case applied = "Applied"
    /// Declared and applied, different.
    case updated = "Updated"
    /// Applied only.
    case forRemoval = "ForRemoval"
}
