import Foundation
import Testing

/// What `run_plan` accepts and refuses, and how it is stopped.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "2"))
struct RunBehaviourTests {
    // MARK: What is refused

    @Test("Without a plan there is nothing to run", .timeLimit(.minutes(1)))
    func noPlan() async throws {
        let bench = try await Bench("svc-1", applied: nil)
        let run = try await bench.controller.planner("run_plan")
        #expect(run.end == .exited(9))
        #expect(run.errorLines.first == "planner: there is no plan")
    }

    @Test("A second run is refused in one line while one is active, and touches nothing", .timeLimit(.minutes(1)))
    func secondRun() async throws {
        let bench = try await Bench("svc-1")
        try await bench.planThatWaits()
        let first = try await bench.controller.planner("run_plan") { running in
            try await running.says("lock svc-1 (first)")
            for words in [["run_plan"], ["run_plan", "--resume"]] {
                let second = try await bench.controller.planner(words)
                #expect(second.end == .exited(5), "\(second)")
                #expect(second.output.isEmpty)
                let reasons = second.errorLines.filter { $0.hasPrefix("planner: ") }
                #expect(reasons.count == 1 && reasons[0].contains("process \(running.identifier)"), "\(second)")
            }
            #expect(try await bench.verbs().isEmpty)
            try await bench.open()
        }
        #expect(first.isSuccess, "\(first)")
        try await bench.prove()
    }

    @Test("The model is read-only while a run is active", .timeLimit(.minutes(1)))
    func editsDuringRun() async throws {
        let bench = try await Bench("svc-1")
        try await bench.planThatWaits()
        let before = try await bench.controller.must("export")
        let run = try await bench.controller.planner("run_plan") { running in
            try await running.says("lock svc-1 (first)")
            let file = "/deployments/d/clusters/c/nodes/svc-1/configs/live"
            for words in [
                ["update", "-p", file, "-o", "content=other"], ["remove", "-p", file], ["create_plan"], ["remove_plan"],
                ["load", "--replace", bench.controller.directory.path + "/site.yaml"],
            ] {
                #expect(try await bench.controller.planner(words).end == .exited(5), "\(words)")
            }
            try await bench.open()
        }
        #expect(run.isSuccess, "\(run)")
        #expect(try await bench.controller.must("export") == before)
    }

    @Test("A plan is stale when the model was changed after it, and nothing of it is run", .timeLimit(.minutes(1)))
    func stalePlan() async throws {
        let bench = try await Bench("svc-1")
        try await bench.controller.loadAndPlan(bench.fleet.model("version 1"))
        try await bench.controller.load(bench.fleet.model("version 2"))
        let run = try await bench.controller.planner("run_plan")
        #expect(run.end == .exited(4))
        #expect(run.errors.contains("stale: the model was changed"), "\(run)")
        #expect(try await bench.verbs().isEmpty)
        #expect(try await bench.fleet.evidence(of: "svc-1").contents["live"] == "version 0")
    }

    @Test("A plan that was started is gone on with only when --resume asks for it", .timeLimit(.minutes(1)))
    func startedPlan() async throws {
        let bench = try await Bench("svc-1")
        try await bench.controller.loadAndPlan(bench.fleet.model("version 1"))
        let killed = try await bench.controller.planner("run_plan", environment: ["PLANNER_DIE_AFTER_RECORD": "2"])
        #expect(killed.end == .killed(signal: Int(SIGKILL)))
        let status = try await bench.controller.must("status")
        #expect(status.contains("planner run_plan) is gone; last heard of at"), "\(status)")
        #expect(status.contains("Next   planner run_plan --resume"), "\(status)")
        let again = try await bench.controller.planner("run_plan")
        #expect(again.end == .exited(4))
        #expect(again.errors.contains("planner run_plan --resume"), "\(again)")
        #expect(try await bench.verbs().isEmpty)
        try await bench.resumeAndProve()
    }

    // MARK: Stopping

    @Test("stop_plan lets the running task finish, starts nothing more, and the plan can be resumed", .timeLimit(.minutes(1)))
    func stopPlan() async throws {
        try await stops { bench, _ in try await bench.controller.must("stop_plan") }
    }

    @Test("An interrupt lets the running task finish, starts nothing more, and the plan can be resumed", .timeLimit(.minutes(1)))
    func interrupt() async throws {
        try await stops { _, running in running.send(SIGINT) }
    }

    private func stops(_ stop: (Bench, RunningProcess) async throws -> Void) async throws {
        let bench = try await Bench("svc-1")
        try await bench.planThatWaits()
        let run = try await bench.controller.planner("run_plan") { running in
            try await running.says("lock svc-1 (first)")
            try await stop(bench, running)
            try await running.says("running tasks finish")
            try await bench.open()
        }
        #expect(run.end == .exited(6), "\(run)")
        #expect(run.output.contains("Next   planner run_plan --resume"), "\(run)")
        #expect(try await bench.verbs() == ["lock-first"])
        try await bench.resumeAndProve()
    }

    @Test("A second interrupt cancels a long command, and nothing of it is left on the host", .timeLimit(.minutes(1)))
    func secondInterrupt() async throws {
        let bench = try await Bench("svc-1")
        try await bench.planThatWaits()
        let isThere = "pgrep -f '[u]ntil .*\(bench.fleet.folder)' >/dev/null && echo yes || echo no"
        let run = try await bench.controller.planner("run_plan") { running in
            try await running.says("lock svc-1 (first)")
            try await bench.hasBegun()
            running.send(SIGINT)
            try await running.says("running tasks finish")
            running.send(SIGINT)
        }
        #expect(run.end == .exited(6), "\(run)")
        #expect(run.output.contains("CANCEL"), "\(run)")
        #expect(try await bench.lab.shell(on: "svc-1", isThere) == "no\n")
        #expect(try await bench.verbs().isEmpty)
        try await bench.open()
        try await bench.resumeAndProve()
    }
}
