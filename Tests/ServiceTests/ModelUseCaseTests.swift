import Model
import Service
import Testing

@Suite("Loading and editing a model")
struct ModelUseCaseTests {
    private let fixture: SiteFixture
    private var site: Site { fixture.site }

    init() throws { fixture = try SiteFixture() }

    private func path(_ text: String) throws -> ItemPath { try #require(ItemPath(text)) }

    private func shown(_ text: String) throws -> [ShownPlace] { try site.show(Site.ShowQuery(path(text))) }

    @Test("A model that is not empty is only loaded over when the operator says how")
    func loadTwice() throws {
        try fixture.load(fixture.model(content: "one"))
        #expect(throws: ServiceError.self) { try fixture.load(fixture.model(content: "two")) }
        #expect(try site.export(.root).contains("one"))
        try fixture.load(fixture.model(content: "two"), .replace)
        #expect(try site.export(.root).contains("two"))
    }

    @Test("Merging adds items and changes the properties that the files give, and no others")
    func merge() throws {
        try fixture.load(fixture.model(content: "one"))
        try fixture.load(
            """
            ms:
              configs:
                motd: { type: managed-file, mode: "0600" }
                extra: { type: managed-file, path: /tmp/extra, content: more }
            """, .merge)
        let motd = try #require(try shown("/ms/configs/motd").first?.item)
        #expect(motd.text("mode") == "0600")
        #expect(motd.text("content") == "one")
        #expect(try shown("/ms/configs/extra").count == 1)
    }

    @Test("Merging a file with a bad value changes nothing")
    func mergeBadValue() throws {
        try fixture.load(fixture.model(content: "one"))
        let before = try site.export(.root)
        let errors = try fixture.errors {
            try fixture.load("ms: { configs: { motd: { type: managed-file, mode: rw } } }", .merge)
        }
        #expect(errors.map(\.property) == ["mode"])
        #expect(try site.export(.root) == before)
    }

    @Test("Replacing removes what the files lack")
    func replace() throws {
        try fixture.load(fixture.model(content: "one"))
        try fixture.load("ms: { ssh: { address: 127.0.0.1 } }", .replace)
        #expect(try !site.export(.root).contains("motd"))
    }

    @Test("An item is created, changed and removed on its own")
    func editOne() throws {
        let image = try path("/ms/configs/one")
        try fixture.load("ms: { ssh: { address: 127.0.0.1 } }")
        try site.create(
            WrittenItem(
                path: image, type: "managed-file", properties: ["path": .scalar("/tmp/one"), "content": .scalar("a")]))
        try site.update(image, properties: ["content": .scalar("b")], deleting: [])
        #expect(try shown(image.text).first?.item?.text("content") == "b")
        #expect(try site.remove(image) == [image])
        #expect(throws: ServiceError.self) { try shown(image.text) }
    }

    @Test("A property that cannot be changed once applied says what it was applied as")
    func readOnly() async throws {
        try fixture.load(fixture.model(content: "one"))
        _ = try site.createPlan(now: 0)
        #expect(try await fixture.run().result == .successful)
        let errors = try fixture.errors {
            try site.update(path("/ms/configs/motd"), properties: ["path": .scalar("/tmp/other")], deleting: [])
        }
        #expect(errors.map(\.property) == ["path"])
        #expect(errors.first?.rule?.contains(fixture.directory.path) == true)
    }

    @Test("The type of an applied item cannot be changed")
    func typeChange() async throws {
        let text = """
            ms: { ssh: { address: 127.0.0.1 } }
            deployments: { d: { clusters: { c: { type: TYPE, nodes: { n: { hostname: n, ssh: { address: 127.0.0.1 } } } } } } }
            """
        try fixture.load(text.replacing("TYPE", with: "cluster"))
        // Nothing of it needs a task: it counts as applied at once.
        _ = try fixture.site.createPlan(now: 0)
        #expect(try fixture.site.status().items == [.applied: 6])
        let errors = try fixture.errors { try fixture.load(text.replacing("TYPE", with: "vcs-cluster"), .replace) }
        #expect(errors.map(\.identifier) == [.methodNotAllowed])
        #expect(errors.first?.rule == "it was applied as cluster")
    }

    // MARK: What was removed and comes back

    private func applied(_ model: String) async throws {
        try fixture.load(model)
        _ = try site.createPlan(now: 0)
        #expect(try await fixture.run().result == .successful)
    }

    @Test("An item that was removed and is created again is as it was applied, and there is nothing to plan")
    func recreated() async throws {
        try await applied(fixture.model(content: "one"))
        let motd = try path("/ms/configs/motd")
        _ = try site.remove(motd)
        #expect(try site.show(Site.ShowQuery(motd)).first?.state == .forRemoval)
        try site.create(WrittenItem(path: motd, type: "managed-file"))
        #expect(try site.show(Site.ShowQuery(motd)).first?.state == .applied)
        guard case .nothingToDo = try site.createPlan(now: 0) else {
            Issue.record("there is a plan")
            return
        }
    }

    @Test("A host that comes back brings what was below it, and what is given now wins") func recreatedSubtree() async throws {
        try await applied(fixture.model(content: "one"))
        let server = try path("/ms")
        _ = try site.remove(server)
        try site.create(WrittenItem(path: server, type: "ms", properties: ["hostname": .scalar("other")]))
        #expect(try site.show(Site.ShowQuery(server)).first?.item?.text("hostname") == "other")
        #expect(try site.show(Site.ShowQuery(path("/ms/configs/motd"))).first?.state == .applied)
    }

    // MARK: Several commands at once

    @Test("Of two that edit at the same time, neither loses what the other does") func concurrentEdits() async throws {
        try site.create(WrittenItem(path: path("/ms"), type: "ms"))
        let other = try fixture.opened(version: "1")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for (number, site) in [site, other].enumerated() {
                group.addTask {
                    for item in 0..<20 {
                        let path = try #require(ItemPath("/ms/configs/f\(number)-\(item)"))
                        try site.create(
                            WrittenItem(
                                path: path, type: "managed-file",
                                properties: ["path": .scalar("/tmp/\(number)-\(item)"), "content": .scalar("x")]))
                    }
                }
            }
            for try await _ in group {}
        }
        #expect(try site.show(Site.ShowQuery(path("/ms/configs"))).first?.children.count == 40)
    }

    @Test("Of two that create the same item at the same time, one is told that it is there") func concurrentCreation()
        async throws
    {
        try site.create(WrittenItem(path: path("/ms"), type: "ms"))
        let sites = [site, try fixture.opened(version: "1")]
        let refusals = await withTaskGroup(of: Int.self) { group in
            for site in sites {
                group.addTask {
                    (0..<20).reduce(0) { refused, item in
                        let written = ItemPath("/ms/configs/f\(item)").map {
                            WrittenItem(
                                path: $0, type: "managed-file",
                                properties: ["path": .scalar("/tmp/\(item)"), "content": .scalar("x")])
                        }
                        do {
                            if let written { try site.create(written) }
                            return refused
                        } catch {
                            return refused + 1
                        }
                    }
                }
            }
            return await group.reduce(0, +)
        }
        #expect(refusals == 20)
        #expect(try site.show(Site.ShowQuery(path("/ms/configs"))).first?.children.count == 20)
    }
}
