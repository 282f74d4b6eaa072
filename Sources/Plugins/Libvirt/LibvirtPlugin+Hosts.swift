import Model
import PluginKit
import TaskKit

/// What is done once for a host, however many machines it carries.
extension LibvirtPlugin {
    static func hostCheck(of host: ManagedNode) -> StepIdentity {
        StepIdentity(item: host.path, node: host.path, name: "check-host")
    }

    /// Before the first machine of a host is made: whether libvirt answers, and every bridge is there (M13).
    func hostSteps(for machines: [VirtualMachine], in context: PlanningContext) -> [Step] {
        let coming = Dictionary(grouping: machines.filter { !context.wasApplied($0.instance) }, by: \.instance.node)
        return coming.sorted { $0.key < $1.key }.compactMap { node, machines in
            guard let host = context.node(at: node) else { return nil }
            let bridges = Set(machines.flatMap { $0.interfaces.map(\.bridge) }).sorted { NaturalOrder.isBefore($0, $1) }
            let type = machines.contains { $0.item.text("domain_type") == "kvm" } ? "kvm" : "qemu"
            return Step(
                LibvirtPlugin.hostCheck(of: host), on: node,
                "check libvirt" + (bridges.isEmpty ? "" : " and \(bridges.joined(separator: ", "))") + " on \(host.hostname)",
                role: .companion(of: machines.map { .step(VirtualMachineStep.definition(of: $0.instance)) }),
                action: WaitForScriptAction(
                    script: LibvirtPlugin.hostScript, arguments: [type] + bridges, interval: .seconds(1), limit: .seconds(10)))
        }
    }

    /// Images that nothing on a host is made from, removed when all nodes are done, and when a machine was taken away.
    ///
    /// On a management server, whose machines start at once, the image of before stays until the new machine answers.
    func cleanUp(after machines: [VirtualMachine], in context: PlanningContext) -> [Step] {
        let declared = Set(context.instances.map(\.key))
        let gone = Dictionary(
            grouping: context.appliedInstances.filter {
                context.applied.registry.isKind($0.type, of: LibvirtTypes.service) && !declared.contains($0.key)
            }, by: \.node)
        let present = Dictionary(grouping: machines, by: \.instance.node)
        return Set(present.keys).union(gone.keys).sorted().compactMap { node in
            guard let host = context.node(at: node) else { return nil }
            let definitions = (present[node] ?? []).map { VirtualMachineStep.definition(of: $0.instance) }
            let answers = (present[node] ?? []).map { VirtualMachineStep.answer(of: $0.instance) }
            let removals = (gone[node] ?? []).map { LibvirtPlugin.removal(of: $0) }
            let ofServer: DeploymentGroup? = removals.isEmpty ? nil : .postCluster
            return Step(
                StepIdentity(item: node, node: node, name: "clean-images"), on: node,
                "remove unused images on \(host.hostname)",
                role: .companion(of: (definitions + removals).map { .step($0) }),
                group: host.isManagementServer ? ofServer : .cluster,
                action: ScriptAction(
                    script: LibvirtPlugin.imagesScript,
                    arguments: [VirtualMachine.imageDirectory] + Set((present[node] ?? []).map(\.imageFile)).sorted(),
                    limit: .seconds(120)),
                requires: (definitions + removals + (host.isManagementServer ? answers : [])).map { .step($0) })
        }
    }

    static func removal(of instance: ServiceInstance) -> StepIdentity {
        StepIdentity(item: instance.service, node: instance.node, name: "remove")
    }

    // MARK: Images that go with their machines

    /// For each host the names of the images from which its declared machines are made.
    func imagesInUse(in context: PlanningContext) -> [ItemPath: Set<String>] {
        var names: [ItemPath: Set<String>] = [:]
        for instance in context.instances {
            guard let service = context.declared[instance.service] else { continue }
            names[instance.node, default: []].insert(service.text("image_name"))
        }
        return names
    }

    func imageScope(
        of instance: ServiceInstance, unless used: [ItemPath: Set<String>], in context: PlanningContext
    ) -> [StepScope] {
        guard let name = context.applied[instance.service]?.text("image_name"),
            used[instance.node]?.contains(name) != true,
            let image = context.applied.items(ofType: LibvirtTypes.image).first(where: { $0.text("name") == name })
        else { return [] }
        return [StepScope(item: image.path, node: instance.node)]
    }
}
