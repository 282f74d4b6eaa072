import ArgumentParser
import Engine
import Model
import Planning
import Service
import Store
import TaskKit

struct CreatePlanCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create_plan", abstract: "Make the plan that makes the model true.",
        discussion: """
            Nothing on any host is touched. If it fails, the plan before stays as it was. A plan that would replace or remove an item with \
            'protected: true' is refused.

            --only and --exclude limit the plan to a part of the model, by item path, node or cluster. What the selected steps require \
            comes along, and so does what accompanies them; the output says what and why. What is left out comes with a later plan.

            --preflight asks the hosts of the new plan at once whether it can be carried out, as planner preflight does; the plan is kept \
            whatever they say. Exit status then: 7 when something blocks it, 8 when hosts cannot be reached.

            EXAMPLES
              planner create_plan --only svc_cluster
              planner create_plan --only svc-1 svc-2
              planner create_plan --exclude /deployments/enm/clusters/db_cluster
              planner create_plan --no-lock-tasks svc_cluster
              planner create_plan --max-replace 3    refuse to replace more than three
            """)

    @Flag(help: "Exit with status 2 when there is something to do.")
    var exitCode = false

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp("Only these items, nodes or clusters, and what they require.", valueName: "path|node|cluster"))
    var only: [String] = []

    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Not these. It is an error when a selected step requires one of them.", valueName: "path|node|cluster"))
    var exclude: [String] = []

    @Option(help: ArgumentHelp("Refuse a plan that replaces more things than this.", valueName: "count"))
    var maxReplace: Int?

    @Flag(help: "Ask the hosts whether it can be carried out; nothing is touched.")
    var preflight = false

    @OptionGroup var locking: LockOptions
    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    private var request: Site.PlanRequest {
        var request = Site.PlanRequest()
        request.only = only
        request.excluded = exclude
        request.maximumReplaced = maxReplace
        request.unlockedClusters = locking.unlockedClusters
        request.locksInitialNodes = locking.initialLockTasks
        request.creator = ProcessIdentity.account
        return request
    }

    func run() async throws {
        var warnings: [Diagnostic] = []
        let site = try site.open()
        let creation = try site.createPlan(now: secondsNow(), request: request) { warnings = $0 }
        if !output.json { Output.errors.write(DiagnosticText.text(of: warnings)) }
        switch creation {
        case .nothingToDo(let recorded):
            if output.json {
                return Output.standard.line(JSONOutput.document(JSONPlan(nothingRecorded: recorded, warnings: warnings)))
            }
            Output.standard.line("Nothing to do: every host is as the model says.")
            if recorded == 1 { Output.standard.line("1 changed item needs no step on any host; it counts as applied.") }
            if recorded > 1 { Output.standard.line("\(recorded) changed items need no step on any host; they count as applied.") }
        case .nothingSelected(let leftOut):
            if output.json {
                return Output.standard.line(JSONOutput.document(JSONPlan(nothingRecorded: 0, warnings: warnings)))
            }
            Output.standard.write(SelectionText.nothing(leftOut: leftOut))
        case .created(let stored):
            if !output.json { show(stored.plan) }
            let asked = preflight ? try await PreflightAsking(site: site, connection: connection).ask() : nil
            if output.json {
                let document = JSONPlan(
                    stored, progress: nil, staleness: [], warnings: warnings, preflight: asked?.preflight)
                Output.standard.line(JSONOutput.document(document))
            } else if let asked {
                Output.standard.write(PreflightAsking.text(of: asked).text())
            }
            let status = asked.map { ExitStatus($0.preflight.report) } ?? .success
            if status != .success { throw ExitCode(status.rawValue) }
            if exitCode { throw ExitCode(ExitStatus.hasChanges.rawValue) }
        }
    }

    private func show(_ plan: Plan) {
        let tasks = plan.taskCount == 1 ? "1 task" : "\(plan.taskCount) tasks"
        let phases = plan.phases.count == 1 ? "1 phase" : "\(plan.phases.count) phases"
        Output.standard.line("Plan \(plan.id): \(tasks) in \(phases)")
        if let selection = plan.selection { Output.standard.write(SelectionText.text(of: selection)) }
        let heading = PlanHeading(plan, style: Style(usesColor: Output.standard.usesColor))
        for line in heading.costs { Output.standard.line(line) }
        if !preflight { Output.standard.line("planner show_plan shows it, planner run_plan carries it out") }
    }
}

/// Which nodes are locked, as in LITP: `--no-lock-tasks [CLUSTER ...]`, `--initial-lock-tasks`.
struct LockOptions: ParsableArguments {
    @Option(
        parsing: .upToNextOption,
        help: ArgumentHelp(
            "Change nodes without taking them out of service: those of these clusters; of all when none is named.",
            discussion: "What is owed to a node that is out of service already is in the plan all the same.", valueName: "cluster"
        ))
    var noLockTasks: [String] = []

    @Flag(help: "Lock also nodes that are applied for the first time, when they come to a cluster that is in service.")
    var initialLockTasks = false

    /// Nil when nodes are locked; empty for all clusters.
    var unlockedClusters: [String]? {
        noLockTasks.isEmpty ? nil : noLockTasks.filter { $0 != LockOptions.all }
    }

    /// Stands for the names that were not given.
    static let all = "(all)"
}

struct RemovePlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "remove_plan",
        abstract: "Forget the plan. What was carried out of it stays carried out, and stays in the journal.")

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let removed = try site.open().removePlan()
        if output.json { return Output.standard.line(JSONOutput.text(of: ["removed": removed.id])) }
        Output.standard.line("Plan \(removed.id) removed.")
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
    /// Who made it, `alice@ops1`; nil when that was not noted.
    let createdBy: String?
    let state: String
    let staleness: [String]
    let tasks: [String: String]
    let recordedWithoutTasks: Int?
    /// What is not wrong with the model, but better otherwise; only `create_plan` says it.
    let warnings: [Diagnostic]
    /// What it costs; nil when there is nothing to do.
    let summary: JSONPlanSummary?
    /// What hosts have said last before it is run; nil when they were not asked.
    let preflight: JSONPreflight?

    init(
        _ stored: StoredPlan, progress: PlanProgress?, staleness: [String], warnings: [Diagnostic] = [],
        estimate: DurationEstimate? = nil, preflight: StoredPreflight? = nil
    ) {
        self.preflight = preflight.map { JSONPreflight($0, of: stored.plan) }
        summary = JSONPlanSummary(PlanSummary(stored.plan), estimate: estimate)
        self.warnings = warnings
        plan = stored.plan
        serial = stored.serial
        createdBy = stored.basis.createdBy
        state = stored.state.rawValue
        self.staleness = staleness
        recordedWithoutTasks = nil
        var tasks: [String: String] = [:]
        for (id, state) in progress?.tasks ?? [:] { tasks[id.text] = PlanText.word(for: state).lowercased() }
        self.tasks = tasks
    }

    init(nothingRecorded recorded: Int, warnings: [Diagnostic]) {
        self.warnings = warnings
        preflight = nil
        summary = nil
        plan = nil
        serial = nil
        createdBy = nil
        state = "nothing-to-do"
        staleness = []
        tasks = [:]
        recordedWithoutTasks = recorded
    }
}
