import Engine
import Runner
import TaskKit
import TestSupport
import Testing

@Suite("The runner")
struct RunnerTests {
    private let bench: RunnerBench
    init() throws { bench = try RunnerBench() }

    private func command(_ id: String, check: String?, apply: String) -> PlanTask {
        TestPlan.task(id, CommandAction(check: check, apply: apply, limit: .seconds(30)))
    }

    private func end(of task: String, in journal: MemoryJournal) async -> Outcome? {
        await journal.events.lazy.compactMap { event in
            if case .taskFinished(TaskID(task), _, let outcome, _, _) = event { outcome } else { nil }
        }.last
    }

    @Test("A task that is true already is skipped, one that is not is changed, a gate is ok")
    func outcomes() async throws {
        try bench.directory.write("SSH-2.0", to: "services/h:22")
        let gate = WaitForServiceAction(
            address: "h", port: 22, banner: "SSH", interval: .milliseconds(10), limit: .seconds(5))
        let plan = TestPlan.plan([
            TestPlan.phase(
                1, [command("a", check: "true", apply: "exit 1"), bench.effect("b"), TestPlan.task("c", gate)])
        ])
        let journal = MemoryJournal()
        let report = try await bench.run(plan, journal: journal)
        #expect(report.result == .successful)
        #expect(report.outcomes == [TaskID("a"): .skipped, TaskID("b"): .changed, TaskID("c"): .ok])
        #expect(bench.effects == ["b"])
    }

    @Test("The journal says what is about to be done before it is done")
    func order() async throws {
        let plan = TestPlan.plan([TestPlan.phase(1, [bench.effect("a")])])
        let journal = MemoryJournal()
        _ = try await bench.run(plan, journal: journal)
        let words = await journal.events.map { event in
            switch event {
            case .runStarted(let isResumed, let controller): "run \(isResumed) \(controller)"
            case .phaseStarted: "phase"
            case .taskStarted: "start"
            case .taskApplying: "apply"
            case .taskFinished(_, _, let outcome, _, _): outcome.rawValue
            case .taskRetrying: "retry"
            case .phaseFinished: "phase end"
            case .stopRequested: "stop"
            case .runFinished(let result): result.rawValue
            case .windowOpened, .notStarted, .nodeFailed, .approved: "policy"
            case .nodePutBack, .planGivenUp: "by hand"
            }
        }
        #expect(words == ["run false test", "phase", "start", "apply", "changed", "phase end", "successful"])
        let told = bench.notices.list.count { if case .recorded = $0 { true } else { false } }
        #expect(told == words.count)
    }

    @Test("What follows from an end is written with it, and nothing begins before both are")
    func together() async throws {
        let plan = TestPlan.plan([
            TestPlan.phase(1, [command("a", check: "true", apply: "exit 1")]),
            TestPlan.phase(2, after: [1], [command("b", check: "true", apply: "exit 1"), bench.effect("c")]),
        ])
        let journal = MemoryJournal()
        #expect(try await bench.run(plan, journal: journal).result == .successful)
        let writes = await journal.writes
        #expect(writes.first?.count == 1)
        #expect(writes[1] == [.phaseStarted(phase: 1), .taskStarted(task: TaskID("a"), attempt: 1)])
        guard case .taskFinished(TaskID("a"), 1, .skipped, nil, _)? = writes[2].first else {
            Issue.record("\(writes)")
            return
        }
        #expect(
            writes[2].dropFirst() == [
                .phaseFinished(phase: 1), .phaseStarted(phase: 2), .taskStarted(task: TaskID("b"), attempt: 1),
                .taskStarted(task: TaskID("c"), attempt: 1),
            ])
        #expect(writes.contains([.taskApplying(task: TaskID("c"), attempt: 1)]))
        #expect(writes.last?.suffix(2) == [.phaseFinished(phase: 2), .runFinished(result: .successful)])
    }

    @Test("A success that could not be recorded is none: the run has failed, and the next one does the task again")
    func lostSuccess() async throws {
        let plan = TestPlan.plan([TestPlan.phase(1, [command("a", check: "true", apply: "exit 1")])])
        // Room for: the run, its phase, the start of the task.
        let filling = MemoryJournal(room: 3)
        let report = try await bench.run(plan, journal: filling)
        #expect(report.result == .failed && report.journalFailure != nil && report.outcomes.isEmpty)
        let journal = MemoryJournal(await filling.entries)
        #expect(try await bench.run(plan, journal: journal).outcomes == [TaskID("a"): .skipped])
    }

    @Test("An apply that succeeds without making it true is a failure")
    func notVerified() async throws {
        let plan = TestPlan.plan([TestPlan.phase(1, [command("a", check: "false", apply: "true")])])
        let report = try await bench.run(plan, journal: MemoryJournal())
        #expect(report.result == .failed)
        #expect(report.failures[TaskID("a")]?.failureClass == .notVerified)
    }

    @Test("After a failure the next phase is not touched, and the next run makes a new attempt")
    func failure() async throws {
        let plan = TestPlan.plan([
            TestPlan.phase(1, [command("a", check: nil, apply: "echo try >>\"$HOME/tries\"; [ -e \"$HOME/well\" ]")]),
            TestPlan.phase(2, after: [1], [bench.effect("b")]),
        ])
        let journal = MemoryJournal()
        #expect(try await bench.run(plan, journal: journal).result == .failed)
        #expect(bench.effects.isEmpty)
        try bench.directory.write("", to: "well")
        #expect(try await bench.run(plan, journal: journal).result == .successful)
        #expect(bench.directory.read("tries") == "try\ntry\n")
        #expect(bench.effects == ["b"])
        #expect(await journal.events.contains(.taskStarted(task: TaskID("a"), attempt: 2)))
    }

    @Test("A host that is unreachable for a moment is tried again, before anything is journaled as begun")
    func unreachableForAMoment() async throws {
        let failure = TaskFailure(.unreachable, "no route")
        let connector = ScriptedConnector(try bench.host(), failing: [failure, failure])
        let plan = TestPlan.plan([TestPlan.phase(1, [bench.effect("a")])])
        #expect(try await bench.run(plan, journal: MemoryJournal(), connector: connector).result == .successful)
        #expect(await connector.isClosed)
    }

    @Test(
        "A host that stays unreachable makes its task unreachable and is not touched",
        arguments: [
            TaskFailure.Class.unreachable, .hostKey, .authentication,
        ])
    func unreachable(_ failureClass: TaskFailure.Class) async throws {
        let connector = ScriptedConnector(
            try bench.host(), failing: Array(repeating: TaskFailure(failureClass, "no"), count: 3))
        let journal = MemoryJournal()
        let plan = TestPlan.plan([TestPlan.phase(1, [bench.effect("a")])])
        #expect(try await bench.run(plan, journal: journal, connector: connector).result == .failed)
        #expect(await end(of: "a", in: journal) == .unreachable)
        #expect(await connector.attempts == (failureClass == .unreachable ? 3 : 1))
        #expect(await !journal.events.contains(.taskApplying(task: TaskID("a"), attempt: 1)))
    }

    @Test("A connection that is lost under a durable run is taken up again by the same task")
    func connectionLost() async throws {
        let host = MortalHost(host: try bench.host())
        let task = bench.effect("a", then: "echo waiting; until [ -e \"$HOME/go\" ]; do sleep 0.1; done")
        let running = Task { [bench] in
            try await bench.run(
                TestPlan.plan([TestPlan.phase(1, [task])]), journal: MemoryJournal(), connector: ScriptedConnector(host)
            )
        }
        #expect(try await eventually { bench.notices.progress.contains("waiting") })
        await host.die()
        #expect(try await eventually { bench.notices.progress.contains { $0.hasPrefix("connection lost") } })
        try bench.directory.write("", to: "go")
        await host.revive()
        #expect(try await running.value.result == .successful)
        #expect(bench.effects == ["a"])
    }

    @Test("The first stop lets the running task finish, and the run can be resumed")
    func stop() async throws {
        let (stops, send) = AsyncStream.makeStream(of: StopRequest.self)
        let task = bench.effect("a", then: "until [ -e \"$HOME/go\" ]; do sleep 0.1; done")
        let plan = TestPlan.plan([TestPlan.phase(1, [task]), TestPlan.phase(2, after: [1], [bench.effect("b")])])
        let journal = MemoryJournal()
        let running = Task { [bench] in try await bench.run(plan, journal: journal, stop: stops) }
        #expect(try await eventually { bench.effects == ["a"] })
        send.yield(StopRequest(cancelRunning: false, by: "me"))
        #expect(try await eventually { await journal.events.contains(.stopRequested(cancelRunning: false, by: "me")) })
        try bench.directory.write("", to: "go")
        #expect(try await running.value.result == .stopped)
        #expect(await end(of: "a", in: journal) == .changed)
        #expect(bench.effects == ["a"])
        #expect(try await bench.run(plan, journal: journal).result == .successful)
        #expect(bench.effects == ["a", "b"])
    }

    @Test("The second stop ends running work on its host; so does cancelling the run", arguments: [false, true])
    func cancel(_ byCancellation: Bool) async throws {
        let (stops, send) = AsyncStream.makeStream(of: StopRequest.self)
        let task = command("a", check: nil, apply: "echo $$ >\"$HOME/pid\"; sleep 30; echo late >\"$HOME/late\"")
        let plan = TestPlan.plan([TestPlan.phase(1, [task])])
        let journal = MemoryJournal()
        let running = Task { [bench] in try await bench.run(plan, journal: journal, stop: stops) }
        #expect(try await eventually { bench.directory.exists("pid") })
        if byCancellation { running.cancel() } else { send.yield(StopRequest(cancelRunning: true, by: "me")) }
        let report = try await running.value
        #expect(report.result == .stopped)
        #expect(report.outcomes == [TaskID("a"): .cancelled])
        #expect(bench.directory.read("runs/test-1-a-1/status")?.hasPrefix("cancelled") == true)
        #expect(await journal.events.last == .runFinished(result: .stopped))
    }

    @Test("No more tasks run at once than allowed")
    func bounded() async throws {
        let apply = """
            mkdir "$HOME/now" 2>/dev/null || echo clash >>"$HOME/clashes"
            sleep 0.05
            rmdir "$HOME/now"
            """
        let tasks = (0..<6).map { command("t\($0)", check: nil, apply: apply) }
        let plan = TestPlan.plan([TestPlan.phase(1, tasks)])
        let report = try await bench.run(plan, journal: MemoryJournal(), limits: RunLimits(total: 5, perHost: 1))
        #expect(report.result == .successful)
        #expect(!bench.directory.exists("clashes"))
    }

    @Test("A history that is not of this plan is refused before anything is done")
    func inconsistent() async throws {
        let journal = MemoryJournal([
            JournalEntry(sequence: 1, time: 0, planSerial: 1, event: .taskStarted(task: TaskID("x"), attempt: 1))
        ])
        await #expect(throws: PlanError.unknownTask(TaskID("x"))) {
            try await bench.run(TestPlan.plan([TestPlan.phase(1, [bench.effect("a")])]), journal: journal)
        }
        #expect(bench.effects.isEmpty)
    }

    @Test("Entries of other plans are passed over")
    func otherPlans() async throws {
        let journal = MemoryJournal([
            JournalEntry(sequence: 1, time: 0, planSerial: 9, event: .taskStarted(task: TaskID("x"), attempt: 1))
        ])
        let plan = TestPlan.plan([TestPlan.phase(1, [bench.effect("a")])])
        #expect(try await bench.run(plan, journal: journal).result == .successful)
        #expect(await journal.events.contains(.runStarted(isResumed: false, controller: "test")))
    }
}
