/// A declared tree that is read item by item: a whole ``Tree``, or what a store keeps.
package protocol DeclaredItems {
    /// The item at `path`.
    func item(at path: ItemPath) throws -> Item?
    /// The item at `path`, if there is one, and all below it.
    func items(within path: ItemPath) throws -> [Item]
    /// The items that name `path` as their source.
    func heirs(of path: ItemPath) throws -> [Item]
    /// The items that name `path`, or something below it, as their source.
    func heirs(within path: ItemPath) throws -> [Item]
    /// The ids one level below `path`, at most `limit` of them: what a message offers instead of an id that is not there.
    func names(below path: ItemPath, limit: Int) throws -> [String]
}

extension Tree: DeclaredItems {
    package func item(at path: ItemPath) -> Item? { self[path] }
    package func items(within path: ItemPath) -> [Item] { subtree(of: path) }
    package func heirs(of path: ItemPath) -> [Item] { heirPaths(of: path).compactMap { self[$0] } }
    package func heirs(within path: ItemPath) -> [Item] { heirPaths(within: path).compactMap { self[$0] } }
    package func names(below path: ItemPath, limit: Int) -> [String] { Array(children(of: path).prefix(limit)) }
}

/// The part of a declared tree that one edit depends on, so that the edit costs what it touches and not what the tree holds.
///
/// The edit is carried out on the slice as it would be on the tree, and comes to the same result: everything that gives the edited places
/// their types and values is in it, and everything that the edit changes elsewhere.
package struct TreeSlice<Whole: DeclaredItems> {
    /// The items of the slice, as a tree.
    package private(set) var tree = Tree()
    private let whole: Whole
    /// Paths that were asked for, whether there is an item or not.
    private var known: Set<ItemPath> = []
    private var knownSubtrees: Set<ItemPath> = []
    private var explained: Set<ItemPath> = []
    private var shown: Set<ItemPath> = []

    package init(of whole: Whole) throws {
        self.whole = whole
        try include(.root)
    }

    // MARK: Slices for edits

    /// What declaring an item at `path` depends on.
    package mutating func prepareCreation(at path: ItemPath, source: ItemPath?) throws {
        try show(path)
        guard let source else { return }
        try show(source)
        try includeSources(within: source)
        if tree[source] == nil { try includeNames(beside: source) }
    }

    /// What changing the item at `path` depends on.
    package mutating func prepareUpdate(of path: ItemPath) throws {
        try show(path)
        if tree[path] == nil { try includeNames(beside: path) }
    }

    /// What removing `path` depends on, with all that goes with it.
    package mutating func prepareRemoval(of path: ItemPath) throws {
        var pending = [path]
        var seen: Set<ItemPath> = []
        while let next = pending.popLast() {
            guard seen.insert(next).inserted, next.depth <= Inheritance.maximumDepth else { continue }
            try explain(next)
            try includeSubtree(of: next)
            for heir in try whole.heirs(within: next) {
                include(heir)
                try explain(heir.path)
                pending.append(heir.path)
            }
            // Through what inherits from something above, it is seen elsewhere too, and others may inherit from there.
            for ancestor in next.withAncestors.dropFirst() {
                for heir in try whole.heirs(of: ancestor) {
                    include(heir)
                    try explain(heir.path)
                    if let place = next.moved(from: ancestor, to: heir.path) { pending.append(place) }
                }
            }
        }
        if tree[path] == nil { try includeNames(beside: path) }
    }

    // MARK: Looking

    /// What showing the item or collection at `path` depends on: its values, and which ids stand one level below it, own and inherited.
    ///
    /// - Returns: those ids.
    mutating func look(at path: ItemPath) throws -> [String] {
        try explain(path)
        var names: Set<String> = []
        var next: ItemPath? = path
        for _ in 0...Inheritance.maximumChain {
            guard let place = next else { break }
            for name in try whole.names(below: place, limit: Int.max) where names.insert(name).inserted {
                try includeFirst(at: place.appending(name))
                try explain(path.appending(name))
            }
            next = Inheritance(tree: tree).origin(of: place)
        }
        return names.sorted { NaturalOrder.isBefore($0, $1) }
    }

    /// Takes in the item at `path`, or one below it: enough to see that there is something.
    private mutating func includeFirst(at path: ItemPath) throws {
        var next = path
        while true {
            try include(next)
            guard tree[next] == nil, let name = try whole.names(below: next, limit: 1).first else { return }
            next = next.appending(name)
        }
    }

    // MARK: Steps

    /// Takes in everything from which the item seen at `path` has its type and its values.
    private mutating func explain(_ path: ItemPath) throws {
        var pending = [path]
        while let next = pending.popLast() {
            guard next.depth <= Inheritance.maximumDepth, explained.insert(next).inserted else { continue }
            for place in next.withAncestors { try include(place) }
            let inheritance = Inheritance(tree: tree)
            for place in next.withAncestors {
                if let origin = inheritance.origin(of: place) { pending.append(origin) }
            }
        }
    }

    /// Takes in every place where the item at `path` is seen: there, and below all that inherit from it or from something above it.
    private mutating func show(_ path: ItemPath) throws {
        var pending = [path]
        while let next = pending.popLast() {
            guard next.depth <= Inheritance.maximumDepth, shown.count < ResolvedTree.maximumItems,
                shown.insert(next).inserted
            else { continue }
            try explain(next)
            for ancestor in next.withAncestors {
                for heir in try whole.heirs(of: ancestor) {
                    include(heir)
                    if let place = next.moved(from: ancestor, to: heir.path) { pending.append(place) }
                }
            }
        }
    }

    /// Takes in what is seen below `source`, with the sources of that: where it leads back, an item would hold itself.
    private mutating func includeSources(within source: ItemPath) throws {
        var pending = [source]
        while let next = pending.popLast() {
            guard next.depth <= Inheritance.maximumDepth, !knownSubtrees.contains(next) else { continue }
            try includeSubtree(of: next)
            try explain(next)
            if let origin = Inheritance(tree: tree).origin(of: next) { pending.append(origin) }
            for item in tree.subtree(of: next) {
                guard let source = item.source else { continue }
                try explain(item.path)
                pending.append(source)
            }
        }
    }

    private mutating func includeSubtree(of path: ItemPath) throws {
        guard knownSubtrees.insert(path).inserted else { return }
        for item in try whole.items(within: path) { include(item) }
    }

    private mutating func include(_ path: ItemPath) throws {
        guard known.insert(path).inserted, let item = try whole.item(at: path) else { return }
        tree.insert(item)
    }

    private mutating func include(_ item: Item) {
        guard known.insert(item.path).inserted else { return }
        tree.insert(item)
    }

    /// Takes in what a message may offer instead of `path`.
    private mutating func includeNames(beside path: ItemPath) throws {
        guard let parent = path.parent else { return }
        for name in try whole.names(below: parent, limit: 1_000) { try include(parent.appending(name)) }
    }
}

extension ItemPath {
    /// How many ids the path has; 0 for the root.
    var depth: Int { isRoot ? 0 : text.utf8.reduce(0) { $1 == UInt8(ascii: "/") ? $0 + 1 : $0 } }

    /// The path, its parent, and so on up to the root.
    var withAncestors: [ItemPath] {
        var paths = [self]
        var next = self
        while let parent = next.parent {
            paths.append(parent)
            next = parent
        }
        return paths
    }
}
