import Formats
import Foundation
import Model
import TaskKit
import Testing

@testable import PlannerCommandLine

/// The plans of every model in `models/`, as people read them and as programs do. They are reviewed as text: a change of the planner or of a
/// plugin that changes a plan shows here, line by line.
@Suite("Golden plans")
struct GoldenPlans {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    private static let isRecording = ProcessInfo.processInfo.environment["RECORD"] == "1"

    /// A model, and its image that an upgrade exchanges.
    enum Site: String, CaseIterable, Sendable {
        case eccd, lab

        var image: String { self == .eccd ? "eccd-node-image" : "node-image" }
        var newSource: String {
            self == .eccd
                ? "http://192.168.0.42/images/ECCD/eccd-2.4.0-node-image-v2.qcow2" : "http://10.77.0.10/images/tiny-2.0.qcow2"
        }
    }

    @Test("The installation", arguments: Site.allCases)
    func install(_ site: Site) throws {
        let plan = try #require(try GoldenPlans.world(of: site).plan())
        try expectGolden(plan, name: "\(site.rawValue)-install")
    }

    @Test("A new image of the nodes", arguments: Site.allCases)
    func upgrade(_ site: Site) throws {
        var world = try GoldenPlans.world(of: site)
        try world.apply()
        let image = ItemPath.root.appending("software").appending("images").appending(site.image)
        try world.declared.update(
            image,
            properties: [
                "checksum": .scalar(String(repeating: "ab", count: 32)), "source_uri": .scalar(site.newSource),
            ], deleting: [], registry: world.registry)
        let plan = try #require(try world.plan())
        try expectGolden(plan, name: "\(site.rawValue)-image-upgrade")
    }

    @Test("When all of it is applied, there is nothing to do", arguments: Site.allCases)
    func nothing(_ site: Site) throws {
        var world = try GoldenPlans.world(of: site)
        try world.apply()
        #expect(try world.plan() == nil)
    }

    @Test("The model breaks no rule", arguments: Site.allCases)
    func valid(_ site: Site) throws {
        let world = try GoldenPlans.world(of: site)
        let problems = world.plugins.flatMap { $0.validate(world.context) }.map(DiagnosticText.text)
        #expect(problems.isEmpty)
    }

    static func world(of site: Site) throws -> World {
        var world = try World(Tree(), plugins: plugins)
        let file = root.appendingPathComponent("models/\(site.rawValue)/site.yaml").path
        let reading = YAMLModelReader(registry: world.registry).read(files: [file])
        #expect(reading.errors.map(DiagnosticText.text) == [])
        world.declared = reading.tree
        return world
    }

    // MARK: Files

    private func expectGolden(_ plan: Plan, name: String) throws {
        try expectGolden(PlanText(plan, level: .full).text(state: "initial"), file: "\(name).txt")
        try expectGolden(PlanText(plan, width: 100).text(state: "initial"), file: "\(name).folded.txt")
        try expectGolden(JSONOutput.document(plan) + "\n", file: "\(name).json")
    }

    private func expectGolden(_ text: String, file name: String) throws {
        let file = GoldenPlans.root.appendingPathComponent("plans/\(name)")
        guard GoldenPlans.isRecording else {
            let golden = (try? String(contentsOf: file, encoding: .utf8)) ?? ""
            guard golden != text else { return }
            let lines = (
                golden.split(separator: "\n", omittingEmptySubsequences: false),
                text.split(separator: "\n", omittingEmptySubsequences: false)
            )
            let place = zip(lines.0, lines.1).prefix { $0 == $1 }.count
            func line(_ lines: [Substring]) -> Substring { place < lines.count ? lines[place] : "(end)" }
            Issue.record(
                """
                plans/\(name) differs from line \(place + 1) on
                    golden: \(line(lines.0))
                    now:    \(line(lines.1))
                make golden writes it anew; read the difference before you commit it
                """)
            return
        }
        try FileManager.default.createDirectory(at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data(text.utf8).write(to: file)
        Issue.record("plans/\(name) was written anew: read the difference, then run the tests without RECORD")
    }
}
