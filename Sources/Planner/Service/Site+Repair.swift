package import Model
import Planning
import PluginKit
package import Store
package import TaskKit

/// Repair by hand: putting one node back into service, and giving up a run.
extension Site {
    /// What would put a node back into service.
    package struct Repair: Sendable {
        package let node: ItemPath
        /// What has taken it out of service.
        package let takenOutBy: [String]
        /// What puts it back, in the order in which it is carried out.
        package let owed: [OwedStep]
        /// What else is owed to it: a restart after a change. It was to be done out of service, so the change that wants it is planned
        /// again, with its lock; its check finds it done.
        package let plannedAgain: [OwedStep]
        /// The records by which those changes would count as done.
        let forgets: [StepScope]
        /// The unfinished plan that cannot be resumed once the node is back: it would change the node in service.
        package let endsPlan: PlanHead?

        /// Whether a step brings its node back, and does not only complete what was changed on it.
        static func putsBack(_ task: PlanTask) -> Bool {
            if case .putBack = task.nodeChange { return true }
            return task.group == .unlock || task.group == .postNodeUnlock || task.group == .healthGate
        }
    }

    /// What putting back the node would do; nothing is changed.
    ///
    /// - Parameters:
    ///   - name: the name of a node, or its path.
    ///   - force: also when something of the plan was interrupted and may still be going on.
    /// - Throws: ``ServiceError`` when a run is active, or nothing is owed to such a node.
    package func repair(of name: String, force: Bool) throws -> Repair {
        try refuseDuringRun()
        let status = try status()
        let found = status.nodes.filter { $0.node.text == name || String($0.node.name) == name }
        func isOut(_ node: NodeStatus) -> Bool { !node.takenOutBy.isEmpty || node.owed.contains(where: Repair.putsBack) }
        guard let node = found.first, isOut(node) else {
            let out = status.nodes.filter(isOut).map { String($0.node.name) }
            throw ServiceError.wrongState(
                "no node '\(name)' is out of service",
                nextStep: out.isEmpty
                    ? "planner status shows every node that is" : "out of service: \(out.joined(separator: ", "))")
        }
        guard found.count == 1 else {
            throw ServiceError.wrongState(
                "several nodes are called '\(name)'", nextStep: "name one: " + found.map(\.node.text).joined(separator: ", "))
        }
        // The plan that would find it again is given up.
        if let task = status.nodes.flatMap(\.inFlight).first, !force {
            throw ServiceError.wrongState(
                "'\(task.summary)' was interrupted and may still be going on on \(task.host.name)",
                nextStep: "planner run_plan --resume decides it; --force puts the node back all the same")
        }
        let order = Dictionary(node.owed.enumerated().map { ($1.identity, $0) }, uniquingKeysWith: { first, _ in first })
        let owed = try ServiceError.wrapping { try store.owedSteps() }.filter { $0.node == node.node }
            .sorted { (order[$0.identity] ?? Int.max, $0.identity) < (order[$1.identity] ?? Int.max, $1.identity) }
        let ended: PlanHead? = status.plan.flatMap { plan in
            switch plan.state {
            case .running, .failed, .stopped: plan.head
            case .initial, .successful, .removed, .superseded: nil
            }
        }
        let others = owed.filter { !Repair.putsBack($0.task) }
        return Repair(
            node: node.node, takenOutBy: node.takenOutBy, owed: owed.filter { Repair.putsBack($0.task) }, plannedAgain: others,
            forgets: try changes(behind: others), endsPlan: ended)
    }

    /// What the steps accompany: the items whose change they complete.
    private func changes(behind steps: [OwedStep]) throws -> [StepScope] {
        var scopes: [StepScope] = []
        for (serial, steps) in Dictionary(grouping: steps, by: \.planSerial).sorted(by: { $0.key < $1.key }) {
            let plan = try ServiceError.wrapping { try store.plan(serial: serial) }
            let tasks = Dictionary((plan?.plan.tasks ?? []).map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
            for step in steps {
                let triggers = step.task.accompanies.compactMap { tasks[$0]?.identity } + [step.identity]
                scopes += triggers.map { StepScope(item: $0.item, node: $0.node) }
            }
        }
        return Array(Set(scopes))
    }

    /// Makes the plan that puts the node back; ``runPlan(resuming:in:)`` carries it out.
    package func createRepairPlan(_ repair: Repair, by: String, why: String?, now: Double) throws -> StoredPlan {
        var known: [ItemPath: HostConnection] = [:]
        for serial in Set(repair.owed.map(\.planSerial)).sorted() {
            guard let plan = try ServiceError.wrapping({ try store.plan(serial: serial) }) else { continue }
            known.merge(plan.plan.hosts) { _, newer in newer }
        }
        let input = PlanningInput(
            context: PlanningContext(declared: try declared().resolved, applied: try applied()), plugins: plugins,
            appliedSerial: try ServiceError.wrapping { try store.appliedSerial }, plannerVersion: plannerVersion)
        let owed = repair.owed.map { OwedTask(plan: $0.planID, cluster: $0.cluster, task: $0.task) }
        let plan: Plan
        do {
            plan = try PlanMaker.repair(of: repair.node, owed: owed, known: known, forgetting: repair.forgets, input: input)
        } catch {
            throw ServiceError.planning(error)
        }
        try underLease("planner unlock", planSerial: repair.endsPlan?.serial ?? 0, now: now) { holder in
            try giveUp(repair.endsPlan, by: by, why: why ?? "unlock \(repair.node.name)", now: now, holder: holder)
        }
        return try ServiceError.wrapping { try store.savePlan(plan, now: now) }
    }

    /// Records that somebody has put the node back by hand: what is owed to it is settled, nothing on a host is touched.
    package func recordPutBack(_ repair: Repair, by: String, why: String?, now: Double) throws {
        let serial = try ServiceError.wrapping { try store.planHeads().last?.serial ?? 0 }
        try underLease("planner unlock --record-only", planSerial: serial, now: now) { holder in
            var changes = StoreChanges()
            changes.settle = (repair.owed + repair.plannedAgain).map(\.identity)
            changes.forget = repair.forgets
            changes.putBack = repair.takenOutBy.map { NodeContributor(node: repair.node, contributor: $0) }
            let event = RunEvent.nodePutBack(node: repair.node, contributors: repair.takenOutBy, by: by, why: why)
            _ = try ServiceError.wrapping {
                try store.record(event, planSerial: serial, changes: changes, now: now, holder: holder)
            }
            try giveUp(repair.endsPlan, by: by, why: "\(repair.node.name) was put back by hand", now: now, holder: holder)
        }
    }

    /// Gives up the unfinished plan, so that the next one starts anew; what is owed stays owed, and is done first by the next plan.
    ///
    /// - Returns: the plan, and what of it was interrupted and may still be going on on its host.
    /// - Throws: ``ServiceError`` when a run is active, or no plan is unfinished.
    package func resetRun(by: String, why: String?, now: Double) throws -> (plan: StoredPlan, inFlight: [PlanTask]) {
        try refuseDuringRun()
        let view = try currentPlan()
        switch view.stored.state {
        case .running, .failed, .stopped: break
        case .initial:
            throw ServiceError.wrongState(
                "plan \(view.stored.plan.id) was not begun", nextStep: "planner remove_plan forgets it")
        case .successful, .removed, .superseded:
            throw ServiceError.wrongState(
                "no run is unfinished: plan \(view.stored.plan.id) is \(view.stored.state.rawValue)",
                nextStep: "planner create_plan makes a plan for what has changed since")
        }
        let head = view.stored.head
        let inFlight = try status().nodes.flatMap(\.inFlight)
        try underLease("planner reset_run", planSerial: head.serial, now: now) { holder in
            try giveUp(head, by: by, why: why, now: now, holder: holder)
        }
        return (view.stored, inFlight)
    }

    private func giveUp(_ plan: PlanHead?, by: String, why: String?, now: Double, holder: LeaseHolder) throws {
        guard let plan else { return }
        var changes = StoreChanges()
        changes.planState = .removed
        _ = try ServiceError.wrapping {
            try store.record(
                .planGivenUp(by: by, why: why), planSerial: plan.serial, changes: changes, now: now, holder: holder)
        }
    }

    /// Carries out a change that no run may come between.
    private func underLease(
        _ command: String, planSerial: Int, now: Double, _ work: (LeaseHolder) throws -> Void
    ) throws {
        let holder = ProcessIdentity.current(command: command)
        let answer = try ServiceError.wrapping { try store.acquireLease(holder, planSerial: planSerial, now: now) }
        if case .held(let other) = answer { throw ServiceError.runActive(holder: other.refusal(at: now)) }
        defer {
            // The lease of a process that ends is void anyway.
            try? store.release(holder)
        }
        try work(holder)
    }
}
