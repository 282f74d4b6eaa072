import Model
import Service
import TaskKit

/// The phases of a plan as a graph for other programs: an arrow for each `after` edge.
enum PlanGraph {
    /// Tasks that a phase names; the others are counted.
    private static let maximumShown = 8

    /// For Graphviz: `planner show_plan --graph dot | dot -Tsvg`.
    static func dot(_ plan: Plan) -> String {
        var lines = ["digraph plan {", "  rankdir=TB;", "  node [shape=box, fontname=\"sans-serif\", fontsize=10];"]
        var nodes: [ItemPath] = []
        var blocks: [ItemPath: [Phase]] = [:]
        for phase in plan.phases {
            guard let node = phase.node else { continue }
            if blocks[node] == nil { nodes.append(node) }
            blocks[node, default: []].append(phase)
        }
        for (index, node) in nodes.enumerated() {
            lines.append("  subgraph cluster_\(index + 1) {")
            lines.append("    label=\(dotText(String(node.name)));")
            for phase in blocks[node] ?? [] {
                lines.append(
                    "    p\(phase.number) [label=\(dotText(label(of: phase).joined(separator: "\n")))\(dotStyle(phase))];")
            }
            lines.append("  }")
        }
        for phase in plan.phases where phase.node == nil {
            lines.append("  p\(phase.number) [label=\(dotText(label(of: phase).joined(separator: "\n")))\(dotStyle(phase))];")
        }
        for phase in plan.phases { lines += phase.after.map { "  p\($0) -> p\(phase.number);" } }
        return (lines + ["}"]).map { $0 + "\n" }.joined()
    }

    /// For pages that draw Mermaid.
    static func mermaid(_ plan: Plan) -> String {
        var lines = ["flowchart TD"]
        for phase in plan.phases {
            let label = label(of: phase).map(mermaidText).joined(separator: "<br/>")
            lines.append("  p\(phase.number)[\"\(label)\"]")
        }
        for phase in plan.phases { lines += phase.after.map { "  p\($0) --> p\(phase.number)" } }
        let disruptive = plan.phases.filter { $0.tasks.contains { $0.effect > .live || $0.isDestructive } }
        if !disruptive.isEmpty {
            lines.append("  classDef disruptive stroke-width:3px")
            lines.append("  class \(disruptive.map { "p\($0.number)" }.joined(separator: ",")) disruptive")
        }
        return lines.map { $0 + "\n" }.joined()
    }

    private static func label(of phase: Phase) -> [String] {
        let place = (phase.node ?? phase.cluster).map { "\($0.name) " } ?? ""
        let tasks = phase.tasks.prefix(maximumShown).map { task in
            task.summary + (task.effect == .live ? "" : " (\(task.effect.rawValue))")
        }
        let more = phase.tasks.count - maximumShown
        let wait = StrategyText.text(of: phase).map { [$0] } ?? []
        return ["Phase \(phase.number)  \(place)\(phase.group.rawValue)"] + wait + tasks + (more > 0 ? ["and \(more) more"] : [])
    }

    private static func dotStyle(_ phase: Phase) -> String {
        phase.tasks.contains { $0.effect > .live || $0.isDestructive } ? ", penwidth=2.5" : ""
    }

    /// A quoted string of the DOT language; lines are set to the left.
    private static func dotText(_ text: String) -> String {
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        return "\"" + escaped.split(separator: "\n").map { $0 + "\\l" }.joined() + "\""
    }

    /// Mermaid reads `#name;` as a character and `"` as the end of the label.
    private static func mermaidText(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("#", with: "#35;").replacing("\"", with: "#quot;").replacing(
            "<", with: "&lt;"
        )
        .replacing(">", with: "&gt;")
    }
}
