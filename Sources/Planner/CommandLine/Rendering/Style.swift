import Model

/// Emphasis on a terminal. Colour never carries meaning alone: the words say the same.
struct Style: Sendable {
    let usesColor: Bool

    func bold(_ text: String) -> String { wrap(text, "1") }
    func faint(_ text: String) -> String { wrap(text, "2") }
    func good(_ text: String) -> String { wrap(text, "32") }
    func bad(_ text: String) -> String { wrap(text, "31") }
    func caution(_ text: String) -> String { wrap(text, "33") }

    private func wrap(_ text: String, _ code: String) -> String {
        usesColor ? "\u{1b}[\(code)m\(text)\u{1b}[0m" : text
    }
}

extension Style {
    /// A word, in the colour of a state.
    func state(_ state: ItemState, _ text: String) -> String {
        switch state {
        case .applied: good(text)
        case .initial, .updated: caution(text)
        case .forRemoval: bad(text)
        }
    }
}
