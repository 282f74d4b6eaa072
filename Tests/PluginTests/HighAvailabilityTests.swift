import HighAvailabilityPlugin
import Model
import PluginKit
import TaskKit
import Testing

@Suite("Taking machines out of service, and putting them back")
struct HighAvailabilityTests {
    private let plugin = HighAvailabilityPlugin()
    /// Masters and workers on the same three nodes.
    private let shared = Sample.site(Sample.kubernetes, [("node_list: [n4, n5, n6]", "node_list: [n1, n2, n3]")])

    private func locks(_ text: String) throws -> [String] {
        plugin.locks(in: try Sample.context(text, applied: text)).filter { $0.node.name == "n1" }
            .sorted { $0.priority < $1.priority }.map(\.name)
    }

    @Test("A service that others depend on is stopped after them and started before them")
    func dependencies() throws {
        let forward = Sample.site(
            shared,
            [("name: master\n            active", "name: master\n            dependency_list: [worker]\n            active")])
        let backward = Sample.site(
            shared,
            [("name: worker\n            active", "name: worker\n            dependency_list: [master]\n            active")])
        #expect(try locks(forward) == ["ha:master", "ha:worker"])
        #expect(try locks(backward) == ["ha:worker", "ha:master"])
    }

    @Test("Only machines that were applied are taken out")
    func applied() throws {
        #expect(plugin.locks(in: try Sample.context(shared)).isEmpty)
    }

    @Test("Without an HA manager nothing is taken out, and machines are started where they are defined")
    func unmanaged() throws {
        let text = Sample.site(shared, [("ha_manager: planner", "ha_manager: none")])
        let context = try Sample.context(text, applied: text)
        #expect(plugin.locks(in: context).isEmpty)
        #expect(plugin.steps(in: context).isEmpty)
        let plan = try #require(try Sample.plan(from: text, to: Sample.site(text, [("checksum: \"0f", "checksum: \"1f")])))
        let block = plan.phases.filter { $0.node?.name == "n1" && $0.group == .node }.flatMap(\.tasks).map(\.summary)
        #expect(block.contains("start master on n1"))
        #expect(block.contains("wait until n1-master answers at 10.0.0.101"))
    }

    @Test("Stopping and starting have the limits of their clustered service")
    func limits() throws {
        let text = Sample.site(
            shared,
            [
                (
                    "name: master\n            active",
                    "name: master\n            offline_timeout: 33\n            active"
                ), ("online_timeout: 900", "online_timeout: 77"),
            ])
        let lock = try #require(plugin.locks(in: try Sample.context(text, applied: text)).first)
        #expect(lock.lock.action.action.preview.joined(separator: "\n").contains("off master 33"))
        #expect(lock.unlock[0].action.action.preview.joined(separator: "\n").contains("on master 77"))
        #expect(lock.unlock[1].action.action.preview.joined(separator: "\n").contains("77 s"))
    }

    @Test("A machine that is new on a node that is taken out of service is started too")
    func newMachine() throws {
        let start = try #require(shared.range(of: "          worker:\n            type: vcs"))
        let end = try #require(shared.range(of: "        configs:"))
        let before = shared.replacingCharacters(in: start.lowerBound..<end.lowerBound, with: "")
        let laboratory = ("{ type: k8s-cluster }", "{ type: k8s-cluster, allow_small: true }")
        let after = Sample.site(shared, [("checksum: \"0f", "checksum: \"1f"), laboratory])
        let plan = try #require(try Sample.plan(from: Sample.site(before, [laboratory]), to: after))
        #expect(plan.summaries.contains("stop master on n1"))
        #expect(plan.summaries.contains("start worker on n1"))
        #expect(plan.summaries.contains("wait until n1-worker answers at 10.0.0.104"))
    }
}
