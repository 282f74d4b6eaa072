/// What stands at a path for somebody who looks: an item of either tree with its state, or a collection.
package struct ShownPlace: Sendable {
    package enum Content: Sendable {
        case item(ResolvedItem, ItemState)
        /// A collection has no state of its own: it has that of the item that it belongs to. `source` is the collection that is seen here
        /// because its item inherits.
        case collection(Field, state: ItemState, source: ItemPath?)
    }

    package let path: ItemPath
    package let content: Content
    /// The ids one level below that either tree has, in natural order.
    package let children: [String]

    package var state: ItemState {
        switch content {
        case .item(_, let state), .collection(_, let state, _): state
        }
    }

    package var source: ItemPath? {
        switch content {
        case .item(let item, _): item.source
        case .collection(_, _, let source): source
        }
    }

    package var item: ResolvedItem? { if case .item(let item, _) = content { item } else { nil } }

    /// What it is, in LITP's words (`reference/engine.md` 2.3): `vm-image`, `reference-to-vm-service`, `collection-of-node`,
    /// `ref-collection-of-service-base`.
    package var typeWord: String {
        switch content {
        case .item(let item, _): item.source == nil ? item.type : "reference-to-\(item.type)"
        case .collection(let field, _, let source):
            if field.isReference {
                "ref-collection-of-\(field.itemType)"
            } else {
                (source == nil ? "" : "reference-to-") + "collection-of-\(field.itemType)"
            }
        }
    }
}

extension TreeComparison {
    /// The ids one level below `path` in either tree, in natural order.
    package func childNames(of path: ItemPath) -> [String] {
        let names = declared.childNames(of: path)
        let old = applied.childNames(of: path)
        guard names != old, !old.isEmpty else { return names }
        let known = Set(names)
        let gone = old.filter { !known.contains($0) }
        return gone.isEmpty ? names : (names + gone).sorted { NaturalOrder.isBefore($0, $1) }
    }

    /// What stands at `path`: also a collection that is empty. Nil where nothing is and nothing can be.
    package func place(at path: ItemPath) -> ShownPlace? {
        if let item = declared[path] ?? applied[path], let state = state(of: path) {
            return ShownPlace(path: path, content: .item(item, state), children: childNames(of: path))
        }
        guard let ownerPath = path.parent, let owner = declared[ownerPath] ?? applied[ownerPath],
            let state = state(of: ownerPath),
            let field = declared.registry.structure(of: owner.type)?.field(String(path.name)), field.isCollection
        else { return nil }
        // What is inherited is seen in a collection of the source; a collection with own members only is the item's own.
        let source = owner.source?.appending(field.name)
        return ShownPlace(
            path: path, content: .collection(field, state: state, source: source), children: childNames(of: path))
    }

    /// What stands at `path` and below it, parents first, siblings in natural order.
    ///
    /// - Parameter depth: how many levels below `path`; nil for all.
    /// - Complexity: O(places), and O(siblings) more where the trees differ.
    package func places(within path: ItemPath, depth: Int? = nil) -> [ShownPlace] {
        var found: [ShownPlace] = []
        var stack = [(path: path, level: 0)]
        while let (next, level) = stack.popLast() {
            let place = place(at: next)
            if let place { found.append(place) }
            guard depth.map({ level < $0 }) ?? true else { continue }
            for name in (place?.children ?? childNames(of: next)).reversed() {
                stack.append((next.appending(name), level + 1))
            }
        }
        return found
    }
}
