import Foundation
import Testing

/// `planner preflight` and its kin against real hosts.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "3"))
struct PreflightCommandTests {
    private func document(_ finished: Finished) throws -> [String: Any] {
        try #require(try JSONSerialization.jsonObject(with: Data(finished.output.utf8)) as? [String: Any], "\(finished)")
    }

    /// `KIND SUBJECT` of each finding.
    private func findings(_ finished: Finished) throws -> [String] {
        let findings = try #require(try document(finished)["findings"] as? [[String: Any]])
        return findings.map { "\($0["kind"] as? String ?? "") \($0["subject"] as? String ?? "")" }
    }

    /// What is on the hosts, as far as anybody could have touched it.
    private func traces(_ bench: Bench) async throws -> [String] {
        var traces: [String] = []
        for host in bench.fleet.hosts {
            let script =
                "find /var/lib/planner /root \(bench.fleet.folder) ! -name .ash_history 2>/dev/null | sort; cat \(bench.fleet.path("live"))"
            traces.append(try await bench.lab.shell(on: host, script))
        }
        return traces
    }

    @Test(
        "Hosts that are well have nothing against a plan; they are asked and not touched, and the outcome is shown beside the plan",
        .timeLimit(.minutes(1)))
    func well() async throws {
        let bench = try await Bench("svc-1", "svc-2")
        try await bench.controller.loadAndPlan(bench.fleet.model("version 1"))
        let before = try await traces(bench)
        let records = try await bench.controller.must("logs")
        let asked = try await bench.controller.planner("preflight")
        #expect(asked.isSuccess, "\(asked)")
        #expect(asked.output.contains("2 hosts asked, nothing was touched\nNothing stands against the plan"), "\(asked)")
        #expect(try await traces(bench) == before)
        #expect(try await bench.verbs().isEmpty)
        #expect(try await bench.controller.must("logs") == records)
        let shown = try await bench.controller.must("show_plan", "--summary")
        #expect(shown.contains("\nPreflight nothing found; 2 hosts asked, "), "\(shown)")
        #expect(try await bench.controller.must("show_plan", "--summary") == shown)
        #expect(try await bench.controller.must("status").contains("Asked  "))
        let run = try await bench.controller.planner("run_plan", "--preflight", "--json")
        #expect(run.isSuccess, "\(run)")
        let types = run.output.split(separator: "\n").compactMap { line in
            (try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])?["type"] as? String
        }
        #expect(types.prefix(3) == ["version", "preflight", "plan_start"] && types.last == "result")
        try await bench.prove()
    }

    @Test(
        "A full disk, a missing program and a clock that is wrong are told; nothing is run until they are mended",
        .timeLimit(.minutes(1)))
    func blocked() async throws {
        let bench = try await Bench("svc-1", "svc-2")
        let lab = bench.lab
        try await bench.controller.load(bench.fleet.model("version 1"))
        try await lab.shell(on: "svc-1", "cat /dev/zero >/srv/filler 2>/dev/null; true")
        // What a host of the laboratory has of the machine is gone for this host alone.
        try await lab.shell(on: "svc-2", "mv /usr/bin/sha256sum /usr/bin/sha256sum.away")
        // It has no clock of its own; a program before the real one tells another time.
        try await lab.shell(
            on: "svc-2",
            "printf '#!/bin/sh\\necho $(($(/bin/date +%%s) - 3600))\\n' >/usr/local/bin/date; chmod 755 /usr/local/bin/date")
        let made = try await bench.controller.planner("create_plan", "--preflight", "--exit-code", "--json")
        #expect(made.end == .exited(7), "\(made)")
        let asked = try await bench.controller.planner("preflight", "--json")
        #expect(asked.end == .exited(7), "\(asked)")
        #expect(Set(try findings(asked)) == ["disk-space svc-1", "missing-program svc-2", "clock svc-2"])
        #expect(try document(asked)["exit"] as? Int == 7)
        let run = try await bench.controller.planner("run_plan", "--preflight")
        #expect(run.end == .exited(7), "\(run)")
        #expect(run.output.contains("BLOCKER  B1 svc-1: ") && run.output.contains("Nothing was run"), "\(run)")
        #expect(run.output.contains(/W2 svc-2: its clock is 3[56][0-9][0-9] s behind/), "\(run)")
        let stream = try await bench.controller.planner("run_plan", "--preflight", "--json")
        #expect(stream.output.hasSuffix("{\"exit\":7,\"reason\":\"blocked\",\"type\":\"result\",\"v\":1}\n"), "\(stream)")
        let detached = try await bench.controller.planner("run_plan", "--preflight", "--detach")
        #expect(detached.end == .exited(7), "\(detached)")
        #expect(try await bench.verbs().isEmpty)
        let status = try await bench.controller.must("status")
        #expect(
            status.contains("3 blockers, 1 warning; 2 hosts asked") && status.contains("then planner run_plan --preflight"),
            "\(status)")
        let page = bench.controller.directory.path + "/plan.html"
        try await bench.controller.must("show_plan", "--html", page)
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("<li class=\"blocker\"><b>B1</b> <b>svc-1</b>"))

        try await lab.shell(on: "svc-1", "rm /srv/filler")
        try await lab.shell(on: "svc-2", "mv /usr/bin/sha256sum.away /usr/bin/sha256sum; rm /usr/local/bin/date")
        let mended = try await bench.controller.planner("run_plan", "--preflight")
        #expect(mended.isSuccess, "\(mended)")
        try await bench.prove()
    }

    @Test(
        "Hosts that cannot be reached have a status of their own, and the others are asked all the same", .timeLimit(.minutes(1)))
    func unreachable() async throws {
        let bench = try await Bench("svc-1", "svc-2", "svc-3")
        try await bench.controller.loadAndPlan(bench.fleet.model("version 1"))
        try await bench.lab.must("sshd", ["svc-2", "stop"])
        try await bench.lab.must("cut", ["svc-3"])
        let asked = try await bench.controller.planner("preflight", "--json", "--connect-timeout", "3")
        #expect(asked.end == .exited(8), "\(asked)")
        #expect(try findings(asked) == ["unreachable svc-2", "unreachable svc-3"])
        #expect(try document(asked)["answered"] as? Int == 1 && document(asked)["hosts"] as? Int == 3)
        #expect(asked.errors.contains("of 3 hosts have answered, waiting for svc-3"), "\(asked)")
        let run = try await bench.controller.planner("run_plan", "--preflight", "--connect-timeout", "1")
        #expect(run.end == .exited(8) && run.output.contains("Nothing was run"), "\(run)")
        #expect(try await bench.verbs().isEmpty)
        try await bench.lab.must("heal", ["svc-3"])
        try await bench.lab.must("sshd", ["svc-2", "start"])
        #expect(try await bench.controller.planner("preflight").isSuccess)
    }

    @Test("While a host lets it wait, a terminal says for whom, in one line that is gone afterwards", .timeLimit(.minutes(1)))
    func waiting() async throws {
        let bench = try await Bench("svc-1", "svc-2")
        try await bench.controller.loadAndPlan(bench.fleet.model("version 1"))
        try await bench.lab.must("drop", ["svc-2"])
        let terminal = try Terminal(width: 80, height: 24)
        let end = try await bench.controller.planner(in: terminal, "preflight", "--connect-timeout", "4") { _ in
            try await terminal.shows("1 of 2 hosts have answered, waiting for svc-2")
        }
        try await bench.lab.must("undrop", ["svc-2"])
        #expect(end == .exited(8))
        let seen = terminal.now
        #expect(seen.wraps == 0 && seen.isCursorVisible)
        #expect(!seen.lines.contains { $0.contains("have answered, waiting") })
        #expect(seen.lines.contains { $0.hasPrefix("BLOCKER  B1 svc-2: ") })
    }
}
