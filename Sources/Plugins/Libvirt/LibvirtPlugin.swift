package import Model
package import PluginKit
package import TaskKit

/// Virtual machines on libvirt hosts: image to the host by checksum, cloud-init files, seed, disk, domain; replaced when any of it
/// changes; taken away when it is no longer declared.
///
/// A machine of a clustered service is started and stopped by the cluster's HA manager; one that stands under a host directly is started
/// here.
package struct LibvirtPlugin: Plugin {
    package let name = "libvirt"
    package let version = "1"
    package let propertyTypes = LibvirtTypes.propertyTypes
    package let itemTypes = LibvirtTypes.itemTypes
    package let scripts = [domainScript, imagesScript, VirtualMachineStep.powerScript]

    private static let domainScript = Script(name: "libvirt/domain", content: PackageResources.domain_sh)
    private static let imagesScript = Script(name: "libvirt/images", content: PackageResources.images_sh)

    package let validatesBesideErrors = true

    package init() {}

    package func validate(_ context: PlanningContext) -> [Diagnostic] { LibvirtRules.errors(in: context) }

    package func steps(in context: PlanningContext) -> [Step] {
        let machines = LibvirtPlugin.machines(in: context)
        var steps: [Step] = []
        var fetched: Set<StepIdentity> = []
        for machine in machines {
            guard let host = context.node(at: machine.instance.node) else { continue }
            let image = imageStep(for: machine, on: host)
            if fetched.insert(image.identity).inserted { steps.append(image) }
            steps += fileSteps(for: machine, on: host)
            steps.append(definition(of: machine, on: host, wasApplied: context.wasApplied(machine.instance)))
            let isLookedAfter =
                machine.instance.clusteredService != nil
                && host.cluster.flatMap {
                    context.highAvailabilityManager(of: $0)
                } != nil
            if !isLookedAfter { steps += start(of: machine, on: host, in: context) }
        }
        return steps + cleanUp(after: machines, in: context)
    }

    private static func machines(in context: PlanningContext) -> [VirtualMachine] {
        let tree = context.declared
        let images = Dictionary(
            tree.items(ofType: LibvirtTypes.image).map { ($0.text("name"), $0) }, uniquingKeysWith: { first, _ in first })
        let networks = Dictionary(
            tree.items(ofType: BaseType.network).compactMap { network in
                IPv4Network(network.text("subnet")).map { (network.text("name"), $0) }
            }, uniquingKeysWith: { first, _ in first })
        return context.instances.compactMap { instance in
            guard tree.registry.isKind(instance.type, of: LibvirtTypes.service) else { return nil }
            return VirtualMachine(instance, in: tree, images: images, networks: networks)
        }
    }

    // MARK: What a machine needs

    private func imageStep(for machine: VirtualMachine, on host: ManagedNode) -> Step {
        let image = machine.image
        return Step(
            StepIdentity(item: image.path, node: host.path, name: "copy-image"), on: host.path,
            "copy image \(machine.imageFile) to \(host.hostname)", role: .change(.live),
            action: FetchAction(
                url: image.text("source_uri"), sha256: image.text("checksum").lowercased(), path: machine.imagePath,
                limit: .seconds(3600)),
            makesTrue: [machine.imagePath, image.text("checksum").lowercased()])
    }

    private func fileSteps(for machine: VirtualMachine, on host: ManagedNode) -> [Step] {
        let files = [
            ("meta-data", machine.metaData), ("network-config", machine.networkConfiguration),
            ("user-data", machine.userData), ("domain.xml", machine.domainDefinition),
        ]
        return files.map { name, content in
            let path = "\(machine.directory)/\(name)"
            return Step(
                StepIdentity(item: machine.item.path, node: host.path, name: "write-\(name)"), on: host.path,
                "write \(name) of \(machine.name) on \(host.hostname)", role: .change(.live),
                action: FileAction(path: path, content: content, mode: 0o600, owner: "root:root"),
                makesTrue: [path, content], inputs: machine.inputs)
        }
    }

    private func definition(of machine: VirtualMachine, on host: ManagedNode, wasApplied: Bool) -> Step {
        let verb = wasApplied ? "replace" : "define"
        let needed = ["write-meta-data", "write-network-config", "write-user-data", "write-domain.xml"].map {
            StepIdentity(item: machine.item.path, node: host.path, name: $0)
        }
        let image = StepIdentity(item: machine.image.path, node: host.path, name: "copy-image")
        return Step(
            VirtualMachineStep.definition(of: machine.instance), on: host.path,
            "\(verb) virtual machine \(machine.name) on \(host.hostname)", role: .change(wasApplied ? .replace : .live),
            action: ScriptAction(
                script: LibvirtPlugin.domainScript,
                arguments: [
                    "present", machine.name, machine.directory, String(machine.item.integer("stop_timeout") ?? 120),
                    machine.imagePath, machine.fingerprint,
                ],
                limit: .seconds(900)),
            makesTrue: [machine.name, machine.fingerprint], inputs: machine.inputs,
            requires: (needed + [image]).map { .step($0) }, isDestructive: wasApplied)
    }

    /// A machine that no HA manager looks after: started where it is defined, every time that it was.
    private func start(of machine: VirtualMachine, on host: ManagedNode, in context: PlanningContext) -> [Step] {
        VirtualMachineStep.start(machine.instance, on: host, in: context.declared, limit: .seconds(300), group: nil)
    }

    /// Images that nothing on a host is made from, removed when all nodes are done.
    private func cleanUp(after machines: [VirtualMachine], in context: PlanningContext) -> [Step] {
        Dictionary(grouping: machines, by: \.instance.node).sorted { $0.key < $1.key }.compactMap { node, machines in
            guard let host = context.node(at: node) else { return nil }
            let definitions = machines.filter { context.wasApplied($0.instance) }.map { machine in
                VirtualMachineStep.definition(of: machine.instance)
            }
            guard !definitions.isEmpty else { return nil }
            return Step(
                StepIdentity(item: node, node: node, name: "clean-images"), on: node,
                "remove unused images on \(host.hostname)", role: .companion(of: definitions.map { .step($0) }),
                group: host.isManagementServer ? nil : .cluster,
                action: ScriptAction(
                    script: LibvirtPlugin.imagesScript,
                    arguments: [VirtualMachine.imageDirectory] + Set(machines.map(\.imageFile)).sorted(),
                    limit: .seconds(120)),
                requires: definitions.map { .step($0) })
        }
    }

    // MARK: What is no longer declared

    package func undoSteps(in context: PlanningContext) -> [Step] {
        let declared = Set(context.instances.map(\.key))
        return context.appliedInstances.compactMap { instance in
            guard context.applied.registry.isKind(instance.type, of: LibvirtTypes.service),
                !declared.contains(instance.key), let host = context.node(at: instance.node)
            else { return nil }
            let name = instance.serviceName(in: context.applied)
            let stopLimit = context.applied[instance.service]?.integer("stop_timeout") ?? 120
            return Step(
                StepIdentity(item: instance.service, node: instance.node, name: "remove"), on: host.path,
                "remove virtual machine \(name) from \(host.hostname)",
                role: .undo(forgetting: [StepScope(item: instance.service, node: instance.node)]),
                // What stands on the management server serves the clusters: it was there before them and goes after them.
                group: host.isManagementServer ? .postCluster : nil,
                action: ScriptAction(
                    script: LibvirtPlugin.domainScript,
                    arguments: ["absent", name, "/var/lib/libvirt/instances/\(name)", String(stopLimit)],
                    limit: .seconds(900)),
                isDestructive: true)
        }
    }
}
