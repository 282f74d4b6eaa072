package import Model
import PluginKit
package import TaskKit

extension PlanMaker {
    /// The plan that does for one node what earlier plans owe it, and nothing else.
    ///
    /// - Parameters:
    ///   - node: the node that it is about.
    ///   - owed: the steps, in the order in which they are to be carried out: one after the other.
    ///   - scopes: records that are void when the node is back, so that what they stand for is planned again.
    ///   - known: how hosts were reached by the plan that owes the steps, for those that are no longer declared.
    package static func repair(
        of node: ItemPath, owed: [OwedTask], known: [ItemPath: HostConnection], forgetting scopes: [StepScope] = [],
        input: PlanningInput
    ) throws(PlanningError) -> Plan {
        let declared = input.hosts
        var hosts: [ItemPath: HostConnection] = [:]
        var phases: [Phase] = []
        for step in owed {
            var task = step.task
            guard let connection = declared[task.host] ?? known[task.host] else {
                throw .unknownHost(task.identity, host: task.host)
            }
            hosts[task.host] = connection
            if phases.count == owed.count - 1 { task.forgets = scopes }
            // What it accompanied is not in this plan.
            task.accompanies = []
            task.reasons = [.owed(plan: step.plan)]
            let number = phases.count + 1
            phases.append(
                Phase(
                    number: number, group: task.group, cluster: step.cluster, node: node,
                    after: number == 1 ? [] : [number - 1], tasks: [task]))
        }
        var versions = ["planner": input.plannerVersion]
        for plugin in input.plugins { versions[plugin.name] = plugin.version }
        var plan = Plan(
            id: "", modelFingerprint: input.context.declared.fingerprint, appliedSerial: input.appliedSerial,
            versions: versions, hosts: hosts, phases: phases)
        // Nothing else of the model is true when it is done.
        plan.selection = PlanSelection(only: [node], excluded: [], additions: [], leftOut: 0, completes: [])
        plan.id = identifier(of: plan)
        return plan
    }
}
