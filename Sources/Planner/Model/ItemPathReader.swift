/// Reads paths that come one after the other about in the order of a tree: what a path has in common with the one before it is made once,
/// and checked once.
package struct ItemPathReader {
    private var last = Place.root

    package init() {}

    /// The path that `text` names; nil when it is none (``ItemPath/init(_:)``).
    package mutating func path(_ text: String) -> ItemPath? {
        let common = ItemPathReader.commonLength(last.text, text)
        var place = last
        while let parent = place.parent, !isWithin(place, text, common) { place = parent }
        guard let found = place.text.utf8.count == text.utf8.count && !place.isRoot ? place : place.descend(to: text) else {
            return nil
        }
        last = found
        return ItemPath(found)
    }

    /// Whether `text` names the place or one below it.
    ///
    /// - Parameter common: how many bytes `text` has in common with a path at or below the place.
    private func isWithin(_ place: Place, _ text: String, _ common: Int) -> Bool {
        let length = place.text.utf8.count
        guard length <= common else { return false }
        return text.utf8.count == length || text.utf8[text.utf8.index(text.startIndex, offsetBy: length)] == UInt8(ascii: "/")
    }

    /// How many bytes two texts have in common at their beginning.
    private static func commonLength(_ left: String, _ right: String) -> Int {
        var (left, right) = (left, right)
        return left.withUTF8 { left in
            right.withUTF8 { right in
                let end = min(left.count, right.count)
                return (0..<end).first { left[$0] != right[$0] } ?? end
            }
        }
    }
}
