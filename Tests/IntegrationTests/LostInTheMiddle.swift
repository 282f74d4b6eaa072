import Foundation
import TestSupport
import Testing

/// Hosts, ways to them, and controllers that are lost while a plan runs.
enum LostInTheMiddle {
    /// Those that wait for limits.
    static let slow = notHealed + controllers
    static let quick = hosts + healed

    // MARK: The way to a host

    private static let notHealed = Moment.allCases.map { moment in
        HostCase("a cable that is pulled during \(moment.rawValue) and not put back ends the run as unreachable") { bench in
            try await moment.plan(bench)
            let limits = ["--tries", "1", "--connect-timeout", "2", "--reconnect-timeout", "2"]
            let run = try await bench.controller.planner(["run_plan", "--json"] + limits) { _ in
                try await moment.hasBegun(bench)
                try await bench.lab.must("cut", [bench.host])
                // What was begun comes to its end, and nobody hears of it.
                try await bench.open()
            }
            #expect(run.end == .exited(8), "\(SideBySide.sentence) \(run)")
            let status = try await bench.controller.must("status")
            #expect(status.contains("Node \(bench.host)") && status.contains("Next   planner run_plan --resume"), "\(status)")
            try await bench.lab.must("heal", [bench.host])
            try await bench.resumeAndProve()
        }
    }

    private static let healed =
        Moment.allCases.map { moment in
            HostCase("a cable that is pulled during \(moment.rawValue) and put back is only a delay") { bench in
                try await moment.plan(bench)
                let run = try await bench.controller.planner("run_plan") { _ in
                    try await moment.hasBegun(bench)
                    try await bench.lab.must("cut", [bench.host])
                    // Nobody can tell the controller: its side of the connection stays half open.
                    try await bench.lab.must("sshd", [bench.host, "sever"])
                    try await bench.open()
                    try await bench.lab.must("heal", [bench.host])
                }
                #expect(run.isSuccess, "\(SideBySide.sentence) \(run)")
                try await bench.prove()
            }
        } + [
            HostCase("sessions that break under a long command are made again, and the command is joined") { bench in
                try await survives(bench) {
                    try await bench.lab.must("sshd", [bench.host, "sever"])
                    try await bench.open()
                }
            },
            HostCase("a host that swallows every packet for a while under a long command is gone on with") { bench in
                try await survives(bench) {
                    try await bench.lab.must("drop", [bench.host])
                    try await bench.open()
                    try await bench.waits(for: ["lock-first"])
                    try await bench.lab.must("undrop", [bench.host])
                }
            },
            HostCase("an sshd that is away for a while, with all of its sessions, is waited for") { bench in
                try await survives(bench) {
                    try await bench.lab.must("sshd", [bench.host, "stop"])
                    try await bench.lab.must("sshd", [bench.host, "sever"])
                    try await bench.open()
                    try await bench.waits(for: ["lock-first"])
                    try await bench.lab.must("sshd", [bench.host, "start"])
                }
            },
        ]

    private static func survives(_ bench: Bench, _ harm: () async throws -> Void) async throws {
        try await bench.planThatWaits()
        let run = try await bench.controller.planner("run_plan") { _ in
            try await bench.hasBegun()
            try await harm()
        }
        #expect(run.isSuccess, "\(SideBySide.sentence) \(run)")
        try await bench.prove()
    }

    // MARK: The host

    private static let hosts = [
        HostCase("a command whose host lost its power is not guessed: it failed as interrupted, and is begun again by resume") {
            bench in
            try await bench.planThatWaits()
            let run = try await bench.controller.planner("run_plan", "--json") { _ in
                try await bench.hasBegun()
                try await bench.lab.must("crash", [bench.host])
                try await bench.lab.must("start", [bench.host])
            }
            #expect(run.end == .exited(3), "\(run)")
            #expect(run.output.contains(#""class":"interrupted""#), "\(run)")
            let status = try await bench.controller.must("status")
            #expect(status.contains("Node \(bench.host)") && status.contains("its host went down meanwhile"), "\(status)")
            #expect(try await bench.verbs().isEmpty)
            try await bench.open()
            try await bench.resumeAndProve()
        },
        HostCase("a host that comes back with another key is refused, and gone on with when the key is trusted") { bench in
            try await bench.planThatWaits()
            let run = try await bench.controller.planner("run_plan", "--json") { _ in
                try await bench.hasBegun()
                let key = "/etc/ssh/ssh_host_ed25519_key"
                try await bench.lab.shell(on: bench.host, "rm \(key)*; ssh-keygen -q -t ed25519 -N '' -f \(key)")
                for verb in ["stop", "start", "sever"] { try await bench.lab.must("sshd", [bench.host, verb]) }
                try await bench.open()
            }
            #expect(run.end == .exited(8), "\(run)")
            #expect(run.output.contains(#""class":"host-key""#), "\(run)")
            // What was under way has come to its end by itself; nothing more is touched.
            try await bench.waits(for: ["lock-first"])
            let key = try await bench.lab.shell(on: bench.host, "cat /etc/ssh/ssh_host_ed25519_key.pub")
            try bench.controller.directory.write("\(Fleet.address(of: bench.host)) \(key)", to: "known_hosts")
            var trusting = bench
            trusting.controller.knownHosts = bench.controller.directory.path + "/known_hosts"
            try await trusting.resumeAndProve()
        },
    ]

    // MARK: The controller

    private static let controllers = [
        HostCase("a controller whose machine was booted anew takes its run over when the lease has ended") { bench in
            try await killed(bench)
            var booted = bench
            booted.controller = try bench.controller.onMachine("ops1")
            try await booted.resumeWhenLeaseEnds()
        },
        HostCase(
            "a store that was copied from a dead machine is resumed on another; the dead one does nothing twice when it comes back"
        ) {
            bench in
            try await killed(bench)
            var moved = bench
            moved.controller = try bench.controller.onMachine("ops2")
            moved.controller.state = bench.controller.state + "-copy"
            let copied = try await LocalProcess.run(["/bin/cp", "-a", bench.controller.state, moved.controller.state])
            #expect(copied.isSuccess, "\(copied)")
            try await moved.resumeWhenLeaseEnds()
            let done = try await bench.verbs()
            _ = try await bench.controller.planner("run_plan", "--resume")
            #expect(try await bench.verbs() == done, SideBySide.comment)
        },
    ]

    /// A run whose controller is killed while a command of it goes on.
    private static func killed(_ bench: Bench) async throws {
        try await bench.planThatWaits()
        let run = try await bench.controller.planner("run_plan") { running in
            try await bench.hasBegun()
            running.send(SIGKILL)
        }
        #expect(run.end == .killed(signal: Int(SIGKILL)), "\(run)")
        try await bench.open()
    }
}

/// A moment of a task in which its host may be lost; each waits on the host until it is opened there.
private enum Moment: String, CaseIterable {
    case check = "a check"
    case upload = "an upload"
    case command = "a long command"
    case verification = "a verification"

    func plan(_ bench: Bench) async throws {
        let folder = bench.fleet.folder
        let marker = "\(folder)/first.marker"
        let wait = "until [ -e \(folder)/gate ]; do sleep 0.05; done"
        var model = bench.fleet.model("version 1")
        switch self {
        case .check: model.locks[0].check = "\(wait); test -f \(marker)"
        case .verification: model.locks[0].check = "[ ! -f \(marker) ] || \(wait); test -f \(marker)"
        case .command: return try await bench.planThatWaits()
        case .upload:
            // The last thing that an upload does; the host goes on with it when the connection is lost.
            let shim = "case $* in *\(folder)/live.conf) : >\(folder)/moving; \(wait) ;; esac; exec /usr/bin/mv.real \"$@\""
            try await bench.lab.shell(
                on: bench.host,
                "cp /usr/bin/mv /usr/bin/mv.real; echo '\(shim)' >/usr/bin/mv.new; chmod 755 /usr/bin/mv.new; sed -i '1i #!/bin/sh' /usr/bin/mv.new; mv.real /usr/bin/mv.new /usr/bin/mv"
            )
        }
        try await bench.controller.loadAndPlan(model)
    }

    func hasBegun(_ bench: Bench) async throws {
        let folder = bench.fleet.folder
        switch self {
        case .check: break
        case .upload: return try await bench.holds("[ -e \(folder)/moving ]")
        case .command: return try await bench.hasBegun()
        case .verification: try await bench.waits(for: ["lock-first"])
        }
        try await bench.holds("pgrep -f '[u]ntil .*\(folder)/gate' >/dev/null")
    }
}

extension Bench {
    /// Waits until this has happened on the hosts, and stops the test when it does not.
    func waits(for wanted: [String]) async throws {
        guard try await eventually({ try await verbs() == wanted }) else { throw TestFailure("\(wanted) did not happen") }
    }

    /// Waits until a question that is asked on the host, not over SSH, is answered with yes.
    func holds(_ question: String) async throws {
        let isTrue = try await eventually(within: .seconds(40)) {
            try await lab.run("exec", [host, "sh", "-c", question]).isSuccess
        }
        guard isTrue else { throw TestFailure("on \(host) this does not become true: \(question)") }
    }

    /// Waits until the command that waits is under way on the host.
    func hasBegun() async throws {
        try await holds(
            "for run in /var/lib/planner/runs/*; do [ -e $run/payload ] && grep -q \(fleet.folder)/gate $run/script && exit 0; done; exit 1"
        )
    }

    /// Resumes a run whose controller cannot be looked at: refused as long as it may be alive, then to the end.
    fileprivate func resumeWhenLeaseEnds() async throws {
        let early = try await controller.planner("run_plan", "--resume")
        #expect(early.end == .exited(5) && early.errors.contains("its run can be resumed in"), "\(SideBySide.sentence) \(early)")
        var last = early
        let isOver = try await eventually(within: .seconds(60)) {
            try await Task.sleep(for: .milliseconds(400))
            last = try await controller.planner("run_plan", "--resume")
            return last.end != .exited(5)
        }
        #expect(isOver && last.isSuccess, "\(SideBySide.sentence) \(last)")
        try await prove()
    }
}
