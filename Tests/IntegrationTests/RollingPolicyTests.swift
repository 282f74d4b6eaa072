import Foundation
import Testing

/// What a rolling policy makes of a run on real hosts: pauses and approvals, failure budgets, windows.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "3"))
struct RollingPolicyTests {
    /// Two hosts of which version 1 is planned: the first is the canary, and the run pauses after it.
    private func pausing() async throws -> Bench {
        let bench = try await Bench("svc-1", "svc-2")
        var model = bench.fleet.model("version 1")
        model.policy = ["canary: [svc-1]", "pause_after: canary"]
        try await bench.controller.loadAndPlan(model)
        return bench
    }

    @Test("A run ends at a pause; it is approved, and the resumed run goes on behind it", .timeLimit(.minutes(1)))
    func pause() async throws {
        let bench = try await pausing()
        let early = try await bench.controller.planner("approve")
        #expect(early.end == .exited(4) && early.errors.contains("waits for approval now"), "\(early)")
        let run = try await bench.controller.planner("run_plan")
        #expect(run.end == .exited(11), "\(run)")
        #expect(run.output.contains("Next   planner approve, then planner run_plan --resume"), "\(run)")
        let again = try await bench.controller.planner("run_plan", "--resume")
        #expect(again.end == .exited(11), "\(again)")
        #expect(try await bench.fleet.evidence(of: "svc-2").verbs.isEmpty)
        let status = try await bench.controller.must("status")
        #expect(status.contains("Wait   c: waits for approval since ") && status.contains("after canary svc-1"), "\(status)")
        let approved = try await bench.controller.must("approve")
        #expect(approved.contains("after canary svc-1"), "\(approved)")
        try await bench.resumeAndProve()
    }

    @Test("A run that waits at a pause goes on when somebody else approves", .timeLimit(.minutes(1)))
    func waits() async throws {
        let bench = try await pausing()
        let run = try await bench.controller.planner("run_plan", "--wait-for-approval") { running in
            try await running.says("wait for approval")
            #expect(try await bench.fleet.evidence(of: "svc-2").verbs.isEmpty)
            try await bench.controller.must("approve")
        }
        #expect(run.isSuccess, "\(run)")
        #expect(run.output.contains("approved"), "\(run)")
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
