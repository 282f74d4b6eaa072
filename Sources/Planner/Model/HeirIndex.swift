/// Who inherits from whom, by source: found without looking at the whole tree.
struct HeirIndex: Sendable {
    /// For every source, the items that name it.
    private var heirs: [ItemPath: Set<ItemPath>] = [:]
    /// The sources as a tree of ids, so that those below a path are found from it: ids of the next level that lead to a source.
    private var names: [ItemPath: Set<String>] = [:]

    func heirs(of source: ItemPath) -> Set<ItemPath> { heirs[source] ?? [] }

    var isEmpty: Bool { heirs.isEmpty }

    /// Every item that inherits.
    var all: [ItemPath] { heirs.values.flatMap { $0 } }

    /// The items whose source is `path` or lies below it. O(sources found × depth).
    func heirs(within path: ItemPath) -> Set<ItemPath> {
        var found: Set<ItemPath> = []
        var pending = [path]
        while let next = pending.popLast() {
            found.formUnion(heirs(of: next))
            for name in names[next] ?? [] { pending.append(next.appending(name)) }
        }
        return found
    }

    mutating func insert(_ heir: ItemPath, of source: ItemPath) {
        guard heirs[source, default: []].insert(heir).inserted, heirs[source]?.count == 1 else { return }
        var path = source
        while let parent = path.parent, names[parent, default: []].insert(String(path.name)).inserted { path = parent }
    }

    mutating func remove(_ heir: ItemPath, of source: ItemPath) {
        heirs[source]?.remove(heir)
        guard heirs[source]?.isEmpty == true else { return }
        heirs[source] = nil
        var path = source
        while heirs[path] == nil, names[path] == nil, let parent = path.parent {
            names[parent]?.remove(String(path.name))
            guard names[parent]?.isEmpty == true else { return }
            names[parent] = nil
            path = parent
        }
    }
}
