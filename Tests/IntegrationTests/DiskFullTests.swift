import Testing

/// No room left, on the controller and on a host.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "1"))
struct DiskFullTests {
    @Test(
        "A full disk under the state directory stops the run before the next side effect; with room it goes on",
        .timeLimit(.minutes(1)))
    func fullState() async throws {
        let lab = try #require(Lab.current)
        // Below the state of the lab, which `lab down` unmounts.
        let small = lab.state + "/small"
        #expect(
            try await LocalProcess.run(["/bin/sh", "-c", "mkdir \(small) && mount -t tmpfs -o size=8m small \(small)"]).isSuccess)
        let fleet = try await Fleet(lab, hosts: ["svc-1"], folder: "/srv/full-state")
        let controller = try Controller(lab, state: small + "/state")
        try await controller.apply(fleet.model("version 0"))
        try await fleet.forget()
        var model = fleet.model("version 1")
        model.locks[0].lock = fleet.waiting(then: model.locks[0].lock)
        try await controller.loadAndPlan(model)

        let run = try await controller.planner("run_plan") { running in
            try await running.says("lock svc-1 (first)")
            _ = try await LocalProcess.run(["/bin/sh", "-c", "cat /dev/zero >\(small)/filler"])
            try await fleet.open("svc-1")
        }
        #expect(run.end == .exited(10), "\(run)")
        #expect(run.output.contains("The journal could not be written, so nothing more was touched"), "\(run)")
        #expect(try await fleet.evidence(of: "svc-1").verbs == ["lock-first"])

        #expect(try await LocalProcess.run(["/bin/rm", small + "/filler"]).isSuccess)
        let resumed = try await controller.planner("run_plan", "--resume")
        #expect(resumed.isSuccess, "\(resumed)")
        try await UpgradeProof(fleet: fleet, content: "version 1", before: [:]).check("")
    }

    @Test("A full disk on a host fails the task with that reason; with room it goes on", .timeLimit(.minutes(1)))
    func fullHost() async throws {
        let bench = try await Bench("svc-1", applied: nil)
        try await bench.controller.loadAndPlan(bench.fleet.model("version 0"))
        try await bench.lab.shell(on: "svc-1", "cat /dev/zero >/srv/filler 2>/dev/null; true")
        let run = try await bench.controller.planner("run_plan", "--json")
        #expect(run.end == .exited(3), "\(run)")
        #expect(run.output.contains(#""class":"disk-full""#), "\(run)")
        let status = try await bench.controller.must("status")
        #expect(status.contains("failed: write \(bench.fleet.path("live")) on svc-1"), "\(status)")
        #expect(status.contains("no space left on the device"), "\(status)")
        try await bench.lab.shell(on: "svc-1", "rm /srv/filler")
        let resumed = try await bench.controller.planner("run_plan", "--resume")
        #expect(resumed.isSuccess, "\(resumed)")
        #expect(try await bench.verbs() == ["restart"])
    }
}
