package import Model

/// Reads models written in YAML (DESIGN section 3). It finds every mistake in one go, each with file, line and column.
///
/// ```swift
/// let reading = YAMLModelReader(registry: registry).read([("site.yaml", text)])
/// guard reading.errors.isEmpty else { ... }
/// ```
package struct YAMLModelReader: Sendable {
    /// One text of a model and the name under which its places are shown.
    package typealias Source = (name: String, text: String)

    /// What keeps a small file from becoming a large model: aliases that stand for aliases, and nesting without end.
    package struct Limits: Sendable {
        /// How many values a model may have; an alias counts for all that it stands for.
        package var nodes: Int
        /// How many levels a model may have.
        package var depth: Int

        package init(nodes: Int = 2_000_000, depth: Int = 64) {
            self.nodes = nodes
            self.depth = depth
        }
    }

    private let registry: TypeRegistry
    private let limits: Limits

    package init(registry: TypeRegistry, limits: Limits = Limits()) {
        self.registry = registry
        self.limits = limits
    }

    /// Reads the texts as one model. Items may stand in any order and refer to each other across texts; two texts may go through the
    /// same items on the way to what they declare.
    ///
    /// - Complexity: O(size of the texts + items seen).
    package func read(_ sources: [Source]) -> ModelReading { draft(of: sources, failures: []).checked() }

    /// - Parameter failures: what is known already of files that cannot be read.
    func draft(of sources: [Source], failures: [Diagnostic]) -> ModelDraft {
        var outline = ModelOutline(limits: limits)
        var errors = failures
        var isIncomplete = !failures.isEmpty
        for document in YAMLDocument.documents(of: sources) {
            errors += document.errors
            isIncomplete = isIncomplete || document.isUnreadable
            outline.add(document)
        }
        errors += outline.errors
        var assembly = TreeAssembly(outline: outline, registry: registry)
        assembly.assemble()
        return ModelDraft(
            assembly: assembly, errors: errors + assembly.errors, registry: registry, isIncomplete: isIncomplete)
    }
}

/// A model whose items were read and not yet held against each other. Reading is the half that needs the files; checking can go on while
/// the items are written somewhere.
package struct ModelDraft: Sendable {
    /// What is wrong so far. When it is empty, every item of the files is in the tree.
    package let errors: [Diagnostic]
    private let assembly: TreeAssembly
    private let registry: TypeRegistry
    private let isIncomplete: Bool

    init(assembly: TreeAssembly, errors: [Diagnostic], registry: TypeRegistry, isIncomplete: Bool) {
        self.assembly = assembly
        self.errors = errors
        self.registry = registry
        self.isIncomplete = isIncomplete
    }

    /// The items that could be read.
    package var tree: Tree { assembly.tree }

    /// Resolves the tree and holds it against the rules of its types. O(items seen).
    package func checked() -> ModelReading {
        let (resolved, resolution) = ResolvedTree.resolving(tree, registry: registry)
        let found = resolution + Validation.errors(of: tree, resolved: resolved, checkingValues: false)
        let consequences = ErrorConsequences(
            assembly: assembly, resolved: resolved, found: found, isIncomplete: isIncomplete)
        return ModelReading(tree: tree, resolved: resolved, known: errors, found: found, consequences: consequences)
    }
}

/// A model as it was read, with everything that is wrong with it.
package struct ModelReading: Sendable {
    /// The items that could be read.
    package let tree: Tree
    package let resolved: ResolvedTree
    /// Each mistake once, in the order of the files. Empty when the model is valid as far as its types say.
    package let errors: [Diagnostic]

    /// - Parameter known: what is wrong already.
    /// - Parameter found: what was found when the items were held against each other; only some of it may be told.
    init(
        tree: Tree, resolved: ResolvedTree, known: [Diagnostic], found: [Diagnostic], consequences: ErrorConsequences
    ) {
        self.tree = tree
        self.resolved = resolved
        // What stands twice is read as the last says it: what that lacks is no second mistake.
        let repeated = Set(known.filter { $0.identifier == .invalidYAML && $0.property != nil }.compactMap(\.place))
        let own = found.filter { error in
            !consequences.contain(error) && !(error.isAboutAbsence && error.place.map(repeated.contains) == true)
        }
        var told: Set<Mistake> = []
        errors = Set(known + own).sorted().filter { told.insert(Mistake($0)).inserted }
    }

    /// What a reader has to mend: written once under an anchor, it is found again at every alias.
    private struct Mistake: Hashable {
        let place: SourcePlace?
        /// Only where nobody knows the place.
        let path: ItemPath?
        let identifier: Diagnostic.Identifier
        let property: String?
        let summary: String

        init(_ error: Diagnostic) {
            place = error.place
            path = error.place == nil ? error.path : nil
            identifier = error.identifier
            property = error.property
            summary = error.summary
        }
    }
}
