import Model
import Service
import TestSupport
import Testing

@Suite("Loading and exporting a model as XML")
struct XMLUseCaseTests {
    private let fixture: SiteFixture
    private var site: Site { fixture.site }

    init() throws { fixture = try SiteFixture() }

    private func path(_ text: String) throws -> ItemPath { try #require(ItemPath(text)) }

    private func load(_ text: String, at place: String = "/", _ mode: Site.LoadMode = .new) throws -> Site.LoadSummary {
        try site.load(xml: try fixture.file(text, named: "a.xml"), at: path(place), mode: mode)
    }

    /// The errors of a load that must change nothing.
    private func errors(_ text: String, at place: String = "/", _ mode: Site.LoadMode = .new) throws -> [Diagnostic] {
        let before = try site.export(.root)
        let errors = try fixture.errors { _ = try load(text, at: place, mode) }
        #expect(try site.export(.root) == before)
        return errors
    }

    private let root = """
        <litp:root xmlns:litp="http://www.ericsson.com/litp" id="root"><litp:ms id="ms">
        <litp:ms-configs-collection id="configs">
        <litp:managed-file id="motd"><path>/tmp/motd</path><content>one</content></litp:managed-file>
        </litp:ms-configs-collection>
        <litp:ssh-connection id="ssh"><address>127.0.0.1</address></litp:ssh-connection>
        </litp:ms></litp:root>
        """

    private func file(_ id: String, _ properties: String, type: String = "managed-file") -> String {
        "<litp:\(type) xmlns:litp=\"http://www.ericsson.com/litp\" id=\"\(id)\">\(properties)</litp:\(type)>"
    }

    @Test("A document of the root becomes the model; what YAML exports of it is the same that XML exports")
    func loadRoot() throws {
        let summary = try load(root)
        #expect(summary.changes.added.count == 3)
        #expect(summary.changes.changed.count == 0)
        let text = try site.exportXML(.root)
        let copy = try SiteFixture()
        _ = try copy.site.load(xml: copy.file(text, named: "b.xml"), at: .root, mode: .new)
        #expect(try copy.site.export(.root) == site.export(.root))
        #expect(try copy.site.exportXML(.root) == text)
    }

    @Test("A plain load of what is there changes nothing and names both ways on")
    func existing() throws {
        _ = try load(root)
        for (text, place) in [(root, "/"), (file("motd", "<path>/x</path><content>y</content>"), "/ms/configs")] {
            let found = try errors(text, at: place)
            #expect(found.map(\.identifier) == [.itemExists])
            #expect(found.first?.place?.line == 1)
        }
    }

    @Test("--merge sets the properties of the file, --replace resets those that it leaves out")
    func modes() throws {
        _ = try load(root)
        _ = try load(file("motd", "<mode>0600</mode>"), at: "/ms/configs", .merge)
        let motd = try path("/ms/configs/motd")
        #expect(try site.show(Site.ShowQuery(motd)).first?.item?.text("mode") == "0600")
        #expect(try site.show(Site.ShowQuery(motd)).first?.item?.text("content") == "one")
        let summary = try load(file("motd", "<path>/tmp/motd</path><content>two</content>"), at: "/ms/configs", .replace)
        #expect(summary.changes.changed.count == 1)
        #expect(try site.show(Site.ShowQuery(motd)).first?.item?.text("mode") == "0644")
    }

    @Test("A replaced collection loses what the file does not have")
    func replaceCollection() throws {
        _ = try load(root)
        let text = """
            <litp:ms-configs-collection xmlns:litp="http://www.ericsson.com/litp" id="configs"><litp:managed-file id="issue">
            <path>/etc/issue</path><content/></litp:managed-file></litp:ms-configs-collection>
            """
        let summary = try load(text, at: "/ms", .replace)
        #expect(summary.changes.added.count == 1)
        #expect(summary.changes.removed.count == 1)
        #expect(
            try site.show(Site.ShowQuery(path("/ms/configs"), depth: nil)).compactMap { $0.item?.path.text } == [
                "/ms/configs/issue"
            ])
    }

    @Test("All errors of a file come at once: its form, its values, and what the types want")
    func allErrors() throws {
        _ = try load(root)
        let found = try errors(
            file("one", "<path>relative</path>\n<conten>x</conten>\n<mode>rw</mode>"), at: "/ms/configs")
        #expect(found.map(\.property) == ["path", "conten", "mode"])
        #expect(found.map { $0.place?.line } == [1, 2, 3])
        let missing = try errors(file("one", "<path>/x</path>"), at: "/ms/configs")
        #expect(missing.map(\.identifier) == [.missingRequiredProperty])
        #expect(missing.first?.place?.line == 1)
    }

    @Test("What only follows from a mistake is no second mistake: a source that could not be read is not taken away")
    func consequences() throws {
        try fixture.load(
            """
            ms: { ssh: { address: 127.0.0.1 } }
            deployments:
              d:
                clusters:
                  c: { type: cluster, nodes: { n: { hostname: n, ssh: { address: 127.0.0.1 } } } }
                  e: { inherit: /deployments/d/clusters/c, nodes: { n: { hostname: m, ssh: { address: 127.0.0.2 } } } }
            """)
        let text = try site.exportXML(.root)
        #expect(text.contains("litp:cluster-inherit"))
        let misspelled = text.replacing("litp:cluster id", with: "litp:clutser id").replacing(
            "/litp:cluster>", with: "/litp:clutser>")
        let found = try errors(misspelled, .replace)
        #expect(found.map(\.summary) == ["unknown element <litp:clutser>"])
        #expect(found.first?.nextStep == "did you mean <litp:cluster>?")
    }

    @Test("What the model lacked before the file does not keep the file out")
    func growingModel() throws {
        let deployment = "<litp:deployment xmlns:litp=\"http://www.ericsson.com/litp\" id=\"d\"/>"
        #expect(try errors(deployment, at: "/deployments").map(\.identifier) == [.cardinality])
        try site.create(WrittenItem(path: path("/deployments/d"), type: "deployment"))
        _ = try load(root, .merge)
        #expect(try site.show(Site.ShowQuery(path("/ms"))).count == 1)
    }

    @Test("A place that is not there is named with what is near")
    func noPlace() throws {
        _ = try load(root)
        let found = try errors(file("one", ""), at: "/ms/config")
        #expect(found.map(\.identifier) == [.invalidLocation])
    }

    @Test("A file that is not well-formed, or not there, changes nothing and has a place")
    func broken() throws {
        _ = try load(root)
        for text in ["", "<", "<a>", String(root.dropLast(3)), "\u{0}", "<!DOCTYPE a><a/>"] {
            let found = try errors(text, .replace)
            #expect(!found.isEmpty)
            #expect(found.allSatisfy { $0.place != nil }, "\(found)")
        }
        let found = try fixture.errors { _ = try site.load(xml: "/nonexistent.xml", at: .root, mode: .replace) }
        #expect(found.map(\.identifier) == [.invalidRequest])
    }

    @Test("A file that was cut or changed anywhere loads whole or not at all", arguments: 0..<12)
    func damaged(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        _ = try load(root)
        let before = try site.export(.root)
        let bytes = Array(root.utf8)
        for mode in [Site.LoadMode.merge, .replace] {
            let position = Int.random(in: 0..<bytes.count, using: &random)
            let damaged =
                Bool.random(using: &random)
                ? Array(bytes[..<position])
                : bytes[..<position] + [UInt8.random(in: 1...127, using: &random)] + bytes[(position + 1)...]
            let file = try fixture.file(String(decoding: damaged, as: UTF8.self), named: "damaged.xml")
            do {
                _ = try site.load(xml: file, at: .root, mode: mode)
                // What could be loaded is valid: it exports, and loads again.
                _ = try load(site.exportXML(.root), .replace)
                _ = try load(root, .replace)
            } catch ServiceError.model(let error) {
                #expect(error.diagnostics.allSatisfy { $0.place != nil }, "seed \(seed): \(error)")
                #expect(try site.export(.root) == before, "seed \(seed)")
            }
        }
    }

    @Test("The type of an applied item cannot be changed by a file; that of an initial one can")
    func otherType() async throws {
        try fixture.load(
            """
            ms: { ssh: { address: 127.0.0.1 } }
            deployments: { d: { clusters: { c: { type: cluster, nodes: { n: { hostname: n, ssh: { address: 127.0.0.1 } } } } } } }
            """)
        let text = try site.exportXML(path("/deployments/d/clusters/c"))
        let other = text.replacing("litp:cluster ", with: "litp:vcs-cluster ").replacing(
            "/litp:cluster>", with: "/litp:vcs-cluster>")
        _ = try load(other, at: "/deployments/d/clusters", .replace)
        #expect(try site.show(Site.ShowQuery(path("/deployments/d/clusters/c"))).first?.item?.type == "vcs-cluster")
        // Nothing of it needs a task: it counts as applied at once.
        _ = try site.createPlan(now: 0)
        let found = try errors(text, at: "/deployments/d/clusters", .replace)
        #expect(found.map(\.rule) == ["it was applied as vcs-cluster"])
    }

    @Test("A value that XML cannot carry keeps the file from being written, and is named")
    func unwritable() throws {
        try fixture.load(fixture.model(content: "a\\u0007b"))
        do {
            _ = try site.exportXML(.root)
            Issue.record("it was written")
        } catch ServiceError.model(let error) {
            #expect(error.diagnostics.map(\.property) == ["content"])
        }
    }
}
