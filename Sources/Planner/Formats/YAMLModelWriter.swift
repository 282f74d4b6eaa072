package import Model

/// Writes models as YAML: the same bytes for the same tree, and the shortest file that reads back as that tree. Ids stand in
/// natural order, and `type` only where ``YAMLModelReader`` could not tell it.
package struct YAMLModelWriter: Sendable {
    private let registry: TypeRegistry

    package init(registry: TypeRegistry) { self.registry = registry }

    /// - Parameter subtree: writes this item and what is below it; the items above it are named on the way, without their values.
    /// - Returns: the text, ending in a line break; `{}` for a tree without items.
    /// - Complexity: O(items written × depth).
    package func text(of tree: Tree, subtree: ItemPath = .root) -> String {
        var writing = Writing(tree: tree, registry: registry, subtree: subtree)
        writing.write()
        return writing.text.isEmpty ? "{}\n" : writing.text
    }
}

private struct Writing {
    let tree: Tree
    let registry: TypeRegistry
    let subtree: ItemPath
    var text = ""

    /// Sources are followed this far; the model refuses longer chains.
    private static let maximumChain = 60

    init(tree: Tree, registry: TypeRegistry, subtree: ItemPath) {
        self.tree = tree
        self.registry = registry
        self.subtree = subtree
    }

    mutating func write() {
        var level = 0
        var above = ItemPath.root
        for component in subtree.components.dropLast() {
            above = above.appending(component)
            line(level, YAMLScalar.key(String(component)) + ":")
            level += 1
            if let item = tree[above], let type = typeToWrite(of: item) {
                line(level, "type: " + YAMLScalar.value(type))
            }
        }
        if subtree.isRoot {
            writeContent(of: .root, at: 0)
        } else if tree[subtree] != nil || tree.hasChildren(subtree) {
            write(subtree, at: level)
        } else {
            text = ""
        }
    }

    /// Writes an item or a collection, with its key.
    private mutating func write(_ path: ItemPath, at level: Int) {
        let start = text.endIndex
        line(level, YAMLScalar.key(String(path.name)) + ":")
        let body = text.endIndex
        writeContent(of: path, at: level + 1)
        if text.endIndex == body {
            text.removeSubrange(start...)
            line(level, YAMLScalar.key(String(path.name)) + ": {}")
        }
    }

    private mutating func writeContent(of path: ItemPath, at level: Int) {
        if let item = tree[path] { writeValues(of: item, at: level) }
        for child in tree.childPaths(of: path) { write(child, at: level) }
    }

    private mutating func writeValues(of item: Item, at level: Int) {
        if let type = typeToWrite(of: item) { line(level, "type: " + YAMLScalar.value(type)) }
        if let source = item.source { line(level, "inherit: " + YAMLScalar.value(source.text)) }
        for (name, value) in item.properties.sorted(by: { NaturalOrder.isBefore($0.key, $1.key) }) {
            line(level, YAMLScalar.key(name) + ": " + written(value))
        }
    }

    private func written(_ value: PropertyValue) -> String {
        if let secret = value.secret {
            return "{\(secret.keyword.rawValue): \(YAMLScalar.value(secret.target, inList: true))}"
        }
        guard let list = value.list else { return YAMLScalar.value(value.text) }
        return "[" + list.map { YAMLScalar.value($0, inList: true) }.joined(separator: ", ") + "]"
    }

    private mutating func line(_ level: Int, _ content: String) {
        for _ in 0..<level { text += "  " }
        text += content
        text += "\n"
    }

    // MARK: Types

    /// The type to write for an item; nil where the reader finds it out.
    private func typeToWrite(of item: Item) -> String? {
        guard !item.path.isRoot else { return nil }
        return typeThatIsRead(at: item.path) == item.type ? nil : item.type
    }

    /// What the reader takes for the type of an item that does not say it; nil where that depends on what else it reads.
    private func typeThatIsRead(at path: ItemPath) -> String? {
        let only = onlyType(at: path)
        guard let origin = origin(of: path) else { return only }
        guard isGrounded(path) else { return nil }
        let inherited = type(at: origin)
        if isWritten(origin) { return inherited ?? only }
        return inherited == only ? only : nil
    }

    private func onlyType(at path: ItemPath) -> String? {
        guard let parent = path.parent else { return nil }
        if let owner = tree[parent] {
            let field = registry.structure(of: owner.type)?.field(String(path.name))
            return field.flatMap { $0.isCollection ? nil : registry.onlyType(of: $0.itemType) }
        }
        let owner = parent.parent.flatMap { tree[$0] }
        let field = owner.flatMap { registry.structure(of: $0.type)?.field(String(parent.name)) }
        return field.flatMap { $0.isCollection ? registry.onlyType(of: $0.itemType) : nil }
    }

    private func origin(of path: ItemPath) -> ItemPath? {
        var above: ItemPath? = path
        while let ancestor = above {
            if let source = tree[ancestor]?.source { return path.moved(from: ancestor, to: source) }
            above = ancestor.parent
        }
        return nil
    }

    private func type(at path: ItemPath) -> String? {
        var next: ItemPath? = path
        for _ in 0..<Writing.maximumChain {
            guard let current = next else { return nil }
            if let item = tree[current] { return item.type }
            next = origin(of: current)
        }
        return nil
    }

    /// Whether the sources of an item come to an end.
    private func isGrounded(_ path: ItemPath) -> Bool {
        var next: ItemPath? = path
        for _ in 0..<Writing.maximumChain {
            guard let current = next else { return true }
            next = origin(of: current)
        }
        return false
    }

    /// Whether everything from which the reader gets the type at `path` is in the text.
    private func isWritten(_ path: ItemPath) -> Bool {
        var next: ItemPath? = path
        for _ in 0..<Writing.maximumChain {
            guard let current = next else { return true }
            guard current.isWithin(subtree) else { return false }
            if tree[current] != nil { return true }
            next = origin(of: current)
        }
        return false
    }
}
