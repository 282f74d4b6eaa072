import Foundation
import TestSupport
import Testing

/// Hosts that cannot be reached, or are lost. Each test has a host of its own, so that their waits go on side by side.
@Suite(.enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "9"))
struct ConnectionFailureTests {
    // MARK: Not reached to begin with

    @Test("An unknown host key is refused, and trusted once it is in known_hosts", .timeLimit(.minutes(1)))
    func unknownKey() async throws {
        try await refuses("svc-1", "host-key") { controller, _ in
            try controller.directory.write("", to: "known_hosts")
            controller.knownHosts = controller.directory.path + "/known_hosts"
        }
    }

    @Test("A changed host key is refused", .timeLimit(.minutes(1)))
    func changedKey() async throws {
        try await refuses("svc-2", "host-key") { controller, lab in
            let known = try String(contentsOfFile: lab.state + "/known_hosts", encoding: .utf8)
            let other = try #require(
                known.split(separator: "\n").first { $0.contains(",svc-1 ") }?.split(separator: " ", maxSplits: 1).last)
            try controller.directory.write("\(Fleet.address(of: "svc-2")) \(other)\n", to: "known_hosts")
            controller.knownHosts = controller.directory.path + "/known_hosts"
        }
    }

    @Test("A key that the host does not accept is told as a refused login", .timeLimit(.minutes(1)))
    func refusedLogin() async throws {
        try await refuses("svc-3", "authentication") { controller, _ in
            controller.identity = controller.directory.path + "/wrong"
            let words = ["/usr/bin/ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", controller.identity]
            let made = try await LocalProcess.run(words)
            #expect(made.isSuccess, "\(made)")
        }
    }

    @Test("A host on which sshd does not listen is unreachable", .timeLimit(.minutes(1)))
    func refusedConnection() async throws {
        try await refuses("svc-4", "unreachable", { _, lab in try await lab.must("sshd", ["svc-4", "stop"]) }) { lab in
            try await lab.must("sshd", ["svc-4", "start"])
        }
    }

    @Test("A host whose cable is pulled is unreachable", .timeLimit(.minutes(2)))
    func cutBefore() async throws {
        try await refuses("svc-5", "unreachable", { _, lab in try await lab.must("cut", ["svc-5"]) }) { lab in
            try await lab.must("heal", ["svc-5"])
        }
    }

    /// Runs a plan in a bad state of things: it fails with the class and touches nothing; repaired, it is resumed to its end.
    private func refuses(
        _ host: String, _ failureClass: String, _ harm: (inout Controller, Lab) async throws -> Void,
        repair: (Lab) async throws -> Void = { _ in }
    ) async throws {
        let bench = try await Bench(host)
        try await bench.controller.loadAndPlan(bench.fleet.model("version 1"))
        var harmed = bench.controller
        try await harm(&harmed, bench.lab)
        let run = try await harmed.planner("run_plan", "--json", "--connect-timeout", "2")
        #expect(run.end == .exited(8), "\(run)")
        #expect(run.output.contains("\"class\":\"\(failureClass)\""), "\(run)")
        let status = try await bench.controller.must("status")
        #expect(status.contains("Node \(host)") && status.contains("Next   planner run_plan --resume"), "\(status)")
        #expect(try await bench.verbs().isEmpty)
        try await repair(bench.lab)
        try await bench.resumeAndProve()
    }

    // MARK: Lost in the middle

    @Test("Sessions that break under a long command are made again, and the command is joined", .timeLimit(.minutes(1)))
    func severed() async throws {
        try await survives("svc-6") { bench in
            try await bench.lab.must("sshd", ["svc-6", "sever"])
            try await bench.open()
        }
    }

    @Test("A host that is cut off under a long command and comes back is joined", .timeLimit(.minutes(2)))
    func cutDuring() async throws {
        try await survives("svc-7") { bench in
            try await bench.lab.must("cut", ["svc-7"])
            // Nobody can tell the controller: its side of the connection stays half open.
            try await bench.lab.must("sshd", ["svc-7", "sever"])
            try await bench.open()
            try await bench.waits(for: ["lock-first"])
            try await bench.lab.must("heal", ["svc-7"])
        }
    }

    @Test("A host that swallows every packet for a while under a long command is gone on with", .timeLimit(.minutes(2)))
    func dropped() async throws {
        try await survives("svc-8") { bench in
            try await bench.lab.must("drop", ["svc-8"])
            try await bench.open()
            try await bench.waits(for: ["lock-first"])
            try await bench.lab.must("undrop", ["svc-8"])
        }
    }

    private func survives(_ host: String, _ harm: (Bench) async throws -> Void) async throws {
        let bench = try await Bench(host)
        try await bench.planThatWaits()
        let run = try await bench.controller.planner("run_plan") { running in
            try await running.says("lock \(host) (first)")
            try await bench.hasBegun(on: host)
            try await harm(bench)
        }
        #expect(run.isSuccess, "\(run)")
        try await bench.prove()
    }

    @Test(
        "A command whose host lost its power is not guessed: it failed as interrupted, and is begun again by resume",
        .timeLimit(.minutes(2)))
    func crashed() async throws {
        let host = "svc-9"
        let bench = try await Bench(host)
        try await bench.planThatWaits()
        let run = try await bench.controller.planner("run_plan", "--json") { running in
            try await running.says("task_apply")
            try await bench.hasBegun(on: host)
            try await bench.lab.must("crash", [host])
            try await bench.lab.must("start", [host])
        }
        #expect(run.end == .exited(3), "\(run)")
        #expect(run.output.contains(#""class":"interrupted""#), "\(run)")
        let status = try await bench.controller.must("status")
        #expect(status.contains("Node \(host)") && status.contains("its host went down meanwhile"), "\(status)")
        #expect(try await bench.verbs().isEmpty)
        try await bench.open()
        try await bench.resumeAndProve()
    }
}

extension Bench {
    /// Waits until this has happened on the hosts, and stops the test when it does not.
    func waits(for wanted: [String]) async throws {
        guard try await eventually({ try await verbs() == wanted }) else { throw TestFailure("\(wanted) did not happen") }
    }

    /// Waits until the command that waits is under way on the host.
    func hasBegun(on host: String) async throws {
        let script =
            "for run in /var/lib/planner/runs/*; do [ -e $run/payload ] && grep -q \(fleet.folder)/gate $run/script && exit 0; done; exit 1"
        let isThere = try await eventually { try await lab.run("exec", [host, "sh", "-c", script]).isSuccess }
        guard isThere else { throw TestFailure("the command was not begun on \(host)") }
    }
}
