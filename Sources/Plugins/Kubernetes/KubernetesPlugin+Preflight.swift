import Model
package import PluginKit
package import TaskKit

/// What directors are asked before a plan is run.
extension KubernetesPlugin {
    package func questions(about steps: PlannedSteps, in context: PlanningContext) -> [HostQuestion] {
        let declared = clusters(in: context.declared, context.instances)
        let known = Set(declared.map(\.item.path))
        let gone = clusters(in: context.applied, context.appliedInstances).filter { !known.contains($0.item.path) }
        return (declared + gone).flatMap { cluster in
            KubernetesSteps(cluster, in: context).map { parts in
                ClusterOutlook(parts, leaving: leavingMembers(of: cluster, in: context), steps: steps).questions
            } ?? []
        }
    }
}

/// What must hold of one cluster for the members that a plan changes or takes out of it.
private struct ClusterOutlook: Sendable {
    /// How long before its end a certificate is spoken of.
    private static let certificateDays = 30

    private let host: ItemPath
    private let directorName: String
    private let clusterName: String
    private let item: ResolvedItem
    /// Names of nodes that are drained.
    private let drained: Set<String>
    /// Whether members are changed or leave.
    private let isTouched: Bool
    private let touchesMaster: Bool
    /// Members that must be ready when the plan begins; those of an unfinished change come first, and are brought back.
    private let serving: [KubernetesCluster.Member]
    private let etcdArguments: [String]
    /// Whether the plan itself refuses to go on when members are not ready.
    private let wantsReadyMembers: Bool
    private let wantsVersion: Bool
    /// An operator's step on the director that comes before anything of this is looked at.
    private let preparation: PlanTask?

    init(_ parts: KubernetesSteps, leaving: [KubernetesCluster.Member], steps: PlannedSteps) {
        let cluster = parts.cluster
        host = parts.director.host
        directorName = parts.directorName
        clusterName = String(cluster.path.name)
        item = cluster.item
        func has(_ member: KubernetesCluster.Member, _ names: String...) -> Bool {
            names.contains { steps.contains(parts.memberStep(member, $0)) }
        }
        let rolled = parts.appliedMembers
        let touched = (rolled + leaving).filter { has($0, "drain", "delete", "leave-drain", "leave-delete") }
        drained = Set(touched.filter { has($0, "drain", "leave-drain") }.map(\.name))
        isTouched = !touched.isEmpty
        touchesMaster = touched.contains { $0.role == .master }
        let unfinished = parts.context.unfinishedNodes
        serving = parts.isInstalled ? rolled.filter { !unfinished.contains($0.instance.node) } : []
        let masters = serving.filter { $0.role == .master }
        let isWhole = serving.count == rolled.count && leaving.allSatisfy { $0.role == .worker }
        etcdArguments =
            cluster.hasEtcd && !masters.isEmpty
            ? parts.etcdArguments("healthy", isWhole ? String(masters.count) : "any", masters) : []
        func check(_ name: String) -> StepIdentity { StepIdentity(item: parts.item, name: name) }
        let gate = ["check-members", "check-stable"].map(check).first { steps.contains($0) }
        wantsReadyMembers = gate != nil
        wantsVersion = steps.contains(check("check-versions"))
        preparation = gate.flatMap { steps.preparation(for: $0) }
    }

    var questions: [HostQuestion] {
        guard isTouched || wantsReadyMembers else { return [] }
        return [survey] + [members, versions, etcd].compactMap { $0 }
    }

    private func finding(
        _ severity: PreflightFinding.Severity, _ kind: String, about subject: String, _ found: String, _ rule: String,
        _ nextStep: String
    ) -> PreflightFinding {
        PreflightFinding(severity, kind, about: subject, found: found, rule: rule, nextStep: nextStep).unless(preparation)
    }

    // MARK: The API

    private var survey: HostQuestion {
        .lines(
            host, KubernetesPlugin.surveyScript,
            arguments: [item.text("kubectl_command"), String(ClusterOutlook.certificateDays)]
                + (drained.isEmpty ? [] : ["drains"]), limit: .seconds(120), finding: { said(of: $0) })
    }

    private func said(of words: [String]) -> PreflightFinding? {
        switch words.first {
        case "api" where words.count > 2:
            return finding(
                .blocker, "kubernetes-api", about: directorName, "the API of Kubernetes does not answer: \(words[2])",
                "members are drained, deleted and taken in through it",
                "look at the API server; 'kubectl_command' of the cluster says how it is asked")
        case "login" where words.count > 2:
            let isExpired = words[1] == "expired"
            return finding(
                isExpired ? .blocker : .warning, "certificate", about: directorName,
                "the certificate with which it asks the API \(isExpired ? "has ended" : "ends") on \(words[2])",
                isExpired
                    ? "without it no playbook reaches the API"
                    : "it is valid for \(ClusterOutlook.certificateDays) days more, so that the next change finds it valid too",
                "renew it: kubeadm certs renew admin.conf on a master, and its copy on the director")
        case "budget" where words.count > 3 && drained.contains(words[1]):
            let namespace = words[2].prefix { $0 != "/" }
            return finding(
                .warning, "eviction", about: words[1],
                "pod \(words[2]) has a PDB with 0 allowed disruptions - drain will block",
                "the budget \(words[3]) allows a disruption when the node is drained",
                "kubectl -n \(namespace) describe pdb \(words[3]); add a replica, or let it allow one")
        case "budgets" where words.count > 2:
            return finding(
                .warning, "not-asked", about: directorName, "budgets of pods cannot be asked: \(words[2])",
                "what cannot be asked is not known to be right", "kubectl get pdb -A, on the director")
        default: return nil
        }
    }

    // MARK: Members

    private var members: HostQuestion? {
        guard !serving.isEmpty else { return nil }
        return .lines(
            host, KubernetesPlugin.membersScript, arguments: [item.text("member_command")] + serving.map(\.name),
            limit: .seconds(60 + 2 * serving.count), finding: { readiness($0) })
    }

    private func readiness(_ words: [String]) -> PreflightFinding? {
        guard words.count > 2 else { return nil }
        guard words[0] == "member" else {
            return finding(
                wantsReadyMembers ? .blocker : .warning, "kubernetes-api", about: directorName,
                "it cannot tell what \(words[1]) is: \(words[2])", "the plan asks it which members are ready",
                "try there what 'member_command' of the cluster says")
        }
        let state = words[2] == "absent" ? "it is no member of the cluster" : "it is not ready, or takes no load"
        return finding(
            wantsReadyMembers ? .blocker : .warning, "kubernetes-node", about: words[1], state,
            "members that serve are ready before one is taken out", "kubectl describe node \(words[1])")
    }

    private var versions: HostQuestion? {
        guard wantsVersion, !serving.isEmpty else { return nil }
        return .check(
            host, KubernetesPlugin.versionSkewScript,
            arguments: [item.text("kubernetes_version"), item.text("version_command")] + serving.map(\.name),
            limit: .seconds(60 + 2 * serving.count)
        ) { said in
            finding(
                .blocker, "version-skew", about: clusterName, said,
                "nodes go to the same minor version or to the next, and never back",
                "declare an image and a 'kubernetes_version' in between")
        }
    }

    /// Before a master is touched.
    private var etcd: HostQuestion? {
        guard touchesMaster, !etcdArguments.isEmpty else { return nil }
        return .check(
            host, KubernetesPlugin.etcdScript, arguments: etcdArguments, limit: .seconds(120)
        ) { said in
            finding(
                .blocker, "etcd", about: clusterName, said, "every member of etcd is healthy before a master is touched",
                "put it right first: etcdctl endpoint health, etcdctl member list")
        }
    }
}
