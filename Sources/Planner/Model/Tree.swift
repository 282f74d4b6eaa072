/// The declared tree: items by path. A value; loads in O(items), reads by path in O(1), and lists in an order that never depends
/// on hashing (natural order of ids).
package struct Tree: Sendable {
    package private(set) var items: [ItemPath: Item]
    /// For every item and every collection: the ids one level below, in natural order.
    private var childNames: [ItemPath: [String]]
    private var heirs: HeirIndex

    /// A tree that holds the root only.
    package init() {
        items = [.root: Item(path: .root, type: TypeRegistry.rootType)]
        childNames = [:]
        heirs = HeirIndex()
    }

    package init(items: some Sequence<Item>) {
        self.init()
        self.items.reserveCapacity(items.underestimatedCount)
        childNames.reserveCapacity(items.underestimatedCount / 2)
        for item in items { insert(item) }
    }

    package subscript(path: ItemPath) -> Item? { items[path] }
    package var count: Int { items.count }

    /// The ids one level below an item or a collection, in natural order.
    package func children(of path: ItemPath) -> [String] { childNames[path] ?? [] }

    /// The items that name `path` as their source.
    package func heirPaths(of path: ItemPath) -> Set<ItemPath> { heirs.heirs(of: path) }

    /// The items that name `path`, or something below it, as their source.
    package func heirPaths(within path: ItemPath) -> Set<ItemPath> { heirs.heirs(within: path) }

    /// The items that inherit; not those that are only seen because something above them does.
    package var inheritingItems: [Item] { heirs.all.compactMap { items[$0] }.sorted { $0.path < $1.path } }

    /// Adds an item, or exchanges the one that is there.
    ///
    /// - Complexity: O(depth) when ids arrive in order; else also O(siblings).
    package mutating func insert(_ item: Item) {
        let former = items.updateValue(item, forKey: item.path)
        if former?.source != item.source {
            if let source = former?.source { heirs.remove(item.path, of: source) }
            if let source = item.source { heirs.insert(item.path, of: source) }
        }
        guard former == nil else { return }
        var path = item.path
        while let parent = path.parent {
            guard link(path.name, below: parent) else { return }
            path = parent
        }
    }

    private mutating func link(_ name: Substring, below parent: ItemPath) -> Bool {
        Tree.link(name, into: &childNames[parent, default: []])
    }

    /// In place: a copy of the names for each of them would cost O(siblings²).
    private static func link(_ name: Substring, into names: inout [String]) -> Bool {
        guard let last = names.last, !NaturalOrder.isBefore(last, name) else {
            names.append(String(name))
            return true
        }
        var index = 0
        var end = names.count
        while index < end {
            let middle = (index + end) / 2
            if NaturalOrder.isBefore(names[middle], name) { index = middle + 1 } else { end = middle }
        }
        if index < names.endIndex, names[index] == name { return false }
        names.insert(String(name), at: index)
        return true
    }

    /// Removes an item and everything below it; of the root, everything but the root. Returns the items that were removed.
    @discardableResult
    package mutating func remove(_ path: ItemPath) -> [Item] {
        var removed: [Item] = []
        var stack = [path]
        while let next = stack.popLast() {
            if let item = items.removeValue(forKey: next) {
                removed.append(item)
                if let source = item.source { heirs.remove(next, of: source) }
            }
            for name in childNames.removeValue(forKey: next) ?? [] { stack.append(next.appending(name)) }
        }
        var emptied = path
        while let parent = emptied.parent {
            childNames[parent]?.removeAll { $0 == emptied.name }
            guard childNames[parent]?.isEmpty == true else { break }
            childNames[parent] = nil
            if items[parent] != nil { break }
            emptied = parent
        }
        if path.isRoot { items[.root] = Item(path: .root, type: TypeRegistry.rootType) }
        return removed
    }

    /// The item at `path` and all below it, parents first, siblings in natural order.
    package func subtree(of path: ItemPath) -> [Item] {
        var found: [Item] = []
        var stack = [path]
        while let next = stack.popLast() {
            if let item = items[next] { found.append(item) }
            for name in children(of: next).reversed() { stack.append(next.appending(name)) }
        }
        return found
    }

    /// All items, parents first, siblings in natural order.
    package var ordered: [Item] { subtree(of: .root) }
}
