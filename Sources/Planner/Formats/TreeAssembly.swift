internal import Model

/// Makes a tree of an outline: gives every item its type and reads its values.
struct TreeAssembly {
    private(set) var tree = Tree()
    private(set) var errors: [Diagnostic] = []
    /// Items that are in the files and not in the tree, because their type is not known. Each has its error.
    private(set) var spoiled: Set<ItemPath> = []
    /// For items in the tree: the properties whose value could not be read. Each has its error.
    private(set) var unread: [ItemPath: Set<String>] = [:]

    private let outline: ModelOutline
    private let registry: TypeRegistry
    private var types: OutlineTypes
    private var items: [Item] = []

    init(outline: ModelOutline, registry: TypeRegistry) {
        self.outline = outline
        self.registry = registry
        types = OutlineTypes(outline: outline, registry: registry)
    }

    mutating func assemble() {
        visitItem(0)
        dropInheritorsOfSpoiled()
        tree = Tree(items: items)
    }

    // MARK: Going down

    private mutating func visitItem(_ position: Int) {
        let branch = outline.branches[position]
        reportSecondDeclarations(of: branch)
        let hasReadableType = checkReserved(of: branch)
        if branch.parent == nil { checkRoot(branch) }
        guard let type = types.type(of: position) else {
            spoiled.insert(branch.path)
            if hasReadableType { errors.append(missingType(of: position)) }
            return
        }
        guard let structure = registry.structure(of: type) else {
            spoiled.insert(branch.path)
            if branch.leaf("type") != nil || branch.parent == nil { errors.append(unknownType(type, of: branch)) }
            return
        }
        add(branch, structure: structure)
        for child in sortedChildren(of: branch) {
            let name = String(outline.branches[child].path.name)
            guard let field = structure.field(name) else {
                if structure.property(name)?.isSecret == true { continue }
                reportMisplacedMapping(child, in: structure, of: branch)
                continue
            }
            if field.isCollection { visitCollection(child, of: field) } else { visitItem(child) }
        }
    }

    private mutating func visitCollection(_ position: Int, of field: Field) {
        let branch = outline.branches[position]
        for leaf in branch.leaves {
            if case .nothing = leaf.content {
                errors.append(
                    Diagnostic(
                        .validation, "'\(leaf.key)' is empty", path: branch.path, rule: "an item of '\(field.name)'",
                        place: leaf.place, nextStep: "write '\(leaf.key): {}' for an item that sets nothing"))
            } else {
                errors.append(
                    Diagnostic(
                        .validation, "'\(leaf.key)' is a value where an item is needed", path: branch.path,
                        rule: "'\(field.name)' holds items, each a mapping under its id", place: leaf.place))
            }
        }
        for child in sortedChildren(of: branch) { visitItem(child) }
    }

    /// In natural order, which most files have already.
    private func sortedChildren(of branch: ModelOutline.Branch) -> [Int] {
        var isSorted = true
        for (left, right) in zip(branch.children, branch.children.dropFirst()) where isSorted {
            isSorted = outline.branches[left].path.name.isBefore(outline.branches[right].path.name)
        }
        guard !isSorted else { return branch.children }
        return branch.children.map { ($0, outline.branches[$0].path.name) }.sorted { $0.1.isBefore($1.1) }.map(\.0)
    }

    // MARK: One item

    /// Takes in the item at a branch, with the values that could be read.
    private mutating func add(_ branch: ModelOutline.Branch, structure: TypeRegistry.Structure) {
        var places: [Item.Places.Entry] = []
        places.reserveCapacity(branch.leaves.count)
        var properties: [String: WrittenValue] = [:]
        // A key that stands twice, in two files, is reported elsewhere; the first counts. Within one file it stands once.
        let isOneFile = branch.writings.count < 2
        for leaf in branch.leaves where isOneFile || !places.contains(where: { $0.property == leaf.key }) {
            places.append(Item.Places.Entry(property: leaf.key, place: leaf.valuePlace))
            guard !TypeRegistry.reservedNames.contains(leaf.key) else { continue }
            if let error = fault(of: leaf, structure: structure, owner: branch.path) {
                errors.append(error)
                unread[branch.path, default: []].insert(leaf.key)
            } else if case .value(let value) = leaf.content {
                properties[leaf.key] = value
            }
        }
        for child in branch.children where isSecret(child, of: structure) {
            let name = String(outline.branches[child].path.name)
            if let place = outline.branches[child].place {
                places.append(Item.Places.Entry(property: name, place: place))
            }
            properties[name] = secretReference(at: child, of: branch)
        }
        var source: String?
        if branch.parent != nil, case .value(.scalar(let text)) = branch.leaf("inherit")?.content { source = text }
        let written = WrittenItem(
            path: branch.path, type: structure.name, source: source, properties: properties,
            places: branch.place.map { Item.Places(item: $0, entries: places) })
        var faults: [Diagnostic] = []
        let item = tree.item(from: written, registry: registry, errors: &faults)
        for fault in faults {
            if let property = fault.property { unread[branch.path, default: []].insert(property) }
        }
        errors += faults
        if let item { items.append(item) }
    }

    /// What is wrong with the form of a value, before its own rule is asked.
    private func fault(of leaf: ModelOutline.Leaf, structure: TypeRegistry.Structure, owner: ItemPath) -> Diagnostic? {
        if let field = structure.field(leaf.key) {
            let form = field.isCollection ? "a mapping from ids to items" : "the mapping of one \(field.itemType)"
            if case .nothing = leaf.content {
                return Diagnostic(
                    .validation, "'\(leaf.key)' is empty", path: owner, rule: form, place: leaf.place,
                    nextStep: field.isCollection
                        ? "leave the key out, or write '\(leaf.key): {}'"
                        : "write '\(leaf.key): {}' for an item that sets nothing")
            }
            return Diagnostic(
                .validation, "'\(leaf.key)' is a value where a mapping is needed", path: owner, rule: form,
                place: leaf.place)
        }
        guard let property = structure.property(leaf.key) else {
            return unknownProperty(leaf, structure: structure, owner: owner)
        }
        let rule = registry.propertyType(property.type)?.rule
        switch leaf.content {
        case .value: return nil
        case .nothing:
            return Diagnostic(
                .validation, "'\(leaf.key)' has no value", path: owner, property: leaf.key, rule: rule,
                place: leaf.place,
                nextStep: "write a value, or leave the key out (\"\" is an empty text)")
        case .nested:
            return Diagnostic(
                .validation, "'\(leaf.key)' holds something else than values", path: owner, property: leaf.key,
                rule: "a value or a list of values", place: leaf.valuePlace)
        }
    }

    private func unknownProperty(
        _ leaf: ModelOutline.Leaf, structure: TypeRegistry.Structure, owner: ItemPath
    ) -> Diagnostic {
        let words = structure.properties.map(\.name) + structure.fields.map(\.name) + TypeRegistry.reservedNames
        return Diagnostic(
            .propertyNotAllowed, "a \(structure.name) has no property '\(leaf.key)'", path: owner, property: leaf.key,
            place: leaf.place, nextStep: registry.advice(onUnknownProperty: leaf.key, of: structure, among: words))
    }

    // MARK: Items without a usable type

    /// Reports `type` and `inherit` that are no words. False when `type` is one of them: then its absence is no second mistake.
    private mutating func checkReserved(of branch: ModelOutline.Branch) -> Bool {
        var isTypeReadable = true
        for leaf in branch.leaves where TypeRegistry.reservedNames.contains(leaf.key) {
            if case .value(.scalar) = leaf.content { continue }
            if leaf.key == "type" { isTypeReadable = false }
            let rule = leaf.key == "type" ? "the name of an item type" : "the path of an item"
            errors.append(
                Diagnostic(
                    leaf.key == "type" ? .invalidType : .invalidLocation, "'\(leaf.key)' is no single word",
                    path: branch.path, property: leaf.key, rule: rule, place: leaf.valuePlace))
            unread[branch.path, default: []].insert(leaf.key)
        }
        return isTypeReadable
    }

    /// The root may say its type, and that is all that can be said of its type.
    private mutating func checkRoot(_ branch: ModelOutline.Branch) {
        for leaf in branch.leaves {
            guard case .value(.scalar(let text)) = leaf.content else { continue }
            if leaf.key == "type", text != TypeRegistry.rootType {
                errors.append(
                    Diagnostic(
                        .invalidType, "the root is of type '\(TypeRegistry.rootType)'", path: .root, property: "type",
                        value: text, place: leaf.valuePlace, nextStep: "leave the key out"))
            } else if leaf.key == "inherit" {
                errors.append(Diagnostic(.methodNotAllowed, "the root cannot inherit", path: .root, place: leaf.place))
            }
        }
    }

    private func unknownType(_ type: String, of branch: ModelOutline.Branch) -> Diagnostic {
        let suggestion = NearestWord.to(type, among: registry.itemTypeNames)
        return Diagnostic(
            .invalidType, "unknown item type '\(type)'", path: branch.path, property: "type", value: type,
            place: branch.leaf("type")?.valuePlace ?? branch.place,
            nextStep: suggestion.map { "did you mean '\($0)'?" } ?? "planner types lists the types"
        )
    }

    private mutating func missingType(of position: Int) -> Diagnostic {
        let branch = outline.branches[position]
        if case .value(.scalar(let source)) = branch.leaf("inherit")?.content {
            return Diagnostic(
                .invalidLocation, "inherit names an item that does not exist", path: branch.path, property: "inherit",
                value: source, place: branch.leaf("inherit")?.valuePlace, nextStep: nearestSource(to: source))
        }
        var types: [String] = []
        if case .item(let field) = self.types.slot(of: position) { types = registry.concreteTypes(of: field.itemType) }
        return Diagnostic(
            .invalidType, "the type of the item is not given", path: branch.path, property: "type",
            rule: types.isEmpty ? "no type can stand here" : "one of " + types.joined(separator: ", "),
            place: branch.place)
    }

    private func nearestSource(to text: String) -> String? {
        guard let path = ItemPath(text), let parent = path.parent, let position = outline.position(of: parent) else {
            return nil
        }
        let siblings = outline.branches[position].children.map { String(outline.branches[$0].path.name) }
        return NearestWord.to(String(path.name), among: siblings).map { "did you mean '\(parent.appending($0))'?" }
    }

    // MARK: Secrets

    private func isSecret(_ position: Int, of structure: TypeRegistry.Structure) -> Bool {
        structure.property(String(outline.branches[position].path.name))?.isSecret ?? false
    }

    /// The mapping at a secret property as the text of a reference, which the property reads by its own rule; nil, with an error that
    /// repeats no value, when it is something else.
    private mutating func secretReference(at position: Int, of owner: ModelOutline.Branch) -> WrittenValue? {
        let branch = outline.branches[position]
        if let leaf = branch.leaves.first, branch.leaves.count == 1, branch.children.isEmpty,
            let keyword = SecretReference.Keyword(rawValue: leaf.key), case .value(.scalar(let target)) = leaf.content
        {
            return .scalar("{\(keyword.rawValue): \(target)}")
        }
        let name = String(branch.path.name)
        spoiled.insert(branch.path)
        unread[owner.path, default: []].insert(name)
        let keywords = SecretReference.Keyword.allCases.map(\.rawValue)
        errors.append(
            Diagnostic(
                .validation, "'\(name)' holds no reference to a secret", path: owner.path, property: name,
                rule: SecretReference.rule, place: branch.place,
                nextStep: branch.leaves.lazy.compactMap { NearestWord.to($0.key, among: keywords) }
                    .first { word in !branch.leaves.contains { $0.key == word } }.map { "did you mean '\($0)'?" }))
        return nil
    }

    // MARK: Things in the wrong place

    private mutating func reportMisplacedMapping(
        _ position: Int, in structure: TypeRegistry.Structure, of owner: ModelOutline.Branch
    ) {
        let branch = outline.branches[position]
        let name = String(branch.path.name)
        spoiled.insert(branch.path)
        if structure.property(name) != nil || TypeRegistry.reservedNames.contains(name) {
            unread[owner.path, default: []].insert(name)
            errors.append(
                Diagnostic(
                    .validation, "'\(name)' is a mapping where a value is needed", path: owner.path, property: name,
                    rule: structure.property(name).flatMap { registry.propertyType($0.type)?.rule }, place: branch.place,
                    nextStep: secretProperties(instead: branch, of: structure)))
            return
        }
        let fields = structure.fields.map(\.name)
        errors.append(
            Diagnostic(
                .childNotAllowed, "a \(structure.name) has no field '\(name)'", path: branch.path,
                rule: "fields of \(owner.path): " + (fields.isEmpty ? "none" : fields.joined(separator: ", ")),
                place: branch.place,
                nextStep: NearestWord.to(name, among: fields + structure.properties.map(\.name)).map {
                    "did you mean '\($0)'?"
                }))
    }

    /// What to do where a reference to a secret stands at a property that takes none.
    private func secretProperties(instead branch: ModelOutline.Branch, of structure: TypeRegistry.Structure) -> String? {
        guard branch.leaves.count == 1, SecretReference.Keyword(rawValue: branch.leaves[0].key) != nil else { return nil }
        let names = structure.properties.filter(\.isSecret).map(\.name)
        return names.isEmpty
            ? "no property of a \(structure.name) takes a secret"
            : "a \(structure.name) takes secrets in: \(names.joined(separator: ", "))"
    }

    private mutating func reportSecondDeclarations(of branch: ModelOutline.Branch) {
        let declarations = branch.writings.filter(\.isDeclaration)
        guard let first = declarations.first else { return }
        for later in declarations.dropFirst() {
            errors.append(
                Diagnostic(
                    .itemExists, "the item is declared twice", path: branch.path,
                    rule: "it is declared first at \(first.place)",
                    place: later.place, nextStep: "remove one of the two, or move what they say into one"))
        }
    }

    /// What inherits from an item that could not be read cannot be read either; the error is at the source.
    private mutating func dropInheritorsOfSpoiled() {
        guard !spoiled.isEmpty else { return }
        var isComplete = false
        while !isComplete {
            let lost = items.filter { item in
                hasSpoiledAncestor(item.path) || item.source.map { hasSpoiledAncestor($0) } == true
            }
            spoiled.formUnion(lost.map(\.path))
            items.removeAll { spoiled.contains($0.path) }
            isComplete = lost.isEmpty
        }
    }

    private func hasSpoiledAncestor(_ path: ItemPath) -> Bool {
        var next: ItemPath? = path
        while let current = next {
            if spoiled.contains(current) { return true }
            next = current.parent
        }
        return false
    }
}

extension Substring {
    fileprivate func isBefore(_ other: Substring) -> Bool { NaturalOrder.isBefore(self, other) }
}
