import Foundation
import TestSupport
import Testing

/// Tasks that do not do what they should, or say more than anybody wants to hear; and a clock that jumps under a run.
enum HardTasks {
    /// One that waits for limits.
    static let slow = [
        HostCase("a command that ignores TERM is killed, and said to have been") { bench in
            let command = "trap \"\" TERM; echo began; until [ -e \(bench.fleet.folder)/gate ]; do sleep 0.1; done"
            let run = try await carryOut("apply_command: '\(command)', limit: 1", bench)
            #expect(run.end == .exited(3), "\(run)")
            #expect(run.output.contains(#""class":"timed-out""#), "\(run)")
            #expect(run.output.contains("killed, because it ignored TERM for 10 s"), "\(run)")
            let left = "pgrep -f '[u]ntil .*\(bench.fleet.folder)' || true"
            #expect(try await bench.lab.shell(on: bench.host, left).isEmpty, SideBySide.comment)
        }
    ]

    static let quick =
        [
            HostCase("a task that ends well and does not come true is a failure, and is not done again by itself") { bench in
                let task =
                    "apply_command: '\(bench.fleet.logging("applied"))', check_command: 'test -f \(bench.fleet.folder)/never'"
                let run = try await carryOut(task, bench)
                #expect(run.end == .exited(3), "\(run)")
                #expect(run.output.contains(#""class":"not-verified""#), "\(run)")
                #expect(!run.output.contains("task_retry"), "\(run)")
                #expect(try await bench.verbs() == ["applied"])
                let status = try await bench.controller.must("status")
                #expect(status.contains("is still not true") && status.contains("planner run_plan --resume"), "\(status)")
            },
            HostCase("output that is no text garbles neither lines nor JSON nor logs") { bench in
                let noise = #"\000\377\376 caf\303 \033]0;evil\007\033[2J\033[31mred\r\nwithin\033[H\n"#
                let run = try await carryOut("apply_command: 'printf \"\(noise)\"; exit 1'", bench)
                #expect(run.end == .exited(3), "\(run)")
                for line in run.output.split(separator: "\n") {
                    #expect(throws: Never.self, SideBySide.comment) { try JSONSerialization.jsonObject(with: Data(line.utf8)) }
                }
                let shown = try await bench.controller.planner("run_plan", "--resume", "-v")
                #expect(shown.output.contains("within") && hasOnlyText(shown.output), "\(shown)")
                for words in [["status"], ["logs"]] {
                    let looked = try await bench.controller.planner(words)
                    #expect(looked.isSuccess && hasOnlyText(looked.output), "\(looked)")
                }
            },
            HostCase("much output is neither kept in memory nor in the logs") { bench in
                let megabytes = ProcessInfo.processInfo.environment["PLANNER_CHAOS"] == "all" ? 1024 : 100
                // Runs are kept on the host: more of them than the disks of the lab hold.
                try await bench.lab.shell(on: bench.host, "mount -t tmpfs -o size=\(megabytes + 20)m runs /var/lib/planner/runs")
                let line = String(repeating: "x", count: 99)
                let task = "apply_command: 'yes \(line) | head -c \(megabytes << 20); echo; echo end', limit: 170"
                try await plan(task, bench)
                var memory = 0
                let run = try await bench.controller.planner("run_plan") { running in
                    while let now = peakMemory(of: running.identifier) {
                        memory = max(memory, now)
                        try await Task.sleep(for: .milliseconds(20))
                    }
                }
                #expect(run.isSuccess, "\(run)")
                #expect(memory < 150 << 20, "\(memory) bytes at most")
                #expect(run.output.utf8.count < 10_000)
                let logs = try await LocalProcess.run(["/usr/bin/du", "-sk", bench.controller.state + "/logs"])
                #expect(Int(logs.output.prefix { $0.isNumber }) ?? .max < 2048, "\(logs)")
            },
        ] + (compiler == nil ? [] : [clockJumps])

    private static func plan(_ task: String, _ bench: Bench) async throws {
        let model = bench.fleet.model("version 0").changing { $0.configs = ["hard: { type: command, \(task) }"] }
        try await bench.controller.loadAndPlan(model)
    }

    private static func carryOut(_ task: String, _ bench: Bench) async throws -> Finished {
        try await plan(task, bench)
        return try await bench.controller.planner("run_plan", "--json")
    }

    /// Whether there is nothing in it that a terminal would obey.
    private static func hasOnlyText(_ text: String) -> Bool {
        text.unicodeScalars.allSatisfy { scalar in
            scalar == "\n" || scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
        }
    }

    /// The most memory that a process has had, in bytes; nil when it has ended.
    private static func peakMemory(of process: pid_t) -> Int? {
        guard let status = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8) else { return nil }
        let line = status.split(separator: "\n").first { $0.hasPrefix("VmHWM:") }
        return line.flatMap { Int($0.filter(\.isNumber)) }.map { $0 << 10 }
    }

    // MARK: The clock

    /// Puts the clock of a process that it is loaded into as many seconds ahead as a file says.
    private static let clockShim = """
        #define _GNU_SOURCE
        #include <dlfcn.h>
        #include <stdio.h>
        #include <stdlib.h>
        #include <time.h>
        int clock_gettime(clockid_t clock, struct timespec *time) {
            int (*real)(clockid_t, struct timespec *) = dlsym(RTLD_NEXT, "clock_gettime");
            int result = real(clock, time);
            const char *name = clock == CLOCK_REALTIME ? getenv("CLOCK_FILE") : NULL;
            FILE *file = name ? fopen(name, "r") : NULL;
            long ahead = 0;
            if (file && fscanf(file, "%ld", &ahead) == 1) time->tv_sec += ahead;
            if (file) fclose(file);
            return result;
        }
        """

    /// The compiler that builds the C targets of this package.
    private static let compiler = (ProcessInfo.processInfo.environment["PATH"] ?? "").split(separator: ":")
        .flatMap { folder in ["clang", "gcc", "cc"].map { "\(folder)/\($0)" } }.first { TemporaryDirectory.exists($0) }

    private static let clockJumps = HostCase(
        "a clock of the controller that jumps a day ahead and two days back makes nothing shorter, longer or double", hosts: 2
    ) { bench in
        var model = bench.fleet.model("version 1")
        model.locks[0].lock = bench.fleet.waiting(then: model.locks[0].lock)
        model.policy = ["soak: 2"]
        try await bench.controller.loadAndPlan(model)
        var jumping = bench.controller
        let folder = bench.controller.directory
        try folder.write(clockShim, to: "clock.c")
        let library = folder.path + "/clock.so"
        let words = [compiler ?? "", "-shared", "-fPIC", "-o", library, folder.path + "/clock.c", "-ldl"]
        let compiled = try await LocalProcess.run(words)
        #expect(compiled.isSuccess, "\(compiled)")
        jumping.around = ["/usr/bin/env", "LD_PRELOAD=\(library)", "CLOCK_FILE=\(folder.path)/clock"]
        try folder.write("0", to: "clock")
        let run = try await jumping.planner("run_plan") { running in
            try await running.says("lock \(bench.host) (first)")
            for ahead in [86400, -86400] {
                try folder.write("\(ahead)", to: "clock")
                let second = try await bench.controller.planner("run_plan", "--resume")
                #expect(second.end == .exited(5) && second.errors.contains("process \(running.identifier)"), "\(second)")
            }
            try await bench.open()
        }
        #expect(run.isSuccess, "\(run)")
        try await bench.prove()
        let found = try await bench.fleet.evidence()
        let end = try #require(found[bench.fleet.hosts[0]]?.time(of: "unlock-first"))
        let begin = try #require(found[bench.fleet.hosts[1]]?.time(of: "lock-first"))
        #expect(begin - end >= 2_000_000_000)
        #expect(try await bench.controller.must("logs").contains("successful"))
        for words in [["status"], ["history"]] { #expect(try await bench.controller.planner(words).isSuccess) }
    }
}
