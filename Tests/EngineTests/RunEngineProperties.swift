import Engine
import TaskKit
import TestSupport
import Testing

/// A world in which runs of one plan fail, are stopped and are killed at any record, until the plan is done.
private struct World {
    let plan: Plan
    let limits: RunLimits
    var generator: SeededGenerator
    var journal: [RunEvent] = []
    var successes: [TaskID: Int] = [:]
    var problems: [String] = []
    /// The tasks that wait for their next attempt, and its number.
    var waiting: [TaskID: Int] = [:]
    /// The attempts whose host was lost after the intent: their work may go on, so nothing may begin beside it.
    var alive: [TaskID: Int] = [:]

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        var phases: [Phase] = []
        for number in 1...Int.random(in: 1...12, using: &generator) {
            let after = (1..<number).filter { _ in Int.random(in: 0..<4, using: &generator) == 0 }
            let tasks = (0..<Int.random(in: 0...5, using: &generator)).map {
                TestPlan.task("\(number)-\($0)", host: ["a", "b", "c"].randomElement(using: &generator) ?? "a")
            }
            phases.append(TestPlan.phase(number, after: after, tasks))
        }
        plan = TestPlan.plan(phases.shuffled(using: &generator))
        limits = RunLimits(
            total: Int.random(in: 1...6, using: &generator), perHost: Int.random(in: 1...3, using: &generator))
        self.generator = generator
    }

    /// One run, until it ends or is killed. `chance` in 100 that a task fails, and that the controller dies at a record.
    mutating func run(chance: Int) throws -> RunResult? {
        var engine = try RunEngine(plan: plan, history: journal, limits: limits)
        var running: [TaskID: RunEngine.TaskStart] = [:]
        waiting = [:]
        journal.append(.runStarted(isResumed: !journal.isEmpty, controller: "test"))
        var pending = engine.start()
        while true {
            for action in pending {
                if happens(chance / 2) { return nil }
                switch action {
                case .record(let event):
                    journal.append(event)
                    // Given up: it waits for nothing any more.
                    if case .taskFinished(let task, _, _, _, _) = event { waiting[task] = nil }
                case .start(let start):
                    begin(start, &running)
                case .cancelRunning: problems.append("cancelled without a request")
                case .soak(let phase, _): problems.append("phase \(phase) does not soak")
                case .finish(let result):
                    if !waiting.isEmpty { problems.append("finished while \(waiting.keys) waited") }
                    if !running.isEmpty { problems.append("finished while \(running.keys) ran") }
                    return result
                }
            }
            // Now and then a wait is over before the next task ends.
            let due = waiting.keys.sorted().first
            if let due, running.isEmpty || happens(50) {
                waiting[due] = nil
                pending = engine.handle(.retryDue(due))
                continue
            }
            guard let start = running.values.sorted(by: { $0.task.id < $1.task.id }).randomElement(using: &generator)
            else {
                problems.append("nothing runs, and the run has no end")
                return nil
            }
            let isBegun = !happens(70) || start.wasApplying
            if isBegun {
                journal.append(.taskApplying(task: start.task.id, attempt: start.attempt))
            }
            if happens(chance / 2) { return nil }
            running[start.task.id] = nil
            let outcome: Outcome =
                happens(chance) ? [.failed, .unreachable].randomElement(using: &generator) ?? .failed : .changed
            if outcome.isSuccess { successes[start.task.id, default: 0] += 1 }
            if !outcome.isSuccess, engine.isRunning, happens(60) {
                pending = retry(start, outcome, isBegun, &engine)
                continue
            }
            journal.append(
                .taskFinished(
                    task: start.task.id, attempt: start.attempt, outcome: outcome, failure: nil, milliseconds: 0))
            pending = engine.handle(.taskFinished(start.task.id, outcome))
            if happens(chance / 4) {
                pending += engine.handle(.stopRequested(StopRequest(cancelRunning: false, by: "test")))
            }
        }
    }

    private mutating func retry(
        _ start: RunEngine.TaskStart, _ outcome: Outcome, _ isBegun: Bool, _ engine: inout RunEngine
    ) -> [RunEngine.Action] {
        let isDetached = isBegun && outcome == .unreachable
        if isDetached { alive[start.task.id] = start.attempt }
        waiting[start.task.id] = isDetached ? start.attempt : start.attempt + 1
        journal.append(
            .taskRetrying(
                task: start.task.id, attempt: start.attempt, outcome: outcome, failure: nil, milliseconds: 0,
                delayMilliseconds: 1))
        return engine.handle(
            .taskRetrying(
                RunEngine.FailedAttempt(
                    task: start.task.id, attempt: start.attempt, outcome: outcome, failure: nil, isDetached: isDetached)))
    }

    private mutating func begin(_ start: RunEngine.TaskStart, _ running: inout [TaskID: RunEngine.TaskStart]) {
        let id = start.task.id
        guard let phase = plan.phases.first(where: { $0.tasks.contains { $0.id == id } }) else { return }
        let open = ancestors(of: phase).flatMap(\.tasks).filter { successes[$0.id] == nil }
        if !open.isEmpty { problems.append("\(id) started before \(open.map(\.id))") }
        if let attempt = alive.removeValue(forKey: id), attempt != start.attempt || !start.wasApplying {
            problems.append("\(id) began attempt \(start.attempt) beside attempt \(attempt)")
        }
        if successes[id] != nil { problems.append("\(id) started again") }
        if running.updateValue(start, forKey: id) != nil { problems.append("\(id) started twice at once") }
        if running.count > limits.total { problems.append("more than \(limits.total) at once") }
        if running.values.count(where: { $0.task.host == start.task.host }) > limits.perHost {
            problems.append("more than \(limits.perHost) on one host")
        }
        journal.append(.taskStarted(task: id, attempt: start.attempt))
    }

    private func ancestors(of phase: Phase) -> [Phase] {
        var found: Set<Int> = []
        var open = phase.after
        while let number = open.popLast() {
            guard found.insert(number).inserted, let next = plan.phases.first(where: { $0.number == number }) else {
                continue
            }
            open += next.after
        }
        return plan.phases.filter { found.contains($0.number) }
    }

    private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }
}

@Suite("The engine, whatever happens")
struct RunEngineProperties {
    @Test("However often a run fails, stops or is killed: in the end every task has succeeded once, in order")
    func completes() throws {
        let base = UInt64.random(in: 0..<1 << 32)
        for seed in base..<base + 400 {
            var world = World(seed: seed)
            var result: RunResult?
            for round in 0..<200 where result != .successful {
                result = try world.run(chance: max(0, 20 - round / 5))
            }
            let comment = Comment(rawValue: "seed \(seed)")
            #expect(result == .successful, comment)
            #expect(world.problems.isEmpty, "seed \(seed): \(world.problems.prefix(3))")
            #expect(world.successes.count == world.plan.taskCount, comment)
            #expect(world.successes.values.allSatisfy { $0 == 1 }, comment)
            let progress = try PlanProgress(of: world.plan, history: world.journal)
            #expect(progress.phases.values.allSatisfy { $0 == .succeeded }, comment)
            #expect(progress.finishedPhases.count == world.plan.phases.count, comment)
        }
    }
}
