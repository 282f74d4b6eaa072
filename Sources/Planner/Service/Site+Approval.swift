import Engine
import Model
import Planning
package import Store
package import TaskKit

/// What an operator wants of one run, beside the plan.
package struct RunWishes: Hashable, Sendable {
    /// Whether clusters that do not wait for one that has failed go on.
    package var keepsGoing: Bool
    /// Whether the run waits where it needs an approval, instead of ending there.
    package var waitsForApproval: Bool
    /// The end of the window in seconds since 1970.
    package var until: Double?

    package init(keepsGoing: Bool = false, waitsForApproval: Bool = false, until: Double? = nil) {
        self.keepsGoing = keepsGoing
        self.waitsForApproval = waitsForApproval
        self.until = until
    }
}

/// Pauses, approvals and windows.
extension Site {
    func policy(of plan: Plan, _ wishes: RunWishes, width: Int, now: Double) throws -> RunPolicy {
        var policy = RunPolicy(keepsGoing: wishes.keepsGoing, waitsForApproval: wishes.waitsForApproval)
        guard let end = wishes.until else { return policy }
        let durations = PhaseDurations(of: plan, from: try durations(excluding: nil), width: width)
        policy.window = RunWindow(
            length: .milliseconds(Int(max(0, end - now) * 1000)), end: end, phases: durations.durations)
        return policy
    }

    /// What was approved.
    package struct Approval: Sendable {
        package let plan: String
        package let waits: [(phase: Int, wait: PhaseWait)]
        /// The run that goes on now; nil when there is none, so that somebody has to resume the plan.
        package let holder: LeaseHolder?
    }

    /// Lets the run go on where it waits for approval. What no run has reached yet cannot be approved: an approval says that somebody has
    /// looked at what was done.
    ///
    /// - Parameters:
    ///   - id: of the plan that the operator means, or its beginning; nil: the current one.
    ///   - phase: the one that is approved; nil: all that are waited for.
    ///   - by: who approves, for the journal.
    /// - Throws: ``ServiceError`` `wrongState` when nothing waits, or another plan is the current one.
    package func approve(plan id: String?, phase: Int?, by: String, now: Double) throws -> Approval {
        let view = try currentPlan()
        let plan = view.stored.plan
        if let id, !plan.id.hasPrefix(id) {
            throw ServiceError.wrongState("the current plan is \(plan.id), not \(id)", nextStep: "planner status shows it")
        }
        let progress = try PlanProgress(of: plan, history: view.history.map(\.event))
        let waits = PolicyStatus(view, progress).waits.filter { $0.wantsApproval && (phase == nil || $0.phase == phase) }
        guard !waits.isEmpty else {
            let what = phase.map { "phase \($0) of plan \(plan.id) does not wait" } ?? "nothing in plan \(plan.id) waits"
            throw ServiceError.wrongState("\(what) for approval now", nextStep: "planner status shows where it stands")
        }
        for wait in waits {
            _ = try ServiceError.wrapping {
                try store.record(.approved(phase: wait.phase, by: by), planSerial: view.stored.serial, now: now)
            }
        }
        return Approval(plan: plan.id, waits: waits.map { ($0.phase, $0.wait) }, holder: try activeHolder())
    }
}

/// Approvals that other processes write into the journal while a plan runs.
struct ApprovalWatch: Sendable {
    let entries: AsyncStream<JournalEntry>
    private let send: AsyncStream<JournalEntry>.Continuation
    private let store: Store
    private let planSerial: Int
    private let isNeeded: Bool
    private let start: Int

    /// - Parameter sequence: the last record that the run knows of.
    init(store: Store, stored: StoredPlan, after sequence: Int) {
        self.store = store
        planSerial = stored.serial
        start = sequence
        let count = stored.plan.phases.count { $0.wait?.kind == .approval }
        isNeeded = count > 0
        (entries, send) = AsyncStream.makeStream(of: JournalEntry.self, bufferingPolicy: .bufferingNewest(max(1, count)))
    }

    /// Passes approvals on until it is cancelled: asked twice a second, as for requests to stop.
    func watch() async {
        defer { send.finish() }
        guard isNeeded else { return }
        var last = start
        while !Task.isCancelled {
            // A store that cannot be read now is asked again; the journal notices if it stays so.
            for entry in (try? store.journal(planSerial: planSerial, after: last)) ?? [] {
                last = entry.sequence
                if case .approved = entry.event { send.yield(entry) }
            }
            do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
        }
    }
}
