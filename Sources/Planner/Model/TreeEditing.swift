/// The four ways in which an operator changes the declared tree, one item at a time. Each either takes effect whole or throws with every
/// fault and leaves the tree as it was.
extension Tree {
    /// Declares a new item. Items on the way that need nothing (`/software`) are declared with it.
    ///
    /// - Throws: ``ModelError`` with every fault of the new item.
    package mutating func create(_ written: WrittenItem, registry: TypeRegistry) throws(ModelError) {
        var edited = self
        if edited[written.path] != nil {
            throw ModelError(
                Diagnostic(
                    .itemExists, "there is an item \(written.path) already", path: written.path,
                    nextStep: "planner update -p \(written.path) changes it"))
        }
        try edited.addParents(of: written.path, registry: registry)
        try edited.add(written, registry: registry)
        edited.addRequiredChildren(of: written.path, registry: registry)
        try edited.check([written.path], registry: registry)
        self = edited
    }

    /// Changes properties of an item; names in `deleted` fall back to the source or to the default.
    ///
    /// - Throws: ``ModelError`` with every fault, among them those that the change causes in items that inherit from this one.
    package mutating func update(
        _ path: ItemPath, properties: [String: WrittenValue], deleting deleted: [String], registry: TypeRegistry
    ) throws(ModelError) {
        let (resolved, _) = ResolvedTree.resolving(self, registry: registry)
        guard let seen = resolved[path] else { throw ModelError(.noItem(path, in: resolved)) }
        var item = self[path] ?? Item(path: path, type: seen.type)
        var errors: [Diagnostic] = []
        let written = WrittenItem(path: path, properties: properties)
        item.properties.merge(registry.values(of: written, type: item.type, errors: &errors)) { _, new in new }
        for name in deleted where item.properties.removeValue(forKey: name) == nil {
            errors.append(
                Diagnostic(
                    .invalidRequest, "property '\(name)' is not set here", path: path, property: name,
                    rule: "only what an item sets itself can be deleted"))
        }
        guard errors.isEmpty else { throw ModelError(errors) }
        item.places = nil
        var edited = self
        edited.insert(item)
        try edited.check(edited.places(showing: path), registry: registry)
        self = edited
    }

    /// Removes an item, everything below it and everything that inherits from any of it.
    ///
    /// - Returns: what was removed, in tree order.
    package mutating func removeItem(_ path: ItemPath, registry: TypeRegistry) throws(ModelError) -> [ItemPath] {
        guard !path.isRoot else {
            throw ModelError(Diagnostic(.methodNotAllowed, "the root cannot be removed", path: path))
        }
        guard self[path] != nil else {
            throw ModelError(.noItem(path, in: ResolvedTree.resolving(self, registry: registry).tree))
        }
        let dangling = danglingItems(registry: registry)
        var removed = Set(remove(path).map(\.path))
        while true {
            // A source may also vanish that was only seen through a source of its own.
            let lost = danglingItems(registry: registry).subtracting(dangling)
            guard !lost.isEmpty else { return removed.sorted() }
            for next in lost { removed.formUnion(remove(next).map(\.path)) }
        }
    }

    /// The items whose source does not exist.
    private func danglingItems(registry: TypeRegistry) -> Set<ItemPath> {
        let (_, errors) = ResolvedTree.resolving(self, registry: registry)
        return Set(errors.filter { $0.identifier == .invalidLocation && $0.property == "inherit" }.compactMap(\.path))
    }

    // MARK: Steps

    /// Adds an item whose parent is there, with its type found out and its values read.
    package mutating func add(_ written: WrittenItem, registry: TypeRegistry) throws(ModelError) {
        var errors: [Diagnostic] = []
        let item = item(from: written, registry: registry, errors: &errors)
        guard errors.isEmpty, let item else { throw ModelError(errors) }
        insert(item)
    }

    /// Reads one written item; nil, with an error, when its type cannot be told.
    package func item(
        from written: WrittenItem, registry: TypeRegistry, errors: inout [Diagnostic]
    ) -> Item? {
        var source: ItemPath?
        if let text = written.source {
            source = ItemPath(text)
            if source == nil {
                errors.append(
                    Diagnostic(
                        .invalidLocation, "'\(text)' is not the path of an item", path: written.path,
                        property: "inherit", value: text, rule: "a path starts with / and has ids between slashes",
                        place: written.place(of: "inherit")))
            }
        }
        guard
            let type = written.type ?? source.flatMap({ self[$0]?.type })
                ?? onlyType(at: written.path, registry: registry)
        else {
            errors.append(missingType(of: written, registry: registry))
            return nil
        }
        return Item(
            path: written.path, type: type, source: source,
            properties: registry.values(of: written, type: type, errors: &errors), places: written.places)
    }

    /// The type of an item at `path` when the place admits one only: the declared type of its field, if nothing else can stand there, or
    /// if that type is itself concrete.
    package func onlyType(at path: ItemPath, registry: TypeRegistry) -> String? {
        declaredType(at: path, registry: registry).flatMap { registry.onlyType(of: $0) }
    }

    private func declaredType(at path: ItemPath, registry: TypeRegistry) -> String? {
        guard let parent = path.parent else { return nil }
        if let owner = self[parent] {
            let field = registry.structure(of: owner.type)?.field(String(path.name))
            return field.flatMap { $0.isCollection ? nil : $0.itemType }
        }
        guard let owner = parent.parent.flatMap({ self[$0] }) else { return nil }
        let field = registry.structure(of: owner.type)?.field(String(parent.name))
        return field.flatMap { $0.isCollection ? $0.itemType : nil }
    }

    private func missingType(of written: WrittenItem, registry: TypeRegistry) -> Diagnostic {
        let types = declaredType(at: written.path, registry: registry).map { registry.concreteTypes(of: $0) } ?? []
        if let source = written.source {
            return Diagnostic(
                .invalidLocation, "inherit names an item that does not exist", path: written.path, property: "inherit",
                value: source, place: written.place(of: "inherit"))
        }
        if types.isEmpty {
            return Diagnostic(
                .invalidLocation, "no item can stand at \(written.path)", path: written.path, place: written.place(),
                nextStep: "planner show -p \(written.path.parent ?? .root) shows what is there")
        }
        return Diagnostic(
            .invalidType, "the type of the item is not given", path: written.path, property: "type",
            rule: "one of " + types.joined(separator: ", "), place: written.place())
    }

    /// Declares the items above `path` that are not there, as far as their place says their type and they need no properties.
    private mutating func addParents(of path: ItemPath, registry: TypeRegistry) throws(ModelError) {
        var above = ItemPath.root
        for component in path.components.dropLast() {
            above = above.appending(component)
            guard self[above] == nil, let type = onlyType(at: above, registry: registry) else { continue }
            let needsValues = registry.structure(of: type)?.properties.contains {
                $0.isRequired && $0.defaultValue == nil
            }
            guard needsValues == false, self[above.parent ?? .root] != nil else { continue }
            if declaredField(at: above, registry: registry)?.isCollection == false {
                insert(Item(path: above, type: type))
            }
        }
    }

    /// Declares the required children of a new item that need no values, and theirs. What inherits has those of its source.
    private mutating func addRequiredChildren(of path: ItemPath, registry: TypeRegistry) {
        guard let item = self[path], item.source == nil else { return }
        for field in registry.structure(of: item.type)?.fields ?? [] {
            let place = path.appending(field.name)
            guard case .child(let declared, isRequired: true) = field.kind, self[place] == nil,
                let type = registry.onlyType(of: declared), let structure = registry.structure(of: type),
                !structure.properties.contains(where: { $0.isRequired && $0.defaultValue == nil })
            else { continue }
            insert(Item(path: place, type: type))
            addRequiredChildren(of: place, registry: registry)
        }
    }

    private func declaredField(at path: ItemPath, registry: TypeRegistry) -> Field? {
        guard let owner = path.parent.flatMap({ self[$0] }) else { return nil }
        return registry.structure(of: owner.type)?.field(String(path.name))
    }

    /// Throws what is wrong at `paths` and below them, but for what may still come: missing items and empty collections.
    private func check(_ paths: Set<ItemPath>, registry: TypeRegistry) throws(ModelError) {
        let (resolved, problems) = ResolvedTree.resolving(self, registry: registry)
        let errors = (problems + Validation.errors(of: self, resolved: resolved)).filter { error in
            guard error.identifier != .missingRequiredItem, error.identifier != .cardinality else { return false }
            var next = error.path
            while let current = next {
                if paths.contains(current) { return true }
                next = current.parent
            }
            return error.path == nil
        }
        guard errors.isEmpty else { throw ModelError(errors) }
    }

    /// Where the item at `path` is seen: there, and below whatever inherits from it or from something above it, directly or through
    /// others.
    private func places(showing path: ItemPath) -> Set<ItemPath> {
        let inheritors = items.values.filter { $0.source != nil }
        var places: Set<ItemPath> = [path]
        var pending = [path]
        while let next = pending.popLast() {
            for inheritor in inheritors where places.count < ResolvedTree.maximumItems {
                guard let place = inheritor.source.flatMap({ next.moved(from: $0, to: inheritor.path) }),
                    // The way of a loop has no end; resolution reports it.
                    place.components.count <= Inheritance.maximumDepth, places.insert(place).inserted
                else { continue }
                pending.append(place)
            }
        }
        return places
    }
}

extension Diagnostic {
    /// There is nothing at `path`; says what is near.
    package static func noItem(_ path: ItemPath, in tree: ResolvedTree) -> Diagnostic {
        let siblings = path.parent.map { tree.childNames(of: $0) } ?? []
        let suggestion = NearestWord.to(String(path.name), among: siblings)
        return Diagnostic(
            .invalidLocation, "there is no item \(path)", path: path,
            nextStep: suggestion.map { "did you mean '\(path.parent?.appending($0).text ?? $0)'?" }
                ?? "planner show -p \(path.parent ?? .root) -r -l lists what is there")
    }
}
