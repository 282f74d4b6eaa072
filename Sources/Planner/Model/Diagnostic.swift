/// Where in a file something was written; lines and columns count from 1.
package struct SourcePlace: Hashable, Sendable, Codable, Comparable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var column: Int

    package init(file: String, line: Int, column: Int) {
        self.file = file
        self.line = line
        self.column = column
    }

    package var description: String { "\(file):\(line):\(column)" }

    package static func < (left: SourcePlace, right: SourcePlace) -> Bool {
        if left.file != right.file { return NaturalOrder.isBefore(left.file, right.file) }
        return (left.line, left.column) < (right.line, right.column)
    }
}

/// One thing that is wrong (or worth knowing) about a model, a plan or a run, as data. It is rendered in one place, by the
/// command line, for a terminal, a pipe or JSON.
package struct Diagnostic: Hashable, Sendable, Codable {
    package enum Severity: String, Sendable, Codable { case error, warning }

    /// What kind of mistake it is; the names are LITP's (`reference/engine.md` 1.6), because scripts look for them.
    package enum Identifier: String, Sendable, Codable {
        case cardinality = "CardinalityError"
        case childNotAllowed = "ChildNotAllowedError"
        case invalidChildType = "InvalidChildTypeError"
        case invalidType = "InvalidTypeError"
        case invalidLocation = "InvalidLocationError"
        case invalidRequest = "InvalidRequestError"
        case itemExists = "ItemExistsError"
        case methodNotAllowed = "MethodNotAllowedError"
        case missingRequiredItem = "MissingRequiredItemError"
        case missingRequiredProperty = "MissingRequiredPropertyError"
        case propertyNotAllowed = "PropertyNotAllowedError"
        case validation = "ValidationError"
        case doNothingPlan = "DoNothingPlanError"
        /// A secret that is referred to is not there.
        case credentialsNotFound = "CredentialsNotFoundError"
        /// The file is not well-formed YAML, or a key stands twice in it.
        case invalidYAML = "InvalidYAMLError"
        /// A line of a command script cannot be carried out.
        case invalidScript = "InvalidScriptError"
        /// No plugin has anything to do with an item whose type wants a task.
        case unhandledItem = "UnhandledItem"
        /// `show -o` names a property that the item does not have.
        case invalidProperty = "InvalidPropertyError"
        /// The file is not well-formed XML, or not of the form of LITP's documents.
        case invalidXML = "InvalidXMLError"
    }

    package var severity: Severity
    package var identifier: Identifier
    /// What is wrong, in one line without a full stop.
    package var summary: String
    package var path: ItemPath?
    package var property: String?
    package var value: String?
    /// The rule that was broken, when the summary does not say it.
    package var rule: String?
    package var place: SourcePlace?
    /// What to do about it.
    package var nextStep: String?

    package init(
        _ identifier: Identifier, _ summary: String, severity: Severity = .error, path: ItemPath? = nil,
        property: String? = nil, value: String? = nil, rule: String? = nil, place: SourcePlace? = nil,
        nextStep: String? = nil
    ) {
        self.severity = severity
        self.identifier = identifier
        self.summary = Diagnostic.excerpt(summary)
        self.path = path
        self.property = property.map(Diagnostic.excerpt)
        self.value = value.map(Diagnostic.excerpt)
        self.rule = rule.map(Diagnostic.excerpt)
        self.place = place
        self.nextStep = nextStep.map(Diagnostic.excerpt)
    }

    /// A message repeats what somebody wrote, and that may be a megabyte.
    private static func excerpt(_ text: String) -> String {
        let limit = 2_000
        guard text.utf8.count > limit else { return text }
        let scalars = text.unicodeScalars
        return "\(String(scalars.prefix(limit / 2))) ... \(String(scalars.suffix(limit / 8)))"
    }
}

extension Diagnostic: Comparable {
    /// By place in the files, then by path and property: the order in which a reader meets them.
    package static func < (left: Diagnostic, right: Diagnostic) -> Bool {
        if left.place != right.place {
            guard let leftPlace = left.place else { return false }
            guard let rightPlace = right.place else { return true }
            return leftPlace < rightPlace
        }
        if left.path != right.path {
            guard let leftPath = left.path else { return true }
            guard let rightPath = right.path else { return false }
            return leftPath < rightPath
        }
        return (left.property ?? "", left.identifier.rawValue, left.summary)
            < (right.property ?? "", right.identifier.rawValue, right.summary)
    }
}

/// The errors of one operation on the model, all of them, in a stable order.
package struct ModelError: Error, Hashable, Sendable {
    package let diagnostics: [Diagnostic]

    package init(_ diagnostics: [Diagnostic]) { self.diagnostics = diagnostics.sorted() }
    package init(_ diagnostic: Diagnostic) { self.diagnostics = [diagnostic] }
}

extension ModelError: CustomStringConvertible {
    package var description: String {
        diagnostics.map { "\($0.path.map(\.text) ?? "model"): \($0.summary)" }.joined(separator: "\n")
    }
}
