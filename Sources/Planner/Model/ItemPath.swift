/// The place of an item in the tree, such as `/deployments/enm/clusters/svc_cluster/nodes/svc-1`. The root is `/`.
///
/// Comparison is by component and in natural order (``NaturalOrder``), so a parent stands before its children and
/// `nodes/svc-2` before `nodes/svc-10`.
///
/// A copy costs one reference, the way up and the hash value cost nothing: sites of 100,000 items are looked up, compared and walked all
/// the time. Paths that were made from one another, or read in the order of a tree (``ItemPathReader``), share what is above them.
package struct ItemPath: Sendable {
    let place: Place

    /// The longest id and the longest path that somebody may write, in bytes: as file names have it.
    package static let maximumIdentifierLength = 255
    package static let maximumLength = 4_096

    /// The root of the tree.
    package static let root = ItemPath(Place.root)

    init(_ place: Place) { self.place = place }

    /// Reads a path; nil when it is not absolute or a component is not an item id.
    ///
    /// One trailing slash is forgiven, as in LITP.
    package init?(_ text: some StringProtocol) {
        guard let place = Place.root.descend(to: String(text)) else { return nil }
        self.place = place
    }

    /// Whether `text` can be the id of an item: letters, digits, `_`, `-` and `.`, from one to 255, and not only dots.
    package static func isIdentifier(_ text: String) -> Bool { isIdentifier(text.utf8) }

    static func isIdentifier(_ bytes: some Collection<UInt8>) -> Bool {
        var onlyDots = true
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
                onlyDots = false
            case UInt8(ascii: "."): continue
            default: return false
            }
        }
        return !bytes.isEmpty && !onlyDots && bytes.count <= maximumIdentifierLength
    }

    /// The path as text: `/`, or `/` followed by components joined with `/`.
    package var text: String { place.text }
    package var isRoot: Bool { place.parent == nil }

    /// The ids from the root down; empty for the root.
    package var components: [Substring] { text.split(separator: "/") }

    /// The last id; empty for the root.
    package var name: Substring { place.name }

    /// The path one level up; nil for the root.
    package var parent: ItemPath? { place.parent.map(ItemPath.init) }

    /// A number made from the ids: the same in every process, so that it gives an order that costs little to make.
    package var stableHash: UInt64 { place.hash }

    /// The path of `name` below this one. The caller has checked that `name` is an id.
    package func appending(_ name: some StringProtocol) -> ItemPath { ItemPath(place.child(name)) }

    /// Whether this is `ancestor` or lies below it, by component: `/a/bc` does not lie below `/a/b`.
    package func isWithin(_ ancestor: ItemPath) -> Bool {
        var next = place
        while next.depth > ancestor.place.depth, let parent = next.parent { next = parent }
        return next == ancestor.place
    }

    /// This path with the leading `ancestor` exchanged for `replacement`; nil when it does not lie within `ancestor`.
    package func moved(from ancestor: ItemPath, to replacement: ItemPath) -> ItemPath? {
        guard isWithin(ancestor) else { return nil }
        var names: [Substring] = []
        var next = place
        while next.depth > ancestor.place.depth, let parent = next.parent {
            names.append(next.name)
            next = parent
        }
        return names.reversed().reduce(replacement) { $0.appending($1) }
    }
}

extension ItemPath: Hashable {
    package static func == (left: ItemPath, right: ItemPath) -> Bool { left.place == right.place }
    package func hash(into hasher: inout Hasher) { hasher.combine(place.hash) }
}

extension ItemPath: Comparable {
    package static func < (left: ItemPath, right: ItemPath) -> Bool {
        if left.place === right.place { return false }
        if let parent = left.place.parent, parent === right.place.parent {
            return left.place.isNamedBefore(right.place)
        }
        var left = left.place
        var right = right.place
        let depths = (left.depth, right.depth)
        while left.depth > right.depth, let parent = left.parent { left = parent }
        while right.depth > left.depth, let parent = right.parent { right = parent }
        // What is below an item comes after it.
        if left == right { return depths.0 < depths.1 }
        while let leftParent = left.parent, let rightParent = right.parent, leftParent != rightParent {
            left = leftParent
            right = rightParent
        }
        return left.isNamedBefore(right)
    }
}

extension ItemPath: CustomStringConvertible {
    package var description: String { text }
}

extension ItemPath: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let path = ItemPath(text, in: decoder) else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "'\(text)' is not an item path")
        }
        self = path
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(text)
    }
}

extension ItemPath: CodingKeyRepresentable {
    private struct Key: CodingKey {
        let stringValue: String
        var intValue: Int? { nil }
        init(stringValue: String) { self.stringValue = stringValue }
        init?(intValue: Int) { nil }
    }

    package var codingKey: any CodingKey { Key(stringValue: text) }
    package init?(codingKey: some CodingKey) { self.init(codingKey.stringValue) }
}
