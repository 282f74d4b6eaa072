import Model
package import PluginKit
package import TaskKit

/// What hosts of virtual machines are asked before a plan is run.
extension LibvirtPlugin {
    package func questions(about steps: PlannedSteps, in context: PlanningContext) -> [HostQuestion] {
        let scripts = [LibvirtPlugin.domainScript.name, VirtualMachineStep.powerScript.name]
        let hosts = steps.first { task in (task.action.action as? ScriptAction).map { scripts.contains($0.script.name) } ?? false
        }
        let machines = Dictionary(grouping: LibvirtPlugin.machines(in: context), by: \.instance.node)
        return hosts.map { host, step in
            let made = (machines[host] ?? []).filter { steps.contains(VirtualMachineStep.definition(of: $0.instance)) }
            return MachineCapacity(host, steps: steps, first: step, made: made, context: context).question
        }
    }
}

/// What one host must have for the machines that a plan makes there, and what its answer means.
private struct MachineCapacity: Sendable {
    private let host: ItemPath
    private let hostname: String
    /// An operator's step that comes before libvirt is needed.
    private let preparation: PlanTask?
    private let made: [VirtualMachine]
    private let applied: Set<String>
    /// What the machines need more than they have now, in MiB.
    private let addedMemory: Int

    /// - Parameter first: the first step there that needs libvirt.
    init(
        _ host: ItemPath, steps: PlannedSteps, first: StepIdentity, made: [VirtualMachine], context: PlanningContext
    ) {
        self.host = host
        self.made = made
        hostname = steps.hostname(of: host)
        preparation = steps.preparation(for: first)
        applied = Set(made.filter { context.wasApplied($0.instance) }.map(\.name))
        let before = Dictionary(context.appliedInstances.map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        func memory(_ instance: ServiceInstance?) -> Int {
            instance.flatMap { context.applied[$0.service] }.map(MachineCapacity.memory) ?? 0
        }
        let gone = context.appliedInstances.filter { $0.node == host && steps.contains(LibvirtPlugin.removal(of: $0)) }
        addedMemory =
            made.reduce(0) { $0 + MachineCapacity.memory(of: $1.item) - memory(before[$1.instance.key]) }
            - gone.reduce(0) { $0 + memory($1) }
    }

    /// In MiB; the property is checked to be so, and may be as large as somebody likes.
    private static func memory(of item: ResolvedItem) -> Int { min(Int(item.text("ram").dropLast()) ?? 0, 1 << 40) }

    private var bridges: [String] {
        Set(made.flatMap { $0.interfaces.map(\.bridge) }).sorted { NaturalOrder.isBefore($0, $1) }
    }

    private var ofHardware: VirtualMachine? { made.first { $0.item.text("domain_type") == "kvm" } }

    var question: HostQuestion {
        let type = made.isEmpty ? "none" : ofHardware == nil ? "qemu" : "kvm"
        let words = bridges.map { ("bridge", $0) } + made.map { ("domain", $0.name) }
        return .lines(
            host, LibvirtPlugin.capacityScript, arguments: [type] + words.flatMap { [$0.0, $0.1] }, limit: .seconds(30),
            finding: { finding(for: $0) })
    }

    private func finding(for words: [String]) -> PreflightFinding? {
        switch words {
        case let words where words.count == 3 && words[0] == "libvirt":
            return blocker(
                "libvirt", "libvirt does not answer: \(words[2])", "it makes, stops and starts the machines of the host",
                "systemctl status libvirtd, on the host")
        case let words where words.count == 2 && words[0] == "missing":
            let names = words[1].split(separator: " ")
            return blocker(
                "missing-program", "there is no \(names.joined(separator: " and no "))", "machines are made with it",
                "install \(names.joined(separator: " or "))")
        case ["kvm", "missing"]:
            return blocker(
                "kvm", "there is no /dev/kvm", "'domain_type: kvm' of \(ofHardware?.name ?? "a machine") wants it",
                "enable virtualization in the firmware, or declare 'domain_type: qemu', which is slow")
        case let words where words.count == 3 && words[0] == "bridge":
            let users = made.filter { machine in machine.interfaces.contains { $0.bridge == words[1] } }.map(\.name)
            return blocker(
                "bridge", "there is no bridge \(words[1])", "'host_device' of \(users.joined(separator: ", ")) names it",
                "make the bridge, or correct 'host_device'")
        case let words where words.count == 2 && words[0] == "memory": return shortage(Int(words[1]) ?? .max)
        case let words where words.count == 4 && words[0] == "domain" && words[2] == "foreign":
            return foreign(words[1], state: words[3])
        default: return nil
        }
    }

    private func blocker(_ kind: String, _ found: String, _ rule: String, _ nextStep: String) -> PreflightFinding {
        PreflightFinding(.blocker, kind, about: hostname, found: found, rule: rule, nextStep: nextStep).unless(preparation)
    }

    private func shortage(_ available: Int) -> PreflightFinding? {
        guard addedMemory > 0, available < addedMemory * 1024 else { return nil }
        return PreflightFinding(
            .warning, "memory", about: hostname,
            found: "\(ByteCount.text(kibibytes: available)) of memory can be had, and the plan adds machines of "
                + ByteCount.text(kibibytes: addedMemory * 1024),
            rule: "what does not fit is swapped, or ended by the kernel",
            nextStep: "free memory there, or move a machine elsewhere")
    }

    /// What bears the name of a machine and was not made by Planner would be stopped and undefined.
    private func foreign(_ name: String, state: String) -> PreflightFinding {
        guard applied.contains(name) else {
            return PreflightFinding(
                .blocker, "foreign-domain", about: hostname,
                found: "there is a domain '\(name)' (\(state)) that Planner has not made",
                rule: "the plan would stop it and put its own machine in its place",
                nextStep: "virsh domrename it, or give the service another 'service_name'")
        }
        return PreflightFinding(
            .warning, "foreign-domain", about: hostname,
            found: "somebody has defined the domain '\(name)' (\(state)) anew", rule: "the plan replaces it with its own",
            nextStep: "virsh dumpxml \(name) shows what would be lost")
    }
}
