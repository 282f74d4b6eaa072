/// Which items somebody wants to see. All conditions that are given must hold.
package struct ItemFilter: Sendable {
    /// Empty for all states.
    package var states: Set<ItemState>
    /// Items of this type, and of types that extend it.
    package var type: String?
    /// Stands in the path, in the name of a property or in a value; small and capital letters are the same.
    package var text: String?

    package init(states: Set<ItemState> = [], type: String? = nil, text: String? = nil) {
        self.states = states
        self.type = type
        self.text = text?.lowercased()
    }

    package var isEmpty: Bool { states.isEmpty && type == nil && text == nil }

    package func admits(_ item: ResolvedItem, _ state: ItemState, registry: TypeRegistry) -> Bool {
        if !states.isEmpty, !states.contains(state) { return false }
        if let type, !registry.isKind(item.type, of: type) { return false }
        guard let text else { return true }
        return item.path.text.lowercased().contains(text)
            || item.properties.contains { $0.key.lowercased().contains(text) || $0.value.text.lowercased().contains(text) }
    }
}
