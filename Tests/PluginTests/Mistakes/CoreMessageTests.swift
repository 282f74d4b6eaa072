import CorePlugin
import Model
import PluginKit
import Testing

/// The rules of the base tree over several items (`reference/engine.md` 1.12), with what is said word by word.
@Suite("What is said of a base tree that breaks rules")
struct CoreMessageTests {
    private static let site = """
        infrastructure:
          networking:
            networks:
              lan: { name: lan }
        deployments:
          d:
            clusters:
              a:
                type: cluster
                nodes:
                  n1: { hostname: n1, ssh: { address: n1 } }
                  n2: { hostname: n2, ssh: { address: n2 } }
                services:
                  web: { name: web, active: 1, node_list: [n1], applications: { web: { inherit: /software/services/web } } }
                  db: { name: db, active: 1, node_list: [n2], applications: { web: { inherit: /software/services/db } } }
              b:
                type: cluster
                nodes:
                  n3: { hostname: n3, ssh: { address: n3 } }
        software:
          services:
            web: { type: service, service_name: web }
            db: { type: service, service_name: db }

        """

    private func said(_ changes: (String, String)...) throws -> String {
        try StudySite.diagnostics(of: Sample.site(Self.site, changes))
    }

    @Test("Nothing is wrong with the site itself")
    func right() throws { #expect(try said() == "") }

    @Test("All mistakes are told in one go, in the order of the file, also beside values that are wrong")
    func together() throws {
        let said = try said(
            ("lan: { name: lan }", "lan: { name: lan }\n      lan2: { name: lan, subnet: 10.0.0.1/24 }"),
            (
                "nodes:\n          n1: { hostname: n1,",
                "dependency_list: [b, b, c]\n        nodes:\n          n1: { hostname: n1,"
            ),
            ("hostname: n2", "hostname: N1"), ("node_list: [n1]", "dependency_list: [db, web], node_list: [n1, n11, n1]"),
            ("node_list: [n2]", "dependency_list: [web], node_list: [n2, n1]"),
            (
                "type: cluster\n        nodes:\n          n3",
                "type: cluster\n        dependency_list: [a, b]\n        nodes:\n          n3"
            ))
        #expect(
            said == """
                EXPECTED
                """)
    }

    @Test("Required items, required properties and numbers of items are told with what to do")
    func absence() throws {
        #expect(
            try said(
                (", ssh: { address: n1 }", ""), ("ssh: { address: n2 }", "ssh: {}"),
                ("nodes:\n          n3: { hostname: n3, ssh: { address: n3 } }", "nodes: {}"))
                    == """
                    EXPECTED2
                    """)
    }

    @Test("A cycle is told once, from its first member on, by its shortest way, whatever the order of the lists")
    func cycles() throws {
        let nodes = "nodes: { n1: { hostname: n1, ssh: { address: n1 } } }"
        func cluster(_ name: String, _ list: String) -> String {
            "      \(name): { type: cluster, dependency_list: [\(list)], \(nodes.replacing("n1", with: "n-\(name)")) }\n"
        }
        func site(_ lists: [(String, String)]) -> String {
            "deployments:\n  d:\n    clusters:\n" + lists.map { cluster($0.0, $0.1) }.joined()
        }
        let first = site([("a", "c, b"), ("b", "a"), ("c", "b"), ("x", "y"), ("y", "x")])
        #expect(
            try StudySite.diagnostics(of: first) == """
                EXPECTED3
                """)
    }

    @Test("A cluster of 20,000 services is checked in one look at each", .timeLimit(.minutes(1)))
    func scale() throws {
        let count = 20_000
        let registry = try Sample.registry()
        var items = [
            item("/deployments/d", "deployment", [:]), item("/deployments/d/clusters/c", "cluster", [:]),
        ]
        for number in 0..<count {
            items.append(item("/deployments/d/clusters/c/nodes/n\(number)", "node", ["hostname": .string("n\(number)")]))
            items.append(
                item(
                    "/deployments/d/clusters/c/services/s\(number)", "clustered-service",
                    [
                        "name": .string("s\(number)"), "active": 1, "standby": 0, "node_list": .list(["n\(number)"]),
                        "dependency_list": .list(number == 0 ? [] : ["s\(number - 1)", "t\(number)"]),
                    ]))
        }
        let tree = ResolvedTree(ordered: items.sorted { $0.path < $1.path }, registry: registry)
        let context = PlanningContext(declared: tree, applied: ResolvedTree(ordered: [], registry: registry))
        let found = CorePlugin().validate(context)
        #expect(found.count == count - 1)
        #expect(found.count { $0.nextStep != nil } <= 100)
    }

    private func item(_ path: String, _ type: String, _ values: [String: PropertyValue]) -> ResolvedItem {
        let path = path.split(separator: "/").reduce(ItemPath.root) { $0.appending($1) }
        return ResolvedItem(path: path, type: type, source: nil, declaration: nil, properties: values)
    }
}
