/// What an ``ItemPath`` stands for: one id, and the place above it.
final class Place: Sendable {
    let text: String
    /// Nil for the root.
    let parent: Place?
    /// How many ids lead here.
    let depth: Int
    /// Where the last id begins, in bytes.
    private let nameStart: Int
    /// Of all ids from the root down. It is put into a `Hasher` wherever it is used, and so needs no seed.
    let hash: UInt64

    static let root = Place()

    private init() {
        (text, parent, depth, nameStart, hash) = ("/", nil, 0, 1, 0)
    }

    /// - Parameter text: the text of `parent`, a slash, and the id.
    private init(_ text: String, below parent: Place) {
        self.text = text
        self.parent = parent
        depth = parent.depth + 1
        nameStart = parent.depth == 0 ? 1 : parent.text.utf8.count + 1
        hash = Place.hash(of: text.utf8.dropFirst(nameStart), below: parent.hash)
    }

    var isRoot: Bool { depth == 0 }

    var name: Substring { text[text.utf8.index(text.startIndex, offsetBy: nameStart)...] }

    /// Whether the id of this place stands before the id of another one, in natural order. Sorting siblings is most of what reading a tree
    /// costs, so nothing is made for it.
    func isNamedBefore(_ other: Place) -> Bool {
        withName { name in other.withName { NaturalOrder.compare(name, $0) < 0 } }
    }

    private func withName<Result>(_ body: (UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        var text = text
        return text.withUTF8 { body(UnsafeBufferPointer(rebasing: $0[min(nameStart, $0.count)...])) }
    }

    func child(_ name: some StringProtocol) -> Place {
        let start = depth == 0 ? 0 : text.utf8.count
        let text = String(unsafeUninitializedCapacity: start + 1 + name.utf8.count) { buffer in
            var rest = buffer[...]
            Place.move(self.text.utf8.prefix(start), into: &rest)
            Place.move(CollectionOfOne(UInt8(ascii: "/")), into: &rest)
            Place.move(name.utf8, into: &rest)
            return rest.startIndex
        }
        return Place(text, below: self)
    }

    private static func move(_ bytes: some Collection<UInt8>, into rest: inout Slice<UnsafeMutableBufferPointer<UInt8>>) {
        let target = UnsafeMutableBufferPointer(rebasing: rest)
        let count =
            bytes.withContiguousStorageIfAvailable { target.update(fromContentsOf: $0) }
            ?? target.update(fromContentsOf: bytes)
        rest = rest.dropFirst(count)
    }

    /// The place that `text` names, made of this one where that lies on the way; nil when `text` is no path.
    ///
    /// - Parameter text: begins with the text of this place and a slash.
    func descend(to text: String) -> Place? {
        guard text.utf8.first == UInt8(ascii: "/"), text.utf8.count <= ItemPath.maximumLength else { return nil }
        var place = self
        var rest = text.utf8.dropFirst(depth == 0 ? 1 : self.text.utf8.count + 1)
        while let slash = rest.firstIndex(of: UInt8(ascii: "/")) {
            guard ItemPath.isIdentifier(rest[..<slash]) else { return nil }
            place = Place(String(text[..<slash]), below: place)
            rest = rest[rest.index(after: slash)...]
        }
        // Nothing follows the slash of the root, or one that is forgiven.
        if rest.isEmpty { return place }
        guard ItemPath.isIdentifier(rest) else { return nil }
        return Place(text, below: place)
    }

    /// Multiplication spreads what differs, also between ids that differ in one digit (wyhash's idea).
    private static func hash(of id: Substring.UTF8View, below parent: UInt64) -> UInt64 {
        var hash = parent ^ 0x9E37_79B9_7F4A_7C15
        var word: UInt64 = 0
        var count: UInt64 = 0
        for byte in id {
            word = word << 8 | UInt64(byte)
            count += 1
            if count & 7 == 0 {
                hash = mixed(hash ^ word)
                word = 0
            }
        }
        return mixed(mixed(hash ^ word) ^ count)
    }

    private static func mixed(_ word: UInt64) -> UInt64 {
        let product = word.multipliedFullWidth(by: 0xA076_1D64_78BD_642F)
        return product.high ^ product.low
    }
}

extension Place: Equatable {
    static func == (left: Place, right: Place) -> Bool {
        left === right || left.hash == right.hash && left.text == right.text
    }
}
