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

    /// Several, one below the other; empty when there is none.
    static func text(of diagnostics: [Diagnostic]) -> String { diagnostics.map { text(of: $0) + "\n" }.joined() }

    /// One line, at most 80 characters.
    private static func abbreviated(_ value: String) -> String {
        let line = value.replacing("\n", with: "\\n")
        return line.count <= 80 ? line : line.prefix(77) + "..."
    }
}
