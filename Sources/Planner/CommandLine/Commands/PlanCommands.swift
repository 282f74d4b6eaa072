import ArgumentParser
import Engine
import Model
import Planning
import Service
import Store
import TaskKit

struct CreatePlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create_plan", abstract: "Make the plan that makes the model true.",
        discussion: """
            Nothing on any host is touched. If it fails, the plan before stays as it was. A plan that would replace or remove an item with \
            'protected: true' is refused.

              planner create_plan --max-replace 3    refuse a plan that replaces more than three
            """)

    @Flag(help: "Exit with status 2 when there is something to do.")
    var exitCode = false

    @Option(help: ArgumentHelp("Refuse a plan that replaces more things than this.", valueName: "count"))
    var maxReplace: Int?

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        var warnings: [Diagnostic] = []
        let creation = try site.open().createPlan(now: secondsNow(), maximumReplaced: maxReplace) { warnings = $0 }
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
                let tasks = plan.taskCount == 1 ? "1 task" : "\(plan.taskCount) tasks"
                let phases = plan.phases.count == 1 ? "1 phase" : "\(plan.phases.count) phases"
                Output.standard.line("Plan \(plan.id): \(tasks) in \(phases)")
                let heading = PlanHeading(plan, style: Style(usesColor: Output.standard.usesColor))
                for line in heading.costs { Output.standard.line(line) }
                Output.standard.line("planner show_plan shows it, planner run_plan carries it out")
            }
            if exitCode { throw ExitCode(ExitStatus.hasChanges.rawValue) }
        }
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
    /// What it costs; nil when there is nothing to do.
    let summary: JSONPlanSummary?

    init(
        _ stored: StoredPlan, progress: PlanProgress?, staleness: [String], warnings: [Diagnostic] = [],
        estimate: DurationEstimate? = nil
    ) {
        summary = JSONPlanSummary(PlanSummary(stored.plan), estimate: estimate)
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
        summary = nil
        plan = nil
        serial = nil
        state = "nothing-to-do"
        staleness = []
        tasks = [:]
        recordedWithoutTasks = recorded
    }
}
