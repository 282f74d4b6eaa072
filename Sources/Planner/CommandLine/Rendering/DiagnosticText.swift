import Model

/// A diagnostic for people: where, what, which item and property, the rule, what to do.
enum DiagnosticText {
    static func text(of diagnostic: Diagnostic) -> String {
        var lines = [diagnostic.place.map { "\($0): " } ?? ""]
        lines[0] += "\(diagnostic.severity.rawValue): \(diagnostic.summary)  [\(diagnostic.identifier.rawValue)]"
        if let path = diagnostic.path {
            var line = "    \(path)"
            if let property = diagnostic.property {
                line += "  \(property)" + (diagnostic.value.map { " = \(abbreviated($0))" } ?? "")
            }
            lines.append(line)
        }
        if let rule = diagnostic.rule { lines.append("    rule: \(rule)") }
        if let nextStep = diagnostic.nextStep { lines.append("    \(nextStep)") }
        return lines.joined(separator: "\n")
    }

    /// How often one mistake is shown: who has made it in a thousand places knows by then.
    static let maximumAlike = 20

    /// Several, one below the other, then how often each has happened that is not shown any more; empty when there is none.
    static func text(of diagnostics: [Diagnostic], maximumShown: Int = .max) -> String {
        var alike: [Kind: [Diagnostic]] = [:]
        var shown: [Diagnostic] = []
        var cut: [Kind] = []
        for diagnostic in diagnostics {
            let kind = Kind(diagnostic)
            alike[kind, default: []].append(diagnostic)
            switch alike[kind]?.count ?? 0 {
            case ...maximumAlike: shown.append(diagnostic)
            case maximumAlike + 1: cut.append(kind)
            default: continue
            }
        }
        var lines = shown.prefix(maximumShown).map(text)
        for kind in cut {
            let hidden = (alike[kind] ?? []).dropFirst(maximumAlike)
            let places = [hidden.first, hidden.last].compactMap { $0.flatMap(location) }.firstOfEach.joined(separator: " to ")
            lines.append("... and \(hidden.count) more: \(kind.summary)" + (places.isEmpty ? "" : ", \(places)"))
        }
        let more = shown.count - maximumShown
        if more > 0 { lines.append("... and \(more) more like these") }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func location(of diagnostic: Diagnostic) -> String? {
        diagnostic.place?.description ?? diagnostic.path?.text
    }

    /// What makes two of them one mistake in two places.
    private struct Kind: Hashable {
        let severity: Diagnostic.Severity
        let identifier: Diagnostic.Identifier
        let summary: String
        let property: String?
        let rule: String?

        init(_ diagnostic: Diagnostic) {
            severity = diagnostic.severity
            identifier = diagnostic.identifier
            summary = diagnostic.summary
            property = diagnostic.property
            rule = diagnostic.rule
        }
    }

    /// One line, at most 80 characters.
    private static func abbreviated(_ value: String) -> String {
        let line = value.replacing("\n", with: "\\n")
        return line.count <= 80 ? line : line.prefix(77) + "..."
    }
}
