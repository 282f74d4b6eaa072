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
    package let version = "2"
    package let propertyTypes = LibvirtTypes.propertyTypes
    package let itemTypes = LibvirtTypes.itemTypes
    package let scripts = [domainScript, imagesScript, hostScript, capacityScript, VirtualMachineStep.powerScript]

    static let domainScript = Script(name: "libvirt/domain", content: PackageResources.domain_sh)
    static let imagesScript = Script(name: "libvirt/images", content: PackageResources.images_sh)
    static let capacityScript = Script(name: "libvirt/capacity", content: PackageResources.capacity_sh)
    static let hostScript = Script(name: "libvirt/host", content: PackageResources.host_sh)

    package let validatesBesideErrors = true

    package init() {}

    package func validate(_ context: PlanningContext) -> [Diagnostic] { LibvirtRules.errors(in: context) }

    package func steps(in context: PlanningContext) -> [Step] {
        let machines = LibvirtPlugin.machines(in: context)
        var steps = hostSteps(for: machines, in: context)
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

    static func machines(in context: PlanningContext) -> [VirtualMachine] {
        let tree = context.declared
        let images = Dictionary(
            tree.items(ofType: LibvirtTypes.image).map { ($0.text("name"), $0) }, uniquingKeysWith: { first, _ in first })
        let networks = Dictionary(
            tree.items(ofType: BaseType.network).compactMap { network in
                IPv4Network(network.text("subnet")).map { (network.text("name"), $0) }
            }, uniquingKeysWith: { first, _ in first })
        return context.instances.compactMap { instance in
            guard tree.registry.isKind(instance.type, of: LibvirtTypes.service) else { return nil }
            return VirtualMachine(
                instance, in: tree, images: images, networks: networks, secretVersions: context.secretVersions)
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
        func files(_ machine: VirtualMachine) -> [(String, FileContent)] {
            [
                ("meta-data", FileContent(machine.metaData)), ("network-config", FileContent(machine.networkConfiguration)),
                ("user-data", machine.userData), ("domain.xml", FileContent(machine.domainDefinition)),
            ]
        }
        let secrets = machine.userData.secrets
        return zip(files(machine), files(machine.declared)).map { file, declared in
            let (name, content) = file
            let path = "\(machine.directory)/\(name)"
            return Step(
                StepIdentity(item: machine.item.path, node: host.path, name: "write-\(name)"), on: host.path,
                "write \(name) of \(machine.name) on \(host.hostname)", role: .change(.live),
                action: FileAction(path: path, content: content, mode: 0o600, owner: "root:root"),
                makesTrue: [path, declared.1.text], secrets: name == "network-config" ? [] : secrets,
                inputs: machine.inputs)
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
            makesTrue: [machine.name, machine.declared.fingerprint], secrets: machine.userData.secrets, inputs: machine.inputs,
            requires: (needed + [image, LibvirtPlugin.hostCheck(of: host)]).map { .step($0) }, isDestructive: wasApplied)
    }

    /// A machine that no HA manager looks after: started where it is defined, every time that it was.
    private func start(of machine: VirtualMachine, on host: ManagedNode, in context: PlanningContext) -> [Step] {
        VirtualMachineStep.start(machine.instance, on: host, in: context.declared, limit: .seconds(300), group: nil)
    }

    // MARK: What is no longer declared

    package func undoSteps(in context: PlanningContext) -> [Step] {
        let declared = Set(context.instances.map(\.key))
        let used = imagesInUse(in: context)
        return context.appliedInstances.compactMap { instance in
            guard context.applied.registry.isKind(instance.type, of: LibvirtTypes.service),
                !declared.contains(instance.key), let host = context.node(at: instance.node)
            else { return nil }
            let name = instance.serviceName(in: context.applied)
            let stopLimit = context.applied[instance.service]?.integer("stop_timeout") ?? 120
            return Step(
                LibvirtPlugin.removal(of: instance), on: host.path,
                "remove virtual machine \(name) from \(host.hostname)",
                // Its image goes with it where no other machine is made from it: it must be copied again if one comes.
                role: .undo(
                    forgetting: [StepScope(item: instance.service, node: instance.node)]
                        + imageScope(of: instance, unless: used, in: context)),
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
