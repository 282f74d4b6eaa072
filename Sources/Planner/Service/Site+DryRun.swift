import Engine
package import Runner
import Secrets
import Store
package import TaskKit

/// Looking at what a run would do.
extension Site {
    /// What the hosts say of a plan.
    package struct DryRunResult: Sendable {
        package let plan: Plan
        package let answers: [TaskID: DryRun.Answer]
    }

    /// Asks the check of every task of the current plan that is not done. Takes no lease, and writes nothing: a run may go on meanwhile.
    ///
    /// - Throws: ``ServiceError``: no plan, a stale one, one that was carried out already, a secret that is not there.
    package func dryRunPlan(in environment: RunEnvironment) async throws -> DryRunResult {
        let (stored, progress) = try planToAskAbout()
        let source = SiteSecrets(store: secrets, variables: environment.variables)
        try await refuseMissingSecrets(of: progress, plan: stored.plan, source: source)
        let run = PlanRun(
            plan: stored.plan, planSerial: stored.serial,
            prefix: "\(try ServiceError.wrapping { try store.lineage })-\(stored.serial)", controller: "dry run")
        let runner = Runner(
            run, journal: NoJournal(), connector: environment.connector, scripts: scripts, callbacks: callbacks, secrets: source)
        return DryRunResult(plan: stored.plan, answers: await DryRun(runner).ask(done: progress.done))
    }

    /// The current plan, when there is something left of it that a run could do.
    ///
    /// - Throws: ``ServiceError``: no plan, a stale one, one that was carried out already.
    func planToAskAbout() throws -> (stored: StoredPlan, progress: PlanProgress) {
        guard let stored = try ServiceError.wrapping({ try store.currentPlan() }) else { throw ServiceError.noPlan }
        switch stored.state {
        case .initial, .running, .failed, .stopped: break
        case .successful:
            throw ServiceError.wrongState(
                "plan \(stored.plan.id) was carried out already",
                nextStep: "planner create_plan makes a plan for what has changed since")
        case .removed, .superseded: throw ServiceError.noPlan
        }
        let staleness = try staleness(of: stored)
        guard staleness.isEmpty else { throw ServiceError.stalePlan(id: stored.plan.id, reasons: staleness) }
        let history = try ServiceError.wrapping { try store.journal(planSerial: stored.serial) }
        do {
            return (stored, try PlanProgress(of: stored.plan, history: history.map(\.event)))
        } catch {
            throw ServiceError.wrongState("\(error)", nextStep: "planner create_plan makes a new plan")
        }
    }
}

extension PlanProgress {
    /// The tasks that need not be done any more.
    var done: Set<TaskID> { Set(tasks.filter(\.value.isSuccess).keys) }
}

/// A dry run has nothing to record.
private struct NoJournal: RunJournal {
    struct Refused: Error {}

    func record(_ event: RunEvent) throws -> JournalEntry { throw Refused() }
}
