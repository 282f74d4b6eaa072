import ArgumentParser
import Engine
import Model
import Service
import Store
import TaskKit

struct CreatePlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create_plan", abstract: "Make the plan that makes the model true.",
        discussion: "Nothing on any host is touched. If it fails, the plan before stays as it was.")

    @Flag(help: "Exit with status 2 when there is something to do.")
    var exitCode = false

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        var warnings: [Diagnostic] = []
        let creation = try site.open().createPlan(now: secondsNow()) { warnings = $0 }
        if !output.json { Output.errors.write(DiagnosticText.text(of: warnings)) }
        switch creation {
        case .nothingToDo(let recorded):
            if output.json {
                return Output.standard.line(JSONOutput.document(JSONPlan(nothingRecorded: recorded, warnings: warnings)))
            }
            Output.standard.line("Nothing to do: every host is as the model says.")
            if recorded > 0 { Output.standard.line("\(recorded) changed items need no step on any host; they count as applied.") }
        case .created(let stored):
            if output.json {
                Output.standard.line(JSONOutput.document(JSONPlan(stored, progress: nil, staleness: [], warnings: warnings)))
            } else {
                let plan = stored.plan
                Output.standard.line("Plan \(plan.id): \(plan.taskCount) tasks in \(plan.phases.count) phases")
                Output.standard.line("planner show_plan shows it, planner run_plan carries it out")
            }
            if exitCode { throw ExitCode(ExitStatus.hasChanges.rawValue) }
        }
    }
}

struct ShowPlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show_plan", abstract: "Show the plan in the order in which it is carried out, with a reason on every task.")

    @Option(help: "Show what this task would do, in full.")
    var task: String?

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let site = try site.open()
        let style = Style(usesColor: Output.standard.usesColor)
        var opening = ""
        if task == nil, !output.json {
            // A large plan takes seconds to read; which one it is, and whether it is stale, is said at once.
            let (outline, staleness) = try site.currentPlanOutline()
            opening = PlanText.opening(of: outline.id, state: outline.state.rawValue, staleness: staleness, style: style)
            Output.standard.write(opening)
        }
        let view = try site.currentPlan()
        let progress = try PlanProgress(of: view.stored.plan, history: view.history.map(\.event))
        if let task { return try show(task, of: view.stored.plan) }
        if output.json {
            return Output.standard.line(
                JSONOutput.document(JSONPlan(view.stored, progress: progress, staleness: view.staleness)))
        }
        let text = PlanText(view.stored.plan, progress: progress, style: style)
            .text(state: view.stored.state.rawValue, staleness: view.staleness)
        // All of it, should the plan have changed between the two.
        Output.standard.write(text.hasPrefix(opening) ? String(text.dropFirst(opening.count)) : text)
    }

    private func show(_ id: String, of plan: Plan) throws {
        guard let task = plan.tasks.first(where: { $0.id.text == id }) else {
            let near = NearestWord.to(id, among: plan.tasks.map(\.id.text))
            throw ServiceError.wrongState(
                "plan \(plan.id) has no task '\(id)'",
                nextStep: near.map { "did you mean '\($0)'?" } ?? "planner show_plan lists them")
        }
        let host = plan.hosts[task.host]
        var lines = ["\(task.id)  \(task.summary)"]
        lines.append("  host    " + (host.map { "\($0.hostname) (\($0.user)@\($0.address):\($0.port))" } ?? task.host.text))
        lines.append("  item    \(task.identity.item)")
        lines.append("  effect  \(task.effect.rawValue)" + (task.isDestructive ? ", takes something away for good" : ""))
        lines += ReasonText(plan).texts(of: task).map { "  why     \($0)" }
        lines += task.action.action.preview.map { "  \($0)" }
        Output.standard.write(lines.joined(separator: "\n") + "\n")
    }
}

struct RemovePlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove_plan",
        abstract: "Forget the plan. What was carried out of it stays carried out, and stays in the journal.")

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let removed = try site.open().removePlan()
        if output.json { return Output.standard.line(JSONOutput.text(of: ["removed": removed.plan.id])) }
        Output.standard.line("Plan \(removed.plan.id) removed.")
    }
}

struct StopPlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stop_plan", abstract: "Ask the active run to stop: running tasks finish, nothing new starts.",
        discussion: "Asked a second time, running tasks are cancelled. The plan can be resumed either way.")

    @Flag(help: "Cancel running tasks at once.")
    var now = false

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let holder = try site.open().stopPlan(cancelRunning: now, by: ProcessIdentity.operatorName, now: secondsNow())
        if output.json { return Output.standard.line(JSONOutput.text(of: ["asked": holder.description])) }
        Output.standard.line("Asked to stop: \(holder)")
    }
}

/// A plan as `--json` prints it: one document, schema `planner.plan/1`, with the state of each task.
struct JSONPlan: Encodable {
    let plan: Plan?
    let serial: Int?
    let state: String
    let staleness: [String]
    let tasks: [String: String]
    let recordedWithoutTasks: Int?
    /// What is not wrong with the model, but better otherwise; only `create_plan` says it.
    let warnings: [Diagnostic]

    init(_ stored: StoredPlan, progress: PlanProgress?, staleness: [String], warnings: [Diagnostic] = []) {
        self.warnings = warnings
        plan = stored.plan
        serial = stored.serial
        state = stored.state.rawValue
        self.staleness = staleness
        recordedWithoutTasks = nil
        var tasks: [String: String] = [:]
        for (id, state) in progress?.tasks ?? [:] { tasks[id.text] = PlanText.word(for: state).lowercased() }
        self.tasks = tasks
    }

    init(nothingRecorded recorded: Int, warnings: [Diagnostic]) {
        self.warnings = warnings
        plan = nil
        serial = nil
        state = "nothing-to-do"
        staleness = []
        tasks = [:]
        recordedWithoutTasks = recorded
    }
}
