import ArgumentParser
import Engine
import Model
import Planning
import Service
import Store
import TaskKit

struct ShowPlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show_plan", abstract: "Show the plan in the order in which it is carried out, with a reason on every task.",
        discussion: """
            Without options, what is the same for several nodes is shown once, with what differs; nothing that is replaced or removed \
            is left out.

              planner show_plan --summary           what it costs
              planner show_plan --node svc-2        what happens on behalf of a node
              planner show_plan --diff              what brought it about
              planner show_plan --html plan.html    one page for a browser
              planner show_plan --against 5fdb875e  what an earlier plan had not

            A plan that cannot be run any more because the model, a secret or a version has changed is shown all the same; its first line \
            says STALE and what to do, and the exit status is 4.
            """)

    /// Programs that draw graphs.
    enum GraphFormat: String, ExpressibleByArgument, CaseIterable { case dot, mermaid }

    @Flag(help: "Show the heading only.")
    var summary = false

    @Flag(help: "Show each task of each node.")
    var full = false

    @Flag(name: .customShort("a"), help: "Show the tasks that are running now.")
    var active = false

    @Option(help: ArgumentHelp("Show what is done on behalf of this node, by id or path.", valueName: "node"))
    var node: String?

    @Option(help: ArgumentHelp("Show one phase.", valueName: "number"))
    var phase: Int?

    @Option(help: ArgumentHelp("Show what this task would do, in full.", valueName: "id"))
    var task: String?

    @Flag(help: "Show what brought the plan about: each property with its old and its new value.")
    var diff = false

    @Option(help: "Print the phases as a graph: dot (Graphviz) or mermaid.")
    var graph: GraphFormat?

    @Option(help: ArgumentHelp("Write one page for a browser, which needs nothing else.", valueName: "file"))
    var html: String?

    @Option(help: ArgumentHelp("Show this plan and not the current one; planner plan_history lists them.", valueName: "id"))
    var plan: String?

    @Option(help: ArgumentHelp("Show what is in one of two plans and not in the other.", valueName: "id"))
    var against: String?

    @Flag(help: "Exit with status 2 when the plan has something left to do.")
    var exitCode = false

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func validate() throws {
        let ways: [(String, Bool)] = [
            ("--summary", summary), ("--full", full), ("-a", active), ("--node", node != nil), ("--phase", phase != nil),
            ("--task", task != nil), ("--diff", diff), ("--graph", graph != nil), ("--html", html != nil),
            ("--against", against != nil),
        ]
        let asked = ways.filter(\.1).map(\.0)
        guard asked.count <= 1 else {
            throw ValidationError("\(asked.joined(separator: " and ")) each show another thing: give one of them.")
        }
    }

    func run() throws {
        let site = try site.open()
        let view = try show(site)
        if !view.staleness.isEmpty { throw ExitCode(ExitStatus.planNotRunnable.rawValue) }
        let isDone = [.successful, .removed, .superseded].contains(view.stored.state)
        if exitCode, !isDone { throw ExitCode(ExitStatus.hasChanges.rawValue) }
    }

    private func show(_ site: Site) throws -> Site.PlanView {
        let style = Style(usesColor: Output.standard.usesColor)
        let opening = try printOpening(of: site, style)
        let view = try site.plan(id: plan)
        try show(view, of: site, opening: opening, style)
        return view
    }

    /// - Parameter opening: what is on the screen already.
    private func show(_ view: Site.PlanView, of site: Site, opening: String, _ style: Style) throws {
        let shown = view.stored.plan
        if let against { return try compare(shown, with: try site.plan(id: against).stored.plan, style) }
        if let graph { return Output.standard.write(graph == .dot ? PlanGraph.dot(shown) : PlanGraph.mermaid(shown)) }
        if diff, !output.json {
            let text = PlanCausesText(shown, effects: try site.effects(of: shown), style: style, width: Output.standard.cutWidth)
            return Output.standard.write(text.text)
        }
        let progress = try PlanProgress(of: shown, history: view.history.map(\.event))
        if let task { return try show(task, of: shown, progress, style) }
        // How long it will take is of interest before it begins.
        let estimate = view.stored.state == .initial ? try site.estimate(of: view.stored, width: RunLimits().total) : nil
        if let html {
            let page = PlanPage(shown, progress: progress)
            try Output.write(
                page.text(
                    state: view.stored.state.rawValue, staleness: view.staleness, estimate: estimate, preflight: view.preflight),
                to: html)
            return Output.standard.line("Plan \(shown.id) is in \(html)")
        }
        if output.json {
            return Output.standard.line(
                JSONOutput.document(
                    JSONPlan(
                        view.stored, progress: progress, staleness: view.staleness, estimate: estimate,
                        preflight: view.preflight)))
        }
        let text = PlanText(
            shown, progress: progress, level: try level(of: shown), style: style, width: Output.standard.cutWidth)
        let whole = text.text(
            state: view.stored.state.rawValue, staleness: view.staleness, estimate: estimate,
            creator: view.stored.basis.createdBy, preflight: view.preflight)
        // All of it, should the plan have changed between the two.
        Output.standard.write(whole.hasPrefix(opening) ? String(whole.dropFirst(opening.count)) : whole)
    }

    /// A large plan takes seconds to read; which one it is, and whether it is stale, is said at once. Empty where something else than its text is
    /// asked for.
    private func printOpening(of site: Site, _ style: Style) throws -> String {
        guard plan == nil, against == nil, graph == nil, !diff, task == nil, html == nil, !output.json, node == nil, phase == nil
        else { return "" }
        let (outline, staleness) = try site.currentPlanOutline()
        let lines = PlanHeading.opening(
            of: outline.id, state: outline.state.rawValue, staleness: staleness, creator: outline.basis.createdBy, style: style)
        let text = lines.flatMap { Wrapping.lines(of: $0, width: Output.standard.cutWidth, indent: 10) }.map { $0 + "\n" }
            .joined()
        Output.standard.write(text)
        return text
    }

    private func level(of plan: Plan) throws -> PlanText.Level {
        if summary { return .summary }
        if full { return .full }
        if active { return .running }
        if let phase {
            guard plan.phases.contains(where: { $0.number == phase }) else {
                throw ServiceError.wrongState(
                    "plan \(plan.id) has no phase \(phase)", nextStep: "it has phases 1 to \(plan.phases.count)")
            }
            return .phase(phase)
        }
        return try node.map { .node(try path(ofNode: $0, in: plan)) } ?? .folded
    }

    /// The node of this id or path; ids are not unique in a site.
    private func path(ofNode name: String, in plan: Plan) throws -> ItemPath {
        let nodes = Set(plan.tasks.flatMap { [$0.identity.node, $0.host].compactMap { $0 } }).sorted()
        let found = nodes.filter { $0.text == name || $0.name == name }
        if let only = found.first, found.count == 1 { return only }
        if found.count > 1 {
            throw ServiceError.wrongState(
                "plan \(plan.id) has several nodes '\(name)'",
                nextStep: "give the path: " + found.map(\.text).joined(separator: ", "))
        }
        let near = NearestWord.to(name, among: nodes.map { String($0.name) })
        throw ServiceError.wrongState(
            "plan \(plan.id) has nothing to do for a node '\(name)'",
            nextStep: near.map { "did you mean '\($0)'?" } ?? "planner show_plan lists them")
    }

    private func show(_ id: String, of plan: Plan, _ progress: PlanProgress, _ style: Style) throws {
        guard let task = plan.tasks.first(where: { $0.id.text == id }) else {
            let near = NearestWord.to(id, among: plan.tasks.map(\.id.text))
            throw ServiceError.wrongState(
                "plan \(plan.id) has no task '\(id)'",
                nextStep: near.map { "did you mean '\($0)'?" } ?? "planner show_plan lists them")
        }
        if output.json { return Output.standard.line(JSONOutput.document(task)) }
        Output.standard.write(TaskText(plan, progress: progress, style: style).text(of: task))
    }

    private func compare(_ plan: Plan, with other: Plan, _ style: Style) throws {
        if output.json { return Output.standard.line(JSONOutput.document(PlanComparison(plan, against: other))) }
        Output.standard.write(PlanComparisonText(plan, against: other, style: style).text)
    }
}
