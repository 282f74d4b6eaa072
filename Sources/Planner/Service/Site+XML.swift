import Formats
package import Model
import PluginKit
import Store

/// Loading and exporting the model in the XML of LITP.
extension Site {
    /// Reads a document and makes it part of the declared model: its top element becomes an item or a collection directly below `path`, or the root
    /// when `path` is the root and the document holds one (`reference/engine.md` 2.4).
    ///
    /// - Throws: ``ServiceError/model(_:)`` with every error of the file, and every error that the model has with it and had not before;
    ///   nothing is stored then.
    package func load(xml file: String, at path: ItemPath, mode: LoadMode) throws -> LoadSummary {
        try refuseDuringRun()
        let serial = try ServiceError.wrapping { try store.declaredSerial }
        let (old, before, problems) = try declared()
        let place = try ServiceError.wrapping { try FragmentPlace(path, in: before) }
        let reading = XMLModelReader(registry: registry).read(file: file, at: place)
        guard let fragment = reading.fragment else { throw ServiceError.model(ModelError(reading.errors)) }
        let loading = old.loading(fragment, mode: mode.forFragments, registry: registry)
        let found = reading.errors + loading.errors.filter { reading.errors.isEmpty || !Site.mayFollow($0) }
        let (after, newProblems) = ResolvedTree.resolving(loading.tree, registry: registry)
        var errors = found
        if reading.isComplete {
            let old = problems + Validation.errors(of: old, resolved: before)
            let new = newProblems + Validation.errors(of: loading.tree, resolved: after)
            errors += Site.added(new, to: old).filter { found.isEmpty || !Site.mayFollow($0) }
        }
        let context = try planningContext(declared: after)
        var warnings = Validation.warnings(of: loading.tree, resolved: after)
        let new = crossItemDiagnostics(in: context, beside: errors, acceptingPlaceholders: true)
        if !new.isEmpty {
            let old = crossItemDiagnostics(
                in: try planningContext(declared: before), beside: [], acceptingPlaceholders: true)
            errors += Site.added(new.filter { $0.severity == .error }, to: old)
            warnings += new.filter { $0.severity == .warning }
        }
        guard errors.isEmpty else { throw ServiceError.model(ModelError(Array(Set(errors + warnings)))) }
        let check = ModelCheck(
            errors: [], warnings: warnings.sorted(), appliedAtOnce: context.comparison.appliedAtOnce)
        return try store(loading.tree, insteadOf: old, serial: serial, valueCheck: .changes) { check }
    }

    /// The declared model, or what is at and below `path`, in the XML of LITP; loads to the same tree below the parent of `path`.
    ///
    /// - Throws: ``ServiceError/model(_:)`` with every value that XML cannot carry.
    package func exportXML(_ path: ItemPath) throws -> String {
        let (tree, _, _) = try declared()
        return try ServiceError.wrapping { try XMLModelWriter(registry: registry).text(of: tree, subtree: path) }
    }

    // MARK: Steps

    /// What is wrong now and was not before; a model that grows file by file may lack things all the while.
    private static func added(_ new: [Diagnostic], to old: [Diagnostic]) -> [Diagnostic] {
        func withoutPlace(_ error: Diagnostic) -> Diagnostic {
            var error = error
            error.place = nil
            return error
        }
        let known = Set(old.map(withoutPlace))
        return new.filter { !known.contains(withoutPlace($0)) }
    }

    /// Whether an error may only follow from others of the same file: what seems to be missing, or to be taken away, was there and could not
    /// be read.
    private static func mayFollow(_ error: Diagnostic) -> Bool {
        switch error.identifier {
        case .missingRequiredProperty, .missingRequiredItem, .cardinality, .invalidLocation: true
        case .methodNotAllowed: error.property == "inherit"
        default: false
        }
    }
}

extension Site.LoadMode {
    fileprivate var forFragments: Tree.LoadingMode {
        switch self {
        case .new: .new
        case .merge: .merge
        case .replace: .replace
        }
    }
}
