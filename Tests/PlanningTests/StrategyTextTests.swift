import Engine
import Model
import Service
import TaskKit
import Testing

@testable import PlannerCommandLine

@Suite("How nodes take turns, in the text of a plan")
struct StrategyTextTests {
    private func lines(_ level: PlanText.Level, policy: [String: PropertyValue], pools: [Part] = []) throws -> [String] {
        PlanText(try plan(policy: policy, pools: pools), level: level).text(state: "initial").split(separator: "\n")
            .map(String.init)
    }

    private func plan(policy: [String: PropertyValue], pools: [Part] = []) throws -> Plan {
        func declared(_ value: String) -> Tree {
            site {
                cluster("c1", maxUnavailable: "2", policy: policy) {
                    pools
                    (1...7).map { number in node("n\(number)") { thing("disk", value, effect: .replace) } }
                }
            }
        }
        var world = try World(declared("1"), TestPlugin(contributors: ["ha": 1]))
        try world.apply()
        world.declared = declared("2")
        return try #require(try world.plan())
    }

    @Test("The heading says it for each cluster and pool, in the order of their turns")
    func heading() throws {
        let policy: [String: PropertyValue] = [
            "canary": ["n1"], "pause_after": "canary", "soak": "600", "soak_after": "4", "max_failures": "20%",
        ]
        let pools = [pool("odd", ["n3", "n5"], policy: ["max_unavailable": "1", "max_failures": "1"])]
        #expect(
            try lines(.summary, policy: policy, pools: pools)[2...3] == [
                "Strategy  c1/odd: 1 at a time, soak 10 min after every 4 nodes, up to 1 of 2 nodes may fail",
                "          c1: 2 at a time, canary n1, pause after canary, soak 10 min after every 4 nodes, up to 1 of 5 nodes may fail",
            ])
    }

    @Test("Clusters that do the same are one line, and a heading has no more than ten of them and one")
    func manyClusters() {
        func group(_ number: Int, width: Int) -> RollingGroup {
            RollingGroup(
                path: Place.cluster("c\(number)"), cluster: Place.cluster("c\(number)"), nodeCount: 3, maximumUnavailable: width)
        }
        #expect(StrategyText.lines(of: (1...5).map { group($0, width: 1) }) == ["c1 ... c5: 1 at a time, stop on first failure"])
        let lines = StrategyText.lines(of: (1...12).map { group($0, width: $0) })
        #expect(lines.count == 11 && lines.last == "and 2 more, each in another way")
    }

    @Test("Without a budget the first failure stops") func noBudget() throws {
        #expect(try lines(.summary, policy: [:])[2] == "Strategy  c1: 2 at a time, stop on first failure")
    }

    @Test("Each wait is a phase of the whole plan") func full() throws {
        let lines = try lines(.full, policy: ["canary": ["n1"], "pause_after": "canary", "soak": "90"])
        #expect(lines.contains { $0.hasPrefix("Phase 5  c1  PAUSE  after 4") })
        #expect(lines.contains("  soak 90 s, then go on after canary n1"))
        #expect(lines.contains("  wait for approval (planner approve) after canary n1"))
        #expect(lines.contains("  soak 90 s, then go on after 3 of 7 nodes"))
    }

    @Test("A plan that is run says of each wait whether it is open, over, or approved by whom")
    func states() throws {
        let plan = try plan(policy: ["canary": ["n1", "n2"], "pause_after": "1", "soak": "90", "soak_after": "canary"])
        let waits = plan.phases.filter { $0.wait != nil }.map(\.number)
        let first = try #require(waits.first)
        let done = plan.phases.prefix { $0.number < first }.flatMap(\.tasks).flatMap { task -> [RunEvent] in
            [
                .taskStarted(task: task.id, attempt: 1),
                .taskFinished(task: task.id, attempt: 1, outcome: .ok, failure: nil, milliseconds: 1),
            ]
        }
        var history: [RunEvent] = [.runStarted(isResumed: false, controller: "x")] + done + [.phaseStarted(phase: first)]
        func shown(_ level: PlanText.Level) throws -> [String] {
            PlanText(plan, progress: try PlanProgress(of: plan, history: history), level: level).text(state: "")
                .split(separator: "\n").map(String.init).filter { $0.contains("approval") && !$0.contains("between") }
        }
        #expect(try shown(.running) == ["  waiting wait for approval (planner approve) after 1 of 7 nodes"])
        history.append(.approved(phase: first, by: "maria"))
        #expect(try shown(.full)[0] == "  approved (maria)  wait for approval (planner approve) after 1 of 7 nodes")
        #expect(try shown(.full)[1] == "  -       wait for approval (planner approve) after canary n1, n2")
    }

    @Test("Where nodes are folded, so are the waits between them, with all the places where they are")
    func folded() throws {
        let lines = try lines(.folded, policy: ["canary": ["n1"], "pause_after": "canary", "soak": "90"])
        #expect(lines.contains { $0.hasPrefix("Nodes n2 ... n7  the same as n1") })
        #expect(lines.contains("  between    c1: soak 90 s, then go on after 1, 3, 5 of 7 nodes"))
        #expect(lines.contains("  between    c1: wait for approval (planner approve) after 1 of 7 nodes"))
        #expect(!lines.contains { $0.contains("PAUSE") })
    }
}
