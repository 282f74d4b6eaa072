/// What stands one level below each item and each collection, in natural order.
struct ChildPaths: Sendable {
    private var children: [ItemPath: [ItemPath]] = [:]
    /// Parents whose children want sorting.
    private var unsorted: Set<ItemPath> = []

    init(capacity: Int = 0) { children.reserveCapacity(capacity) }

    subscript(path: ItemPath) -> [ItemPath] { children[path] ?? [] }
    func hasChildren(_ path: ItemPath) -> Bool { children[path] != nil }

    // MARK: Many at a time

    /// Links a new item to what is above it, wherever it stands among its siblings; ``sort()`` brings them into their order.
    ///
    /// - Parameter isItem: whether there is an item at a path above it.
    mutating func append(_ path: ItemPath, isItem: (ItemPath) -> Bool) {
        // What is below it was there before, and has linked it.
        guard children[path] == nil else { return }
        var path = path
        while let parent = path.parent {
            let (isFirst, isInOrder) = ChildPaths.append(path, to: &children[parent, default: []])
            if !isInOrder { unsorted.insert(parent) }
            // What has other children, or is an item, is linked already.
            guard isFirst, !isItem(parent) else { return }
            path = parent
        }
    }

    mutating func sort() {
        for parent in unsorted { children[parent]?.sort() }
        unsorted = []
    }

    /// In place: a copy of the paths for each of them would cost O(siblings²).
    private static func append(_ path: ItemPath, to siblings: inout [ItemPath]) -> (isFirst: Bool, isInOrder: Bool) {
        defer { siblings.append(path) }
        guard let last = siblings.last else { return (true, true) }
        return (false, last < path)
    }

    // MARK: One at a time

    /// Links a new item to what is above it.
    ///
    /// - Complexity: O(depth) when it is the last of its siblings; else also O(siblings).
    mutating func insert(_ path: ItemPath) {
        var path = path
        while let parent = path.parent {
            guard ChildPaths.insert(path, into: &children[parent, default: []]) else { return }
            path = parent
        }
    }

    private static func insert(_ path: ItemPath, into siblings: inout [ItemPath]) -> Bool {
        guard let last = siblings.last, !(last < path) else {
            siblings.append(path)
            return true
        }
        var index = 0
        var end = siblings.count
        while index < end {
            let middle = (index + end) / 2
            if siblings[middle] < path { index = middle + 1 } else { end = middle }
        }
        if index < siblings.endIndex, siblings[index] == path { return false }
        siblings.insert(path, at: index)
        return true
    }

    /// Takes away what is known to be below `path`, and returns it.
    mutating func removeChildren(of path: ItemPath) -> [ItemPath] { children.removeValue(forKey: path) ?? [] }

    /// Takes `path` away from what is above it; and collections that are empty then.
    mutating func remove(_ path: ItemPath, isItem: (ItemPath) -> Bool) {
        var path = path
        while let parent = path.parent {
            children[parent]?.removeAll { $0 == path }
            guard children[parent]?.isEmpty == true else { return }
            children[parent] = nil
            if isItem(parent) { return }
            path = parent
        }
    }

    // MARK: All of it

    /// Every path at and below `path`, parents first, siblings in natural order.
    func walk(from path: ItemPath, _ visit: (ItemPath) -> Void) {
        var stack = [path]
        while let next = stack.popLast() {
            visit(next)
            stack += self[next].reversed()
        }
    }
}
