import Model
import PluginKit
package import TaskKit

/// From model to plan (DESIGN section 4): steps, what of them is needed, in which order, and why.
package enum PlanMaker {
    /// The plan that makes the declared model true.
    ///
    /// - Returns: nil when there is nothing to do.
    /// - Throws: ``PlanningError`` when the steps do not fit together.
    /// - Complexity: linear in items and steps, but for sorting.
    package static func plan(for input: PlanningInput) throws(PlanningError) -> Plan? { try outcome(for: input).plan }

    /// The same, limited to what an operator has asked for, and with the items that no plugin handles.
    ///
    /// - Throws: ``PlanningError/excluded(_:by:link:neededFor:)`` when a selected step cannot be without an excluded one.
    package static func outcome(
        for input: PlanningInput, targets: PlanTargets = PlanTargets()
    ) throws(PlanningError) -> PlanOutcome {
        let whole = try StepSelection(input)
        let used = Set(whole.attemptsInUse.map { input.attempts.count - 1 - $0 })
        guard !targets.isEmpty else {
            return PlanOutcome(plan: try plan(of: whole, input: input), unhandled: whole.unhandled, attemptsInUse: used)
        }
        let part = try PartialSelection(of: whole, targets: targets, input: input)
        let plan = try plan(of: part.selection, input: part.input, part: part)
        return PlanOutcome(
            plan: plan, unhandled: whole.unhandled, leftOut: whole.selected.count - (plan?.taskCount ?? 0), attemptsInUse: used)
    }

    private static func plan(
        of selection: StepSelection, input: PlanningInput, part: PartialSelection? = nil
    ) throws(PlanningError) -> Plan? {
        guard !selection.selected.isEmpty else { return nil }
        let layout = try PlanLayout(selection, input: input)
        distinguish(selection.selected)
        let ids = ids(ofAccompaniedIn: selection.selected)
        let phases = layout.phases.map { phase, steps in
            var phase = phase
            phase.tasks = steps.map { task(for: $0, ids: ids) }
            return phase
        }
        let hosts = try hosts(for: selection.selected, input: input)
        var versions = ["planner": input.plannerVersion]
        for plugin in input.plugins { versions[plugin.name] = plugin.version }
        var plan = Plan(
            id: "", modelFingerprint: input.context.declared.fingerprint, appliedSerial: input.appliedSerial,
            versions: versions, hosts: hosts, phases: phases,
            completions: Completions.of(selection.selected, comparison: input.context.comparison))
        if !selection.unhandled.isEmpty {
            plan.unhandled = selection.unhandled.map(\.path)
            // Also what stands on a host that is done: nothing was done for it.
            for item in selection.unhandled where !item.isRemoved { plan.completions[item.path] = nil }
        }
        part?.limit(&plan)
        if !layout.rolling.isEmpty { plan.rolling = layout.rolling }
        let risks = PlanRisks.of(plan, input)
        if !risks.isEmpty { plan.risks = risks }
        plan.id = identifier(of: plan)
        return plan
    }

    private static func task(for step: SelectedStep, ids: [StepIdentity: TaskID]) -> PlanTask {
        PlanTask(
            id: step.id, identity: step.identity, group: step.group, host: step.host,
            summary: step.summary, effect: step.effect, reasons: step.reasons, action: step.action,
            fingerprint: step.fingerprint, accompanies: step.accompanies.compactMap { ids[$0] }, forgets: step.forgets,
            nodeChange: step.nodeChange, isDestructive: step.isDestructive, retries: step.retries)
    }

    /// Makes the ids of the steps of a plan unique: where two steps share one, the later one (by identity) has four digits more.
    static func distinguish(_ steps: [SelectedStep]) {
        let ids = steps.map(\.id).sorted()
        guard zip(ids, ids.dropFirst()).contains(where: ==) else { return }
        var taken: Set<TaskID> = []
        for step in steps.sorted(by: { $0.identity < $1.identity }) {
            var length = TaskID.length
            repeat {
                step.id = TaskID(of: step.identity, length: length)
                length += 4
            } while !taken.insert(step.id).inserted
        }
    }

    /// The ids of the steps that others accompany.
    private static func ids(ofAccompaniedIn steps: [SelectedStep]) -> [StepIdentity: TaskID] {
        let accompanied = Set(steps.lazy.flatMap(\.accompanies))
        guard !accompanied.isEmpty else { return [:] }
        return Dictionary(
            steps.lazy.filter { accompanied.contains($0.identity) }.map { ($0.identity, $0.id) },
            uniquingKeysWith: { first, _ in first })
    }

    private static func hosts(
        for steps: [SelectedStep], input: PlanningInput
    ) throws(PlanningError) -> [ItemPath: HostConnection] {
        let known = input.everyHost
        var hosts: [ItemPath: HostConnection] = [:]
        for step in steps where hosts[step.host] == nil {
            guard let connection = known[step.host] else { throw .unknownHost(step.identity, host: step.host) }
            hosts[step.host] = connection
        }
        return hosts
    }

    static func identifier(of plan: Plan) -> String {
        var input = DigestInput(capacity: 256 * plan.taskCount)
        input.append("\(plan.modelFingerprint) \(plan.appliedSerial)\n")
        for phase in plan.phases {
            input.append("\(phase.number) \(phase.group.rawValue) \(phase.after)\n")
            if let wait = phase.wait { input.append("waits \(wait.kind)\n") }
            for task in phase.tasks {
                for word in [task.id.text, task.host.text, task.fingerprint ?? "-"] {
                    input.append(word)
                    input.append(" ")
                }
                input.append(task.summary)
                input.append("\n")
            }
        }
        for group in plan.rolling ?? [] where group.maximumFailures > 0 {
            input.append("\(group.path) fails \(group.maximumFailures)\n")
        }
        return input.hexadecimal(digits: 8)
    }
}

/// What came of planning.
package struct PlanOutcome: Sendable {
    /// Nil when there is nothing to do.
    package var plan: Plan?
    package var unhandled: [UnhandledItem]
    /// How many steps that the model needs were not asked for.
    package var leftOut = 0
    /// The unfinished plans, by their position in the order in which they were given, by which something is known that has yet to be taken
    /// away. All others are of no use once this plan is begun: what they made is declared, and part of what it sets out to make.
    package var attemptsInUse: Set<Int> = []
}
