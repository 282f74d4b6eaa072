import Foundation
import TestSupport
import Testing

/// What people see of a run: in a terminal, from another shell, afterwards.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "2"))
struct RunViewTests {
    @Test(
        "A terminal shows what runs in its last lines, none of which wraps, and keeps what a pipe gets above them",
        .timeLimit(.minutes(1)), arguments: [80, 200])
    func terminal(width: Int) async throws {
        let bench = try await Bench("svc-1")
        try await bench.planThatWaits()
        let terminal = try Terminal(width: width, height: 24)
        let clock = ContinuousClock()
        let start = clock.now
        let end = try await bench.controller.planner(in: terminal, "run_plan") { _ in
            try await terminal.shows("1 running")
            try await terminal.shows(" > 1.1 lock svc-1 (first)")
            try await bench.open()
        }
        let seconds = Double((clock.now - start).components.seconds) + 1
        #expect(end == .exited(0))
        let seen = terminal.now
        #expect(seen.wraps == 0)
        #expect(seen.isCursorVisible)
        #expect(seen.frames > 1 && Double(seen.frames) <= seconds * 10 + 1)
        let lines = seen.lines
        #expect(!lines.contains { $0.hasPrefix(" > ") || $0.hasPrefix("[#") || $0.hasPrefix("[.") || $0.hasPrefix("-----") })
        let piped = try await bench.controller.must("logs").split(separator: "\n").map(String.init)
        let begin = try #require(lines.firstIndex { $0.contains(" run ") })
        let shown = lines[begin...].prefix(piped.count)
        if width == 200 {
            #expect(Array(shown) == piped)
        } else {
            #expect(zip(shown, piped).allSatisfy { $0 == $1 || $0.hasSuffix("...") })
        }
        #expect(lines.contains { $0.hasPrefix("Plan ") && $0.contains("successful") })
        try await bench.prove()
    }

    @Test("An interrupt takes the last lines away in good order, and the cursor is there", .timeLimit(.minutes(1)))
    func interrupted() async throws {
        let bench = try await Bench("svc-1")
        try await bench.planThatWaits()
        let terminal = try Terminal(width: 80, height: 24)
        let end = try await bench.controller.planner(in: terminal, "run_plan") { process in
            try await terminal.shows(" > 1.1 lock svc-1 (first)")
            kill(process, SIGINT)
            try await terminal.shows("stopping")
            kill(process, SIGINT)
        }
        #expect(end == .exited(6))
        let seen = terminal.now
        #expect(seen.isCursorVisible && seen.wraps == 0)
        #expect(!seen.lines.contains { $0.hasPrefix(" > ") })
        #expect(seen.lines.contains { $0.contains("CANCEL") })
        try await bench.open()
        try await bench.resumeAndProve()
    }

    @Test(
        "A detached run goes on by itself; attach and logs -f follow it from other processes, and leave it alone",
        .timeLimit(.minutes(1)))
    func detached() async throws {
        let bench = try await Bench("svc-1")
        var model = bench.fleet.model("version 1")
        model.locks[0].lock = "echo waits for the gate; " + bench.fleet.waiting(then: "echo it is open; " + model.locks[0].lock)
        try await bench.controller.loadAndPlan(model)
        let controller = bench.controller
        let begun = try await controller.planner("run_plan", "--detach")
        #expect(begun.isSuccess && begun.output.contains("planner attach"), "\(begun)")
        let process = try #require(Int(begun.output.components(after: "process ").prefix { $0.isNumber }))
        // Field 6 of proc(5) stat: the session, which is its own.
        let stat = try String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8).components(after: ") ")
        #expect(stat.split(separator: " ")[3] == "\(process)")

        let left = try await controller.planner("attach") { running in
            try await running.says("lock svc-1 (first)")
            running.send(SIGINT)
        }
        #expect(left.end == .exited(130) && left.output.contains("started by"), "\(left)")
        #expect(try await controller.planner("run_plan").end == .exited(5))

        async let attached = controller.planner("attach", "--json")
        let logs = try await controller.planner("logs", "-f", "1.1") { running in
            try await running.says("waits for the gate")
            try await bench.open()
        }
        #expect(logs.isSuccess && logs.output.contains("\nit is open\n") && logs.output.contains(" changed after "), "\(logs)")
        let stream = try await attached
        #expect(stream.isSuccess, "\(stream)")
        let lines = stream.output.split(separator: "\n")
        #expect(lines.first?.contains(#""type":"version""#) == true)
        #expect(lines.last == #"{"exit":0,"reason":"successful","type":"result","v":1}"#)
        let numbers = lines.compactMap { Int(String($0).components(after: #""seq":"#).prefix { $0.isNumber }) }
        #expect(numbers.count > 20 && numbers == Array((numbers.first ?? 0)...(numbers.last ?? 0)))
        let rest = try await controller.must("logs", "--json", "--since", "\(numbers[4])")
        #expect(rest.split(separator: "\n").dropFirst().first == lines.dropFirst(6).first)
        #expect(try await controller.must("history").contains("successful"))
        try await bench.prove()
    }

    @Test(
        "attach -v prints what tasks say as run_plan -v does, also what they said before, and status says what they wait for",
        .timeLimit(.minutes(1)))
    func attachedOutput() async throws {
        let bench = try await Bench("svc-1")
        var model = bench.fleet.model("version 1")
        model.locks[0].lock = "echo waits for the gate; " + bench.fleet.waiting(then: "echo it is open; " + model.locks[0].lock)
        try await bench.controller.loadAndPlan(model)
        let controller = bench.controller
        #expect(try await controller.planner("run_plan", "--detach").isSuccess)
        let follower = try await controller.planner("logs", "-f", "1.1") { running in
            try await running.says("waits for the gate")
            let status = try await controller.must("status")
            #expect(
                status.contains("Now    1.1 lock svc-1 (first)  (") && status.contains("last line: waits for the gate"),
                "\(status)")
            let json = try await controller.must("status", "--json")
            #expect(json.contains(#""lastLine" : "waits for the gate""#) && json.contains(#""state" : "running""#), "\(json)")
            let attached = try await controller.planner("attach", "-v", "--progress", "plain") { attached in
                try await attached.says("[svc-1] waits for the gate\n")
                try await bench.open()
            }
            #expect(attached.isSuccess, "\(attached)")
            let lines = attached.output.split(separator: "\n").map(String.init)
            #expect(lines.filter { $0.hasPrefix("[svc-1] ") }.prefix(2) == ["[svc-1] waits for the gate", "[svc-1] it is open"])
            // What a task says comes before the line that tells its end.
            let open = try #require(lines.firstIndex(of: "[svc-1] it is open"))
            let end = try #require(lines.firstIndex { $0.contains("changed  1.1 ") })
            #expect(open < end)
            #expect(!lines.contains { $0.hasPrefix("[svc-1] # ") }, "\(attached)")
        }
        #expect(follower.isSuccess)
        // The run is over: what it said is shown from its logs.
        let after = try await controller.must("attach", "-v")
        #expect(after.contains("[svc-1] waits for the gate\n[svc-1] it is open\n"), "\(after)")
        #expect(try await !controller.must("attach").contains("[svc-1] "))
        try await bench.prove()
    }

    @Test("A detached run that is refused says why, with the status of the refusal", .timeLimit(.minutes(1)))
    func detachedRefusal() async throws {
        let bench = try await Bench("svc-1", applied: nil)
        let run = try await bench.controller.planner("run_plan", "--detach")
        #expect(run.end == .exited(9) && run.errors.contains("there is no plan"), "\(run)")
    }

    @Test("unlock puts a node back over SSH that a failure has left locked", .timeLimit(.minutes(1)))
    func unlock() async throws {
        let bench = try await Bench("svc-1")
        var model = bench.fleet.model("version 1")
        model.locks[1].lock = "echo the balancer does not answer >&2; exit 7"
        try await bench.controller.loadAndPlan(model)
        let failed = try await bench.controller.planner("run_plan")
        #expect(failed.end == .exited(3))
        for words in [
            "| the balancer does not answer", "OUT OF SERVICE: locked by first", "planner unlock svc-1", "exit status 7",
        ] {
            #expect(failed.output.contains(words.replacing("| ", with: "")), "\(words)\n\(failed)")
        }
        let back = try await bench.controller.planner("unlock", "svc-1", "--why", "ticket 1")
        #expect(back.isSuccess, "\(back)")
        #expect(try await bench.fleet.evidence(of: "svc-1").markers.isEmpty)
        #expect(try await bench.verbs() == ["lock-first", "unlock-first"])
        #expect(try await bench.controller.must("status").contains("Next   planner create_plan"))
        let report = bench.controller.directory.path + "/run.html"
        try await bench.controller.must("report", "--html", report)
        #expect(try String(contentsOfFile: report, encoding: .utf8).contains("unlock svc-1 (first)"))
    }
}

extension Controller {
    /// A command of planner in a terminal.
    func planner(
        in terminal: Terminal, _ words: String..., during body: (pid_t) async throws -> Void
    ) async throws -> Finished.End {
        try await terminal.run(command(words), environment: environment.merging(["TERM": "xterm"]) { $1 }, during: body)
    }
}
