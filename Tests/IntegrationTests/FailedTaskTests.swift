import Testing

/// What a failure on a host leaves behind, and how it is repaired.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "2"))
struct FailedTaskTests {
    @Test(
        "A failed task ends the run when those beside it have finished, and says node, reason and next command",
        .timeLimit(.minutes(1)))
    func failureBesideOthers() async throws {
        let bench = try await Bench("svc-1", "svc-2", applied: nil)
        let folder = bench.fleet.folder
        try await bench.lab.shell(on: "svc-1", ": >\(folder)/blocked")
        var model = bench.fleet.model("version 0")
        model.nodes[0].files[0].path = "\(folder)/blocked/live.conf"
        try await bench.controller.loadAndPlan(model)
        let run = try await bench.controller.planner("run_plan")
        #expect(run.end == .exited(3), "\(run)")
        #expect(try await bench.fleet.evidence(of: "svc-2").contents == ["live": "version 0", "replaced": "version 0"])
        let block = run.output.components(after: "Node svc-1")
        #expect(block.contains("failed: write \(folder)/blocked/live.conf on svc-1"), "\(run)")
        #expect(block.contains("\(folder)/blocked"), "\(run)")
        #expect(block.contains("Next   planner run_plan --resume"), "\(run)")

        try await bench.lab.shell(on: "svc-1", "rm \(folder)/blocked")
        let resumed = try await bench.controller.planner("run_plan", "--resume")
        #expect(resumed.isSuccess, "\(resumed)")
        #expect(try await bench.lab.shell(on: "svc-1", "cat \(folder)/blocked/live.conf") == "version 0")
        #expect(try await bench.verbs() == ["restart", "restart"])
    }

    @Test(
        "After a failed lock command nothing of the node is changed, and the repaired host is gone on with",
        .timeLimit(.minutes(1)))
    func failedLock() async throws {
        let bench = try await Bench("svc-1", "svc-2")
        try await planWithBrokenSecondLock(bench)
        let run = try await bench.controller.planner("run_plan")
        #expect(run.end == .exited(3), "\(run)")
        #expect(run.output.contains("the balancer does not answer"), "\(run)")
        #expect(run.output.contains("Node svc-1  OUT OF SERVICE (taken out by first)"), "\(run)")
        #expect(try await bench.verbs() == ["lock-first"])
        try await bench.lab.shell(on: "svc-1", "rm \(bench.fleet.folder)/broken")
        try await bench.resumeAndProve()
    }

    @Test(
        "A node that a failed plan left locked is unlocked by the next plan, also when nothing else is to be done",
        .timeLimit(.minutes(1)))
    func lockedNodeComesBack() async throws {
        let bench = try await Bench("svc-1", "svc-2")
        try await planWithBrokenSecondLock(bench)
        #expect(try await bench.controller.planner("run_plan").end == .exited(3))
        try await bench.controller.loadAndPlan(bench.fleet.model("version 0"))
        let plan = try await bench.controller.must("show_plan")
        #expect(plan.contains("unlock svc-1 (first)"), "\(plan)")
        #expect(!plan.contains("svc-2") && !plan.contains(" lock svc-1") && !plan.contains("write "), "\(plan)")
        let run = try await bench.controller.planner("run_plan")
        #expect(run.isSuccess, "\(run)")
        #expect(try await bench.fleet.evidence(of: "svc-1").markers.isEmpty)
        #expect(try await bench.verbs() == ["lock-first", "unlock-first"])
        #expect(try await bench.controller.hasNothingToDo())
    }

    @Test("A node that a failed plan left locked is brought back before another one is touched", .timeLimit(.minutes(1)))
    func lockedNodeComesFirst() async throws {
        let bench = try await Bench("svc-1", "svc-2")
        // The first node is done, the second stays locked; then both have to be changed again.
        var model = bench.fleet.model("version 1")
        try await bench.lab.shell(on: "svc-2", ": >\(bench.fleet.folder)/broken")
        model.locks[1].lock = breakable(model.locks[1].lock, bench)
        try await bench.controller.loadAndPlan(model)
        #expect(try await bench.controller.planner("run_plan").end == .exited(3))
        try await bench.fleet.forget()
        try await bench.lab.shell(on: "svc-2", "rm \(bench.fleet.folder)/broken")
        try await bench.controller.apply(bench.fleet.model("version 2"))
        let found = try await bench.fleet.evidence()
        let back = try #require(found["svc-2"]?.time(of: "unlock-first"))
        let next = try #require(found["svc-1"]?.time(of: "lock-first"))
        #expect(back < next)
        #expect(found.values.allSatisfy { $0.markers.isEmpty && $0.contents["replaced"] == "version 2" })
    }

    private func planWithBrokenSecondLock(_ bench: Bench) async throws {
        try await bench.lab.shell(on: "svc-1", ": >\(bench.fleet.folder)/broken")
        var model = bench.fleet.model("version 1")
        model.locks[1].lock = breakable(model.locks[1].lock, bench)
        try await bench.controller.loadAndPlan(model)
    }

    /// A command that fails as long as the host is broken.
    private func breakable(_ command: String, _ bench: Bench) -> String {
        "if [ -e \(bench.fleet.folder)/broken ]; then echo the balancer does not answer >&2; exit 1; fi; \(command)"
    }
}

extension String {
    /// What stands behind the first occurrence of `text`; nothing when there is none.
    func components(after text: String) -> String {
        ranges(of: text).first.map { String(self[$0.upperBound...]) } ?? ""
    }
}
