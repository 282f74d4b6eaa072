import ArgumentParser
import Engine
import Foundation
import Model
import Service
import Store
import TaskKit

struct UnlockCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "unlock", abstract: "Put a node back into service that a run has left locked or drained.",
        discussion: """
            Carries out over SSH what is owed to the node (rejoin, unlock, health gates), each step checked first, journaled as every run \
            is, and resumable like one. What the plan had still to change on the node is not changed: an unfinished plan is given up, and \
            the next create_plan plans the rest, with its own lock.

            --record-only touches no host: it records that you have put the node back by hand.

            EXAMPLES
              planner unlock svc-1
              planner unlock svc-1 --record-only --why 'rejoined by hand, ticket 4711'
            """)

    @Argument(help: ArgumentHelp("The node, by name or path.", valueName: "node"))
    var node: String

    @Flag(help: "Only record that it is back; no host is touched.")
    var recordOnly = false

    @Flag(help: "Also when something of the plan was interrupted and may still be going on.")
    var force = false

    @Option(help: "Why, for the journal.")
    var why: String?

    @OptionGroup var connection: ConnectionOptions
    @OptionGroup var progress: ProgressOptions
    @OptionGroup var site: SiteOptions

    func run() async throws {
        let site = try site.open()
        let repair = try site.repair(of: node, force: force)
        let by = ProcessIdentity.operatorName
        guard recordOnly || !repair.owed.isEmpty else {
            throw ServiceError.wrongState(
                "no step is known that puts \(repair.node.name) back into service",
                nextStep: "put it back by hand, then planner unlock \(repair.node.name) --record-only")
        }
        if recordOnly {
            try site.recordPutBack(repair, by: by, why: why, now: secondsNow())
            return recorded(repair)
        }
        let plan = try site.createRepairPlan(repair, by: by, why: why, now: secondsNow())
        if progress.mode != .json { tellWhatStays(repair) }
        try await ShownRun(
            site: site, stored: plan, resuming: false, command: "planner unlock \(repair.node.name)", connection: connection,
            progress: progress
        ).run()
    }

    private func recorded(_ repair: Site.Repair) {
        if progress.mode == .json {
            return Output.standard.line(JSONOutput.text(of: ["recorded": repair.node.text]))
        }
        Output.standard.line("\(repair.node.name) is recorded as in service.")
        for step in repair.owed { Output.standard.line("  not carried out: \(step.task.summary)") }
        tellWhatStays(repair)
    }

    private func tellWhatStays(_ repair: Site.Repair) {
        for step in repair.plannedAgain {
            Output.standard.line("Not done now, planned again with its lock: \(step.task.summary)")
        }
        if let ended = repair.endsPlan {
            Output.standard.line("Plan \(ended.id) is given up: planner create_plan plans what is left of it.")
        }
    }
}

struct ResetRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset_run", abstract: "Give up an unfinished run, so that create_plan starts anew.",
        discussion: """
            No host is touched. What was done counts as done, what was begun is planned again, and what is owed to nodes that are out of \
            service stays owed: the next plan does it first. Refused while a run is active (planner stop_plan). The journal says who has \
            given it up, and why.
            """)

    @Option(help: "Why, for the journal.")
    var why: String?

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let (plan, inFlight) = try site.open().resetRun(by: ProcessIdentity.operatorName, why: why, now: secondsNow())
        if output.json {
            return Output.standard.line(
                JSONOutput.text(of: JSONReset(givenUp: plan.plan.id, mayStillRun: inFlight.map(\.summary))))
        }
        Output.standard.line("Plan \(plan.plan.id) is given up.")
        for task in inFlight {
            Output.standard.line("  may still be going on on \(task.host.name): \(task.summary)")
        }
        Output.standard.line("planner create_plan makes a new plan, which begins with what is owed")
    }

    private struct JSONReset: Encodable {
        let givenUp: String
        let mayStillRun: [String]
    }
}
