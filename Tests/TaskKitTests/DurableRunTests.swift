import Shell
import Synchronization
import TestSupport
import Testing

@testable import TaskKit

@Suite("Durable runs")
struct DurableRunTests {
    let directory: TemporaryDirectory
    init() throws { directory = try TemporaryDirectory() }

    private func context(
        _ tools: LocalTaskHost.Tools = .system, report: @escaping @Sendable (String) -> Void = { _ in }
    )
        throws -> TaskContext
    {
        TaskContext(
            host: try LocalTaskHost(directory, tools: tools), scripts: ScriptLibrary([]), runIdentifier: "unused",
            reconnectLimit: .seconds(10), report: report)
    }

    private func durableRun(_ script: String, _ arguments: [String] = [], limit: Duration = .seconds(30)) -> DurableRun {
        var run = DurableRun(identifier: "run-1", script: script, arguments: arguments, limit: limit)
        run.grace = .seconds(1)
        run.patience = .seconds(1)
        return run
    }

    private func failure(of run: DurableRun, _ tools: LocalTaskHost.Tools = .system) async throws -> TaskFailure {
        let context = try context(tools)
        return try await #require(throws: TaskFailure.self) { try await run.perform(in: context) }
    }

    private func launch(_ run: DurableRun, _ context: TaskContext) -> Task<DurableRun.Result, any Error> {
        Task { try await run.perform(in: context) }
    }

    private func pid(in file: String) throws -> Int {
        let text = try #require(directory.read("runs/run-1/\(file)"))
        return try #require(Int(text.prefix { $0 != " " }))
    }

    private func shell(_ text: String) async throws -> CommandResult {
        try await LocalTaskHost(directory).run(
            ShellCommand(script: text, name: "test"), input: [], limit: .seconds(10), onOutput: nil)
    }

    @Test("A run ends with the exit status and the last lines of its script", arguments: LocalTaskHost.Tools.installed)
    func exitStatus(_ tools: LocalTaskHost.Tools) async throws {
        let run = durableRun("echo out; echo err >&2; exit 7")
        let result = try await run.perform(in: context(tools))
        #expect(result.status == 7)
        #expect(result.lastLines == ["out", "err"])
    }

    @Test("Hostile arguments arrive unchanged", arguments: LocalTaskHost.Tools.installed)
    func arguments(_ tools: LocalTaskHost.Tools) async throws {
        let hostile = ["-n", "--", "a'b\"c", "$(touch pwned)", "`id`", "two\nlines\n", "", " x ", "\\", "*", "äöü😀"]
        let run = durableRun("for a; do printf '<%s>' \"$a\"; done >\"$HOME/arguments\"", hostile)
        #expect(try await run.perform(in: context(tools)).status == 0)
        #expect(directory.read("arguments") == hostile.map { "<\($0)>" }.joined())
        #expect(!directory.exists("pwned"))
    }

    @Test("A script may be longer than a command line and runs with the usual umask and an empty input")
    func longScript() async throws {
        let padding = String(repeating: "# padding\n", count: 40_000)
        let run = durableRun("umask\ncat\n" + padding + "echo end")
        let result = try await run.perform(in: context())
        #expect(result.lastLines.last == "end")
        #expect(result.lastLines.first == "0022" || result.lastLines.first == "022")
    }

    @Test("The run directory is for its owner only")
    func permissions() async throws {
        _ = try await durableRun("true").perform(in: context())
        let mode = try await shell("stat -c %a runs runs/run-1")
        #expect(mode.outputText == "700\n700\n")
    }

    @Test(
        "Two starts at the same time have one effect, and both get its result", arguments: LocalTaskHost.Tools.installed
    )
    func startedTwice(_ tools: LocalTaskHost.Tools) async throws {
        let run = durableRun("echo once >>\"$HOME/effects\"; sleep 0.3; exit 5")
        let context = try context(tools)
        let all = (0..<4).map { _ in launch(run, context) }
        for one in all { #expect(try await one.value.status == 5) }
        #expect(directory.read("effects") == "once\n")
    }

    @Test("A finished run gives its result again and is not carried out again")
    func joinedAfterEnd() async throws {
        let run = durableRun("echo once >>\"$HOME/effects\"; echo said")
        let first = try await run.perform(in: context())
        let second = try await run.perform(in: context())
        #expect(first == second)
        #expect(directory.read("effects") == "once\n")
    }

    @Test("A run outlives its controller and is joined by the next", arguments: LocalTaskHost.Tools.installed)
    func controllerGone(_ tools: LocalTaskHost.Tools) async throws {
        let run = durableRun("echo began; until [ -e \"$HOME/go\" ]; do sleep 0.1; done; echo once >>\"$HOME/effects\"")
        let host = MortalHost(host: try LocalTaskHost(directory, tools: tools))
        var dying = try context(tools)
        dying.host = host
        dying.reconnectLimit = .zero
        let first = launch(run, dying)
        #expect(try await eventually { directory.read("runs/run-1/output") == "began\n" })
        await host.die()
        await #expect(throws: TaskFailure.self) { try await first.value }

        #expect(try await DurableRun.exists("run-1", on: LocalTaskHost(directory)))
        let second = try launch(run, context(tools))
        try directory.write("", to: "go")
        #expect(try await second.value.status == 0)
        #expect(directory.read("effects") == "once\n")
    }

    @Test("A connection that is lost under a run is taken up again without a loss of output")
    func connectionLost() async throws {
        let run = durableRun("echo first; until [ -e \"$HOME/go\" ]; do sleep 0.1; done; echo second")
        let host = MortalHost(host: try LocalTaskHost(directory))
        let lines = Mutex<[String]>([])
        var context = try context { line in lines.withLock { $0.append(line) } }
        context.host = host
        let running = launch(run, context)
        #expect(try await eventually { lines.withLock { $0.contains("first") } })
        await host.die()
        try directory.write("", to: "go")
        await host.revive()
        #expect(try await running.value.lastLines == ["first", "second"])
        #expect(lines.withLock { $0.count { $0 == "first" } } == 1)
    }

    @Test("More than a megabyte of output is followed without loss", arguments: LocalTaskHost.Tools.installed)
    func muchOutput(_ tools: LocalTaskHost.Tools) async throws {
        let count = Atomic(0)
        let host = CountingHost(host: try LocalTaskHost(directory, tools: tools)) { count.add($0, ordering: .relaxed) }
        var context = try context(tools)
        context.host = host
        let run = durableRun("i=0; while [ $i -lt 30 ]; do seq 1 10000; i=$((i + 1)); done; echo the end")
        let result = try await run.perform(in: context)
        #expect(result.lastLines.last == "the end")
        #expect(count.load(ordering: .relaxed) == 30 * 48_894 + 8)
    }

    @Test(
        "At its limit the whole process group is killed, also when it ignores TERM",
        arguments: LocalTaskHost.Tools.installed)
    func limit(_ tools: LocalTaskHost.Tools) async throws {
        let run = durableRun(
            "trap '' TERM; sleep 4711 & echo $! >\"$HOME/child\"; echo begun; while :; do sleep 1; done",
            limit: .seconds(1))
        let failure = try await failure(of: run, tools)
        #expect(failure.failureClass == .timedOut)
        #expect(failure.message.contains("1 s"))
        #expect(failure.message.contains("begun"))
        #expect(try await isGone(#require(directory.read("child"))))
    }

    @Test("A run that ignores TERM is told to have been killed", arguments: LocalTaskHost.Tools.installed)
    func killTold(_ tools: LocalTaskHost.Tools) async throws {
        let deaf = try await failure(of: durableRun("trap '' TERM; while :; do sleep 0.1; done", limit: .seconds(1)), tools)
        #expect(deaf.message.contains("killed, because it ignored TERM for 1 s"), "\(deaf.message)")
    }

    @Test("A run that says nothing for too long is ended, with its last words", arguments: LocalTaskHost.Tools.installed)
    func idle(_ tools: LocalTaskHost.Tools) async throws {
        var run = durableRun("echo waiting for a lock; exec sleep 4711")
        run.idleLimit = .seconds(1)
        let failure = try await failure(of: run, tools)
        #expect(failure.failureClass == .timedOut)
        #expect(failure.message.contains("said nothing for 1 s"), "\(failure.message)")
        #expect(failure.message.hasSuffix("waiting for a lock"), "\(failure.message)")
    }

    @Test("A run that goes on talking is not ended for silence")
    func talking() async throws {
        var run = durableRun("for i in 1 2 3 4 5 6 7 8; do echo $i; sleep 0.3; done")
        run.idleLimit = .seconds(1)
        #expect(try await run.perform(in: context()).status == 0)
    }

    @Test("Every line is told once, in order, also across a lost connection")
    func lines() async throws {
        let lines = Mutex<[String]>([])
        var run = durableRun("echo first; until [ -e \"$HOME/go\" ]; do sleep 0.1; done; seq 1 2000; printf 'half'; echo ' line'")
        run.onLine = { line in lines.withLock { $0.append(line) } }
        let host = MortalHost(host: try LocalTaskHost(directory))
        var context = try context()
        context.host = host
        let running = launch(run, context)
        #expect(try await eventually { lines.withLock { $0 == ["first"] } })
        await host.die()
        try directory.write("", to: "go")
        await host.revive()
        #expect(try await running.value.status == 0)
        #expect(lines.withLock { $0 } == ["first"] + (1...2000).map(String.init) + ["half line"])
    }

    @Test("A cancelled task ends its run on the host")
    func cancelled() async throws {
        let run = durableRun("sleep 4711 & echo $! >\"$HOME/child\"; echo begun; wait")
        let running = try launch(run, context())
        #expect(try await eventually { directory.read("runs/run-1/output") == "begun\n" })
        running.cancel()
        let failure = try await #require(throws: TaskFailure.self) { try await running.value }
        #expect(failure.failureClass == .cancelled)
        #expect(directory.read("runs/run-1/status")?.hasPrefix("cancelled") == true)
        #expect(try await isGone(#require(directory.read("child"))))
    }

    @Test("A run that was killed with its supervisor is interrupted")
    func killed() async throws {
        let run = durableRun("echo begun; while :; do sleep 0.1; done", limit: .seconds(3))
        let running = try launch(run, context())
        #expect(try await eventually { directory.read("runs/run-1/output") == "begun\n" })
        _ = try await shell("kill -9 \(pid(in: "supervisor")) -\(pid(in: "payload"))")
        let failure = try await #require(throws: TaskFailure.self) { try await running.value }
        #expect(failure.failureClass == .interrupted)
    }

    @Test("A script that was killed by KILL is interrupted, not failed")
    func scriptKilled() async throws {
        let run = durableRun("kill -9 $$")
        let failure = try await failure(of: run)
        #expect(failure.failureClass == .interrupted)
    }

    @Test("A run from before a reboot is interrupted and is not started again")
    func rebooted() async throws {
        let run = durableRun("echo once >>\"$HOME/effects\"")
        _ = try await run.perform(in: context())
        try directory.remove("runs/run-1/status")
        try directory.write("00000000-0000-0000-0000-000000000000\n", to: "runs/run-1/boot")
        let failure = try await failure(of: run)
        #expect(failure.failureClass == .interrupted)
        #expect(failure.message.contains("went down"))
        #expect(directory.read("effects") == "once\n")
    }

    @Test("A run that was claimed and never began is given up after a short time, and never begins")
    func claimed() async throws {
        try directory.write("", to: "runs/run-1/script")
        let run = durableRun("echo once >>\"$HOME/effects\"")
        for _ in 0..<2 {
            let failure = try await failure(of: run)
            #expect(failure.failureClass == .interrupted)
            #expect(failure.message.contains("before it began"))
        }
        #expect(!directory.exists("effects"))
    }

    /// The supervisor goes on while somebody looks, before any one of his commands: the shell evaluates `PS4` before each of them.
    @Test("A run that begins while somebody looks at it is never taken for one that did not begin")
    func lookedAtWhileItBegins() async throws {
        try directory.write(
            """
            read -r number <"$HOME/number"
            echo $((number + 1)) >"$HOME/number"
            if [ "$number" -ne "$moment" ]; then exit; fi
            read -r facts <"/proc/$looker/stat"
            set -- ${facts##*) }
            echo "$looker ${20}" >"$run/supervisor"
            mkdir "$run/decided"
            """, to: "begin")
        try directory.write(DurableRun.text, to: "durable-run")
        var states: [String] = []
        // Until he comes too late for the one who looks.
        for moment in 0..<100 {
            let result = try await shell(
                """
                export run="$PLANNER_RUNS/run-1" looker=$$ moment=\(moment)
                rm -rf "$run"
                mkdir -p "$run"
                cat /proc/sys/kernel/random/boot_id >"$run/boot"
                echo 0 >"$HOME/number"
                PS4='$(sh "$HOME/begin")' sh -x "$HOME/durable-run" state run-1 2>&1 | tail -n 1
                """)
            states.append(String(result.outputText.dropLast()))
            if states.last == "planner-run: claimed" { break }
        }
        #expect(states.count > 10)
        #expect(states.dropLast().allSatisfy { $0 == "planner-run: running" }, "\(states)")
        #expect(states.last == "planner-run: claimed")
    }

    @Test(
        "Runs that ended more than two weeks ago are removed beside the next start, what has no end after 90 days, and others stay",
        arguments: LocalTaskHost.Tools.installed)
    func pruned(_ tools: LocalTaskHost.Tools) async throws {
        for name in ["old", "new"] { try directory.write("exited 0\n", to: "runs/\(name)/status") }
        for name in ["unfinished", "forgotten", "alive", ".incoming-x-1", ".old-x"] {
            try directory.write("", to: "runs/\(name)/script")
        }
        // A run of long ago whose script still works.
        _ = try await shell("set -- $(sed 's/.*) //' /proc/1/stat); echo \"1 ${20}\" >runs/alive/payload")
        _ = try await shell(
            """
            touch -d "@$(($(date +%s) - 20 * 86400))" runs/old runs/unfinished runs/.incoming-x-1 runs/.old-x
            touch -d "@$(($(date +%s) - 100 * 86400))" runs/forgotten runs/alive
            """)
        _ = try await durableRun("true").perform(in: context(tools))
        let left = [".pruned", "alive", "new", "run-1", "unfinished"]
        #expect(try await eventually { directory.names(in: "runs") == left }, "\(directory.names(in: "runs"))")
    }

    @Test("Runs of the same plan stay however old they look: the clock of their host may have been wrong then")
    func prunedWithAClockThatJumped() async throws {
        for name in ["site-7-ab12-1", "site-6-ab12-1"] {
            try directory.write("exited 0\n", to: "runs/\(name)/status")
            _ = try await shell("touch -d @86400 runs/\(name)")
        }
        var run = durableRun("true")
        run.identifier = "site-7-cd34-1"
        _ = try await run.perform(in: context())
        let left = [".pruned", "site-7-ab12-1", "site-7-cd34-1"]
        #expect(try await eventually { directory.names(in: "runs") == left }, "\(directory.names(in: "runs"))")
    }

    @Test("An identifier that is no plain name is refused", arguments: ["", ".x", "-x", "a/b", "../x", "a b", "$(id)"])
    func identifiers(_ identifier: String) async throws {
        let run = DurableRun(identifier: identifier, script: "true", limit: .seconds(5))
        await #expect(throws: TaskFailure.self) { try await run.perform(in: context()) }
    }

    @Test("There is no run where none was started")
    func absent() async throws {
        #expect(try await !DurableRun.exists("run-1", on: LocalTaskHost(directory)))
    }

    /// Gone, or dead and not yet collected by whoever inherits it.
    private func isGone(_ pid: String) async throws -> Bool {
        let pid = pid.filter(\.isNumber)
        return try await eventually(within: .seconds(5)) {
            try await shell("read -r a b state c </proc/\(pid)/stat || exit 0; [ \"$state\" = Z ]").status == 0
        }
    }
}
