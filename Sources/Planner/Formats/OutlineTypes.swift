internal import Model

/// Finds the types of the items of an outline, in whatever order the files have them.
struct OutlineTypes {
    /// What may stand at a place.
    enum Slot {
        case root
        /// An item of this declared type, or of one that extends it.
        case item(Field)
        case collection(Field)
        /// Nothing: the owner has no such field, or its own type is not known.
        case nothing
    }

    private let outline: ModelOutline
    private let registry: TypeRegistry
    private var known: [Int: String] = [:]
    private var pending: Set<Int> = []

    /// How many sources a type is followed through; the model refuses longer chains.
    private static let maximumChain = 64

    init(outline: ModelOutline, registry: TypeRegistry) {
        self.outline = outline
        self.registry = registry
    }

    /// What stands at a branch, as far as the type of its owner says.
    mutating func slot(of position: Int) -> Slot { slot(of: position, chain: 0) }

    /// The type of the item at a branch: written, or that of its source, or the only one that its place admits. Nil when there is none.
    mutating func type(of position: Int) -> String? { type(of: position, chain: 0) }

    // MARK: Steps

    private mutating func slot(of position: Int, chain: Int) -> Slot {
        let branch = outline.branches[position]
        guard let parent = branch.parent else { return .root }
        switch slot(of: parent, chain: chain) {
        case .nothing: return .nothing
        case .collection(let field): return .item(field)
        case .root, .item:
            guard let type = type(of: parent, chain: chain),
                let field = registry.structure(of: type)?.field(String(branch.path.name))
            else { return .nothing }
            return field.isCollection ? .collection(field) : .item(field)
        }
    }

    private mutating func type(of position: Int, chain: Int) -> String? {
        if let type = known[position] { return type }
        guard chain < OutlineTypes.maximumChain, pending.insert(position).inserted else { return nil }
        defer { pending.remove(position) }
        let type = findType(of: position, chain: chain)
        known[position] = type
        return type
    }

    private mutating func findType(of position: Int, chain: Int) -> String? {
        let branch = outline.branches[position]
        guard branch.parent != nil else { return TypeRegistry.rootType }
        if case .value(.scalar(let written)) = branch.leaf("type")?.content { return written }
        if let origin = origin(of: branch.path), let type = type(at: origin, chain: chain + 1) { return type }
        guard case .item(let field) = slot(of: position, chain: chain) else { return nil }
        return registry.onlyType(of: field.itemType)
    }

    /// The type of the item that is seen at a path, whether a file has it or it appears there because something above inherits.
    private mutating func type(at path: ItemPath, chain: Int) -> String? {
        if let position = outline.position(of: path) { return type(of: position, chain: chain) }
        guard chain < OutlineTypes.maximumChain, let origin = origin(of: path) else { return nil }
        return type(at: origin, chain: chain + 1)
    }

    /// Where the values of `path` come from: what it inherits, or the matching place below what something above it inherits.
    private func origin(of path: ItemPath) -> ItemPath? {
        var above: ItemPath? = path
        while let ancestor = above {
            if let position = outline.position(of: ancestor), let source = source(of: position) {
                return path.moved(from: ancestor, to: source)
            }
            above = ancestor.parent
        }
        return nil
    }

    private func source(of position: Int) -> ItemPath? {
        guard case .value(.scalar(let text)) = outline.branches[position].leaf("inherit")?.content else { return nil }
        return ItemPath(text)
    }
}
