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
            (
                "lan: { name: lan }",
                "lan: { name: lan }\n      lan2: { name: lan }\n      wan: { name: wan, subnet: 10.0.0.1/24 }"
            ),
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
                site.yaml:5:21: error: name 'lan' is used already, by /infrastructure/networking/networks/lan  [ValidationError]
                    /infrastructure/networking/networks/lan2  name = lan
                    rule: network names are unique
                site.yaml:6:33: error: '10.0.0.1/24' is not a valid 'subnet'  [ValidationError]
                    /infrastructure/networking/networks/wan  subnet = 10.0.0.1/24
                    rule: an IPv4 network with its prefix length and no host bits, such as 192.168.0.0/24
                    the network that 10.0.0.1 is in is 10.0.0.0/24
                site.yaml:12:26: error: clusters wait for each other  [ValidationError]
                    /deployments/d/clusters/a  dependency_list = b,b,c
                    rule: a -> b -> a
                site.yaml:12:26: error: dependency_list names 'b' more than once  [ValidationError]
                    /deployments/d/clusters/a  dependency_list = b,b,c
                    rule: each once
                site.yaml:12:26: error: dependency_list names no other cluster of the deployment  [ValidationError]
                    /deployments/d/clusters/a  dependency_list = c
                    rule: one of b
                    did you mean 'b'?
                site.yaml:15:27: error: hostname 'N1' is used already, by /deployments/d/clusters/a/nodes/n1  [ValidationError]
                    /deployments/d/clusters/a/nodes/n2  hostname = N1
                    rule: host names are unique, whatever their case
                site.yaml:17:57: error: dependency_list names the item itself  [ValidationError]
                    /deployments/d/clusters/a/services/web  dependency_list = web
                    rule: nothing can wait for itself
                site.yaml:17:79: error: node_list names 'n1' more than once  [ValidationError]
                    /deployments/d/clusters/a/services/web  node_list = n1,n11,n1
                    rule: each once
                site.yaml:17:79: error: node_list names a node that is not in the cluster  [ValidationError]
                    /deployments/d/clusters/a/services/web  node_list = n11
                    rule: one of n1, n2
                    did you mean 'n1'?
                site.yaml:18:55: error: clustered services wait for each other  [ValidationError]
                    /deployments/d/clusters/a/services/db  dependency_list = web
                    rule: db -> web -> db
                site.yaml:18:73: error: 2 nodes carry a service of 1 instances  [ValidationError]
                    /deployments/d/clusters/a/services/db  node_list = n2,n1
                    rule: active + standby is the number of nodes in node_list
                site.yaml:21:26: error: dependency_list names the item itself  [ValidationError]
                    /deployments/d/clusters/b  dependency_list = b
                    rule: nothing can wait for itself

                """)
    }

    @Test("Required items, required properties and numbers of items are told with what to do")
    func absence() throws {
        let said = try said(
            (", ssh: { address: n1 }", ""), ("ssh: { address: n2 }", "ssh: {}"),
            ("nodes:\n          n3: { hostname: n3, ssh: { address: n3 } }", "nodes: {}"))
        #expect(
            said == """
                site.yaml:11:11: error: required item 'ssh' is missing  [MissingRequiredItemError]
                    /deployments/d/clusters/a/nodes/n1
                    rule: an item of type ssh-connection
                    planner types ssh-connection shows what it needs
                site.yaml:12:31: error: required property 'address' is not set  [MissingRequiredPropertyError]
                    /deployments/d/clusters/a/nodes/n2/ssh  address
                    rule: an IPv4 address or a host name
                site.yaml:16:7: error: 'nodes' has 0 items  [CardinalityError]
                    /deployments/d/clusters/b
                    rule: at least 1
                    declare a node there: planner types node shows what it needs

                """)
    }

    @Test(
        "The gateway of a network is one of its addresses",
        arguments: [
            ("gateway: 10.0.0.1", "'gateway' needs 'subnet', which is not set"),
            ("subnet: 10.0.0.0/24, gateway: 10.0.1.1", "'gateway' is an address of 'subnet', which is 10.0.0.0/24"),
        ])
    func gateway(_ values: String, _ rule: String) throws {
        let said = try said(("lan: { name: lan }", "lan: { name: lan, \(values) }"))
        #expect(
            said.contains(": error: \(rule)  [ValidationError]\n    /infrastructure/networking/networks/lan  gateway = 10.0."))
        #expect(try self.said(("lan: { name: lan }", "lan: { name: lan, subnet: 10.0.0.0/24, gateway: 10.0.0.1 }")) == "")
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
        let said = try StudySite.diagnostics(of: first)
        #expect(
            said == """
                site.yaml:4:44: error: clusters wait for each other  [ValidationError]
                    /deployments/d/clusters/a  dependency_list = c,b
                    rule: a -> b -> a
                site.yaml:7:44: error: clusters wait for each other  [ValidationError]
                    /deployments/d/clusters/x  dependency_list = y
                    rule: x -> y -> x

                """)
        let other = site([("a", "b, c"), ("b", "a"), ("c", "b"), ("x", "y"), ("y", "x")])
        #expect(try StudySite.diagnostics(of: other).replacing("b,c", with: "c,b") == said)
    }

    @Test("A cluster of 10,000 services is checked in one look at each", .timeLimit(.minutes(1)))
    func scale() throws {
        let count = 10_000
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
        #expect(found.count { $0.nextStep != nil } <= 20)
    }

    private func item(_ path: String, _ type: String, _ values: [String: PropertyValue]) -> ResolvedItem {
        let path = path.split(separator: "/").reduce(ItemPath.root) { $0.appending($1) }
        return ResolvedItem(path: path, type: type, source: nil, declaration: nil, properties: values)
    }
}
