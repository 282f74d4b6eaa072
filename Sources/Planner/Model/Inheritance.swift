/// Who inherits from whom in a declared tree: directly, or because something above inherits.
struct Inheritance {
    let tree: Tree
    /// Items whose `inherit` cannot be followed. They are seen as if they did not inherit, also not through what is above them: so a
    /// refusal only ever takes ways away, and no new loop comes of it.
    private(set) var refused: Set<ItemPath> = []

    /// Sources are followed this far, and no path is longer.
    static let maximumChain = 64
    static let maximumDepth = 128

    init(tree: Tree) { self.tree = tree }

    /// Where the values of `path` come from: its own source, or the matching place below the source of something above it.
    func origin(of path: ItemPath) -> ItemPath? {
        guard let heir = heir(at: path), let source = heir.source else { return nil }
        return path.moved(from: heir.path, to: source)
    }

    /// The item that makes `path` inherit: the one there, or the nearest above it that has a source.
    func heir(at path: ItemPath) -> Item? {
        var next: ItemPath? = path
        while let current = next {
            if let item = tree[current], item.source != nil { return refused.contains(current) ? nil : item }
            next = current.parent
        }
        return nil
    }

    mutating func refuse(_ path: ItemPath) { refused.insert(path) }

    // MARK: Loops

    /// An item that would be seen within itself, and the way that leads there.
    struct Loop {
        let item: Item
        let way: [ItemPath]
    }

    /// Refuses one item of every loop, so that what is left can be followed to its end.
    ///
    /// To see an item is to see what is below it and what is below its source. If that comes to a path from which it came, there is no
    /// end: `/a/x` inherits `/b`, and `/b/y` inherits `/a`.
    ///
    /// - Complexity: O(items that inherit or are inherited), and the length of each loop.
    mutating func refuseLoops() -> [Loop] {
        var loops: [Loop] = []
        var finished: Set<ItemPath> = []
        for item in tree.inheritingItems {
            while !finished.contains(item.path), let way = way(from: item.path, finished: &finished) {
                // Every loop has a step to a source; without one this would be no loop.
                guard
                    let culprit = zip(way, way.dropFirst()).filter({ origin(of: $0) == $1 })
                        .compactMap({ heir(at: $0.0) }).min(by: { $0.path < $1.path })
                else { break }
                refuse(culprit.path)
                loops.append(Loop(item: culprit, way: way))
            }
        }
        return loops
    }

    /// A way that leads from `start` into a loop, from the first path of the loop to its second occurrence; nil when there is none.
    private func way(from start: ItemPath, finished: inout Set<ItemPath>) -> [ItemPath]? {
        var way: [(path: ItemPath, next: [ItemPath])] = [(start, successors(of: start))]
        var positions: [ItemPath: Int] = [start: 0]
        while let last = way.indices.last {
            guard let next = way[last].next.popLast() else {
                let done = way.removeLast().path
                positions[done] = nil
                finished.insert(done)
                continue
            }
            if let first = positions[next] { return way[first...].map(\.path) + [next] }
            if finished.contains(next) { continue }
            // Only a source that lies in its own reach makes paths without end.
            if next.components.count > Inheritance.maximumDepth { return way.suffix(8).map(\.path) + [next] }
            positions[next] = way.count
            way.append((next, successors(of: next)))
        }
        return nil
    }

    private func successors(of path: ItemPath) -> [ItemPath] {
        tree.childPaths(of: path) + (origin(of: path).map { [$0] } ?? [])
    }
}
