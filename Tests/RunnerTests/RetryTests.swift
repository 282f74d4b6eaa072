import Engine
import Model
import Runner
import TaskKit
import TestSupport
import Testing

@Suite("Retries within a run")
struct RetryTests {
    private let bench: RunnerBench
    private let quick = RetryPolicy(tries: 3, firstDelay: .milliseconds(2), longestDelay: .milliseconds(4))
    init() throws { bench = try RunnerBench() }

    private func attempts(in journal: MemoryJournal) async -> [String] {
        await journal.events.compactMap { event in
            switch event {
            case .taskStarted(_, let attempt): "start \(attempt)"
            case .taskApplying(_, let attempt): "apply \(attempt)"
            case .taskRetrying(_, let attempt, let outcome, let failure, _, _):
                "retry \(attempt) \(outcome.rawValue) \(failure?.failureClass.rawValue ?? "")"
            case .taskFinished(_, let attempt, let outcome, _, _): "end \(attempt) \(outcome.rawValue)"
            default: nil
            }
        }
    }

    @Test("A host that does not answer is tried again in a new attempt, and each attempt is in the journal")
    func unreachable() async throws {
        // The connector of the bench tries three times within an attempt.
        let connector = ScriptedConnector(
            try bench.host(), failing: Array(repeating: TaskFailure(.unreachable, "no route"), count: 4))
        let journal = MemoryJournal()
        let plan = TestPlan.plan([TestPlan.phase(1, [bench.effect("a")])])
        let report = try await bench.run(plan, journal: journal, connector: connector, retries: quick)
        #expect(report.result == .successful)
        #expect(report.failures.isEmpty)
        #expect(
            await attempts(in: journal)
                == ["start 1", "retry 1 unreachable unreachable", "start 2", "apply 2", "end 2 changed"])
        #expect(bench.effects == ["a"])
    }

    @Test("What is busy for a moment is tried again until it succeeds; each try is a durable run of its own")
    func transient() async throws {
        let busy = TestPlan.task(
            "a",
            CommandAction(
                check: nil, apply: "echo a >>\"$HOME/effects\"; [ $(wc -l <\"$HOME/effects\") -ge 3 ] || exit 75",
                limit: .seconds(9)))
        let journal = MemoryJournal()
        #expect(
            try await bench.run(TestPlan.plan([TestPlan.phase(1, [busy])]), journal: journal, retries: quick).result
                == .successful)
        #expect(bench.effects == ["a", "a", "a"])
        #expect(
            await attempts(in: journal).filter { $0.hasPrefix("retry") } == [
                "retry 1 failed transient", "retry 2 failed transient",
            ])
    }

    @Test(
        "A task ends as its last attempt did, after as many as the plan says, or as the run says where it does not",
        arguments: [1, 2])
    func givesUp(_ tries: Int) async throws {
        var task = TestPlan.task("a", CommandAction(check: nil, apply: "exit 75", limit: .seconds(9)))
        if tries == 2 { task.retries = RetryPolicy(tries: 2, firstDelay: .zero) }
        let journal = MemoryJournal()
        let report = try await bench.run(TestPlan.plan([TestPlan.phase(1, [task])]), journal: journal, retries: .never)
        #expect(report.outcomes == [task.id: .failed])
        #expect(await attempts(in: journal).last == "end \(tries) failed")
    }

    @Test("A failure is not tried again", arguments: ["exit 1", "kill -9 $$"])
    func failure(_ text: String) async throws {
        let task = TestPlan.task("a", CommandAction(check: nil, apply: text, limit: .seconds(9)))
        let journal = MemoryJournal()
        _ = try await bench.run(TestPlan.plan([TestPlan.phase(1, [task])]), journal: journal, retries: quick)
        #expect(await attempts(in: journal) == ["start 1", "apply 1", "end 1 failed"])
    }

    @Test("Work on a host that is lost is joined by the next attempt, which bears the same number, and not begun beside it")
    func joined() async throws {
        let host = MortalHost(host: try bench.host())
        let task = bench.effect("a", then: "until [ -e \"$HOME/go\" ]; do sleep 0.05; done", checked: false)
        let journal = MemoryJournal()
        let patient = RetryPolicy(tries: 100, firstDelay: .milliseconds(20), longestDelay: .milliseconds(20))
        let running = Task { [bench] in
            try await bench.run(
                TestPlan.plan([TestPlan.phase(1, [task])]), journal: journal, connector: ScriptedConnector(host),
                reconnectLimit: .zero, retries: patient)
        }
        #expect(try await eventually { bench.effects == ["a"] })
        await host.die()
        #expect(try await eventually { await attempts(in: journal).contains("retry 1 unreachable connection-lost") })
        try bench.directory.write("", to: "go")
        await host.revive()
        #expect(try await running.value.result == .successful)
        #expect(bench.effects == ["a"])
        #expect(await attempts(in: journal).allSatisfy { !$0.contains(" 2") })
    }

    @Test("A run that is stopped does not wait for the next attempt, and resumes with it")
    func stopped() async throws {
        let (stops, send) = AsyncStream.makeStream(of: StopRequest.self)
        let slow = RetryPolicy(tries: 3, firstDelay: .seconds(600), longestDelay: .seconds(600))
        let connector = ScriptedConnector(
            try bench.host(), failing: Array(repeating: TaskFailure(.unreachable, "no route"), count: 3))
        let plan = TestPlan.plan([TestPlan.phase(1, [bench.effect("a")])])
        let journal = MemoryJournal()
        let running = Task { [bench] in
            try await bench.run(plan, journal: journal, connector: connector, retries: slow, stop: stops)
        }
        #expect(try await eventually { await attempts(in: journal).contains { $0.hasPrefix("retry") } })
        send.yield(StopRequest(cancelRunning: false, by: "me"))
        let report = try await running.value
        #expect(report.result == .stopped)
        #expect(report.outcomes == [TaskID("a"): .unreachable])
        #expect(try await bench.run(plan, journal: journal).result == .successful)
        #expect(
            await attempts(in: journal)
                == [
                    "start 1", "retry 1 unreachable unreachable", "end 1 unreachable", "start 2", "apply 2", "end 2 changed",
                ])
    }

    @Test("While a task waits for its next attempt, its place is another's")
    func place() async throws {
        let task = TestPlan.task("a", CommandAction(check: nil, apply: "[ -e \"$HOME/b.done\" ] || exit 75", limit: .seconds(9)))
        let plan = TestPlan.plan([TestPlan.phase(1, [task, bench.effect("b")])])
        let report = try await bench.run(
            plan, journal: MemoryJournal(), limits: RunLimits(total: 1, perHost: 1),
            retries: RetryPolicy(tries: 2, firstDelay: .milliseconds(300)))
        #expect(report.outcomes == [TaskID("a"): .changed, TaskID("b"): .changed])
    }
}

@Suite("Dry runs")
struct DryRunTests {
    private func ask(_ plan: Plan, _ connector: ScriptedConnector, done: Set<TaskID> = []) async -> [String: DryRun.Answer] {
        let runner = Runner(
            PlanRun(plan: plan, planSerial: 1, prefix: "test-1", controller: "test"), journal: MemoryJournal(room: 0),
            connector: connector, scripts: ScriptLibrary([]))
        let answers = await DryRun(runner).ask(done: done)
        return Dictionary(uniqueKeysWithValues: answers.map { ($0.key.text, $0.value) })
    }

    @Test("Every task is asked and none is carried out")
    func asksOnly() async throws {
        let bench = try RunnerBench()
        try bench.directory.write("", to: "a.done")
        let tasks = [bench.effect("a"), bench.effect("b"), bench.effect("c", checked: false), bench.effect("d")]
        let connector = ScriptedConnector(try bench.host())
        let answers = await ask(TestPlan.plan([TestPlan.phase(1, tasks)]), connector, done: [TaskID("d")])
        #expect(answers["a"] == .isTrue)
        #expect(answers["b"] == .wouldChange("the check ended with exit status 1"))
        #expect(answers["c"] == .wouldChange("there is no check"))
        #expect(answers["d"] == .done)
        #expect(bench.effects.isEmpty && !bench.directory.exists("runs"))
        #expect(await connector.isClosed)
    }

    @Test("What follows a change cannot be told before it, nor can what cannot be asked yet")
    func unknown() async throws {
        let bench = try RunnerBench()
        var back = TestPlan.task("back", CommandAction(check: "true", apply: "true", limit: .seconds(5)))
        back.accompanies = [TaskID("b")]
        let broken = TestPlan.task("broken", CommandAction(check: "exit 127", apply: "true", limit: .seconds(5)))
        let plan = TestPlan.plan([
            TestPlan.phase(1, [bench.effect("b")]), TestPlan.phase(2, after: [1], [back]),
            TestPlan.phase(3, after: [2], [broken]),
        ])
        let answers = await ask(plan, ScriptedConnector(try bench.host()))
        #expect(answers["back"] == .cannotTell("it is true now, and follows a change", until: TaskID("b")))
        guard case .cannotTell(_, until: TaskID("back")) = answers["broken"] else {
            return #expect(Bool(false), "\(String(describing: answers["broken"]))")
        }
    }

    @Test("A host that the plan makes itself cannot be asked before it is made; any other is missed")
    func madeByPlan() async throws {
        let bench = try RunnerBench()
        let make = bench.effect("make", of: "guest")
        let guest = TestPlan.task("inside", host: "guest")
        let other = TestPlan.task("other", host: "gone")
        let plan = TestPlan.plan([TestPlan.phase(1, [make]), TestPlan.phase(2, after: [1], [guest, other])])
        let connector = OnlyConnector(name: "a", host: try bench.host())
        let runner = Runner(
            PlanRun(plan: plan, planSerial: 1, prefix: "test-1", controller: "test"), journal: MemoryJournal(room: 0),
            connector: connector, scripts: ScriptLibrary([]))
        let answers = await DryRun(runner).ask(done: [])
        #expect(answers[TaskID("inside")] == .cannotTell("no route", until: TaskID("make")))
        #expect(answers[TaskID("other")] == .failed(TaskFailure(.unreachable, "no route")))
    }

    @Test("A host that cannot be reached is asked once, and all of its tasks say so")
    func unreachable() async throws {
        let bench = try RunnerBench()
        let failure = TaskFailure(.unreachable, "no route")
        let connector = ScriptedConnector(try bench.host(), failing: [failure])
        let answers = await ask(TestPlan.plan([TestPlan.phase(1, [bench.effect("a"), bench.effect("b")])]), connector)
        #expect(answers == ["a": .failed(failure), "b": .failed(failure)])
        #expect(await connector.attempts == 1)
    }
}

/// Reaches one host of a plan, and no other.
private struct OnlyConnector: HostConnector {
    var name: String
    var host: any TaskHost

    func host(
        at path: ItemPath, connection: HostConnection, secrets: any SecretSource
    ) async throws(TaskFailure) -> any TaskHost {
        guard path.name == name[...] else { throw TaskFailure(.unreachable, "no route") }
        return host
    }

    func closeAll() async {}
}
