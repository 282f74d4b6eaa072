import Model
import PluginKit
import TaskKit

/// What must hold before the first node is touched, between two nodes, and after the last (R49, R66, R67, R91, R92).
extension KubernetesSteps {
    // MARK: Before

    /// Before the first node is touched: the director has the playbooks, what is to serve meanwhile is ready, the version may be gone to, and
    /// there is a snapshot of etcd to come back to.
    ///
    /// Members that an earlier plan left in the middle of their change are not asked: their turn comes first.
    ///
    /// - Parameter leaving: members that are applied and no longer declared.
    func preflight(leaving: [KubernetesCluster.Member]) -> [Step] {
        let rolled = appliedMembers
        let triggers =
            rolled.map { Step.Trigger.step(VirtualMachineStep.definition(of: $0.instance)) }
            + leaving.map { .step(memberStep($0, "leave-drain")) }
        guard !triggers.isEmpty else { return [] }
        let role = Step.Role.companion(of: triggers)
        let serving = isInstalled ? rolled.filter { !context.unfinishedNodes.contains($0.instance.node) } : []
        let masters = serving.filter { $0.role == .master }
        let isWhole = serving.count == rolled.count && leaving.allSatisfy { $0.role == .worker }
        var steps = [playbooksPresent(for: Set((rolled + leaving).map(\.role)), role: role)]
        if !serving.isEmpty {
            steps.append(
                membersReady(
                    StepIdentity(item: item, name: "check-members"),
                    "check that \(members(serving.count)) ready", serving, version: false, role: role, group: .preCluster,
                    limit: .seconds(60)))
        }
        let version = cluster.item.text("kubernetes_version")
        if !version.isEmpty, !serving.isEmpty {
            steps.append(
                gate(
                    StepIdentity(item: item, name: "check-versions"), "check that \(serving.count) members may go to \(version)",
                    script: KubernetesPlugin.versionSkewScript,
                    arguments: [version, cluster.item.text("version_command")] + serving.map(\.name), role: role,
                    group: .preCluster, limit: .seconds(60)))
        }
        steps += etcdHealthy(
            StepIdentity(item: item, name: "check-etcd"), masters, isWhole: isWhole, role: role, group: .preCluster,
            limit: .seconds(60))
        let registry = ContainerRegistry(of: self).map { [$0.serves] + ($0.copiesImages.map { [$0] } ?? []) } ?? []
        let afterDirector = directorGroup == .preCluster ? (directorReady + restoreDirector).map(\.identity) + registry : []
        steps = steps.map { step in
            var step = step
            step.requires += afterDirector.map { .step($0) }
            return step
        }
        return steps + snapshot(of: masters, role: role, requires: steps.map(\.identity))
    }

    private func playbooksPresent(for roles: Set<KubernetesCluster.Role>, role: Step.Role) -> Step {
        let playbooks = [KubernetesCluster.Role.master, .worker].filter(roles.contains).flatMap { role in
            [cluster.playbook("drain", role), cluster.playbook("delete", role), cluster.rejoinPlaybook(role)]
        }
        return gate(
            StepIdentity(item: item, name: "check-playbooks"), "check that \(directorName) has \(playbooks.count) playbooks",
            script: KubernetesPlugin.preflightScript, arguments: [cluster.item.text("playbook_directory")] + playbooks,
            role: role,
            group: .preCluster, limit: .seconds(10))
    }

    /// On the director, which no rolling change of nodes rebuilds.
    private func snapshot(of masters: [KubernetesCluster.Member], role: Step.Role, requires: [StepIdentity]) -> [Step] {
        guard cluster.hasEtcd, !masters.isEmpty else { return [] }
        let directory = cluster.item.text("snapshot_directory")
        return [
            Step(
                StepIdentity(item: item, name: "snapshot-etcd"), on: director.host,
                "keep a snapshot of etcd in \(directory) on \(directorName)", role: role, group: .preCluster,
                action: ScriptAction(
                    script: KubernetesPlugin.etcdScript, arguments: etcdArguments("snapshot", directory, masters),
                    limit: .seconds(600)),
                requires: requires.map { .step($0) })
        ]
    }

    /// Before a master is taken out: all the others are healthy, so that etcd keeps its quorum without it (R67).
    func quorumStep(
        without member: KubernetesCluster.Member, named name: String, role: Step.Role, group: DeploymentGroup
    ) -> [Step] {
        guard member.role == .master else { return [] }
        let others = appliedMembers.filter { $0.role == .master && $0.instance.key != member.instance.key }
        return etcdHealthy(
            memberStep(member, name), others, isWhole: false, role: role, group: group, limit: .seconds(60),
            summary: "check that etcd keeps its quorum without \(member.name)")
    }

    // MARK: After

    /// The whole cluster, after every plan that changed a member.
    func verification(leaving: [KubernetesCluster.Member]) -> [Step] {
        let install = installation
        let joins = cluster.members.filter { !isInstalled || !isMember($0) }
        let triggers =
            [install] + appliedMembers.map { VirtualMachineStep.definition(of: $0.instance) }
            + (isInstalled ? joins.map { memberStep($0, "join") } : []) + leaving.map { memberStep($0, "leave-delete") }
        let role = Step.Role.companion(of: triggers.map { .step($0) })
        let before =
            [install] + joins.map { memberStep($0, "gate") }
            + ["copy-inventory", "copy-group-vars"].map {
                StepIdentity(item: item, name: $0)
            }
        return [
            membersReady(
                StepIdentity(item: item, name: "verify"), "verify that \(members(cluster.members.count, all: true)) ready",
                cluster.members, role: role, group: .cluster, requires: before)
        ]
            + etcdHealthy(
                StepIdentity(item: item, name: "verify-etcd"), cluster.masters, role: role, group: .cluster, requires: before,
                summary: "verify that etcd has \(cluster.masters.count) healthy members")
            + [
                gate(
                    StepIdentity(item: item, name: "verify-system"), "verify that the pods of the system run",
                    script: KubernetesPlugin.askScript, arguments: [cluster.item.text("system_command")], role: role,
                    group: .cluster, requires: before, limit: .seconds(600))
            ]
    }

    // MARK: Questions

    /// `3 members are`, `1 member is`.
    func members(_ count: Int, all: Bool = false) -> String {
        count == 1 ? "1 member is" : "\(all ? "all " : "")\(count) members are"
    }

    /// - Parameter version: whether they must have the version that the cluster declares.
    func membersReady(
        _ identity: StepIdentity, _ summary: String, _ members: [KubernetesCluster.Member], version: Bool = true,
        role: Step.Role, group: DeploymentGroup, requires: [StepIdentity] = [], limit: Duration = .seconds(600)
    ) -> Step {
        let wanted = version ? cluster.item.text("kubernetes_version") : ""
        return gate(
            identity, summary + (wanted.isEmpty ? "" : " at \(wanted)"), script: KubernetesPlugin.memberScript,
            arguments: [memberCommand, wanted, cluster.item.text("version_command")] + members.map(\.name), role: role,
            group: group, requires: requires, limit: limit)
    }

    /// Nothing where etcd is not looked after, or nobody is left to ask.
    ///
    /// - Parameter isWhole: whether these masters are all the members that etcd may have.
    func etcdHealthy(
        _ identity: StepIdentity, _ masters: [KubernetesCluster.Member], isWhole: Bool = true, role: Step.Role,
        group: DeploymentGroup, requires: [StepIdentity] = [], limit: Duration = .seconds(600), summary: String? = nil
    ) -> [Step] {
        guard cluster.hasEtcd, !masters.isEmpty else { return [] }
        let defaultSummary =
            isWhole
            ? "check that etcd has \(masters.count) healthy members" : "check that etcd on \(masters.count) masters is healthy"
        return [
            gate(
                identity, summary ?? defaultSummary, script: KubernetesPlugin.etcdScript,
                arguments: etcdArguments("healthy", isWhole ? String(masters.count) : "any", masters), role: role, group: group,
                requires: requires, limit: limit)
        ]
    }

    func etcdArguments(_ question: String, _ limit: String, _ masters: [KubernetesCluster.Member]) -> [String] {
        [
            question, cluster.hostKeyFile, cluster.item.text("node_key_file"), cluster.item.text("etcd_command"), limit,
        ] + masters.map(\.login)
    }

    private func gate(
        _ identity: StepIdentity, _ summary: String, script: Script, arguments: [String], role: Step.Role,
        group: DeploymentGroup, requires: [StepIdentity] = [], limit: Duration
    ) -> Step {
        Step(
            identity, on: director.host, summary, role: role, group: group,
            action: WaitForScriptAction(script: script, arguments: arguments, interval: .seconds(1), limit: limit),
            requires: requires.map { .step($0) })
    }
}
