import CorePlugin
import Testing

@Suite("Rules of pools and rolling policies")
struct PoolRuleTests {
    private func problems(_ policy: String, pools: String = "{}") throws -> [String] {
        try Sample.problems(
            """
            deployments:
              d:
                clusters:
                  c:
                    type: cluster
                    \(policy)
                    nodes:
                      n1: { hostname: n1, ssh: { address: 10.0.0.1 } }
                      n2: { hostname: n2, ssh: { address: 10.0.0.2 } }
                    pools: \(pools)
            """, of: CorePlugin()
        ).map { $0.replacingOccurrences(of: "/deployments/d/clusters/c", with: "C") }
    }

    @Test("A node is in one pool at most, and a pool has nodes of its cluster only")
    func members() throws {
        #expect(
            try problems("max_unavailable: 1", pools: "{ a: { node_list: [n1, n3] }, b: { node_list: [n1, n2] } }") == [
                "C/pools/a node_list=n3: node_list names a node that is not in the cluster (one of n1, n2) did you mean 'n1'?",
                "C/pools/b node_list=n1: node_list names a node of another pool, a (a node is in one pool at most)",
            ])
    }

    @Test("Canaries and orders of a pool are of the pool, and pools do not wait for each other")
    func names() throws {
        #expect(
            try problems(
                "node_order: [n2, n9]",
                pools:
                    "{ a: { node_list: [n1], canary: [n2], dependency_list: [b] }, b: { node_list: [n2], dependency_list: [a] } }"
            )
            .map { $0.split(separator: ":")[0] } == ["C node_order=n9", "C/pools/a canary=n2", "C/pools/a dependency_list=b"])
    }

    @Test("Who waits after the canaries has canaries")
    func pause() throws {
        #expect(
            try problems("pause_after: canary") == [
                "C pause_after=canary: pause_after is 'canary', and there is none (what waits after the canaries needs 'canary') "
                    + "name one or more nodes in 'canary'"
            ])
        #expect(try problems("pause_after: canary", pools: "{ a: { node_list: [n1], canary: [n1] } }").isEmpty)
    }
}
