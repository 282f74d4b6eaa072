import Formats
import Model
import PluginKit
import Service
import Testing

@Suite("Looking, restoring and scripts")
struct LookingUseCaseTests {
    private let fixture: SiteFixture
    private var site: Site { fixture.site }

    /// Networks need no step on any host: they are applied by `create_plan` alone.
    private let networks = """
        infrastructure:
          networking:
            networks:
              a: { name: a, subnet: 10.0.0.0/24 }
              b: { name: b, subnet: 10.0.1.0/24 }
        """

    init() throws { fixture = try SiteFixture() }

    private func path(_ text: String) throws -> ItemPath { try #require(ItemPath(text)) }
    private func network(_ id: String) throws -> ItemPath { try path("/infrastructure/networking/networks/\(id)") }
    private func applied() throws {
        try fixture.load(networks)
        _ = try site.createPlan(now: 0)
    }

    private func script(_ text: String) -> CommandScript { CommandScript(Array(text.utf8), name: "s.sh") }

    @Test("A filter is looked for below the path only, and a wrong type names the nearest")
    func filter() throws {
        try applied()
        let query = Site.ShowQuery(try path("/infrastructure"), depth: nil, filter: ItemFilter(type: "network"))
        #expect(try site.show(query).map(\.path.name) == ["a", "b"])
        let errors = try fixture.errors { _ = try site.show(Site.ShowQuery(.root, filter: ItemFilter(type: "netwrok"))) }
        #expect(errors.first?.nextStep == "did you mean 'network'?")
    }

    @Test("What is not there cannot be looked at")
    func nothing() throws {
        try applied()
        #expect(
            try fixture.errors { _ = try site.show(Site.ShowQuery(path("/ms/nope"))) }.map(\.identifier) == [.invalidLocation])
        #expect(
            try fixture.errors { _ = try site.differences(within: path("/software/nope")) }.map(\.identifier) == [
                .invalidLocation
            ])
    }

    @Test("The difference is what is declared against what was applied")
    func differences() throws {
        try applied()
        #expect(try site.differences(within: .root) == [])
        try site.update(network("a"), properties: ["subnet": .scalar("10.9.0.0/24")], deleting: [])
        _ = try site.remove(network("b"))
        let found = try site.differences(within: path("/infrastructure"))
        #expect(found.map(\.state) == [.updated, .forRemoval])
        #expect(found.first?.properties.map(\.effect) == [.replace])
    }

    @Test("A removal is shown before it is done, with what goes because it inherits")
    func removal() throws {
        let fixture = try SiteFixture(extra: [ShelfPlugin()])
        try fixture.load(
            """
            software: { items: { a: { parts: { p: {} } } } }
            deployments: { d: { clusters: { c: { type: cluster, software: { b: { inherit: /software/items/a } },
              nodes: { n: { hostname: n, ssh: { address: 127.0.0.1 }, items: { i: { inherit: /software/items/a/parts/p } } } } } } } }
            """)
        let cluster = "/deployments/d/clusters/c"
        let items = try fixture.site.removal(of: path("/software/items/a/parts/p"))
        #expect(
            items.map { "\($0.path) \($0.inherits?.text ?? "-") \($0.isDeclared)" } == [
                "\(cluster)/nodes/n/items/i /software/items/a/parts/p true",
                "\(cluster)/software/b/parts/p /software/items/a/parts/p false", "/software/items/a/parts/p - true",
            ])
        #expect(try fixture.site.export(.root).contains("inherit: /software/items/a/parts/p"))
        #expect(throws: ServiceError.self) { try fixture.site.removal(of: path("/software/items/b")) }
    }

    @Test("Restoring gives up what was declared since, and says what it has changed")
    func restore() throws {
        try applied()
        let before = try site.export(.root)
        try site.create(WrittenItem(path: network("c"), properties: ["name": .scalar("c")]))
        try site.update(network("a"), properties: ["subnet": .scalar("10.9.0.0/24")], deleting: [])
        _ = try site.remove(network("b"))
        let trial = try site.restoreModel(isTrial: true)
        #expect(trial.differences.map(\.state) == [.updated, .initial, .forRemoval])
        #expect(try site.export(.root) != before)
        let done = try site.restoreModel(isTrial: false)
        #expect(done.changes == trial.changes)
        #expect(
            try done.changes == ModelChanges(added: [network("b")], changed: [network("a")], removed: [network("c")]))
        #expect(try site.export(.root) == before)
        #expect(try site.differences(within: .root) == [])
        #expect(try site.restoreModel(isTrial: false).changes.isEmpty)
    }

    @Test("Where nothing was ever applied there is nothing to restore")
    func nothingApplied() throws {
        try fixture.load(networks)
        let errors = try fixture.errors { _ = try site.restoreModel(isTrial: false) }
        #expect(errors.map(\.identifier) == [.invalidRequest])
        #expect(try site.export(.root).contains("10.0.1.0"))
    }

    @Test("After a first plan that failed, what was applied is restored with the host that it stands on")
    func restoreAfterFailure() async throws {
        // The second file cannot be written.
        try fixture.load(
            fixture.model(content: "one") + """
                    wrong: { type: managed-file, path: /proc/none/wrong, content: x }

                """)
        _ = try site.createPlan(now: 0)
        #expect(try await fixture.run().result == .failed)
        try site.update(path("/ms/configs/motd"), properties: ["content": .scalar("two")], deleting: [])
        let restoration = try site.restoreModel(isTrial: false)
        #expect(restoration.kept.map(\.text) == ["/ms", "/ms/ssh"])
        #expect(restoration.problems == [])
        #expect(try site.differences(within: path("/ms/configs")) == [])
        #expect(try site.show(Site.ShowQuery(path("/ms/configs"))).first?.children == ["motd"])
    }

    @Test("A script is carried out whole, and says what it has changed")
    func script() throws {
        try applied()
        let changes = try site.runScript(
            script(
                """
                litp create -t network -p /infrastructure/networking/networks/c -o name=c
                litp update -p /infrastructure/networking/networks/c -o subnet=10.0.2.0/24
                litp remove -p /infrastructure/networking/networks/a
                litp update -p /infrastructure/networking/networks/b -o gateway=10.0.1.1
                """)
        ).changes
        #expect(
            try changes == ModelChanges(added: [network("c")], changed: [network("b")], removed: [network("a")]))
        #expect(try site.show(Site.ShowQuery(network("c"))).first?.item?.text("subnet") == "10.0.2.0/24")
    }

    @Test("The first change that cannot be made stops a script at its line, and nothing is stored")
    func failingScript() throws {
        try applied()
        let before = try site.export(.root)
        let text = """
            litp create -t network -p /infrastructure/networking/networks/c -o name=c
            litp create -t network -p /infrastructure/networking/networks/a -o name=x
            litp remove -p /nope
            """
        let errors = try fixture.errors { _ = try site.runScript(script(text)) }
        #expect(errors.map { "\($0.place?.description ?? "-") \($0.identifier.rawValue)" } == ["s.sh:2:1 ItemExistsError"])
        #expect(try site.export(.root) == before)
    }

    @Test("A bad value in a script is told at the word that has it")
    func badValue() throws {
        let text = "litp create -t network -p /infrastructure/networking/networks/c -o name=c \\\n  subnet=x\n"
        let errors = try fixture.errors { _ = try site.runScript(script(text)) }
        #expect(errors.map(\.place) == [SourcePlace(file: "s.sh", line: 2, column: 3)])
    }

    @Test("What cannot be changed once applied is told at the line that changes it")
    func readOnly() throws {
        try applied()
        let text = "litp update -p /infrastructure/networking/networks/a -o name=z\n"
        let errors = try fixture.errors { _ = try site.runScript(script(text)) }
        #expect(errors.map { "\($0.place?.description ?? "-") \($0.property ?? "")" } == ["s.sh:1:1 name"])
    }

    @Test("Lines that cannot be understood are all told before anything is changed")
    func misunderstood() throws {
        let text = "litp create -t network -p /infrastructure/networking/networks/c -o name=c\nlitp foo\nlitp bar\n"
        let errors = try fixture.errors { _ = try site.runScript(script(text)) }
        #expect(errors.map { $0.place?.line } == [2, 3])
        #expect(throws: ServiceError.self) { try site.show(Site.ShowQuery(network("c"))) }
    }

    @Test("A trial of a script changes nothing and says what would be changed")
    func trial() throws {
        try applied()
        let changes = try site.runScript(
            script("litp remove -p /infrastructure/networking/networks/a\n"), isTrial: true
        ).changes
        #expect(try changes == ModelChanges(removed: [network("a")]))
        #expect(try site.differences(within: .root) == [])
    }

    @Test("Changes are told by path")
    func changes() throws {
        let created = try site.create(WrittenItem(path: network("x"), properties: ["name": .scalar("x")]))
        let changes = ModelChanges(created)
        #expect(
            try changes
                == ModelChanges(added: [path("/infrastructure"), path("/infrastructure/networking"), network("x")]))
        let updated = try site.update(network("x"), properties: ["subnet": .scalar("10.0.0.0/24")], deleting: [])
        #expect(try ModelChanges(updated) == ModelChanges(changed: [network("x")]))
    }
}

/// A software item that has parts.
private struct ShelfPlugin: Plugin {
    let name = "shelf"
    let version = "1"
    let itemTypes = [
        ItemType(
            "shelf", extends: "software-item", summary: "A shelf.", fields: [.collection("parts", "shelf")])
    ]

    func steps(in context: PlanningContext) -> [Step] { [] }
}
