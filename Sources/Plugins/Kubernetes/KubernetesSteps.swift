import Model
import PluginKit
import TaskKit

/// The steps of one Kubernetes cluster, all carried out on its director.
struct KubernetesSteps {
    let cluster: KubernetesCluster
    let director: KubernetesCluster.Director
    let directorName: String
    let context: PlanningContext
    /// What the director gets, made once: every member's turn begins and ends with it.
    private let files: [(kind: String, path: String, content: String)]
    /// What makes up the inventory: machines, and the services that say on which nodes they are; also those that are gone.
    private let inputs: [ItemPath]
    var item: ItemPath { cluster.item.path }
    private var limit: Duration { .seconds(cluster.item.integer("playbook_timeout") ?? 3600) }
    var memberCommand: String { cluster.item.text("member_command") }

    /// Nil without a director.
    init?(_ cluster: KubernetesCluster, in context: PlanningContext) {
        guard let director = cluster.director else { return nil }
        self.cluster = cluster
        self.director = director
        self.context = context
        directorName =
            director.instance.map { instance in
                instance.hostname(in: context.declared[instance.service] == nil ? context.applied : context.declared)
            } ?? context.node(at: director.host)?.hostname ?? String(director.host.name)
        files = [
            ("inventory", "\(cluster.inventoryDirectory)/hosts", cluster.inventory),
            ("group-vars", "\(cluster.inventoryDirectory)/group_vars/all", cluster.groupVariables),
        ]
        let gone = context.appliedInstances.filter { instance in
            instance.service.isWithin(cluster.path) && context.declared[instance.service] == nil
                && context.applied.registry.isKind(instance.type, of: KubernetesTypes.service)
        }
        inputs = (cluster.members.map(\.instance) + gone).flatMap { [$0.clusteredService, $0.service].compactMap { $0 } }
            .uniqued()
    }

    /// The step that makes a cluster of the machines that are there.
    var installation: StepIdentity { StepIdentity(item: item, name: "install") }

    /// Whether the install playbook was run for those that were there then; whoever comes later joins.
    var isInstalled: Bool { context.applied[item] != nil || context.wasCarriedOut(installation) }

    /// Whether a machine of an installed cluster belongs to it: the install playbook took it in, or it has joined since. What was built and
    /// has not joined yet has nothing to drain.
    func isMember(_ member: KubernetesCluster.Member) -> Bool {
        let instance = member.instance
        if context.wasAppliedWithService(instance) || context.wasCarriedOut(memberStep(member, "join")) { return true }
        // Before its service is applied for the first time, the playbook has met all machines that were there.
        return context.applied[instance.clusteredService ?? instance.service] == nil && context.wasApplied(instance)
    }

    /// Members that an earlier plan has taken in.
    var appliedMembers: [KubernetesCluster.Member] { isInstalled ? cluster.members.filter(isMember) : [] }

    // MARK: Install (R44)

    /// Files to the director, host keys, and the install playbook when every guest is there.
    var install: [Step] {
        let answers = cluster.members.map { VirtualMachineStep.answer(of: $0.instance) }
        let keys = StepIdentity(item: item, name: "learn-host-keys")
        let install = installation
        let ready = cluster.members.map { member in
            firstBoot(
                of: member, named: "ready-for-install", role: .companion(of: [.step(install)]), group: .cluster,
                requires: [VirtualMachineStep.answer(of: member.instance), keys])
        }
        // Also those who come later: what the director gets must not speak of a guest that is not there.
        let later = cluster.members.map { memberStep($0, "ready") }
        var files = fileSteps(named: nil, node: nil, role: .change(.live), group: .cluster)
        for index in files.indices {
            files[index].requires += (answers + ready.map(\.identity) + later).map { .step($0) }
        }
        return [
            Step(
                keys, on: director.host, "learn host keys of \(cluster.members.count) guests on \(directorName)",
                role: .companion(of: [.step(install)]), group: .cluster,
                action: ScriptAction(
                    script: KubernetesPlugin.hostKeyScript,
                    arguments: [cluster.hostKeyFile] + cluster.members.map(\.address), limit: .seconds(300)),
                requires: answers.map { .step($0) })
        ] + ready + files + [
            Step(
                install, on: director.host, "run playbook \(cluster.playbook("install")) on \(directorName)",
                role: .change(.live), group: .cluster, action: playbook(cluster.playbook("install"), "installed", "all"),
                makesTrue: ["installed"],
                requires: (answers + files.map(\.identity) + [keys] + ready.map(\.identity)).map { .step($0) })
        ]
    }

    // MARK: The director

    /// Whether the director can be worked with, after its machine was made: its first boot, and when it was made anew, the way to the API.
    /// Nothing when it is a managed host.
    var directorReady: [Step] {
        guard let instance = director.instance, let service = context.declared[instance.service] else { return [] }
        let trigger = Step.Trigger.step(VirtualMachineStep.definition(of: instance))
        let ready = directorStep("ready")
        let wait = Step(
            ready, on: director.host, "wait until the first boot of \(directorName) is over",
            role: .companion(of: [trigger]), group: directorGroup,
            action: WaitForScriptAction(
                script: KubernetesPlugin.guestScript,
                arguments: ["here", cluster.item.text("ready_command")] + service.list("persistent_directories"),
                interval: .seconds(2), limit: .seconds(900)),
            requires: [.step(VirtualMachineStep.answer(of: instance))])
        guard isInstalled, context.wasApplied(instance) else { return [wait] }
        return [
            wait,
            Step(
                directorStep("reach-api"), on: director.host, "wait until \(directorName) reaches the API of Kubernetes",
                role: .companion(of: [trigger]), group: directorGroup,
                action: WaitForScriptAction(
                    script: KubernetesPlugin.askScript, arguments: [cluster.item.text("api_command")], interval: .seconds(2),
                    limit: .seconds(300)),
                requires: [.step(ready)]),
        ]
    }

    /// What a director had on its disk, put back when its machine was replaced: without it the next playbook would know no host and trust
    /// none. Nothing when the director is a managed host, or is built for the first time.
    var restoreDirector: [Step] {
        guard let instance = director.instance, context.wasApplied(instance) else { return [] }
        let triggers: [Step.Trigger] = [.step(VirtualMachineStep.definition(of: instance))]
        let files = fileSteps(named: "again", node: nil, role: .companion(of: triggers), group: directorGroup).map { step in
            var step = step
            step.identity = directorStep(step.identity.name)
            step.requires.append(.step(directorStep("ready")))
            return step
        }
        return files + [
            Step(
                directorStep("learn-host-keys-again"), on: director.host,
                "learn host keys of guests that answer on \(directorName)", role: .companion(of: triggers), group: directorGroup,
                action: ScriptAction(
                    script: KubernetesPlugin.hostKeyScript,
                    arguments: [cluster.hostKeyFile, "--present"] + cluster.members.map(\.address), limit: .seconds(300)),
                requires: files.map { .step($0.identity) })
        ]
    }

    /// The director of a management server is ready before any cluster is touched; one on a node of the cluster with its node.
    var directorGroup: DeploymentGroup {
        guard let instance = director.instance, let host = context.node(at: instance.node), !host.isManagementServer else {
            return .preCluster
        }
        return context.wasApplied(instance) ? .postNodeUnlock : .cluster
    }

    private func directorStep(_ name: String) -> StepIdentity {
        StepIdentity(
            item: item, node: directorGroup == .postNodeUnlock ? director.instance?.node : nil, name: "director-\(name)")
    }

    // MARK: Applications (R73 to R76)

    /// After everything else, on a cluster on which every member is ready.
    var releases: [Step] {
        let releases = HelmRelease.all(of: item, in: context.declared)
        let packages = ApplicationPackage.all(of: item, in: context.declared)
        let imports = packages.flatMap {
            $0.steps(on: director.host, directorName, registry: cluster.item.text("docker_registry_host"))
        }
        guard !releases.isEmpty else { return imports }
        let stable = StepIdentity(item: item, name: "check-stable")
        var steps =
            imports + [
                membersReady(
                    stable, "check that \(members(cluster.members.count, all: true)) ready for applications", cluster.members,
                    version: false, role: .companion(of: releases.map { .step($0.installation) }), group: .postCluster,
                    requires: packages.map(\.importing), limit: .seconds(60))
            ]
        var previous = stable
        for release in releases {
            steps += release.steps(
                on: director.host, directorName, wasApplied: context.applied[release.path] != nil, requires: [previous])
            previous = release.installation
        }
        return steps
    }

    // MARK: Parts

    func memberStep(_ member: KubernetesCluster.Member, _ name: String) -> StepIdentity {
        StepIdentity(item: member.instance.service, node: member.instance.node, name: name)
    }

    /// - Parameter target: the member that it is about; `all` for the whole cluster.
    func playbook(_ name: String, _ wanted: String, _ target: String) -> PlaybookAction {
        PlaybookAction(
            playbook: name, in: cluster.item.text("playbook_directory"), inventory: "\(cluster.inventoryDirectory)/hosts",
            arguments: target == "all" ? [] : ["-e", "target_node=\(target)"],
            question: .script(
                KubernetesPlugin.playbookScript, arguments: [wanted, memberCommand, target, cluster.inventoryDirectory],
                verifyVerb: "verify"),
            limit: limit)
    }

    /// Waits for login and first boot of a guest, asked from the director; its host key must be known there.
    func firstBoot(
        of member: KubernetesCluster.Member, named name: String, role: Step.Role, group: DeploymentGroup,
        requires: [StepIdentity]
    ) -> Step {
        let service = context.declared[member.instance.service]
        return Step(
            memberStep(member, name), on: director.host, "wait until the first boot of \(member.name) is over", role: role,
            group: group,
            action: WaitForScriptAction(
                script: KubernetesPlugin.guestScript,
                arguments: [
                    "over", cluster.hostKeyFile, cluster.item.text("node_key_file"), member.login,
                    cluster.item.text("ready_command"),
                ] + (service?.list("persistent_directories") ?? []),
                interval: .seconds(1), limit: .seconds(900)),
            requires: requires.map { .step($0) })
    }

    /// Inventory and variables, always both (R42).
    func fileSteps(
        named name: String?, node: KubernetesCluster.Member?, role: Step.Role, group: DeploymentGroup
    ) -> [Step] {
        files.map { kind, path, content in
            Step(
                StepIdentity(
                    item: node?.instance.service ?? item, node: node?.instance.node,
                    name: name.map { "copy-\(kind)-\($0)" } ?? "copy-\(kind)"),
                on: director.host, "copy \(kind) to \(directorName)" + (node.map { " for \($0.name)" } ?? ""), role: role,
                group: group, action: FileAction(path: path, content: content, mode: 0o600),
                makesTrue: [path, content], inputs: inputs)
        }
    }
}

extension Array where Element: Hashable {
    /// The elements without repetitions, in their order.
    fileprivate func uniqued() -> [Element] {
        var seen: Set<Element> = []
        return filter { seen.insert($0).inserted }
    }
}
