package import Model
package import TaskKit

/// The steps around a virtual machine that more than one plugin speaks of: who defines it, who stops and starts it, who waits for it.
package enum VirtualMachineStep {
    /// `domain-power.sh check|apply on|off NAME LIMIT`.
    package static let powerScript = Script(name: "kit/domain-power", content: PackageResources.domain_power_sh)

    /// The step that makes the machine what it is declared to be. It leaves the machine stopped.
    package static func definition(of instance: ServiceInstance) -> StepIdentity {
        StepIdentity(item: instance.service, node: instance.node, name: "define")
    }

    /// The step after which the guest answers, when it was started by ``start(_:on:in:limit:group:)``.
    package static func answer(of instance: ServiceInstance) -> StepIdentity {
        StepIdentity(item: instance.service, node: instance.node, name: "answer")
    }

    /// Starts a machine and waits until it answers: two companions of its definition.
    ///
    /// - Parameter limit: for the wait.
    /// - Parameter isCoveredByUnlock: whether the unlock of the node does the same.
    package static func start(
        _ instance: ServiceInstance, on host: ManagedNode, in tree: ResolvedTree, limit: Duration,
        group: DeploymentGroup?, isCoveredByUnlock: Bool = false
    ) -> [Step] {
        let start = StepIdentity(item: instance.service, node: instance.node, name: "start")
        var power = power(.on, instance, identity: start, on: host, in: tree, limit: limit)
        power.role = .companion(of: [.step(definition(of: instance))])
        power.requires = [.step(definition(of: instance))]
        var wait = wait(for: instance, identity: answer(of: instance), on: host, in: tree, limit: limit)
        wait.role = .companion(of: [.step(start)])
        wait.requires = [.step(start)]
        return [power, wait].map { step in
            var step = step
            step.group = group
            step.isCoveredByUnlock = isCoveredByUnlock
            return step
        }
    }

    /// The guest's address on the network that its host is on; else its first one.
    private static func reachableAddress(
        of instance: ServiceInstance, from host: ManagedNode, in tree: ResolvedTree
    ) -> String? {
        let addresses = instance.addresses(in: tree)
        guard let own = IPv4Address(host.connection.address) else { return addresses.first?.address }
        let near = addresses.first { network, _ in
            tree.items(ofType: BaseType.network).contains {
                $0.text("name") == network && IPv4Network($0.text("subnet"))?.contains(own) == true
            }
        }
        return (near ?? addresses.first)?.address
    }

    package enum Power: String, Sendable { case on, off }

    /// Stops a machine gracefully, and destroys it after `limit`; or starts it.
    package static func power(
        _ wanted: Power, _ instance: ServiceInstance, identity: StepIdentity, on host: ManagedNode, in tree: ResolvedTree,
        limit: Duration
    ) -> Step {
        let name = instance.serviceName(in: tree)
        let seconds = Int(limit.components.seconds)
        return Step(
            identity, on: host.path, "\(wanted == .on ? "start" : "stop") \(name) on \(host.hostname)",
            role: .companion(of: []),
            action: ScriptAction(
                script: powerScript, arguments: [wanted.rawValue, name, String(seconds)],
                // Room for the destroying that follows a shutdown without answer.
                limit: limit + .seconds(60)))
    }

    /// Waits until the guest's sshd answers, asked from its own host; or, without a static address or a status check, until libvirt says
    /// that it runs.
    package static func wait(
        for instance: ServiceInstance, identity: StepIdentity, on host: ManagedNode, in tree: ResolvedTree, limit: Duration
    ) -> Step {
        let hostname = instance.hostname(in: tree)
        let address = reachableAddress(of: instance, from: host, in: tree)
        let isChecked = tree[instance.service]?.text("internal_status_check") != "off"
        guard let address, isChecked else {
            let name = instance.serviceName(in: tree)
            return Step(
                identity, on: host.path, "wait until \(hostname) runs", role: .companion(of: []),
                action: WaitForScriptAction(
                    script: powerScript, arguments: ["on", name, "0"], interval: .seconds(1), limit: limit))
        }
        return Step(
            identity, on: host.path, "wait until \(hostname) answers at \(address)", role: .companion(of: []),
            action: WaitForServiceAction(
                address: address, port: 22, banner: "SSH-", interval: .milliseconds(500), limit: limit))
    }
}
