/// An item as somebody declared it: only what was written, no defaults and nothing inherited.
package struct Item: Hashable, Sendable, Codable {
    package var path: ItemPath
    package var type: String
    /// The item whose values and children this one inherits.
    package var source: ItemPath?
    package var properties: [String: PropertyValue]
    /// Where it was written, and where each of its properties was; not part of what the item is.
    package var places: Places?

    package init(
        path: ItemPath, type: String, source: ItemPath? = nil, properties: [String: PropertyValue] = [:],
        places: Places? = nil
    ) {
        self.path = path
        self.type = type
        self.source = source
        self.properties = properties
        self.places = places
    }

    /// Positions in the file that an item came from.
    package struct Places: Hashable, Sendable, Codable {
        package var item: SourcePlace
        package var properties: [String: SourcePlace]

        package init(item: SourcePlace, properties: [String: SourcePlace] = [:]) {
            self.item = item
            self.properties = properties
        }
    }

    /// The nearest place to show for a property.
    package func place(of property: String? = nil) -> SourcePlace? {
        property.flatMap { places?.properties[$0] } ?? places?.item
    }

    /// Whether both declare the same, wherever they were written.
    package func isSameDeclaration(as other: Item) -> Bool {
        path == other.path && type == other.type && source == other.source && properties == other.properties
    }
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
