package import Model
package import TaskKit

/// Plans for tests, in the words of a plan: `testPlan { phase(1) [...] }` without what a test does not look at.
package enum TestPlan {
    /// A task that asks nothing of its host: for the engine, which does not look into actions.
    package static func task(
        _ id: String, host: String = "a",
        _ action: some TaskAction = CommandAction(check: nil, apply: "true", limit: .seconds(10))
    ) -> PlanTask {
        let item = ItemPath.root.appending("items").appending(id)
        return PlanTask(
            id: TaskID(id), identity: StepIdentity(item: item, name: id), group: .node, host: path(of: host),
            summary: id,
            effect: .live, reasons: [], action: AnyTaskAction(action), fingerprint: nil)
    }

    package static func phase(_ number: Int, after: [Int] = [], _ tasks: [PlanTask]) -> Phase {
        Phase(number: number, group: .node, cluster: nil, node: nil, after: after, tasks: tasks)
    }

    package static func plan(_ phases: [Phase]) -> Plan {
        let hosts = Set(phases.flatMap(\.tasks).map(\.host))
        let connections = hosts.map {
            ($0, HostConnection(hostname: String($0.name), address: "127.0.0.1", user: "root"))
        }
        return Plan(
            id: "00000001", modelFingerprint: "", appliedSerial: 0, versions: [:],
            hosts: Dictionary(uniqueKeysWithValues: connections), phases: phases)
    }

    package static func path(of host: String) -> ItemPath { ItemPath.root.appending("hosts").appending(host) }
}
