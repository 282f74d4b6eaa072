/// One change of the declared tree, as a command line or a line of a script asks for it.
package enum TreeEdit: Sendable {
    /// `create`, and `inherit` when the item names a source.
    case create(WrittenItem)
    case update(ItemPath, properties: [String: WrittenValue], deleting: [String])
    case remove(ItemPath)

    /// The item that is changed.
    package var path: ItemPath {
        switch self {
        case .create(let written): written.path
        case .update(let path, _, _), .remove(let path): path
        }
    }
}

extension Tree {
    /// Carries out one change, whole or not at all.
    ///
    /// - Throws: ``ModelError`` with every fault; the tree is as it was then.
    package mutating func apply(_ edit: TreeEdit, registry: TypeRegistry) throws(ModelError) {
        switch edit {
        case .create(let written): try create(written, registry: registry)
        case .update(let path, let properties, let deleted):
            try update(path, properties: properties, deleting: deleted, registry: registry)
        case .remove(let path): _ = try removeItem(path, registry: registry)
        }
    }
}
