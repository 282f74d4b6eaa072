package import Model
package import TaskKit

/// Plans for tests, in the words of a plan: `testPlan { phase(1) [...] }` without what a test does not look at.
package enum TestPlan {
    /// A task that asks nothing of its host: for the engine, which does not look into actions.
    package static func task(
        _ id: String, host: String = "a", of item: String? = nil,
        _ action: some TaskAction = CommandAction(check: nil, apply: "true", limit: .seconds(10))
    ) -> PlanTask {
        task(id, host: host, of: item, action, fingerprint: nil)
    }

    /// A task that makes something true of an item, as an operator has declared it.
    package static func change(
        _ id: String, host: String = "a", of item: String? = nil,
        _ action: some TaskAction = CommandAction(check: nil, apply: "true", limit: .seconds(10))
    ) -> PlanTask {
        task(id, host: host, of: item, action, fingerprint: "f")
    }

    private static func task(
        _ id: String, host: String, of item: String?, _ action: some TaskAction, fingerprint: String?
    ) -> PlanTask {
        let item = item.map { path(of: $0) } ?? ItemPath.root.appending("items").appending(id)
        return PlanTask(
            id: TaskID(id), identity: StepIdentity(item: item, name: id), group: .node, host: path(of: host), summary: id,
            effect: .live, reasons: [], action: AnyTaskAction(action), fingerprint: fingerprint)
    }

    package static func phase(_ number: Int, after: [Int] = [], _ tasks: [PlanTask]) -> Phase {
        Phase(number: number, group: .node, cluster: nil, node: nil, after: after, tasks: tasks)
    }

    /// A phase of the block of a node: `takesOut` says whether its task takes the node out of service.
    package static func block(
        _ number: Int, of node: String, after: [Int] = [], tolerates: [Int]? = nil, turn: String? = "c", cluster: String = "c",
        takesOut: Bool = false, tasks: [String]? = nil
    ) -> Phase {
        let tasks = (tasks ?? ["\(node)-\(number)"]).map { name in
            var task = TestPlan.task(name, host: node)
            if takesOut { task.nodeChange = .takenOut("ha") }
            return task
        }
        var phase = Phase(
            number: number, group: takesOut ? .lock : .node, cluster: path(of: cluster), node: path(of: node), after: after,
            tasks: tasks)
        phase.tolerates = tolerates
        phase.turn = turn.map { path(of: $0) }
        return phase
    }

    /// A phase that waits.
    package static func wait(_ number: Int, _ kind: PhaseWait.Kind, after: [Int] = [], tolerates: [Int]? = nil) -> Phase {
        var phase = Phase(number: number, group: .pause, cluster: path(of: "c"), node: nil, after: after, tasks: [])
        phase.wait = PhaseWait(kind, group: path(of: "c"), doneNodes: 1, nodeCount: 2)
        phase.tolerates = tolerates
        return phase
    }

    /// A cluster in which nodes may fail.
    package static func group(_ name: String = "c", failures: Int, width: Int = 1, nodes: Int = 9) -> RollingGroup {
        RollingGroup(
            path: path(of: name), cluster: path(of: name), nodeCount: nodes, maximumUnavailable: width,
            maximumFailures: failures)
    }

    package static func plan(_ phases: [Phase], rolling: [RollingGroup]) -> Plan {
        var plan = plan(phases)
        plan.rolling = rolling
        return plan
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
