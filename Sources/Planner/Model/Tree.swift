/// The declared tree: items by path. A value; loads in O(items), reads by path in O(1), and lists in an order that never depends
/// on hashing (natural order of ids).
package struct Tree: Sendable {
    package private(set) var items: [ItemPath: Item]
    private(set) var childPaths: ChildPaths
    private var heirs: HeirIndex

    /// A tree that holds the root only.
    package init() { self.init(capacity: 0) }

    private init(capacity: Int) {
        items = [:]
        items.reserveCapacity(capacity)
        items[.root] = Item(path: .root, type: TypeRegistry.rootType)
        childPaths = ChildPaths(capacity: capacity / 2)
        heirs = HeirIndex()
    }

    /// - Parameter items: in any order.
    /// - Complexity: O(items), but for sorting siblings that do not come in their order.
    package init(items: some Sequence<Item>) {
        self.init(capacity: items.underestimatedCount)
        for item in items where add(item) { childPaths.append(item.path) { self.items[$0] != nil } }
        childPaths.sort()
    }

    package subscript(path: ItemPath) -> Item? { items[path] }
    package var count: Int { items.count }

    /// The ids one level below an item or a collection, in natural order.
    package func children(of path: ItemPath) -> [String] { childPaths(of: path).map { String($0.name) } }

    /// The paths one level below an item or a collection, in natural order.
    package func childPaths(of path: ItemPath) -> [ItemPath] { childPaths[path] }

    package func hasChildren(_ path: ItemPath) -> Bool { childPaths.hasChildren(path) }

    /// Whether any item inherits.
    var hasHeirs: Bool { !heirs.isEmpty }

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
        if add(item) { childPaths.insert(item.path) }
    }

    /// - Returns: whether nothing was there before.
    private mutating func add(_ item: Item) -> Bool {
        let former = items.updateValue(item, forKey: item.path)
        if former?.source != item.source {
            if let source = former?.source { heirs.remove(item.path, of: source) }
            if let source = item.source { heirs.insert(item.path, of: source) }
        }
        return former == nil
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
            stack += childPaths.removeChildren(of: next)
        }
        childPaths.remove(path) { items[$0] != nil }
        if path.isRoot { items[.root] = Item(path: .root, type: TypeRegistry.rootType) }
        return removed
    }

    /// The item at `path` and all below it, parents first, siblings in natural order.
    package func subtree(of path: ItemPath) -> [Item] {
        var found: [Item] = []
        childPaths.walk(from: path) { if let item = items[$0] { found.append(item) } }
        return found
    }

    /// All items, parents first, siblings in natural order.
    package var ordered: [Item] { subtree(of: .root) }
}
