/// Part of a model as one file has it: an item or a collection, with everything below it.
package struct TreeFragment: Sendable {
    /// The item or the collection that holds everything else of the fragment.
    package var top: ItemPath
    /// Where it was written.
    package var place: SourcePlace?
    /// Parents first; every type is given. All lie at `top` or below it.
    package var items: [WrittenItem]

    package init(top: ItemPath, place: SourcePlace? = nil, items: [WrittenItem]) {
        self.top = top
        self.place = place
        self.items = items
    }
}

/// What can stand directly below a path: what a file that is loaded there may hold.
package struct FragmentPlace: Sendable {
    package enum Content: Sendable {
        /// The fields of an item of this type.
        case item(type: String)
        /// The members of a collection.
        case collection(Field)
    }

    package let path: ItemPath
    package let content: Content

    package init(path: ItemPath, content: Content) {
        self.path = path
        self.content = content
    }

    /// The top of every tree.
    package static let root = FragmentPlace(path: .root, content: .item(type: TypeRegistry.rootType))

    /// - Throws: ``ModelError`` when there is neither an item nor a collection at `path`.
    package init(_ path: ItemPath, in tree: ResolvedTree) throws(ModelError) {
        self.path = path
        if let item = tree[path] {
            content = .item(type: item.type)
        } else if let owner = path.parent.flatMap({ tree[$0] }),
            let field = tree.registry.structure(of: owner.type)?.field(String(path.name)), field.isCollection
        {
            content = .collection(field)
        } else {
            throw ModelError(.noItem(path, in: tree))
        }
    }
}
