import Model
import PluginKit
import TaskKit

/// The steps of one Kubernetes cluster, all carried out on its director.
struct KubernetesSteps {
    private let cluster: KubernetesCluster
    private let director: KubernetesCluster.Director
    private let directorName: String
    private var item: ItemPath { cluster.item.path }
    private var limit: Duration { .seconds(cluster.item.integer("playbook_timeout") ?? 3600) }
    private var memberCommand: String { cluster.item.text("member_command") }

    /// Nil without a director.
    init?(_ cluster: KubernetesCluster, in context: PlanningContext) {
        guard let director = cluster.director else { return nil }
        self.cluster = cluster
        self.director = director
        directorName =
            director.instance?.hostname(in: context.declared) ?? context.node(at: director.host)?.hostname
            ?? String(director.host.name)
    }

    // MARK: Install (R44)

    /// Files to the director, host keys, and the install playbook when every guest answers.
    var install: [Step] {
        let files = fileSteps(named: nil, node: nil, role: .change(.live), group: .cluster)
        let answers = cluster.members.map { VirtualMachineStep.answer(of: $0.instance) }
        let keys = StepIdentity(item: item, name: "learn-host-keys")
        let install = StepIdentity(item: item, name: "install")
        return files + [
            Step(
                keys, on: director.host, "learn host keys of \(cluster.members.count) guests on \(directorName)",
                role: .companion(of: [.step(install)]), group: .cluster,
                action: ScriptAction(
                    script: KubernetesPlugin.hostKeyScript,
                    arguments: [cluster.hostKeyFile] + cluster.members.map(\.address), limit: .seconds(300)),
                requires: answers.map { .step($0) } + files.map { .step($0.identity) }),
            Step(
                install, on: director.host, "run playbook \(cluster.playbook("install")) on \(directorName)",
                role: .change(.live), group: .cluster, action: playbook(cluster.playbook("install"), "installed", "all"),
                makesTrue: ["installed"],
                requires: (answers + files.map(\.identity) + [keys]).map { .step($0) }),
            Step(
                StepIdentity(item: item, name: "verify"), on: director.host,
                "verify that all \(cluster.members.count) members are ready", role: .companion(of: [.step(install)]),
                group: .cluster,
                action: WaitForScriptAction(
                    script: KubernetesPlugin.memberScript, arguments: [memberCommand] + cluster.members.map(\.name),
                    interval: .seconds(2), limit: .seconds(600)),
                requires: [.step(install)]),
        ]
    }

    // MARK: A director that is built anew

    /// What a director had on its disk, put back when its machine was replaced: without it the next playbook would know no host and trust
    /// none. Nothing when the director is a managed host, or is built for the first time.
    func restoreDirector(in context: PlanningContext) -> [Step] {
        guard let instance = director.instance, context.wasApplied(instance) else { return [] }
        let answer = VirtualMachineStep.answer(of: instance)
        let triggers: [Step.Trigger] = [.step(VirtualMachineStep.definition(of: instance))]
        let files = fileSteps(named: "again", node: nil, role: .companion(of: triggers), group: .preCluster)
        return files.map { step in
            var step = step
            step.requires.append(.step(answer))
            return step
        } + [
            Step(
                StepIdentity(item: item, name: "learn-host-keys-again"), on: director.host,
                "learn host keys of guests that answer on \(directorName)", role: .companion(of: triggers), group: .preCluster,
                action: ScriptAction(
                    script: KubernetesPlugin.hostKeyScript,
                    arguments: [cluster.hostKeyFile, "--present"] + cluster.members.map(\.address), limit: .seconds(300)),
                requires: files.map { .step($0.identity) })
        ]
    }

    // MARK: A member that comes later

    /// Brings a new guest into a cluster that is installed.
    func join(_ member: KubernetesCluster.Member) -> [Step] {
        func identity(_ name: String) -> StepIdentity {
            StepIdentity(item: member.instance.service, node: member.instance.node, name: name)
        }
        let answer = VirtualMachineStep.answer(of: member.instance)
        let keys = identity("learn-host-key")
        let join = identity("join")
        let files = ["copy-inventory", "copy-group-vars"].map { StepIdentity(item: item, name: $0) }
        let playbookName = cluster.rejoinPlaybook(member.role)
        return [
            Step(
                keys, on: director.host, "learn host key of \(member.name) on \(directorName)",
                role: .companion(of: [.step(join)]), group: .cluster,
                action: ScriptAction(
                    script: KubernetesPlugin.hostKeyScript, arguments: [cluster.hostKeyFile, member.address],
                    limit: .seconds(120)),
                requires: (files + [answer]).map { .step($0) }),
            Step(
                join, on: director.host, "run playbook \(playbookName) for \(member.name) on \(directorName)",
                role: .change(.live), group: .cluster, action: playbook(playbookName, "member", member.name),
                makesTrue: ["member"], requires: (files + [answer, keys]).map { .step($0) }),
            Step(
                identity("gate"), on: director.host, "wait until \(member.name) is a ready member",
                role: .companion(of: [.step(join)]), group: .cluster,
                action: WaitForScriptAction(
                    script: KubernetesPlugin.memberScript, arguments: [memberCommand, member.name],
                    interval: .seconds(1), limit: .seconds(600)),
                requires: [.step(join)]),
        ]
    }

    // MARK: Rolling change of one member (R45 to R48)

    func roll(_ member: KubernetesCluster.Member) -> [Step] {
        let node = member.instance.node
        let definition = VirtualMachineStep.definition(of: member.instance)
        func identity(_ name: String) -> StepIdentity {
            StepIdentity(item: member.instance.service, node: node, name: name)
        }
        let drain = identity("drain")
        let delete = identity("delete")
        let rejoin = identity("rejoin")
        let keys = identity("learn-host-key")
        let before = fileSteps(named: "before", node: member, role: .companion(of: [.step(definition)]), group: .preNodeLock)
        // What brings the member back is owed from the moment on which anything was taken from it.
        let taken: [Step.Trigger] = [.step(drain), .step(delete), .step(definition)]
        let after = fileSteps(named: "after", node: member, role: .companion(of: taken), group: .postNodeUnlock)
        func run(
            _ step: StepIdentity, _ playbookName: String, _ wanted: String, group: DeploymentGroup,
            _ triggers: [Step.Trigger], after required: [StepIdentity], change: NodeChange?
        ) -> Step {
            Step(
                step, on: director.host, "run playbook \(playbookName) for \(member.name) on \(directorName)",
                role: .companion(of: triggers), group: group, action: playbook(playbookName, wanted, member.name),
                requires: required.map { .step($0) }, nodeChange: change)
        }
        return before + [
            run(
                drain, cluster.playbook("drain", member.role), "drained", group: .preNodeLock, [.step(definition)],
                after: before.map(\.identity), change: .takenOut("kubernetes")),
            run(
                delete, cluster.playbook("delete", member.role), "absent", group: .preNodeLock, [.step(definition)],
                after: [drain], change: nil),
        ] + after + [
            Step(
                keys, on: director.host, "learn host key of \(member.name) on \(directorName)",
                role: .companion(of: taken), group: .postNodeUnlock,
                action: ScriptAction(
                    script: KubernetesPlugin.hostKeyScript, arguments: [cluster.hostKeyFile, member.address],
                    limit: .seconds(120)),
                requires: after.map { .step($0.identity) }),
            run(
                rejoin, cluster.rejoinPlaybook(member.role), "member", group: .postNodeUnlock, taken,
                after: after.map(\.identity) + [keys], change: .putBack("kubernetes")),
            Step(
                identity("gate"), on: director.host, "wait until \(member.name) is a ready member",
                role: .companion(of: taken), group: .healthGate,
                action: WaitForScriptAction(
                    script: KubernetesPlugin.memberScript, arguments: [memberCommand, member.name], interval: .seconds(1),
                    limit: .seconds(600))),
        ]
    }

    // MARK: Leaving for good (R69)

    /// One member after the other, each drained and deleted: never two in work at once (R65).
    func leave(_ members: [KubernetesCluster.Member]) -> [Step] {
        var previous: [Step.Requirement] = []
        return members.flatMap { member in
            let drain = leaving(member, "drain", wanted: "drained", requires: previous)
            let delete = leaving(member, "delete", wanted: "absent", requires: [.step(drain.identity)])
            previous = [.step(delete.identity)]
            return [drain, delete]
        }
    }

    private func leaving(
        _ member: KubernetesCluster.Member, _ verb: String, wanted: String, requires: [Step.Requirement]
    ) -> Step {
        let playbookName = cluster.playbook(verb, member.role)
        return Step(
            StepIdentity(item: member.instance.service, node: member.instance.node, name: "leave-\(verb)"), on: director.host,
            "run playbook \(playbookName) for \(member.name) on \(directorName)",
            role: .undo(forgetting: [StepScope(item: member.instance.service, node: member.instance.node)]),
            group: .preNodeCluster, action: playbook(playbookName, wanted, member.name), requires: requires,
            isDestructive: wanted == "absent")
    }

    // MARK: Parts

    /// - Parameter target: the member that it is about; `all` for the whole cluster.
    private func playbook(_ name: String, _ wanted: String, _ target: String) -> PlaybookAction {
        PlaybookAction(
            playbook: name, in: cluster.item.text("playbook_directory"), inventory: "\(cluster.inventoryDirectory)/hosts",
            arguments: target == "all" ? [] : ["-e", "target_node=\(target)"],
            question: .script(
                KubernetesPlugin.playbookScript, arguments: [wanted, memberCommand, target, cluster.inventoryDirectory],
                verifyVerb: "verify"),
            limit: limit)
    }

    /// Inventory and variables, always both (R42).
    private func fileSteps(
        named name: String?, node: KubernetesCluster.Member?, role: Step.Role, group: DeploymentGroup
    ) -> [Step] {
        let files = [
            ("inventory", "\(cluster.inventoryDirectory)/hosts", cluster.inventory),
            ("group-vars", "\(cluster.inventoryDirectory)/group_vars/all", cluster.groupVariables),
        ]
        return files.map { kind, path, content in
            Step(
                StepIdentity(
                    item: node?.instance.service ?? item, node: node?.instance.node,
                    name: name.map { "copy-\(kind)-\($0)" } ?? "copy-\(kind)"),
                on: director.host, "copy \(kind) to \(directorName)" + (node.map { " for \($0.name)" } ?? ""), role: role,
                group: group, action: FileAction(path: path, content: content, mode: 0o600),
                makesTrue: [path, content], inputs: cluster.members.map(\.instance.service).uniqued())
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
