import Engine
import Foundation
import Model
import Service
import TaskKit
import TestSupport
import Testing

@testable import PlannerCommandLine

/// A run as the journal has it, from events.
struct TestRun {
    let places: PlanPlaces
    let records: [RunRecord]

    init(_ plan: Plan, _ events: [RunEvent]) {
        let places = PlanPlaces(plan)
        self.places = places
        records = events.enumerated().map { index, event in
            RunRecord(
                JournalEntry(sequence: index + 1, time: 1_700_000_000 + Double(index), planSerial: 1, event: event), in: places)
        }
    }

    var picture: RunPicture {
        var picture = RunPicture(places)
        for record in records { picture.take(record) }
        return picture
    }

    func lines(width: Int? = nil, color: Bool = false) -> [String] {
        var picture = RunPicture(places)
        let text = RunLines(
            style: Style(usesColor: color), width: width, logPath: { "/state/logs/1/\($0).\($1).log" }, zone: .gmt)
        return records.flatMap { record in
            picture.take(record)
            return text.lines(of: record, in: picture)
        }
    }

    /// A node that is taken out of service by one task, and whose second task fails.
    static let failing: TestRun = {
        let node = TestPlan.path(of: "n1")
        var lock = TestPlan.task("aaaaaaaa", host: "n1")
        lock.identity = StepIdentity(item: node, node: node, name: "lock")
        lock.summary = "lock n1 (ha)"
        lock.nodeChange = .takenOut("ha")
        var replace = TestPlan.task("bbbbbbbb", host: "n1")
        replace.identity = StepIdentity(item: node, node: node, name: "replace")
        replace.summary = "replace virtual machine n1"
        replace.effect = .replace
        let plan = TestPlan.plan([TestPlan.phase(1, [lock]), TestPlan.phase(2, after: [1], [replace])])
        let failure = TaskFailure(
            .failed, "the command failed (exit status 7)\nno space in the pool\nfrom the \u{1b}[31mhost", nextStep: "free space",
            exitStatus: 7)
        return TestRun(
            plan,
            [
                .runStarted(isResumed: false, controller: "ann on ms"), .phaseStarted(phase: 1),
                .taskStarted(task: lock.id, attempt: 1), .taskApplying(task: lock.id, attempt: 1),
                .taskFinished(task: lock.id, attempt: 1, outcome: .changed, failure: nil, milliseconds: 1500),
                .phaseFinished(phase: 1), .phaseStarted(phase: 2), .taskStarted(task: replace.id, attempt: 2),
                .taskApplying(task: replace.id, attempt: 2),
                .taskFinished(task: replace.id, attempt: 2, outcome: .failed, failure: failure, milliseconds: 61_000),
                .stopRequested(cancelRunning: false, by: "interrupt"), .runFinished(result: .failed),
            ])
    }()
}

@Suite("A run as lines")
struct RunLinesTests {
    @Test("Each change of state is a line, and a failure says what, where, why, in which state, what next, and where the log is")
    func failing() {
        #expect(
            TestRun.failing.lines() == [
                "22:13:20 run      plan 00000001 started by ann on ms",
                "22:13:23 start    1.1 lock n1 (ha)",
                "22:13:24 changed  1.1 lock n1 (ha)  1.5 s",
                "22:13:28 start    2.1 replace virtual machine n1 (attempt 2)",
                "22:13:29 FAILED   2.1 replace virtual machine n1  1m01s",
                "         | task    2.1 replace virtual machine n1 [bbbbbbbb], attempt 2",
                "         | node    n1 (root@127.0.0.1:22)",
                "         | command apply  true",
                "         | class   failed, exit status 7",
                "         |         the command failed (exit status 7)",
                "         |         no space in the pool",
                "         |         from the \\x1B[31mhost",
                "         | state   n1 is OUT OF SERVICE: locked by ha",
                "         | state   n1 may be half replaced, or powered off: 'replace virtual machine n1' is not done",
                "         | first   free space",
                "         | next    planner run_plan --resume  goes on, when the cause is mended",
                "         | or      planner unlock n1  puts it back into service as it is",
                "         | log     /state/logs/1/bbbbbbbb.2.log  (planner logs 2.1)",
                "22:13:30 stop     asked by interrupt: running tasks finish",
                "22:13:31 run      plan 00000001 failed",
            ])
    }

    @Test("On a terminal no line is wider than it, whatever hosts and people write", arguments: [40, 80, 200])
    func widths(width: Int) {
        let long = String(repeating: "größe-日本-", count: 40)
        var task = TestPlan.task("aaaaaaaa")
        task.summary = long
        let run = TestRun(
            TestPlan.plan([TestPlan.phase(1, [task])]),
            [
                .runStarted(isResumed: true, controller: long), .taskStarted(task: task.id, attempt: 1),
                .taskApplying(task: task.id, attempt: 1),
                .taskFinished(
                    task: task.id, attempt: 1, outcome: .timedOut, failure: TaskFailure(.timedOut, long, nextStep: long),
                    milliseconds: 1),
            ])
        let lines = run.lines(width: width)
        #expect(lines.allSatisfy { DisplayWidth.columns(of: $0) <= width }, "\(lines)")
        #expect(run.lines().joined().contains(long))
    }

    @Test("Colour changes no word")
    func color() {
        let colored = TestRun.failing.lines(color: true).map { $0.replacing(/\u{1b}\[[0-9]+m/, with: "") }
        #expect(colored == TestRun.failing.lines())
        #expect(TestRun.failing.lines(color: true).contains { $0.contains("\u{1b}[31mFAILED") })
    }

    @Test("The recap has totals, what took longest, the journal, the logs, and how the plan stands")
    func recap() {
        let recap = RunRecap(style: Style(usesColor: false), stateDirectory: "/state", serial: 1)
        #expect(
            recap.text(of: TestRun.failing.picture, site: nil) == """

                Plan 00000001 failed: 1 changed, 1 FAILED; 1 of 2 tasks done, in 11s
                Slowest    1m01s    2.1 replace virtual machine n1
                           1.5 s    1.1 lock n1 (ha)
                Journal    records 1 to 12: planner logs
                Logs       /state/logs/1: planner logs TASK

                """)
    }
}

@Suite("The lines at the bottom of a terminal")
struct LiveRegionTests {
    private func running(_ count: Int) -> TestRun {
        let gate = WaitForServiceAction(address: "h", port: 22, banner: "SSH", interval: .seconds(1), limit: .seconds(600))
        let tasks = (0..<count).map { TestPlan.task("aaaaaa0\($0)") } + [TestPlan.task("bbbbbbbb", gate)]
        return TestRun(
            TestPlan.plan([TestPlan.phase(1, tasks)]),
            [.runStarted(isResumed: false, controller: "me"), .phaseStarted(phase: 1)]
                + tasks.map { .taskStarted(task: $0.id, attempt: 1) } + tasks.map { .taskApplying(task: $0.id, attempt: 1) })
    }

    @Test("They say how far it is, what runs, since when, its limit, its last line, what it waits for, and how long it will take")
    func words() {
        let region = LiveRegion(style: Style(usesColor: false), width: 90, height: 24)
        let lines = region.lines(
            of: running(1).picture, now: 1_700_000_064,
            lastLines: [TaskID("aaaaaa00"): "step 3\tof 4", TaskID("bbbbbbbb"): "no answer"],
            secondsLeft: 1_860)
        #expect(lines[1] == "[..........] 0/2 tasks  phase 1/1  2 running  0 failed  1m04s, ~31m left")
        #expect(lines[2] == " > 1.1 aaaaaa00  1m02s / 10s   last line: step 3    of 4")
        #expect(lines[3] == " > 1.2 bbbbbbbb  1m01s / 10m   waits for: h:22 to answer SSH...; last answer: no answer")
    }

    @Test(
        "No line is wider than the terminal, and there are no more of them than it has rows",
        arguments: [(30, 6), (80, 24), (200, 50)])
    func size(width: Int, height: Int) {
        let said = String(repeating: "日本語 ", count: 100)
        let region = LiveRegion(style: Style(usesColor: false), width: width, height: height)
        let lines = region.lines(
            of: running(9).picture, now: 1_700_000_100, lastLines: [TaskID("aaaaaa00"): said], secondsLeft: 5)
        #expect(lines.allSatisfy { DisplayWidth.columns(of: $0) < width })
        #expect(lines.count < height)
        #expect(lines.last?.contains("more") == true)
    }
}

@Suite("What is under way")
struct RunningRowsTests {
    private static let gate = WaitForServiceAction(
        address: "h", port: 22, banner: "SSH", interval: .seconds(1), limit: .seconds(600))

    private func rows(_ plan: Plan, _ events: [RunEvent], at seconds: Double, said: [TaskID: String] = [:]) -> RunningRows {
        let run = TestRun(plan, [.runStarted(isResumed: false, controller: "me")] + events)
        return RunningRows(of: run.picture, now: 1_700_000_000 + seconds, lastLines: said)
    }

    @Test("A gate says what it waits for and the last answer; where there is no room, the answer")
    func gates() throws {
        let task = TestPlan.task("aaaaaaaa", Self.gate)
        let script = TestPlan.task(
            "bbbbbbbb",
            WaitForScriptAction(
                script: Script(name: "x", content: []), arguments: [], interval: .seconds(1), limit: .seconds(60)))
        let plan = TestPlan.plan([TestPlan.phase(1, [task, script])])
        let events: [RunEvent] = [.taskStarted(task: task.id, attempt: 1), .taskStarted(task: script.id, attempt: 1)]
        let silent = rows(plan, events, at: 9).rows
        #expect(silent.map { $0.words(within: nil) } == ["waits for: h:22 to answer SSH...", "waits for: the first answer"])
        let said = rows(plan, events, at: 9, said: [task.id: "no answer", script.id: "n1 is no ready member yet"]).rows
        #expect(
            said.map { $0.words(within: nil) } == [
                "waits for: h:22 to answer SSH...; last answer: no answer", "waits for: n1 is no ready member yet",
            ])
        #expect(said[0].words(within: 40) == "waits for: no answer")
        #expect(said.map(\.time) == ["8s / 10m", "7s / 1m"])
    }

    @Test("A task that is tried again says when, and why, until it begins anew")
    func retrying() {
        let task = TestPlan.task("aaaaaaaa")
        let plan = TestPlan.plan([TestPlan.phase(1, [task])])
        let events: [RunEvent] = [
            .taskStarted(task: task.id, attempt: 1),
            .taskRetrying(
                task: task.id, attempt: 1, outcome: .unreachable, failure: TaskFailure(.unreachable, "refused\nmore"),
                milliseconds: 5, delayMilliseconds: 8_500),
        ]
        let waiting = rows(plan, events, at: 3).rows
        #expect(waiting.map(\.name) == ["1.1 aaaaaaaa"])
        #expect(waiting.map { $0.words(within: nil) } == ["waits for: the next try in 8s, after unreachable: refused"])
        let again = rows(plan, events + [.taskStarted(task: task.id, attempt: 2)], at: 4).rows
        #expect(again.map { $0.words(within: nil) } == ["checking"])
        let lines = LiveRegion(style: Style(usesColor: false), width: 90, height: 24).lines(
            of: TestRun(plan, [.runStarted(isResumed: false, controller: "me")] + events).picture, now: 1_700_000_003,
            lastLines: [:], secondsLeft: nil)
        #expect(lines[1] == "[..........] 0/1 tasks  phase 1/1  0 running  1 retrying  0 failed  3s")
        #expect(lines[2] == " > 1.1 aaaaaaaa                waits for: the next try in 8s, after unreachable: refused")
    }

    @Test("A soak says how long it lasts, a pause who ends it, until they are over")
    func waits() {
        let plan = TestPlan.plan([
            TestPlan.wait(1, .soak(seconds: 600)), TestPlan.wait(2, .approval, after: [1]),
        ])
        #expect(
            rows(plan, [.phaseStarted(phase: 1)], at: 61).rows.map { $0.words(within: nil) }
                == ["waits for: soak of 10 min, 9m left"])
        let pause = rows(plan, [.phaseStarted(phase: 1), .phaseFinished(phase: 1), .phaseStarted(phase: 2)], at: 61).rows
        #expect(pause.map { $0.words(within: nil) } == ["waits for: planner approve"])
        #expect(pause.map(\.name) == ["2 c after 1 of 2 nodes"])
    }
}
