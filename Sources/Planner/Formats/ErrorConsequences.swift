internal import Model

/// What follows from mistakes that are reported already: a property is not missing if its value was there and wrong, and a file that
/// cannot be read may hold everything that seems to be missing.
struct ErrorConsequences {
    private let assembly: TreeAssembly
    private let resolved: ResolvedTree
    private let isIncomplete: Bool
    /// The items and collections in which something that was written could not be read.
    private let ownersOfSpoiled: Set<ItemPath>
    /// Items whose type is wrong where they stand: what that type wants says nothing about them.
    private let misplaced: Set<ItemPath>
    /// Items that inherit from one that does not exist: nobody knows what it would have given them.
    private let orphans: Set<ItemPath>

    /// - Parameter found: the errors among which the consequences are.
    init(assembly: TreeAssembly, resolved: ResolvedTree, found: [Diagnostic], isIncomplete: Bool) {
        misplaced = Set(
            found.filter { $0.identifier == .invalidChildType || $0.identifier == .invalidType }.compactMap(\.path))
        orphans = Set(
            found.filter { $0.identifier == .invalidLocation && $0.property == "inherit" }.compactMap(\.path))
        self.assembly = assembly
        self.resolved = resolved
        self.isIncomplete = isIncomplete
        var owners: Set<ItemPath> = []
        for path in assembly.spoiled {
            guard let parent = path.parent else { continue }
            owners.insert(parent)
            if let above = parent.parent { owners.insert(above) }
        }
        ownersOfSpoiled = owners
    }

    /// Whether `error` need not be shown.
    func contain(_ error: Diagnostic) -> Bool {
        guard let path = error.path else { return false }
        if misplaced.contains(path), error.isAboutAbsence { return true }
        switch error.identifier {
        case .missingRequiredItem, .cardinality:
            return isIncomplete
                || origins(of: path).contains {
                    ownersOfSpoiled.contains($0) || orphans.contains($0) || assembly.unread[$0]?.contains("inherit") == true
                }
        case .missingRequiredProperty:
            return origins(of: path).contains { origin in
                if orphans.contains(origin) { return true }
                return assembly.unread[origin].map { $0.contains(error.property ?? "") || $0.contains("inherit") } ?? false
            }
        case .validation:
            return origins(of: path).contains { assembly.unread[$0] != nil }
        default: return false
        }
    }

    /// The item itself and all that it inherits from.
    private func origins(of path: ItemPath) -> [ItemPath] {
        var origins = [path]
        while let source = resolved[origins[origins.count - 1]]?.source, !origins.contains(source) {
            origins.append(source)
        }
        return origins
    }
}

extension Diagnostic {
    var isAboutAbsence: Bool {
        identifier == .missingRequiredItem || identifier == .missingRequiredProperty || identifier == .cardinality
    }
}
