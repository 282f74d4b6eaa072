import ArgumentParser
import Service
import Store
import TaskKit

struct ApproveCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve", abstract: "Let the run go on where the plan waits for approval.",
        discussion: """
            A cluster or pool with 'pause_after' waits between its nodes until somebody has looked at those that are done. Who approved is \
            in the journal. Only what the run has reached can be approved, not what is still to come; planner status shows it.

            A run that was started with --wait-for-approval goes on by itself; else planner run_plan --resume goes on.
            """)

    @Option(help: ArgumentHelp("Refuse when the current plan is another.", valueName: "id"))
    var plan: String?

    @Option(help: ArgumentHelp("Approve this phase only; else all at which the run waits.", valueName: "number"))
    var phase: Int?

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let approval = try site.open().approve(
            plan: plan, phase: phase, by: ProcessIdentity.operatorName, now: secondsNow())
        if output.json { return Output.standard.line(JSONOutput.document(JSONApproval(approval))) }
        for (phase, wait) in approval.waits {
            Output.standard.line("Approved phase \(phase) of plan \(approval.plan): \(StrategyText.place(of: wait))")
        }
        Output.standard.line(approval.holder.map { "Goes on: \($0)" } ?? "Next   planner run_plan --resume")
    }
}

/// An approval as `--json` prints it.
private struct JSONApproval: Encodable {
    let plan: String
    let approved: [Int]
    let runningBy: String?

    init(_ approval: Site.Approval) {
        plan = approval.plan
        approved = approval.waits.map(\.phase)
        runningBy = approval.holder?.description
    }
}
