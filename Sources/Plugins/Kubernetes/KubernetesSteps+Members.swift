import Model
import PluginKit
import TaskKit

/// How members come, change and go.
extension KubernetesSteps {
    // MARK: A member that comes later

    /// Brings a new guest into a cluster that is installed.
    func join(_ member: KubernetesCluster.Member) -> [Step] {
        let answer = VirtualMachineStep.answer(of: member.instance)
        let keys = memberStep(member, "learn-host-key")
        let join = memberStep(member, "join")
        let files = ["copy-inventory", "copy-group-vars"].map { StepIdentity(item: item, name: $0) }
        let playbookName = cluster.rejoinPlaybook(member.role)
        return [
            Step(
                keys, on: director.host, "learn host key of \(member.name) on \(directorName)",
                role: .companion(of: [.step(join)]), group: .cluster,
                action: ScriptAction(
                    script: KubernetesPlugin.hostKeyScript, arguments: [cluster.hostKeyFile, member.address],
                    limit: .seconds(120)),
                requires: [.step(answer)]),
            firstBoot(
                of: member, named: "ready", role: .companion(of: [.step(join)]), group: .cluster, requires: [answer, keys]),
            Step(
                join, on: director.host, "run playbook \(playbookName) for \(member.name) on \(directorName)",
                role: .change(.live), group: .cluster, action: playbook(playbookName, "member", member.name),
                makesTrue: ["member"],
                requires: (files + previousJoins(before: member) + [answer, keys, memberStep(member, "ready")]).map { .step($0) }),
            membersReady(
                memberStep(member, "gate"), "wait until \(member.name) is a ready member", [member],
                role: .companion(of: [.step(join)]), group: .cluster, requires: [join]),
        ]
    }

    /// Masters join one after the other (R65): each adds a member to etcd.
    private func previousJoins(before member: KubernetesCluster.Member) -> [StepIdentity] {
        guard member.role == .master else { return cluster.masters.map { memberStep($0, "gate") } }
        return cluster.masters.prefix { $0.instance.key != member.instance.key }.map { memberStep($0, "gate") }
    }

    // MARK: Rolling change of one member (R45 to R48)

    func roll(_ member: KubernetesCluster.Member) -> [Step] {
        let definition = Step.Trigger.step(VirtualMachineStep.definition(of: member.instance))
        let before = fileSteps(named: "before", node: member, role: .companion(of: [definition]), group: .preNodeLock)
        let quorum = quorumStep(without: member, named: "quorum", role: .companion(of: [definition]), group: .preNodeLock)
        var required = (before + quorum).map(\.identity)
        var takingOut: [Step] = []
        for verb in isDrained(member) ? ["drain", "delete"] : ["delete"] {
            let playbookName = cluster.playbook(verb, member.role)
            takingOut.append(
                Step(
                    memberStep(member, verb), on: director.host,
                    "run playbook \(playbookName) for \(member.name) on \(directorName)", role: .companion(of: [definition]),
                    group: .preNodeLock,
                    action: playbook(playbookName, verb == "drain" ? "drained" : "absent", member.name),
                    requires: required.map { .step($0) }, nodeChange: takingOut.isEmpty ? .takenOut("kubernetes") : nil))
            required = takingOut.suffix(1).map(\.identity)
        }
        // What brings the member back is owed from the moment on which anything was taken from it.
        return before + quorum + takingOut + bringBack(member, taken: takingOut.map { .step($0.identity) } + [definition])
    }

    private func isDrained(_ member: KubernetesCluster.Member) -> Bool {
        member.role == .worker || cluster.item.flag("drain_masters")
    }

    private func bringBack(_ member: KubernetesCluster.Member, taken: [Step.Trigger]) -> [Step] {
        let after = fileSteps(named: "after", node: member, role: .companion(of: taken), group: .postNodeUnlock)
        let keys = memberStep(member, "learn-host-key")
        let ready = memberStep(member, "ready")
        let playbookName = cluster.rejoinPlaybook(member.role)
        let gate = membersReady(
            memberStep(member, "gate"), "wait until \(member.name) is a ready member", [member], role: .companion(of: taken),
            group: .healthGate)
        return after + [
            Step(
                keys, on: director.host, "learn host key of \(member.name) on \(directorName)",
                role: .companion(of: taken), group: .postNodeUnlock,
                action: ScriptAction(
                    script: KubernetesPlugin.hostKeyScript, arguments: [cluster.hostKeyFile, member.address],
                    limit: .seconds(120)),
                requires: after.map { .step($0.identity) }),
            firstBoot(
                of: member, named: "ready", role: .companion(of: taken), group: .postNodeUnlock, requires: [keys]),
            Step(
                memberStep(member, "rejoin"), on: director.host,
                "run playbook \(playbookName) for \(member.name) on \(directorName)", role: .companion(of: taken),
                group: .postNodeUnlock, action: playbook(playbookName, "member", member.name),
                requires: (after.map(\.identity) + [keys, ready]).map { .step($0) }, nodeChange: .putBack("kubernetes")),
            gate,
        ]
            + (member.role == .master
                ? etcdHealthy(
                    memberStep(member, "gate-etcd"), appliedMembers.filter { $0.role == .master },
                    role: .companion(of: taken), group: .healthGate)
                : [])
    }

    // MARK: Leaving for good (R69)

    /// One member after the other, each drained and deleted: never two in work at once (R65). Workers before masters, and the last of each
    /// first: the control plane stays for as long as anything needs it.
    ///
    /// Nothing when the whole cluster goes: there is nowhere to move its load to, and no quorum to keep.
    func leave(_ members: [KubernetesCluster.Member]) -> [Step] {
        var previous: [Step.Requirement] = []
        return members.reversed().flatMap { member -> [Step] in
            let quorum =
                member.role == .master && cluster.hasEtcd ? [Step.Requirement.step(memberStep(member, "leave-quorum"))] : []
            let drain = leaving(member, "drain", wanted: "drained", requires: previous + quorum)
            let delete = leaving(member, "delete", wanted: "absent", requires: [.step(drain.identity)])
            previous = [.step(delete.identity)]
            return [drain, delete]
        }
    }

    /// Before each master that leaves, when the one before it is gone.
    func leavingQuorum(_ members: [KubernetesCluster.Member]) -> [Step] {
        var previous: [Step.Requirement] = []
        return members.reversed().flatMap { member -> [Step] in
            let steps = quorumStep(
                without: member, named: "leave-quorum", role: .companion(of: [.step(memberStep(member, "leave-drain"))]),
                group: .preNodeCluster)
            let required = previous
            previous = [.step(memberStep(member, "leave-delete"))]
            return steps.map { step in
                var step = step
                step.requires += required
                return step
            }
        }
    }

    private func leaving(
        _ member: KubernetesCluster.Member, _ verb: String, wanted: String, requires: [Step.Requirement]
    ) -> Step {
        let playbookName = cluster.playbook(verb, member.role)
        return Step(
            memberStep(member, "leave-\(verb)"), on: director.host,
            "run playbook \(playbookName) for \(member.name) on \(directorName)",
            role: .undo(forgetting: [StepScope(item: member.instance.service, node: member.instance.node)]),
            group: .preNodeCluster, action: playbook(playbookName, wanted, member.name), requires: requires,
            isDestructive: wanted == "absent")
    }

    /// What Planner has put on the director for a cluster that goes.
    var removal: Step {
        Step(
            StepIdentity(item: item, name: "remove-files"), on: director.host,
            "remove inventory and group-vars from \(directorName)", role: .undo(forgetting: [StepScope(item: item)]),
            group: .preNodeCluster,
            action: ScriptAction(
                script: KubernetesPlugin.inventoryScript, arguments: [cluster.inventoryDirectory], limit: .seconds(60)))
    }
}
