import Foundation
import Testing

/// `run_plan --dry-run` against real hosts.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "2"))
struct DryRunCommandTests {
    @Test(
        "A dry run tells what is true and what would change, touches nothing, and leaves the plan as it was",
        .timeLimit(.minutes(1)))
    func asksOnly() async throws {
        let bench = try await Bench("svc-1", "svc-2")
        try await bench.controller.loadAndPlan(bench.fleet.model("version 1"))
        let before = try await bench.controller.must("plan_history")
        let run = try await bench.controller.planner("run_plan", "--dry-run", "--exit-code")
        #expect(run.end == .exited(2), "\(run)")
        #expect(run.output.contains("content differs") && run.output.contains("nothing was touched"), "\(run)")
        #expect(try await bench.verbs().isEmpty)
        #expect(try await bench.fleet.evidence(of: "svc-1").contents["live"] == "version 0")
        #expect(try await bench.controller.must("plan_history") == before)

        let json = try await bench.controller.must("run_plan", "--dry-run", "--json")
        let document = try #require(try JSONSerialization.jsonObject(with: Data(json.utf8)) as? [String: Any])
        let tasks = try #require(document["tasks"] as? [[String: Any]])
        #expect(document["schema"] as? String == "planner.dry-run/1")
        #expect(tasks.contains { $0["answer"] as? String == "change" })
        #expect((document["counts"] as? [String: Int])?.values.reduce(0, +) == tasks.count)
        // The plan is as runnable as before.
        let real = try await bench.controller.planner("run_plan")
        #expect(real.isSuccess, "\(real)")
    }
}
