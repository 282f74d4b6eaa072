/// The rules of the type system, over a whole tree. Collects every error (DESIGN section 3).
package struct Validation {
    private let tree: Tree
    private let resolved: ResolvedTree
    private var registry: TypeRegistry { resolved.registry }
    private var errors: [Diagnostic] = []
    private let checksValues: Bool

    /// Everything that is wrong with the tree as far as its types say. Rules of plugins over several items come on top.
    ///
    /// - Parameter checkingValues: false when every value was just read by the rule of its property, and is known to keep it.
    ///
    /// - Complexity: O(items), shared by all cores when there are many.
    package static func errors(of tree: Tree, resolved: ResolvedTree, checkingValues: Bool = true) -> [Diagnostic] {
        let items = resolved.ordered
        let pieces = stride(from: 0, to: items.count, by: piece).map { $0..<min($0 + piece, items.count) }
        return inParallel(pieces) { piece in
            var validation = Validation(tree: tree, resolved: resolved, checksValues: checkingValues)
            for item in items[piece] {
                if let declaration = item.declaration { validation.checkPlace(of: declaration) }
                validation.checkContent(of: item)
            }
            return validation.errors
        }.flatMap { $0 }.sorted()
    }

    /// How many items one core checks at a time.
    private static let piece = 5_000

    /// What is not wrong, but better otherwise: properties that should not be set any more.
    ///
    /// - Complexity: O(items); nothing where no type has such a property.
    package static func warnings(of tree: Tree, resolved: ResolvedTree) -> [Diagnostic] {
        let registry = resolved.registry
        let types = registry.itemTypeNames.compactMap { registry.structure(of: $0) }
        let deprecated = Dictionary(
            uniqueKeysWithValues: types.map { ($0.name, $0.properties.filter { $0.deprecation != nil }) }
        ).filter { !$0.value.isEmpty }
        guard !deprecated.isEmpty else { return [] }
        return resolved.ordered.compactMap(\.declaration).flatMap { item in
            (deprecated[item.type] ?? []).filter { item.properties[$0.name] != nil }.map { property in
                Diagnostic(
                    .validation, "property '\(property.name)' should not be set any more", severity: .warning,
                    path: item.path, property: property.name, value: item.properties[property.name]?.text,
                    place: item.place(of: property.name), nextStep: property.deprecation)
            }
        }
    }

    private init(tree: Tree, resolved: ResolvedTree, checksValues: Bool) {
        self.tree = tree
        self.resolved = resolved
        self.checksValues = checksValues
    }

    // MARK: Where an item stands

    private mutating func checkPlace(of item: Item) {
        guard !item.path.isRoot else { return }
        guard let structure = registry.structure(of: item.type) else {
            let suggestion = NearestWord.to(item.type, among: registry.itemTypeNames)
            errors.append(
                Diagnostic(
                    .invalidType, "unknown item type '\(item.type)'", path: item.path, property: "type",
                    value: item.type, place: item.place(of: "type"),
                    nextStep: suggestion.map { "did you mean '\($0)'?" } ?? "planner types lists the types"))
            return
        }
        if structure.isAbstract {
            errors.append(
                Diagnostic(
                    .invalidType, "'\(item.type)' is only there to be extended", path: item.path, property: "type",
                    value: item.type, rule: "one of " + registry.concreteTypes(of: item.type).joined(separator: ", "),
                    place: item.place(of: "type")))
        }
        do {
            let field = try TypePlace.field(for: item.path, in: resolved)
            checkType(of: item, in: field)
        } catch {
            errors.append(error.diagnostic(for: item))
        }
    }

    private mutating func checkType(of item: Item, in field: Field) {
        if !registry.isKind(item.type, of: field.itemType) {
            errors.append(
                Diagnostic(
                    .invalidChildType, "an item of type '\(item.type)' cannot stand here", path: item.path,
                    property: "type", value: item.type,
                    rule: "one of " + registry.concreteTypes(of: field.itemType).joined(separator: ", "),
                    place: item.place(of: "type")))
        }
        if field.isReference, resolved[item.path]?.source == nil, item.source == nil {
            errors.append(
                Diagnostic(
                    .childNotAllowed, "'\(field.name)' holds inherited items only", path: item.path,
                    place: item.place(), nextStep: "declare the item elsewhere and write 'inherit: PATH' here"))
        }
    }

    /// What is inherited through a read-only field stays as its source has it: no value is overridden, no item is added below.
    private mutating func checkReadOnly(_ item: ResolvedItem) {
        guard registry.hasReadOnlyFields, let declaration = item.declaration, let reference = readOnlyReference(at: item.path)
        else { return }
        let isReference = reference.path == item.path
        if isReference, declaration.properties.isEmpty { return }
        let property = declaration.properties.keys.sorted().first
        report(
            item, .validation, "what is inherited in '\(reference.field.name)' cannot be changed here", property: property,
            value: property.map { item.text($0) }, rule: "'\(reference.field.name)' is read-only",
            nextStep: self.resolved[reference.path]?.source.map { "change \($0), for all that inherit it" })
    }

    /// The item at `path` or above it that stands in a read-only field.
    private func readOnlyReference(at path: ItemPath) -> (path: ItemPath, field: Field)? {
        var next: ItemPath? = path
        while let current = next, !current.isRoot {
            // An error here is told where the place is checked.
            if resolved[current] != nil, let field = try? TypePlace.field(for: current, in: resolved), field.isReadOnly {
                return (current, field)
            }
            next = current.parent
        }
        return nil
    }

    // MARK: What an item holds

    private mutating func checkContent(of item: ResolvedItem) {
        guard let structure = registry.structure(of: item.type) else { return }
        // What is seen here only because an ancestor inherits is checked where it was declared.
        guard item.declaration != nil || tree.hasChildren(item.path) else { return }
        let before = errors.count
        let own = item.declaration?.properties ?? [:]
        for name in own.keys.filter({ structure.property($0) == nil }).sorted() {
            report(
                item, .propertyNotAllowed, "a \(item.type) has no property '\(name)'", property: name,
                nextStep: registry.advice(
                    onUnknownProperty: name, of: structure, among: structure.properties.map(\.name)))
        }
        checkReadOnly(item)
        for property in structure.properties where checksValues || property.isRequired {
            checkProperty(property, of: item)
        }
        for field in structure.demandingFields { checkField(field, of: item) }
        guard errors.count == before, !own.isEmpty || !isAsItsSource(item) else { return }
        for rule in structure.rules {
            guard let breach = rule.broken(item, resolved) else { continue }
            report(
                item, breach.identifier, breach.rule, property: breach.property,
                value: breach.property.flatMap { item[$0]?.text })
        }
    }

    private mutating func checkProperty(_ property: PropertyDefinition, of item: ResolvedItem) {
        guard let value = item[property.name] else {
            if property.isRequired, !isMissing(property.name, in: item.source) {
                report(
                    item, .missingRequiredProperty, "required property '\(property.name)' is not set",
                    property: property.name, rule: registry.propertyType(property.type)?.rule)
            }
            return
        }
        guard checksValues, let type = registry.propertyType(property.type) else { return }
        do {
            try property.check(value, of: type)
        } catch {
            // An inherited value is reported once, where it was written.
            guard item.declaration?.properties[property.name] != nil else { return }
            report(
                item, .validation, error.summary(of: property.name), property: property.name,
                value: error.shown(error.value), rule: error.rule, nextStep: error.nextStep)
        }
    }

    /// Whether the source must have the property too and does not: then it is reported there, once for all inheritors.
    private func isMissing(_ property: String, in source: ItemPath?) -> Bool {
        guard let found = source.flatMap({ resolved[$0] }), found[property] == nil else { return false }
        return registry.structure(of: found.type)?.property(property)?.isRequired ?? false
    }

    /// Whether the item is of the type of its source, so that what that type wants is checked there.
    private func isAsItsSource(_ item: ResolvedItem) -> Bool {
        item.source.flatMap { resolved[$0] }?.type == item.type
    }

    private mutating func checkField(_ field: Field, of item: ResolvedItem) {
        let place = item.path.appending(field.name)
        switch field.kind {
        case .child(_, let isRequired), .reference(_, let isRequired):
            guard isRequired, resolved[place] == nil else { return }
            report(
                item, .missingRequiredItem, "required item '\(field.name)' is missing", rule: "an item of type \(field.itemType)",
                nextStep: "planner types \(field.itemType) shows what it needs")
        case .collection(_, let minimum, let maximum), .referenceCollection(_, let minimum, let maximum):
            let count = resolved.children(of: place).count
            guard count < minimum || count > maximum else { return }
            report(
                item, .cardinality, "'\(field.name)' has \(count) items",
                rule: maximum == Int.max ? "at least \(minimum)" : "from \(minimum) to \(maximum)",
                nextStep: count > maximum
                    ? nil
                    : field.isReference
                        ? "inherit a \(field.itemType) there: \(field.name): { ID: { inherit: PATH } }"
                        : "declare a \(field.itemType) there: planner types \(field.itemType) shows what it needs")
        }
    }

    private mutating func report(
        _ item: ResolvedItem, _ identifier: Diagnostic.Identifier, _ summary: String, property: String? = nil,
        value: String? = nil, rule: String? = nil, nextStep: String? = nil
    ) {
        errors.append(
            Diagnostic(
                identifier, summary, path: item.path, property: property, value: value, rule: rule,
                place: item.declaration?.place(of: property), nextStep: nextStep))
    }
}

/// Finds the field of the parent's type in which an item stands.
package enum TypePlace {
    /// Why an item cannot stand where it does.
    package enum Problem: Error, Sendable {
        case noParent(ItemPath)
        case noField(name: String, parent: ItemPath, type: String, fields: [String])
        case isCollection(ItemPath)

        func diagnostic(for item: Item) -> Diagnostic {
            switch self {
            case .noParent(let parent):
                Diagnostic(
                    .invalidLocation, "there is no item \(parent)", path: item.path, place: item.place(),
                    nextStep: "create \(parent) first")
            case .noField(let name, let parent, let type, let fields):
                Diagnostic(
                    .childNotAllowed, "a \(type) has no field '\(name)'", path: item.path,
                    rule: "fields of \(parent): " + (fields.isEmpty ? "none" : fields.joined(separator: ", ")),
                    place: item.place(),
                    nextStep: NearestWord.to(name, among: fields).map { "did you mean '\($0)'?" })
            case .isCollection(let path):
                Diagnostic(
                    .childNotAllowed, "\(path) is a collection", path: item.path,
                    rule: "items stand below it, under an id",
                    place: item.place())
            }
        }
    }

    /// The field for an item at `path`.
    package static func field(for path: ItemPath, in tree: ResolvedTree) throws(Problem) -> Field {
        guard let parent = path.parent else { throw .noParent(path) }
        if let owner = tree[parent] {
            let structure = tree.registry.structure(of: owner.type)
            guard let field = structure?.field(String(path.name)) else {
                throw .noField(
                    name: String(path.name), parent: parent, type: owner.type,
                    fields: structure?.fields.map(\.name) ?? [])
            }
            guard !field.isCollection else { throw .isCollection(path) }
            return field
        }
        guard let ownerPath = parent.parent, let owner = tree[ownerPath] else { throw .noParent(parent) }
        guard let structure = tree.registry.structure(of: owner.type), let field = structure.field(String(parent.name))
        else {
            throw .noField(
                name: String(parent.name), parent: ownerPath, type: owner.type,
                fields: tree.registry.structure(of: owner.type)?.fields.map(\.name) ?? [])
        }
        guard field.isCollection else { throw .noParent(parent) }
        return field
    }
}
