import Foundation
import TaskKit
import Testing

@testable import PlannerCommandLine

/// The plans of every model in `models/`, as people read them and as programs do. They are reviewed as text: a change of the planner or of a
/// plugin that changes a plan shows here, line by line.
@Suite("Golden plans")
struct GoldenPlans {
    private static let isRecording = ProcessInfo.processInfo.environment["RECORD"] == "1"

    @Test("A plan as it is reviewed", arguments: GoldenScenario.ofSites)
    func plan(_ site: GoldenSite, _ scenario: GoldenScenario) throws {
        let plan = try #require(try scenario.plan(of: site))
        try expectGolden(plan, name: "\(site.rawValue)-\(scenario.rawValue)")
    }

    @Test("When all of it is applied, there is nothing to do", arguments: GoldenScenario.ofSites)
    func nothing(_ site: GoldenSite, _ scenario: GoldenScenario) throws {
        var world = try scenario.world(of: site)
        try world.apply()
        #expect(try world.plan()?.summaries == nil)
    }

    @Test("The model breaks no rule", arguments: GoldenScenario.ofSites)
    func valid(_ site: GoldenSite, _ scenario: GoldenScenario) throws {
        let world = try scenario.world(of: site)
        let problems = world.plugins.flatMap { $0.validate(world.context) }.map(DiagnosticText.text)
        #expect(problems == [])
    }

    // MARK: Files

    private func expectGolden(_ plan: Plan, name: String) throws {
        try expectGolden(PlanText(plan, level: .full).text(state: "initial"), file: "\(name).txt")
        try expectGolden(PlanText(plan, width: 100).text(state: "initial"), file: "\(name).folded.txt")
        try expectGolden(JSONOutput.document(plan) + "\n", file: "\(name).json")
    }

    private func expectGolden(_ text: String, file name: String) throws {
        let file = GoldenSite.repository.appendingPathComponent("plans/\(name)")
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
