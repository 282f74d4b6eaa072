import Engine
import Model
import TaskKit
import TestSupport
import Testing

/// An engine with a hand on it: what it starts, what it records, how it ends.
private struct Bench {
    var engine: RunEngine
    private(set) var started: [String] = []
    private(set) var records: [RunEvent] = []
    private(set) var soaks: [Int] = []
    private(set) var result: RunResult?

    init(_ plan: Plan, history: [RunEvent] = [], policy: RunPolicy = RunPolicy()) throws {
        engine = try RunEngine(plan: plan, history: history, policy: policy)
        take(engine.start())
    }

    private mutating func take(_ actions: [RunEngine.Action]) {
        for action in actions {
            switch action {
            case .record(let event): records.append(event)
            case .start(let start): started.append(start.task.id.text)
            case .soak(let phase, _): soaks.append(phase)
            case .cancelRunning: break
            case .finish(let result): self.result = result
            }
        }
    }

    /// - Returns: what starts because of it.
    @discardableResult
    mutating func tell(_ event: RunEngine.Event, at time: Duration = .zero) -> [String] {
        let before = started.count
        take(engine.handle(event, at: time))
        return Array(started[before...])
    }

    @discardableResult
    mutating func end(_ task: String, _ outcome: Outcome = .changed, at time: Duration = .zero) -> [String] {
        tell(.taskFinished(TaskID(task), outcome), at: time)
    }

    var failures: [Int] {
        records.compactMap { if case .nodeFailed(_, _, let failures, _) = $0 { failures } else { nil } }
    }
}

/// What stands in the journal when these tasks have been done, and these have failed.
private func history(done: [String] = [], failed: [String] = [], begun: [String] = []) -> [RunEvent] {
    func started(_ task: String) -> [RunEvent] {
        [.taskStarted(task: TaskID(task), attempt: 1), .taskApplying(task: TaskID(task), attempt: 1)]
    }
    func ended(_ task: String, _ outcome: Outcome) -> [RunEvent] {
        started(task) + [.taskFinished(task: TaskID(task), attempt: 1, outcome: outcome, failure: nil, milliseconds: 1)]
    }
    return [.runStarted(isResumed: false, controller: "x")] + done.flatMap { ended($0, .changed) }
        + failed.flatMap { ended($0, .failed) } + begun.flatMap(started)
}

@Suite("The failure budget of a run")
struct FailureBudgetTests {
    /// Blocks of two phases, a lock and a change, one node after the other, and something that comes after all of them.
    private func rolling(_ nodes: Int, failures: Int, width: Int = 1) -> Plan {
        var phases: [Phase] = []
        var front: [Int] = []
        var ends: [Int] = []
        var batch: [Int] = []
        for node in 1...nodes {
            let number = phases.count + 1
            phases.append(
                TestPlan.block(number, of: "n\(node)", after: front, tolerates: front.isEmpty ? nil : front, takesOut: true))
            phases.append(TestPlan.block(number + 1, of: "n\(node)", after: [number]))
            batch.append(number + 1)
            ends.append(number + 1)
            if batch.count == width { (front, batch) = (batch, []) }
        }
        phases.append(TestPlan.phase(phases.count + 1, after: ends, [TestPlan.task("last")]))
        return TestPlan.plan(phases, rolling: [TestPlan.group(failures: failures, width: width, nodes: nodes)])
    }

    @Test("A node that fails before it is out of service lets the next one go, and what follows all nodes does not start")
    func beforeLock() throws {
        var phases = [TestPlan.block(1, of: "n1")] + [TestPlan.block(2, of: "n2", after: [1], tolerates: [1])]
        phases.append(TestPlan.phase(3, after: [1, 2], [TestPlan.task("last")]))
        var bench = try Bench(TestPlan.plan(phases, rolling: [TestPlan.group(failures: 1)]))
        #expect(bench.end("n1-1", .failed) == ["n2-2"])
        #expect(bench.failures == [1])
        #expect(bench.end("n2-2").isEmpty)
        #expect(bench.result == .failed)
    }

    @Test("A node that failed out of service keeps its place: with max_unavailable 1 no other is touched")
    func afterLock() throws {
        var bench = try Bench(rolling(3, failures: 2))
        #expect(bench.end("n1-1") == ["n1-2"])
        #expect(bench.end("n1-2", .failed).isEmpty)
        #expect(bench.result == .failed)
    }

    @Test("With max_unavailable 2, those that are left go one by one beside a node that failed out of service")
    func onePlaceLess() throws {
        var bench = try Bench(rolling(4, failures: 1, width: 2))
        #expect(bench.started == ["n1-1", "n2-3"])
        bench.end("n1-1", .failed)
        #expect(bench.end("n2-3") == ["n2-4"])
        #expect(bench.end("n2-4") == ["n3-5"])
        #expect(bench.end("n3-5") == ["n3-6"])
        #expect(bench.end("n3-6") == ["n4-7"])
        bench.end("n4-7")
        #expect(bench.end("n4-8").isEmpty)
        #expect(bench.result == .failed)
    }

    @Test("A host that cannot be reached counts as out of service")
    func unreachable() throws {
        let phases = [TestPlan.block(1, of: "n1")] + [TestPlan.block(2, of: "n2", after: [1], tolerates: [1])]
        var bench = try Bench(TestPlan.plan(phases, rolling: [TestPlan.group(failures: 1)]))
        #expect(bench.end("n1-1", .unreachable).isEmpty)
        #expect(bench.result == .failed)
    }

    @Test("When the budget is exceeded running tasks finish and nothing new starts; the count is of the whole run")
    func exceeded() throws {
        var bench = try Bench(rolling(6, failures: 1, width: 3))
        #expect(bench.started == ["n1-1", "n2-3", "n3-5"])
        bench.end("n1-1", .failed)
        #expect(bench.end("n2-3") == ["n2-4"])
        #expect(bench.end("n3-5", .timedOut).isEmpty)
        #expect(bench.failures == [1, 2])
        #expect(bench.result == nil)
        #expect(bench.end("n2-4").isEmpty)
        #expect(bench.result == .failed)
    }

    @Test("A node fails once, however many of its tasks fail, and its block ends when the last of them has")
    func onceForANode() throws {
        let phases = [
            TestPlan.block(1, of: "n1", tasks: ["a", "b", "c"]), TestPlan.block(2, of: "n2", after: [1], tolerates: [1]),
        ]
        var bench = try Bench(TestPlan.plan(phases, rolling: [TestPlan.group(failures: 1)]))
        #expect(bench.end("a", .failed).isEmpty)
        #expect(bench.end("b", .failed).isEmpty)
        #expect(bench.end("c") == ["n2-2"])
        #expect(bench.failures == [1])
    }

    @Test("A canary that fails ends the turn of its cluster, and the run when the others are done")
    func canary() throws {
        let phases = [
            TestPlan.block(1, of: "n1"), TestPlan.block(2, of: "n2", after: [1]), TestPlan.phase(3, [TestPlan.task("other")]),
        ]
        var bench = try Bench(TestPlan.plan(phases, rolling: [TestPlan.group(failures: 5)]))
        #expect(bench.end("n1-1", .failed).isEmpty)
        bench.end("other")
        #expect(bench.result == .failed)
    }

    @Test("Without a budget the first failure stops all; with keepsGoing only its cluster", arguments: [false, true])
    func independent(_ keepsGoing: Bool) throws {
        let phases = [
            TestPlan.block(1, of: "n1", turn: nil), TestPlan.block(2, of: "n2", after: [1], turn: nil),
            TestPlan.block(3, of: "m1", turn: nil, cluster: "d"),
            TestPlan.block(4, of: "m2", after: [3], turn: nil, cluster: "d"),
            TestPlan.phase(5, after: [2, 4], [TestPlan.task("last")]),
        ]
        var bench = try Bench(TestPlan.plan(phases), policy: RunPolicy(keepsGoing: keepsGoing))
        #expect(bench.started == ["n1-1", "m1-3"])
        bench.end("n1-1", .failed)
        #expect(bench.end("m1-3") == (keepsGoing ? ["m2-4"] : []))
        if keepsGoing { bench.end("m2-4") }
        #expect(bench.result == .failed)
    }

    @Test("A failure within the budget makes the run a failed one also when somebody stops it")
    func stopped() throws {
        var bench = try Bench(rolling(4, failures: 1, width: 2))
        bench.end("n1-1", .failed)
        bench.tell(.stopRequested(StopRequest(cancelRunning: false, by: "me")))
        bench.end("n2-3")
        #expect(bench.result == .failed)
    }

    // MARK: Resume

    @Test("A resumed run tries the failed node again and counts anew")
    func again() throws {
        var bench = try Bench(rolling(2, failures: 1, width: 2), history: history(done: ["n2-3", "n2-4"], failed: ["n1-1"]))
        #expect(bench.started == ["n1-1"])
        #expect(bench.end("n1-1") == ["n1-2"])
        #expect(bench.end("n1-2") == ["last"])
        bench.end("last")
        #expect(bench.result == .successful)
        #expect(bench.failures.isEmpty)
    }

    @Test("A node that is half-way out goes on before one that failed without being touched is tried again")
    func halfWay() throws {
        let phases = [
            TestPlan.block(1, of: "n1"), TestPlan.block(2, of: "n1", after: [1]),
            TestPlan.block(3, of: "n2", after: [2], tolerates: [2], takesOut: true), TestPlan.block(4, of: "n2", after: [3]),
        ]
        let plan = TestPlan.plan(phases, rolling: [TestPlan.group(failures: 1)])
        var bench = try Bench(plan, history: history(failed: ["n1-1"], begun: ["n2-3"]))
        #expect(bench.started == ["n2-3"])
        #expect(bench.end("n2-3") == ["n2-4"])
        #expect(bench.end("n2-4") == ["n1-1"])
        #expect(bench.end("n1-1") == ["n1-2"])
        bench.end("n1-2")
        #expect(bench.result == .successful)
    }
}

@Suite("Pauses, soaks and windows of a run")
struct RunWaitTests {
    private let plan = TestPlan.plan([
        TestPlan.block(1, of: "n1", turn: nil), TestPlan.wait(2, .approval, after: [1]),
        TestPlan.block(3, of: "n2", after: [2], turn: nil), TestPlan.phase(4, [TestPlan.task("other")]),
    ])

    @Test("At a pause the run does what else there is, and ends as paused")
    func paused() throws {
        var bench = try Bench(plan)
        #expect(bench.end("n1-1").isEmpty)
        #expect(bench.records.contains(.phaseStarted(phase: 2)))
        #expect(bench.result == nil)
        bench.end("other")
        #expect(bench.result == .paused)
    }

    @Test("An approval lets a run go on that waits for it, and one that is still busy elsewhere", arguments: [true, false])
    func approved(_ waits: Bool) throws {
        var bench = try Bench(plan, policy: RunPolicy(waitsForApproval: waits))
        bench.end("n1-1")
        if waits { bench.end("other") }
        #expect(bench.result == nil)
        #expect(bench.tell(.approved(phase: 2)) == ["n2-3"])
        #expect(bench.records.contains(.phaseFinished(phase: 2)))
    }

    @Test("A resumed run passes a pause that was approved, and stops again at one that was not", arguments: [true, false])
    func resumed(_ isApproved: Bool) throws {
        let before = history(done: ["n1-1", "other"]) + [.phaseFinished(phase: 1), .phaseStarted(phase: 2)]
        let bench = try Bench(plan, history: isApproved ? before + [.approved(phase: 2, by: "maria")] : before)
        #expect(bench.started == (isApproved ? ["n2-3"] : []))
        #expect(bench.result == (isApproved ? nil : .paused))
    }

    @Test("Only a phase that waits for approval can be approved, and it is not complete before")
    func inconsistent() {
        for event in [RunEvent.approved(phase: 1, by: "maria"), .approved(phase: 9, by: "maria"), .phaseFinished(phase: 2)] {
            #expect(throws: PlanError.self) { try RunEngine(plan: plan, history: [event]) }
        }
    }

    @Test("A failed task weighs more than a pause") func failedAndPaused() throws {
        var bench = try Bench(plan)
        bench.end("n1-1")
        bench.end("other", .failed)
        #expect(bench.result == .failed)
    }

    @Test("A soak holds the next node until its time has gone; a stop does not wait for it")
    func soak() throws {
        let plan = TestPlan.plan([
            TestPlan.block(1, of: "n1", turn: nil), TestPlan.wait(2, .soak(seconds: 60), after: [1]),
            TestPlan.block(3, of: "n2", after: [2], turn: nil),
        ])
        var bench = try Bench(plan)
        bench.end("n1-1")
        #expect(bench.soaks == [2] && bench.result == nil)
        var stopped = bench
        stopped.tell(.stopRequested(StopRequest(cancelRunning: false, by: "me")))
        #expect(stopped.result == .stopped)
        #expect(stopped.tell(.soaked(phase: 2)).isEmpty)
        #expect(bench.tell(.soaked(phase: 2)) == ["n2-3"])
    }

    // MARK: Windows

    private func window(_ phases: [Int: Int]) -> RunPolicy {
        RunPolicy(window: RunWindow(length: .seconds(100), end: 1000, phases: phases.mapValues { .seconds($0) }))
    }

    private let night = TestPlan.plan([
        TestPlan.block(1, of: "n1", turn: nil), TestPlan.block(2, of: "n1", after: [1], turn: nil),
        TestPlan.block(3, of: "n2", after: [2], turn: nil), TestPlan.block(4, of: "n2", after: [3], turn: nil),
    ])

    @Test("A node that would not be done before the end of the window is not begun, and the run ends as stopped")
    func tooLate() throws {
        var bench = try Bench(night, policy: window([1: 10, 2: 10, 3: 10, 4: 31]))
        bench.end("n1-1", at: .seconds(30))
        #expect(bench.end("n1-2", at: .seconds(60)).isEmpty)
        #expect(bench.result == .stopped)
        #expect(bench.records.contains(.notStarted(phase: 3, needsMilliseconds: 41_000, leftMilliseconds: 40_000)))
    }

    @Test("A node that just fits is begun, and finished though the window ends under it")
    func finishes() throws {
        var bench = try Bench(night, policy: window([1: 10, 2: 10, 3: 10, 4: 30]))
        bench.end("n1-1", at: .seconds(30))
        #expect(bench.end("n1-2", at: .seconds(60)) == ["n2-3"])
        bench.tell(.windowEnded, at: .seconds(100))
        #expect(bench.end("n2-3", at: .seconds(110)) == ["n2-4"])
        bench.end("n2-4", at: .seconds(130))
        #expect(bench.result == .successful)
    }

    @Test("A node that an earlier run left half-way is brought to its end, whatever is left of the window")
    func halfWay() throws {
        let plan = TestPlan.plan([
            TestPlan.block(1, of: "n1", turn: nil, takesOut: true), TestPlan.block(2, of: "n1", after: [1], turn: nil),
        ])
        let bench = try Bench(plan, history: history(done: ["n1-1"]), policy: window([1: 500, 2: 500]))
        #expect(bench.started == ["n1-2"])
    }

    @Test("A node that an earlier plan left out of service is brought back, whatever is left of the window")
    func leftOut() throws {
        var block = TestPlan.block(1, of: "n1", turn: nil)
        block.tasks[0].reasons = [.owed(plan: "00000000")]
        let bench = try Bench(TestPlan.plan([block]), policy: window([1: 500]))
        #expect(bench.started == ["n1-1"])
    }

    @Test("The end of the window ends a soak and the wait for an approval")
    func endsWaits() throws {
        for (kind, result) in [(PhaseWait.Kind.soak(seconds: 600), RunResult.stopped), (.approval, .paused)] {
            let plan = TestPlan.plan([TestPlan.wait(1, kind), TestPlan.block(2, of: "n1", after: [1], turn: nil)])
            var policy = window([2: 1])
            policy.waitsForApproval = true
            var bench = try Bench(plan, policy: policy)
            #expect(bench.result == nil)
            bench.tell(.windowEnded, at: .seconds(100))
            #expect(bench.result == result)
        }
    }
}
