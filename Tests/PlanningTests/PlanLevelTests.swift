import Foundation
import Model
import PluginKit
import TaskKit
import Testing

@testable import PlannerCommandLine

@Suite("Plans in levels")
struct PlanLevelTests {
    /// A cluster whose nodes all get the same change, with an address of their own in it.
    private static func tree(_ count: Int, _ value: String, odd: Int? = nil) -> Tree {
        site {
            cluster("c1") {
                for number in 1...count {
                    node("n\(number)") { thing("disk", number == odd ? value + "!" : value, effect: .replace) }
                }
            }
        }
    }

    private static func change(_ count: Int, odd: Int? = nil) throws -> Plan {
        let plugin = TestPlugin(contributors: ["ha": 1])
        var world = try World(tree(count, "1"), plugin)
        try world.apply()
        world.declared = tree(count, "2", odd: odd)
        return try #require(try world.plan())
    }

    private func lines(_ plan: Plan, _ level: PlanText.Level = .folded, color: Bool = false, width: Int? = nil) -> [String] {
        PlanText(plan, level: level, style: Style(usesColor: color), width: width).text(state: "initial")
            .split(separator: "\n").map(String.init)
    }

    @Test("A plan for a part of the model says so, and how much it leaves for later") func limited() throws {
        var plan = try PlanLevelTests.change(2)
        #expect(!lines(plan, .summary).contains { $0.hasPrefix("Limited") })
        plan.selection = PlanSelection(
            only: [Place.node("n1")], excluded: [Place.node("n2")], additions: [], leftOut: 21, completes: [])
        #expect(lines(plan, .summary).contains("Limited   to n1; without n2; 21 steps are left for a later plan"))
    }

    @Test("Blocks that are the same are one line, which names every node and what is replaced on each")
    func folding() throws {
        let lines = lines(try PlanLevelTests.change(12))
        #expect(lines.contains { $0.hasPrefix("Nodes n2 ... n12  the same as n1: 11 nodes, phases ") })
        #expect(lines.contains("  each       apply disk on NODE  (replace)"))
        #expect(lines.filter { $0.contains("apply disk on n") && !$0.contains("why:") }.count == 1)
    }

    @Test("A node with another change is not folded into the others, and folding begins anew behind it")
    func otherReason() throws {
        let lines = lines(try PlanLevelTests.change(9, odd: 5))
        #expect(lines.contains { $0.hasPrefix("Nodes n2, n3, n4  the same as n1") })
        #expect(lines.contains { $0.hasPrefix("Node n5  ") })
        #expect(lines.contains { $0.hasPrefix("Nodes n7, n8, n9  the same as n6") })
    }

    @Test("Every task is in --full, and each node and phase can be had alone")
    func selection() throws {
        let plan = try PlanLevelTests.change(5)
        let ids = plan.tasks.map(\.id.text)
        #expect(ids.allSatisfy { id in lines(plan, .full).contains { $0.hasPrefix("  \(id)  ") } })
        let own = plan.tasks.filter { $0.identity.node == Place.node("n3") }.map(\.id.text)
        let shown = lines(plan, .node(Place.node("n3"))).filter { $0.hasPrefix("  ") && !$0.contains("why:") }
        #expect(shown.map { String($0.split(separator: " ")[0]) } == own)
        let phase = try #require(plan.phases.last)
        #expect(lines(plan, .phase(phase.number)).contains { $0.hasPrefix("Phase \(phase.number)  ") })
        #expect(lines(plan, .phase(phase.number)).count { $0.hasPrefix("Phase ") } == 1)
        #expect(lines(plan, .summary).count == 6)
    }

    @Test("No line is wider than the terminal, where its words allow it", arguments: [80, 200], [false, true])
    func width(_ width: Int, _ color: Bool) throws {
        for level in [PlanText.Level.folded, .full] {
            for line in lines(try PlanLevelTests.change(30), level, color: color, width: width) {
                let plain = line.replacing(/\u{1b}\[[0-9]+m/, with: "")
                let longest = plain.split(separator: " ").map(\.count).max() ?? 0
                #expect(plain.count <= max(width, longest + 17), "\(plain)")
            }
        }
    }

    @Test("Colour changes no word, and width no word either")
    func sameWords() throws {
        let plan = try PlanLevelTests.change(30)
        func words(_ color: Bool, _ width: Int?) -> [Substring] {
            lines(plan, color: color, width: width).joined(separator: " ").replacing(/\u{1b}\[[0-9]+m/, with: "").split(
                separator: " ")
        }
        #expect(words(true, 80) == words(false, nil))
        #expect(words(true, nil) != lines(plan, color: true).joined(separator: " ").split(separator: " "))
    }

    @Test("What brought the plan about is shown once, with old and new value and how much follows")
    func causes() throws {
        let plan = try PlanLevelTests.change(1)
        let disk = Place.thing("disk", on: "n1")
        let text = PlanCausesText(plan, effects: [disk: ["value": .replace]], width: 80).text
        #expect(text == "~ \(disk)\n    value: 1 -> 2  (replace)\n        1 task on n1\n")
    }

    @Test("Two plans are compared by the identity of their steps")
    func comparison() throws {
        let before = try PlanLevelTests.change(2)
        let after = try PlanLevelTests.change(3, odd: 2)
        let comparison = PlanComparison(after, against: before)
        #expect(Set(comparison.onlyNow.compactMap(\.identity.node)) == [Place.node("n3")])
        #expect(comparison.onlyBefore == [])
        #expect(comparison.different.map(\.now.identity.node) == [Place.node("n2")])
        #expect(comparison.onlyNow.count + comparison.different.count + comparison.sameCount == after.taskCount)
        let text = PlanComparisonText(after, against: before).text
        #expect(text.contains("now: value of \(Place.thing("disk", on: "n2")): 1 -> 2!"))
        #expect(text.contains("was: value of \(Place.thing("disk", on: "n2")): 1 -> 2\n"))
    }

    @Test("Graphs have a box for each phase and an arrow for each edge; quotes and angles in texts do not end them")
    func graphs() throws {
        var plan = try PlanLevelTests.change(2)
        plan.phases[0].tasks[0].summary = #"say "<b>" \ #1"#
        let edges = plan.phases.reduce(0) { $0 + $1.after.count }
        let dot = PlanGraph.dot(plan)
        #expect(dot.split(separator: "\n").count { $0.contains(" -> ") } == edges)
        #expect(dot.contains(#"say \"<b>\" \\ #1\l"#))
        let mermaid = PlanGraph.mermaid(plan)
        #expect(mermaid.split(separator: "\n").count { $0.contains(" --> ") } == edges)
        #expect(mermaid.contains("say #quot;&lt;b&gt;#quot;"))
    }
}

@Suite("The page of a plan")
struct PlanPageTests {
    private func page(_ plan: Plan) -> String {
        PlanPage(plan, progress: nil).text(state: "initial", staleness: [], estimate: nil)
    }

    /// A site like models/eccd with many workers, whose image is exchanged.
    private func upgrade(workers: Int) throws -> Plan {
        var world = try GoldenSite.lab.world()
        let cluster = try #require(ItemPath("/deployments/lab/clusters/svc_cluster"))
        let names = (2...(workers + 1)).map { "svc-\($0)" }
        for (number, name) in names.enumerated() where number > 1 {
            let node = cluster.appending("nodes").appending(name)
            world.declared.insert(Item(path: node, type: BaseType.node, properties: ["hostname": .string(name)]))
            world.declared.insert(
                Item(
                    path: node.appending("ssh"), type: "ssh-connection",
                    properties: ["address": .string("10.78.\(number / 250).\(number % 250 + 1)")]))
        }
        let addresses = names.indices.map { "10.79.\($0 / 250).\($0 % 250 + 1)" }
        try world.declared.update(
            cluster.appending("services").appending("worker"),
            properties: ["node_list": .sequence(names), "active": .scalar(String(workers))], deleting: [],
            registry: world.registry)
        try world.declared.update(
            try #require(ItemPath("/software/services/worker/vm_network_interfaces/lab")),
            properties: ["ipaddresses": .sequence(addresses)], deleting: [], registry: world.registry)
        try world.apply()
        try world.declared.update(
            try #require(ItemPath("/software/images/node-image")),
            properties: ["checksum": .scalar(String(repeating: "ab", count: 32))], deleting: [], registry: world.registry)
        return try #require(try world.plan())
    }

    /// Pages to look at: PAGES=directory swift test --filter PlanPageTests
    private func keep(_ page: String, _ name: String) throws {
        guard let directory = ProcessInfo.processInfo.environment["PAGES"] else { return }
        try Data(page.utf8).write(to: URL(fileURLWithPath: "\(directory)/\(name).html"))
    }

    @Test("A page of 5,000 tasks has each of them, is the same every time, and is some megabytes at most")
    func large() throws {
        var plan = try upgrade(workers: 20)
        // The same blocks again and again: making a plan of 300 nodes is not what is tested here.
        let phases = plan.phases
        while plan.taskCount < 5000 {
            let offset = plan.phases.count
            plan.phases += phases.map { phase in
                var phase = phase
                phase.number += offset
                phase.after = phase.after.isEmpty && offset > 0 ? [offset] : phase.after.map { $0 + offset }
                return phase
            }
        }
        let page = page(plan)
        try keep(page, "large")
        #expect(page == self.page(plan))
        #expect(page.utf8.count < 12_000_000)
        let ids = page.split(separator: "<dt>task</dt><dd>").dropFirst().map { String($0.prefix(8)) }
        #expect(ids == plan.tasks.map { String($0.id.text.prefix(8)) })
    }

    @Test("A phase in which the edges of many nodes meet names the first and the last of them, and what it is for")
    func joint() throws {
        func tree(_ value: String) -> Tree {
            site {
                cluster("c1", maxUnavailable: "5") {
                    for number in 1...10 { node("n\(number)") { thing("a", value, effect: .restart) } }
                }
            }
        }
        var world = try World(tree("1"))
        try world.apply()
        world.declared = tree("2")
        world.maximumEdgesOfTurn = 20
        let plan = try #require(try world.plan())
        let page = page(plan)
        #expect(page.contains("<small>after <a href=\"#p1\">1</a> ... <a href=\"#p5\">5</a></small>"))
        #expect(page.contains("<p>go on after all of these</p>"))
        #expect(page.contains("the same as n1: phase 2, 1 task<"))
        let full = PlanText(plan, level: .full).text(state: "initial")
        #expect(full.contains("Phase 6  c1  PAUSE  after 1 ... 5\n  go on after all of these\n"))
        let folded = PlanText(plan).text(state: "initial")
        #expect(folded.contains("Nodes n2 ... n10  the same as n1: 9 nodes, phases 2 to 11, 9 tasks"))
    }

    @Test("A page loads nothing and runs nothing, and its policy allows its style sheet only")
    func selfContained() throws {
        let page = page(try upgrade(workers: 3))
        try keep(page, "small")
        #expect(!page.contains("<script") && !page.contains(" src=") && !page.contains("@import") && !page.contains("url("))
        #expect(!page.contains(" style=") && !page.contains(" onclick"))
        #expect(page.matches(of: /href="([^"]*)"/).allSatisfy { $0.1.hasPrefix("#p") })
        #expect(page.contains("default-src 'none'; style-src 'sha256-\(PlanPageStyle.digest)'"))
        #expect(page.count(of: "<details") == page.count(of: "</details>"))
    }

    @Test("No text of a model becomes a part of the page")
    func escaping() throws {
        var plan = try upgrade(workers: 3)
        let evil = "</summary><script>alert('1')</script>\u{1b}[31m & \""
        plan.phases[0].tasks[0].summary = evil
        plan.phases[0].tasks[0].reasons = [.changed(.root, property: evil, old: evil, new: nil)]
        plan.phases[0].tasks[0].action = AnyTaskAction(CommandAction(check: nil, apply: evil, limit: .seconds(1)))
        let page = page(plan)
        #expect(!page.contains("<script"))
        #expect(!page.contains("\u{1b}"))
        #expect(page.contains("&lt;/summary&gt;&lt;script&gt;alert(&#39;1&#39;)"))
    }
}

extension String {
    fileprivate func count(of part: String) -> Int { split(separator: part, omittingEmptySubsequences: false).count - 1 }
}
