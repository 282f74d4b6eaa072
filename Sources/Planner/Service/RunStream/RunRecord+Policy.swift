import Foundation
import Model
import TaskKit

/// What records say of rolling policies: waits, approvals, budgets and windows.
extension RunRecord.Content {
    /// Nil for records that say nothing of policies.
    init?(ofPolicy event: RunEvent, in plan: Plan) {
        switch event {
        case .phaseStarted(let number):
            guard let phase = RunRecord.Content.phase(number, of: plan), let wait = phase.wait else { return nil }
            let name = StrategyText.name(of: wait.group, in: phase.cluster)
            self.init(.phaseStart, "wait", "\(number) \(name): \(StrategyText.text(of: wait, in: wait.group))")
            self.phase = number
        case .approved(let number, let by):
            let wait = RunRecord.Content.phase(number, of: plan)?.wait
            let place = wait.map { StrategyText.place(of: $0) } ?? "phase \(number)"
            self.init(.approval, "approved", "\(number) \(place), by \(by)")
            self.phase = number
            self.by = by
        case .windowOpened(let until):
            let time = LocalTime.text(until, in: .current)
            self.init(.windowStart, "window", "nothing is begun that would not be done by \(time)")
            self.until = until
        case .notStarted(let number, let needed, let left):
            let node = RunRecord.Content.phase(number, of: plan)?.node
            self.init(.notStarted, "window", StrategyText.kept(node, number, needed: needed, left: left))
            self.phase = number
            self.node = node
        case .nodeFailed(let node, let group, let failures, let allowed):
            let cluster = plan.rolling?.first { $0.path == group }?.cluster
            let name = StrategyText.name(of: group, in: cluster)
            let rest = failures > allowed ? "no more is allowed" : "the others go on"
            self.init(.nodeFailure, "budget", "\(name): \(failures)/\(allowed) failures (\(node.name)); \(rest)")
            self.node = node
        default: return nil
        }
    }

    private static func phase(_ number: Int, of plan: Plan) -> Phase? {
        // Phases count from 1 in order; a plan of another making may not.
        if plan.phases.indices.contains(number - 1), plan.phases[number - 1].number == number { return plan.phases[number - 1] }
        return plan.phases.first { $0.number == number }
    }
}
