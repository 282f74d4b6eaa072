/// The place of an item in the tree, such as `/deployments/enm/clusters/svc_cluster/nodes/svc-1`. The root is `/`.
///
/// Comparison is by component and in natural order (``NaturalOrder``), so a parent stands before its children and
/// `nodes/svc-2` before `nodes/svc-10`.
package struct ItemPath: Hashable, Sendable {
    /// The path as text: `/`, or `/` followed by components joined with `/`.
    package let text: String

    /// The longest id and the longest path that somebody may write, in bytes: as file names have it.
    package static let maximumIdentifierLength = 255
    package static let maximumLength = 4_096

    /// The root of the tree.
    package static let root = ItemPath(unchecked: "/")

    private init(unchecked text: String) { self.text = text }

    /// Reads a path; nil when it is not absolute or a component is not an item id.
    ///
    /// One trailing slash is forgiven, as in LITP.
    package init?(_ text: some StringProtocol) {
        guard text.utf8.count <= ItemPath.maximumLength else { return nil }
        var text = String(text)
        if text == "/" {
            self = .root
            return
        }
        if text.utf8.last == UInt8(ascii: "/") { text = String(text.dropLast()) }
        guard text.withUTF8(ItemPath.isPath) else { return nil }
        self.text = text
    }

    /// Whether these are ids, each with a slash before it. A large site has hundreds of thousands of paths: they are read in one pass.
    private static func isPath(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.first == UInt8(ascii: "/") else { return false }
        var start = 1
        for position in 1...bytes.count where position == bytes.count || bytes[position] == UInt8(ascii: "/") {
            guard isIdentifier(UnsafeBufferPointer(rebasing: bytes[start..<position])) else { return false }
            start = position + 1
        }
        return true
    }

    /// Whether `text` can be the id of an item: letters, digits, `_`, `-` and `.`, from one to 255, and not only dots.
    package static func isIdentifier(_ text: String) -> Bool { isIdentifier(text.utf8) }

    private static func isIdentifier(_ bytes: some Collection<UInt8>) -> Bool {
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

    package var isRoot: Bool { text.utf8.count == 1 }

    /// The ids from the root down; empty for the root.
    package var components: [Substring] { text.split(separator: "/") }

    /// The last id; empty for the root.
    package var name: Substring {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "" }
        return text[text.utf8.index(after: slash)...]
    }

    /// The path one level up; nil for the root.
    package var parent: ItemPath? {
        guard !isRoot, let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { return nil }
        return slash == text.startIndex ? .root : ItemPath(unchecked: String(text[..<slash]))
    }

    /// The path of `name` below this one. The caller has checked that `name` is an id.
    package func appending(_ name: some StringProtocol) -> ItemPath {
        ItemPath(unchecked: isRoot ? "/" + name : text + "/" + name)
    }

    /// Whether this is `ancestor` or lies below it, by component: `/a/bc` does not lie below `/a/b`.
    package func isWithin(_ ancestor: ItemPath) -> Bool {
        if ancestor.isRoot { return true }
        guard text.utf8.starts(with: ancestor.text.utf8) else { return false }
        let rest = text.utf8.dropFirst(ancestor.text.utf8.count)
        return rest.isEmpty || rest.first == UInt8(ascii: "/")
    }

    /// This path with the leading `ancestor` exchanged for `replacement`; nil when it does not lie within `ancestor`.
    package func moved(from ancestor: ItemPath, to replacement: ItemPath) -> ItemPath? {
        guard isWithin(ancestor) else { return nil }
        if self == ancestor { return replacement }
        let rest = text.utf8.dropFirst(ancestor.isRoot ? 1 : ancestor.text.utf8.count + 1)
        return replacement.appending(Substring(rest))
    }
}

extension ItemPath: Comparable {
    package static func < (left: ItemPath, right: ItemPath) -> Bool {
        var start: Int?
        // What both begin with, up to the component in which they differ, need not be taken apart.
        _ = left.text.utf8.withContiguousStorageIfAvailable { leftBytes in
            right.text.utf8.withContiguousStorageIfAvailable { start = startOfDifference(leftBytes, $0) }
        }
        guard let start else { return isBefore(left, right, from: 1) }
        return isBefore(left, right, from: start)
    }

    /// Where the first component begins in which two paths differ.
    private static func startOfDifference(_ left: UnsafeBufferPointer<UInt8>, _ right: UnsafeBufferPointer<UInt8>) -> Int {
        let end = min(left.count, right.count)
        var position = 1
        var start = 1
        while position < end, left[position] == right[position] {
            position += 1
            if left[position - 1] == UInt8(ascii: "/") { start = position }
        }
        // One ends where the other goes on: what is below an item comes after it.
        return start
    }

    /// - Parameter start: how many bytes both have in common; a component begins there.
    private static func isBefore(_ left: ItemPath, _ right: ItemPath, from start: Int) -> Bool {
        var leftRest = left.text.utf8.dropFirst(start)[...]
        var rightRest = right.text.utf8.dropFirst(start)[...]
        let slash = UInt8(ascii: "/")
        while true {
            let leftEnd = leftRest.firstIndex(of: slash) ?? leftRest.endIndex
            let rightEnd = rightRest.firstIndex(of: slash) ?? rightRest.endIndex
            let order = NaturalOrder.compare(leftRest[..<leftEnd], rightRest[..<rightEnd])
            if order != 0 { return order < 0 }
            if rightEnd == rightRest.endIndex { return false }
            if leftEnd == leftRest.endIndex { return true }
            leftRest = leftRest[leftRest.index(after: leftEnd)...]
            rightRest = rightRest[rightRest.index(after: rightEnd)...]
        }
    }
}

extension ItemPath: CustomStringConvertible {
    package var description: String { text }
}

extension ItemPath: Codable {
    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        let text = try container.decode(String.self)
        guard let path = ItemPath(text) else {
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
