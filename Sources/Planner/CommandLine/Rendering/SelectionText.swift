import TaskKit

/// What a plan was limited to, for people: what came along and why, and what is left.
enum SelectionText {
    /// How many additions are named; of the rest only the number.
    private static let limit = 12

    static func text(of selection: PlanSelection) -> String {
        var lines: [String] = []
        for addition in selection.additions.prefix(limit) {
            lines.append("also: \(addition.summary), because \(reason(addition))")
        }
        let more = selection.additions.count - limit
        if more > 0 { lines.append("also: \(more) more; planner show_plan shows why each is there") }
        if selection.leftOut > 0 {
            lines.append("left for a later plan: \(selection.leftOut) \(selection.leftOut == 1 ? "step" : "steps")")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    /// Nothing that was asked for is to be done.
    static func nothing(leftOut: Int) -> String {
        "Nothing to do for what was selected."
            + (leftOut > 0 ? " The rest of the model needs \(leftOut) \(leftOut == 1 ? "step" : "steps").\n" : "\n")
    }

    private static func reason(_ addition: PlanSelection.Addition) -> String {
        switch addition.link {
        case .required: "'\(addition.becauseSummary)' requires it"
        case .companion: "it accompanies '\(addition.becauseSummary)'"
        case .owed: "it is owed and comes before '\(addition.becauseSummary)'"
        }
    }
}
