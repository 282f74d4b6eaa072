import Model
import Testing

@testable import Formats

@Suite("Reading a valid model") struct ReadingTests {
    @Test("The example of the design loads without an error") func example() throws {
        let reading = try reading(
            """
            software:
              images:
                eccd-node-image: { type: vm-image, uri: "http://192.168.0.42/images/eccd-node.qcow2" }
              services:
                eccd_master: { type: vm-service, cpus: 4, ram: 5120M }
            deployments:
              enm:
                clusters:
                  svc_cluster:
                    nodes:
                      svc-1: { hostname: svc-1, ssh: { user: root } }
                    services:
                      eccd_master:
                        active: 3
                        node_list: [svc-1, svc-2]
                        applications: { eccd_master: { inherit: /software/services/eccd_master } }
            """)
        #expect(reading.lines == [])
        let service = "/deployments/enm/clusters/svc_cluster/services/eccd_master"
        #expect(reading.tree.type(of: "/deployments/enm/clusters/svc_cluster") == "cluster")
        #expect(reading.tree.property("node_list", of: service) == ["svc-1", "svc-2"])
        #expect(reading.tree.type(of: service + "/applications/eccd_master") == "vm-service")
        let application = try #require(ItemPath(service + "/applications/eccd_master"))
        #expect(reading.resolved[application]?.integer("cpus") == 4)
    }

    @Test("An empty text is an empty model", arguments: ["", "# nothing\n", "---\n", "{}", "~", "\u{FEFF}"])
    func empty(text: String) throws {
        let reading = try reading(text)
        #expect(reading.lines == [])
        #expect(reading.tree.count == 1)
    }

    @Test("The type of a property decides what a scalar means, not YAML")
    func scalarsAreTyped() throws {
        let reading = try reading(
            "software: { services: { a: { cpus: '4', note: yes, enabled: true, tags: [1, no] }, b: { note: 012 } } }")
        #expect(reading.lines == [])
        #expect(reading.tree.property("cpus", of: "/software/services/a") == 4)
        #expect(reading.tree.property("note", of: "/software/services/a") == "yes")
        #expect(reading.tree.property("tags", of: "/software/services/a") == ["1", "no"])
        #expect(reading.tree.property("note", of: "/software/services/b") == "012")
    }

    @Test("A quoted null is a text") func quotedNull() throws {
        let reading = try reading(
            "software: { services: { a: { note: 'null' }, b: { note: \"\" }, c: { note: !!str ~ } } }")
        #expect(reading.lines == [])
        #expect(reading.tree.property("note", of: "/software/services/a") == "null")
        #expect(reading.tree.property("note", of: "/software/services/b") == "")
        #expect(reading.tree.property("note", of: "/software/services/c") == "~")
    }

    @Test("An inheriting item has the type of its source, though the source comes later or in another file")
    func typeFromLaterSource() throws {
        let reading = try reading(
            """
            software:
              services:
                a: { inherit: /software/services/b }
                b: { inherit: /software/services/c, parts: { extra: { cpus: 1 } } }
            """,
            "software: { services: { c: { type: vm-service, ram: 1G, parts: { p: { type: vm-service } } } } }")
        #expect(reading.lines == [])
        #expect(reading.tree.type(of: "/software/services/a") == "vm-service")
        #expect(reading.tree.type(of: "/software/services/b") == "vm-service")
        #expect(reading.tree.type(of: "/software/services/b/parts/extra") == "service")
    }

    @Test("What overrides an inherited child has the type of that child")
    func typeOfOverride() throws {
        let reading = try reading(
            """
            software:
              services:
                a: { inherit: /software/services/c, parts: { p: { ram: 2G } } }
                c: { parts: { p: { type: vm-service, ram: 1G } } }
            """)
        #expect(reading.lines == [])
        #expect(reading.tree.type(of: "/software/services/a/parts/p") == "vm-service")
    }

    @Test("Two files may pass through the same items") func sharedWay() throws {
        let reading = try reading(
            "software: { services: { a: { cpus: 1 } } }", "software: { services: { b: { cpus: 2 } } }")
        #expect(reading.lines == [])
        #expect(reading.tree.property("cpus", of: "/software/services/b") == 2)
    }

    @Test("An alias stands for what its anchor holds") func aliases() throws {
        let reading = try reading(
            """
            software:
              services:
                a: &base { cpus: &four 4, tags: &tags [x, y] }
                b: *base
                c: { cpus: *four, tags: *tags }
            """)
        #expect(reading.lines == [])
        #expect(reading.tree.property("tags", of: "/software/services/b") == ["x", "y"])
        #expect(reading.tree.property("cpus", of: "/software/services/c") == 4)
    }

    @Test("Every property knows where its value stands") func places() throws {
        let reading = try reading("software:\n  services:\n    a:\n      cpus: 4\n      note: größe\n")
        let item = try #require(ItemPath("/software/services/a").flatMap { reading.tree[$0] })
        #expect(item.place(of: "cpus") == SourcePlace(file: "a.yaml", line: 4, column: 13))
        #expect(item.place() == SourcePlace(file: "a.yaml", line: 3, column: 5))
    }

    @Test("The root item has properties too") func rootProperties() throws {
        let reading = try reading("title: a site\ntype: root\n")
        #expect(reading.lines == [])
        #expect(reading.tree.property("title", of: "/") == "a site")
    }
}
