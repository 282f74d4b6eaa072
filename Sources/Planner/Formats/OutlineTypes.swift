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

    /// What is known of the type at a branch.
    private enum Answer {
        case unasked
        /// Asked, and not answered yet: who asks again goes in a circle.
        case pending
        case known(String?)
    }

    private let outline: ModelOutline
    private let registry: TypeRegistry
    private var answers: [Answer]

    /// How many sources a type is followed through; the model refuses longer chains.
    private static let maximumChain = 64

    init(outline: ModelOutline, registry: TypeRegistry) {
        self.outline = outline
        self.registry = registry
        answers = [Answer](repeating: .unasked, count: outline.branches.count)
    }

    /// What stands at a branch, as far as the type of its owner says.
    mutating func slot(of position: Int) -> Slot { slot(of: position, chain: 0) }

    /// The type of the item at a branch: written, or that of its source, or the only one that its place admits. Nil when there is none.
    mutating func type(of position: Int) -> String? { type(of: position, chain: 0) }

    // MARK: Steps

    private mutating func slot(of position: Int, chain: Int) -> Slot {
        guard let parent = outline.branches[position].parent else { return .root }
        let name = String(outline.branches[position].path.name)
        // An item has a type, a collection has none; so the owner is the parent, or what is above it.
        if let grandparent = outline.branches[parent].parent,
            case .collection(let field) = fieldSlot(String(outline.branches[parent].path.name), of: grandparent, chain: chain)
        {
            return .item(field)
        }
        return fieldSlot(name, of: parent, chain: chain)
    }

    /// What the owner's type says about one of its names.
    private mutating func fieldSlot(_ name: String, of owner: Int, chain: Int) -> Slot {
        guard let type = type(of: owner, chain: chain), let field = registry.structure(of: type)?.field(name) else {
            return .nothing
        }
        return field.isCollection ? .collection(field) : .item(field)
    }

    private mutating func type(of position: Int, chain: Int) -> String? {
        switch answers[position] {
        case .known(let type): return type
        case .pending: return nil
        case .unasked: break
        }
        guard chain < OutlineTypes.maximumChain else { return nil }
        answers[position] = .pending
        let type = findType(of: position, chain: chain)
        answers[position] = .known(type)
        return type
    }

    private mutating func findType(of position: Int, chain: Int) -> String? {
        guard outline.branches[position].parent != nil else { return TypeRegistry.rootType }
        if case .value(.scalar(let written)) = outline.branches[position].leaf("type")?.content { return written }
        if let origin = origin(ofBranch: position), let type = type(at: origin, chain: chain + 1) { return type }
        guard case .item(let field) = slot(of: position, chain: chain) else { return nil }
        return registry.onlyType(of: field.itemType)
    }

    /// The type of the item that is seen at a path, whether a file has it or it appears there because something above inherits.
    private mutating func type(at path: ItemPath, chain: Int) -> String? {
        if let position = outline.position(of: path) { return type(of: position, chain: chain) }
        guard chain < OutlineTypes.maximumChain, let origin = origin(of: path) else { return nil }
        return type(at: origin, chain: chain + 1)
    }

    /// Where the values of a branch come from: what it inherits, or the matching place below what something above it inherits.
    private func origin(ofBranch position: Int) -> ItemPath? {
        var above: Int? = position
        while let ancestor = above {
            if let source = outline.branches[ancestor].source {
                return outline.branches[position].path.moved(from: outline.branches[ancestor].path, to: source)
            }
            above = outline.branches[ancestor].parent
        }
        return nil
    }

    /// The same for a path that no file may have.
    private func origin(of path: ItemPath) -> ItemPath? {
        var above: ItemPath? = path
        while let ancestor = above {
            if let position = outline.position(of: ancestor), let source = outline.branches[position].source {
                return path.moved(from: ancestor, to: source)
            }
            above = ancestor.parent
        }
        return nil
    }
}
