import Foundation
import Model
import Service
import TaskKit
import TestSupport
import Testing

@testable import PlannerCommandLine

@Suite("The page of a run")
struct RunPageTests {
    private func page(_ run: TestRun, state: String = "failed") throws -> String {
        let maker = RunReportMaker(records: run.records, places: run.places, zone: .gmt) { "/logs/\($0).\($1).log" }
        return try RunPage.text(of: maker.page(state: state, lastTime: 0))
    }

    /// A rolling change of many nodes, of which the last ones were not begun.
    private func rolling(nodes: Int, done: Int, failing: Bool = true) -> TestRun {
        var phases: [Phase] = []
        var events: [RunEvent] = [.runStarted(isResumed: false, controller: "ann on ms")]
        for number in 0..<nodes {
            let node = TestPlan.path(of: "node-\(number)")
            let groups: [(DeploymentGroup, String)] = [
                (.preNodeLock, "drain"), (.lock, "lock"), (.node, "replace"), (.unlock, "unlock"),
            ]
            for (place, step) in groups.enumerated() {
                var task = TestPlan.task(String(number * 4 + place + 0x1000000, radix: 16), host: "node-\(number)")
                task.identity = StepIdentity(item: node, node: node, name: step.1)
                task.group = step.0
                task.summary = "\(step.1) node-\(number)"
                let phase = phases.count + 1
                phases.append(Phase(number: phase, group: step.0, cluster: nil, node: node, after: [], tasks: [task]))
                guard number < done else { continue }
                let isFailure = failing && number == done - 1 && place == 2
                if failing, number == done - 1, place > 2 { continue }
                let failure = isFailure ? TaskFailure(.failed, "it <failed>\n& said so", exitStatus: 1) : nil
                events += [
                    .taskStarted(task: task.id, attempt: 1), .taskApplying(task: task.id, attempt: 1),
                    .taskFinished(
                        task: task.id, attempt: 1, outcome: isFailure ? .failed : .changed, failure: failure, milliseconds: 900),
                ]
            }
        }
        return TestRun(TestPlan.plan(phases), events + [.runFinished(result: failing ? .failed : .successful)])
    }

    @Test("It shows each node and its steps in words and times, what failed with its last output, and loads nothing")
    func small() throws {
        let text = try page(rolling(nodes: 3, done: 2))
        for words in [
            "<th scope=\"col\">drain</th><th scope=\"col\">lock</th><th scope=\"col\">replace</th><th scope=\"col\">unlock</th>",
            "<th scope=\"row\">node-2</th><td class=\"wait\"", "FAILED, exit status 1", "it &lt;failed&gt;\n&amp; said so",
            "default-src 'none'", "ann on ms",
        ] { #expect(text.contains(words), "\(words)") }
        #expect(!text.contains("<script") && !text.contains("http://") && !text.contains("https://"))
        #expect(text.utf8.count < 100_000)
    }

    @Test(
        "A run of 1,000 nodes is a page too; nodes that wait are one line, those that are done are folded, and the time axis says how much ran"
    )
    func large() throws {
        let text = try page(rolling(nodes: 1000, done: 600))
        #expect(text.contains("400 nodes wait: node-600 ... node-999"))
        #expect(text.components(separatedBy: "<th scope=\"row\">").count == 601)
        let folded = try #require(text.range(of: "<summary>599 nodes are done"))
        let failed = try #require(text.range(of: "<th scope=\"row\">node-599"))
        #expect(failed.lowerBound < folded.lowerBound)
        #expect(text.components(separatedBy: "<th scope=\"col\">drain").count == 3)
        #expect(text.contains("nodes at work"))
        #expect(text.utf8.count < 1_500_000)
    }

    @Test("Every name in the template is one that the page has")
    func names() throws {
        let maker = RunReportMaker(records: rolling(nodes: 2, done: 1).records, places: rolling(nodes: 2, done: 1).places) {
            _, _ in ""
        }
        var known: Set<String> = ["."]
        func collect(_ value: Any) {
            for child in Mirror(reflecting: value).children {
                if let label = child.label { known.insert(label) }
                collect(child.value)
            }
        }
        collect(maker.page(state: "failed", lastTime: 0))
        let used = RunPage.template.matches(of: /\{\{\{?[#\/]?([a-zA-Z.]+)\}\}/).map { String($0.output.1) }
        #expect(used.count > 40)
        #expect(Set(used).subtracting(known) == [])
    }
}
