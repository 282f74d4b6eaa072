import Foundation
import Testing

/// What a rolling policy makes of a run on real hosts: pauses and approvals, failure budgets, windows.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "3"))
struct RollingPolicyTests {
    @Test(
        "A run ends at a pause and goes on when it is approved and resumed; one that waits goes on by itself",
        .timeLimit(.minutes(1)))
    func pause() async throws {
        let bench = try await Bench("svc-1", "svc-2", "svc-3")
        var model = bench.fleet.model("version 1")
        model.policy = ["canary: [svc-1]", "pause_after: 1"]
        try await bench.controller.loadAndPlan(model)
        let early = try await bench.controller.planner("approve")
        #expect(early.end == .exited(4) && early.errors.contains("waits for approval now"), "\(early)")
        let run = try await bench.controller.planner("run_plan")
        #expect(run.end == .exited(11), "\(run)")
        #expect(run.output.contains("Next   planner approve, then planner run_plan --resume"), "\(run)")
        let again = try await bench.controller.planner("run_plan", "--resume")
        #expect(again.end == .exited(11), "\(again)")
        let status = try await bench.controller.must("status")
        #expect(status.contains("Wait   c: waits for approval since ") && status.contains("after canary svc-1"), "\(status)")
        #expect(try await bench.controller.must("approve").contains("after canary svc-1"))

        let resumed = try await bench.controller.planner("run_plan", "--resume", "--wait-for-approval") { running in
            try await running.says("wait for approval (planner approve) after 2 of 3 nodes")
            #expect(try await bench.fleet.evidence(of: "svc-3").verbs.isEmpty)
            try await bench.controller.must("approve")
        }
        #expect(resumed.isSuccess && resumed.output.contains("approved"), "\(resumed)")
        try await bench.prove()
    }

    @Test(
        "Within its budget a failed node is left as it is: the others and another cluster are done, and status says how much is used",
        .timeLimit(.minutes(1)))
    func budget() async throws {
        let bench = try await Bench("svc-1", "svc-2", "svc-3", applied: nil)
        let folder = bench.fleet.folder
        func model(_ content: String) -> SiteModel {
            var first = bench.fleet.model(content)
            // The first host fails at once; the others wait until that is known.
            let last = first.locks[0].lock
            first.locks[0].lock = "if [ -e \(folder)/broken ]; then exit 1; fi; " + bench.fleet.waiting(then: last)
            first.maximumUnavailable = 2
            first.policy = ["max_failures: 1"]
            var second = first
            second.name = "e"
            second.policy = []
            second.nodes.removeFirst(2)
            first.nodes.removeLast()
            first.beside = [second]
            return first
        }
        try await bench.controller.apply(model("version 0"))
        try await bench.fleet.forget()
        try await bench.lab.shell(on: "svc-1", ": >\(folder)/broken")
        try await bench.controller.loadAndPlan(model("version 1"))
        let run = try await bench.controller.planner("run_plan") { running in
            try await running.says("c: 1/1 failures (svc-1); the others go on")
            try await bench.open()
        }
        #expect(run.end == .exited(3), "\(run)")
        let found = try await bench.fleet.evidence()
        #expect(
            found.mapValues { $0.contents["replaced"] } == ["svc-1": "version 0", "svc-2": "version 1", "svc-3": "version 1"])
        let status = try await bench.controller.must("status")
        #expect(status.contains("Budget c: 1/1 failures (svc-1)"), "\(status)")
        try await bench.lab.shell(on: "svc-1", "rm \(folder)/broken")
        let resumed = try await bench.controller.planner("run_plan", "--resume")
        #expect(resumed.isSuccess, "\(resumed)")
        #expect(
            try await bench.fleet.evidence().values.allSatisfy { $0.markers.isEmpty && $0.contents["replaced"] == "version 1" })
        #expect(try await bench.verbs().count { $0 == "restart" } == 3)
    }

    @Test(
        "A node that may not be done before the end of the window is not touched, and a later run goes on",
        .timeLimit(.minutes(1)))
    func window() async throws {
        let bench = try await Bench("svc-1", "svc-2")
        try await bench.controller.loadAndPlan(bench.fleet.model("version 1"))
        func end(_ seconds: Double) -> String { Date(timeIntervalSinceNow: seconds).formatted(.iso8601) }
        // Each of the locks may take a minute, and none was ever run.
        let run = try await bench.controller.planner("run_plan", "--until", end(90))
        #expect(run.end == .exited(6), "\(run)")
        #expect(run.output.contains("node svc-1 is not begun: it may take "), "\(run)")
        #expect(try await bench.verbs().isEmpty)
        let next = try await bench.controller.planner("run_plan", "--resume", "--until", end(86_400))
        #expect(next.isSuccess, "\(next)")
        try await bench.prove()
    }
}
