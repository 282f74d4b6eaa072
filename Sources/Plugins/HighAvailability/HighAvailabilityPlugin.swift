package import Model
package import PluginKit
package import TaskKit

/// An agentless HA manager: `ha_manager: planner`. It needs nothing on the hosts but libvirt.
///
/// Lock of a node: graceful shutdown of each clustered virtual machine on it, with a limit, then destroy. Unlock: start, and wait until
/// the guest answers. Services that others depend on are stopped after those and started before them.
package struct HighAvailabilityPlugin: Plugin {
    package let name = "high-availability"
    package let version = "2"
    package let scripts = [VirtualMachineStep.powerScript]

    package let itemTypes = [
        ItemType(
            "vcs-cluster", extends: BaseType.cluster, summary: "A cluster as LITP's VCS deployments declare it.",
            properties: [
                PropertyDefinition("cluster_id", "positive_integer", updatable: false, summary: "Its number in VCS."),
                PropertyDefinition("low_prio_net", "basic_string", summary: "Network of low-priority heartbeats."),
                PropertyDefinition("llt_nets", "basic_list", summary: "Networks of heartbeats."),
            ]),
        ItemType(
            "vcs-clustered-service", extends: BaseType.clusteredService,
            summary: "A clustered service as LITP's VCS deployments declare it."),
    ]

    package init() {}

    package func steps(in context: PlanningContext) -> [Step] {
        let managed = managed(context.instances, in: context)
        let byService = Dictionary(grouping: managed.map(\.0)) { $0.clusteredService }
        return managed.flatMap { instance, host in
            var steps = VirtualMachineStep.start(
                instance, on: host, in: context.declared, limit: limit("online_timeout", of: instance, in: context),
                group: .cluster, isCoveredByUnlock: context.wasApplied(instance))
            // Only for the first start: later each node has its turn, and what is on others serves.
            guard !context.wasApplied(instance), let service = instance.clusteredService, let collection = service.parent,
                let names = context.declared[service]?.list("dependency_list"), !names.isEmpty, !steps.isEmpty
            else { return steps }
            let needed = names.flatMap { byService[collection.appending($0)] ?? [] }.filter { !context.wasApplied($0) }
            steps[0].requires += needed.map { .step(VirtualMachineStep.answer(of: $0)) }
            return steps
        }
    }

    package func locks(in context: PlanningContext) -> [NodeLock] {
        let levels = dependencyLevels(in: context.declared)
        return managed(context.instances, in: context).filter { context.wasApplied($0.0) }.map { instance, host in
            let service = instance.clusteredService ?? instance.service
            func identity(_ name: String) -> StepIdentity {
                StepIdentity(item: instance.service, node: instance.node, name: name)
            }
            let online = limit("online_timeout", of: instance, in: context)
            return NodeLock(
                name: service.name == instance.service.name
                    ? "ha:\(service.name)" : "ha:\(service.name)/\(instance.service.name)", node: host.path,
                priority: 100 - (levels[service] ?? 0),
                lock: VirtualMachineStep.power(
                    .off, instance, identity: identity("lock"), on: host, in: context.declared,
                    limit: limit("offline_timeout", of: instance, in: context)),
                unlock: [
                    VirtualMachineStep.power(
                        .on, instance, identity: identity("unlock"), on: host, in: context.declared, limit: online),
                    VirtualMachineStep.wait(
                        for: instance, identity: identity("unlock-answer"), on: host, in: context.declared, limit: online),
                ])
        }
    }

    // MARK: Which machines

    /// The virtual machines of clustered services in clusters that this manager looks after.
    private func managed(
        _ instances: [ServiceInstance], in context: PlanningContext
    ) -> [(ServiceInstance, ManagedNode)] {
        instances.compactMap { instance in
            guard instance.clusteredService != nil, let host = context.node(at: instance.node), let cluster = host.cluster,
                context.highAvailabilityManager(of: cluster) == "planner",
                context.declared.registry.isKind(instance.type, of: "vm-service")
            else { return nil }
            return (instance, host)
        }
    }

    private func limit(_ property: String, of instance: ServiceInstance, in context: PlanningContext) -> Duration {
        let service = instance.clusteredService.flatMap { context.declared[$0] }
        return .seconds(service?.integer(property) ?? 300)
    }

    /// How many services stand, one on the other, below each clustered service by `dependency_list`. What waits in a circle has no level;
    /// validation refuses it. O(services and dependencies), without recursion: a chain may be long.
    private func dependencyLevels(in tree: ResolvedTree) -> [ItemPath: Int] {
        var waiting: [ItemPath: Int] = [:]
        var dependents: [ItemPath: [ItemPath]] = [:]
        var levels: [ItemPath: Int] = [:]
        var ready: [ItemPath] = []
        for service in tree.items(ofType: BaseType.clusteredService) {
            guard let collection = service.path.parent else { continue }
            let dependencies = Set(service.list("dependency_list").map { collection.appending($0) }.filter { tree[$0] != nil })
            waiting[service.path] = dependencies.count
            for dependency in dependencies { dependents[dependency, default: []].append(service.path) }
            if dependencies.isEmpty { ready.append(service.path) }
        }
        while let next = ready.popLast() {
            for dependent in dependents[next] ?? [] {
                levels[dependent] = max(levels[dependent] ?? 0, (levels[next] ?? 0) + 1)
                waiting[dependent, default: 0] -= 1
                if waiting[dependent] == 0 { ready.append(dependent) }
            }
        }
        return levels
    }
}
