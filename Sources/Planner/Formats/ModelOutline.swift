internal import Model
internal import Yams

/// What the files of a model say, joined into one tree of mappings, before anything is known of types. An item that inherits takes
/// its type from a source that may come later or stand in another file; so all is collected first and understood second.
struct ModelOutline {
    /// One mapping of the tree: an item or a collection, which only its owner's type can say.
    struct Branch {
        let path: ItemPath
        let parent: Int?
        /// Where the branch was written, once for every file that has it.
        fileprivate(set) var writings: [Writing] = []
        /// Everything under the branch that is no mapping, in the order of the file.
        fileprivate(set) var leaves: [Leaf] = []
        fileprivate(set) var children: [Int] = []
        /// The path behind `inherit`, when it is one.
        fileprivate(set) var source: ItemPath?

        /// The first place where the branch was written.
        var place: SourcePlace? { writings.first?.place }

        /// What `type` or another reserved word says here.
        func leaf(_ key: String) -> Leaf? { leaves.first { $0.key == key } }
    }

    /// A branch as one file has it.
    struct Writing {
        let place: SourcePlace
        /// Whether the file declares the item, and does not only pass through it on the way to what it declares.
        fileprivate(set) var isDeclaration: Bool
    }

    /// A key with a value that is no mapping.
    struct Leaf {
        enum Content {
            case value(WrittenValue)
            /// `key:` with nothing behind it, or `null`.
            case nothing
            /// A sequence with something else than scalars in it.
            case nested
        }

        let key: String
        let place: SourcePlace
        let valuePlace: SourcePlace
        let content: Content
    }

    private(set) var branches: [Branch]
    private(set) var errors: [Diagnostic] = []
    private var positions: [ItemPath: Int] = [.root: 0]
    private let limits: YAMLModelReader.Limits
    private var nodeCount = 0
    private var isOverflowing = false

    init(limits: YAMLModelReader.Limits) {
        self.limits = limits
        branches = [Branch(path: .root, parent: nil)]
    }

    func position(of path: ItemPath) -> Int? { positions[path] }

    /// Takes in the content of one file.
    mutating func add(_ document: YAMLDocument) {
        guard let root = document.root, !ModelOutline.isNothing(root) else { return }
        guard let mapping = root.mapping else {
            errors.append(
                Diagnostic(
                    .invalidYAML, "the top of a model is a mapping",
                    rule: "the fields of the root item, such as 'software:'",
                    place: document.place(of: root.mark)))
            return
        }
        add(mapping, to: 0, at: document.place(of: mapping.mark), depth: 0, of: document)
    }

    // MARK: Joining

    private mutating func add(
        _ mapping: Node.Mapping, to position: Int, at place: SourcePlace, depth: Int, of document: YAMLDocument
    ) {
        let leavesBefore = branches[position].leaves.count
        for (key, value) in mapping {
            guard count(1, at: document.place(of: value.mark)) else { return }
            add(value, under: key, of: position, depth: depth, document: document)
        }
        let isDeclaration = branches[position].leaves.count > leavesBefore || mapping.isEmpty
        branches[position].writings.append(Writing(place: place, isDeclaration: isDeclaration))
    }

    private mutating func add(
        _ value: Node, under key: Node, of position: Int, depth: Int, document: YAMLDocument
    ) {
        let place = document.place(of: key.mark)
        let owner = branches[position].path
        guard let name = key.string else {
            errors.append(
                Diagnostic(.invalidYAML, "a key is a word, not a mapping or a sequence", path: owner, place: place))
            return
        }
        // The duplicates of a key are reported by the document; the last one stands for all.
        guard YAMLDocument.originalKey(name) == nil else { return }
        guard name != "<<" else {
            errors.append(
                Diagnostic(
                    .invalidYAML, "'<<' does not merge mappings here", path: owner, place: place,
                    nextStep: "write 'inherit: PATH' to take the values of another item"))
            return
        }
        guard let mapping = value.mapping else {
            let content = content(of: value, document: document)
            if name == "inherit", branches[position].source == nil, case .value(.scalar(let text)) = content {
                branches[position].source = ItemPath(text)
            }
            branches[position].leaves.append(
                Leaf(key: name, place: place, valuePlace: document.place(of: value.mark), content: content))
            return
        }
        guard ItemPath.isIdentifier(name) else {
            errors.append(
                Diagnostic(
                    .validation, "'\(name)' cannot be the id of an item", path: owner, value: name,
                    rule: "letters, digits, '_', '-' and '.', at most 255, not only dots", place: place))
            return
        }
        guard depth < limits.depth else {
            errors.append(
                Diagnostic(
                    .invalidYAML, "the model is nested too deeply", path: owner,
                    rule: "at most \(limits.depth) levels", place: place))
            return
        }
        add(mapping, to: child(name, of: position), at: place, depth: depth + 1, of: document)
    }

    private mutating func child(_ name: String, of position: Int) -> Int {
        let path = branches[position].path.appending(name)
        if let known = positions[path] { return known }
        branches.append(Branch(path: path, parent: position))
        let new = branches.count - 1
        positions[path] = new
        branches[position].children.append(new)
        return new
    }

    private mutating func content(of value: Node, document: YAMLDocument) -> Leaf.Content {
        if let sequence = value.sequence {
            guard count(sequence.count, at: document.place(of: sequence.mark)) else { return .nested }
            var texts: [String] = []
            for element in sequence {
                guard let text = element.scalar?.string, !ModelOutline.isNothing(element) else { return .nested }
                texts.append(text)
            }
            return .value(.sequence(texts))
        }
        guard let text = value.scalar?.string, !ModelOutline.isNothing(value) else { return .nothing }
        return .value(.scalar(text))
    }

    /// Whether a node is YAML's null: written without quotes, as nothing, `~` or `null`.
    private static func isNothing(_ node: Node) -> Bool {
        guard let scalar = node.scalar, scalar.style == .plain, scalar.tag.description != Tag.Name.str.rawValue else {
            return false
        }
        return YAMLScalar.nullWords.contains(scalar.string)
    }

    /// Counts nodes; false, with one error, when there are too many. An alias counts as often as it is used.
    private mutating func count(_ number: Int, at place: SourcePlace) -> Bool {
        nodeCount += number
        guard nodeCount > limits.nodes else { return true }
        guard !isOverflowing else { return false }
        isOverflowing = true
        errors.append(
            Diagnostic(
                .invalidYAML, "the model is too large",
                rule: "at most \(limits.nodes) values, where an alias counts for all that it stands for",
                place: place))
        return false
    }
}
