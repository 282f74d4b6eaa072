extension TreeComparison {
    /// A comparison that knows one place, what is above it, and `levels` levels below it: what it costs to look at one item does not depend
    /// on how many others there are.
    ///
    /// What ``place(at:)`` says of these places is what it would say with both trees in hand.
    ///
    /// - Complexity: O(places looked at, with what is above them and what they inherit).
    package static func around(
        _ path: ItemPath, levels: Int, declared: some DeclaredItems, applied: some AppliedItems, registry: TypeRegistry
    ) throws -> TreeComparison {
        var slice = try TreeSlice(of: declared)
        var known: [ItemPath: ResolvedItem] = [:]
        var pending = [(path: path, level: levels)]
        for place in path.withAncestors { known[place] = try applied.appliedItem(at: place) }
        while let (next, level) = pending.popLast() {
            var names = Set(try slice.look(at: next))
            names.formUnion(try applied.appliedNames(below: next, limit: Int.max))
            for name in names {
                let child = next.appending(name)
                known[child] = try applied.appliedItem(at: child)
                if known[child] == nil, let first = try applied.firstItem(below: child) { known[first.path] = first }
                if level > 0 { pending.append((child, level - 1)) }
            }
        }
        return TreeComparison(
            declared: ResolvedTree.resolving(slice.tree, registry: registry).tree,
            applied: ResolvedTree(ordered: known.values.sorted { $0.path < $1.path }, registry: registry))
    }
}

extension AppliedItems {
    /// An item somewhere below a path, which shows that there is something.
    fileprivate func firstItem(below path: ItemPath) throws -> ResolvedItem? {
        var next = path
        while let name = try appliedNames(below: next, limit: 1).first {
            next = next.appending(name)
            if let item = try appliedItem(at: next) { return item }
        }
        return nil
    }
}
