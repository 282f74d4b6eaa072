import CorePlugin
import Formats
import Model
import Planning
import PluginKit
import TaskKit
import Testing

/// A plugin that only extends what others declare: with a property of its own, or with nothing.
private struct ExtendingPlugin: Plugin {
    let name = "extending"
    let version = "1"
    let itemTypes =
        [
            "node", "vcs-cluster", "vcs-clustered-service", "network", "network-interface", "vm-image", "k8s-vm-service",
            "vm-network-interface", "vm-ssh-key", "vm-alias", "vm-package", "vm-zypper-repo", "k8s-cluster", "ssh-connection",
            "deployment", "ms", "managed-file", "command-lock",
        ].map { (base: String) in
            ItemType(
                "my-\(base)", extends: base, summary: "A \(base) of our own.",
                properties: [PropertyDefinition("rack", "basic_string", summary: "Where it is.")])
        }
}

@Suite("Subtypes stand wherever their base does")
struct SubtypeTests {
    private let plugins = Sample.plugins + [ExtendingPlugin()]

    private func context(_ text: String) throws -> PlanningContext {
        let registry = try TypeRegistry(plugins.map(\.declarations))
        let reading = YAMLModelReader(registry: registry).read([(name: "site.yaml", text: text)])
        #expect(reading.errors.map { "\($0.place?.description ?? "") \($0.summary)" } == [])
        return PlanningContext(declared: reading.resolved, applied: ResolvedTree(ordered: [], registry: registry))
    }

    /// What a plan does, without what tells models apart.
    private func work(of text: String, in context: PlanningContext? = nil) throws -> [String] {
        let context = try context ?? self.context(text)
        let plan = try #require(
            try PlanMaker.plan(for: PlanningInput(context: context, plugins: plugins, plannerVersion: "test")))
        return plan.phases.flatMap { phase in
            ["\(phase.number) \(phase.group) after \(phase.after)"]
                + phase.tasks.map { "\($0.id) \($0.host) \($0.summary) \($0.fingerprint ?? "-") \($0.effect)" }
        }
    }

    /// The site of the study with every item of a type of our own.
    private func extended(_ text: String) -> String {
        let types = [
            "k8s-vm-service", "vcs-cluster", "vcs-clustered-service", "vm-image", "k8s-cluster", "managed-file", "command-lock",
        ]
        var text = types.reduce(text) { text, type in
            text.replacing("type: \(type)\n", with: "type: my-\(type)\n").replacing("type: \(type),", with: "type: my-\(type),")
        }
        for (key, type) in [
            ("hostname: svc", "node"), ("device_name: br", "network-interface"), ("device_name: eth", "vm-network-interface"),
            ("address: 192.168.0.5", "ssh-connection"), ("name: internal", "network"), ("name: services", "network"),
            ("alias_names:", "vm-alias"), ("name: 3pp", "vm-zypper-repo"), ("name: ERIC", "vm-package"),
        ] {
            text = text.replacing("{ \(key)", with: "{ type: my-\(type), rack: r1, \(key)")
        }
        return text.replacing("    vm-ssh-key-id:\n", with: "    vm-ssh-key-id:\n          type: my-vm-ssh-key\n")
    }

    @Test("A site of subtypes gives the plan of a site of their bases")
    func plan() throws {
        let site =
            try StudySite.text().replacing(
                "        configs:\n          kubernetes:",
                with: """
                            configs:
                              balancer:
                                type: command-lock
                                lock_command: out
                                unlock_command: in
                                check_command: is-out
                              kubernetes:
                    """
            )
            .replacing(
                "svc-2: { hostname",
                with: "svc-2: { configs: { motd: { type: managed-file, path: /etc/motd, content: x } }, hostname")
        let subtypes = extended(site)
        #expect(subtypes.ranges(of: "type: my-").count > 30)
        #expect(try work(of: subtypes) == work(of: site))
    }

    @Test("Rules hold for subtypes too")
    func rules() throws {
        let site = extended(try StudySite.text()).replacing(
            "node_list: [svc-1, svc-2, svc-3]", with: "node_list: [svc-1, svc-2, svc-9]"
        )
        .replacing("hostname: svc-6", with: "hostname: svc-5")
        let context = try context(site)
        let problems = CrossItemRules.diagnostics(of: plugins, in: context, beside: []).map(\.summary)
        #expect(problems.contains("hostname 'svc-5' is used already, by /deployments/enm/clusters/svc_cluster/nodes/svc-5"))
        #expect(problems.contains("node_list names a node that is not in the cluster"))
    }

    @Test("What inherits from an item of a subtype is of that subtype")
    func inheritance() throws {
        let text = """
            software:
              services:
                a: { type: my-k8s-vm-service, role: master, service_name: a, image_name: i, rack: r1 }
            ms:
              ssh: { address: 10.0.0.1 }
              services:
                a: { inherit: /software/services/a }
            """
        let tree = try context(text).declared
        #expect(try tree[#require(ItemPath("/ms/services/a"))]?.type == "my-k8s-vm-service")
        #expect(tree.items(ofType: "vm-service").count == 2)
    }
}
