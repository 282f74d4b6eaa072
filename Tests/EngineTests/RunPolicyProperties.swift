import Engine
import Model
import TaskKit
import TestSupport
import Testing

/// A cluster that is rolled through by a random policy, as the planner lays it out, while tasks fail, runs are stopped and controllers die.
private struct RollingWorld {
    let plan: Plan
    let width: Int
    let budget: Int
    let canaries: Set<ItemPath>
    var generator: SeededGenerator
    var journal: [RunEvent] = []
    var done: Set<TaskID> = []
    /// Nodes that serve less than they should.
    var out: Set<ItemPath> = []
    var problems: [String] = []
    private var isExceeded = false
    /// Tasks that wait for their next attempt.
    private var retrying: [TaskID] = []

    init(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        func random(_ limits: ClosedRange<Int>) -> Int { Int.random(in: limits, using: &generator) }
        width = random(1...3)
        budget = random(0...2)
        let canaryCount = random(0...2)
        let count = canaryCount + random(1...6)
        var phases: [Phase] = []
        var front: (phases: [Int], isTolerant: Bool) = ([], false)
        var ends: [Int] = []
        var next = 1
        while next <= count {
            let isCanary = next <= canaryCount
            let batch = next...min(count, isCanary ? next : next + width - 1)
            var batchEnds: [Int] = []
            for node in batch {
                let tolerates = front.isTolerant ? front.phases : nil
                let turn = budget > 0 ? "c" : nil
                var after = front.phases
                for step in 0...random(1...3) {
                    let number = phases.count + 1
                    phases.append(
                        TestPlan.block(
                            number, of: "n\(node)", after: after, tolerates: step == 0 ? tolerates : nil, turn: turn,
                            takesOut: step == 1, tasks: (0...random(0...1)).map { "n\(node)-\(number)-\($0)" }))
                    after = [number]
                }
                batchEnds += after
            }
            ends += batchEnds
            front = (batchEnds, budget > 0 && !isCanary)
            next = batch.upperBound + 1
            if next <= count, random(0...2) == 0 {
                let number = phases.count + 1
                let kind: PhaseWait.Kind = random(0...1) == 0 ? .approval : .soak(seconds: 5)
                phases.append(TestPlan.wait(number, kind, after: front.phases, tolerates: front.isTolerant ? front.phases : nil))
                front = ([number], false)
            } else if next <= count, random(0...2) == 0 {
                // Where many nodes would wait for many others.
                let number = phases.count + 1
                var joint = TestPlan.phase(number, after: front.phases, [])
                joint.tolerates = front.isTolerant ? front.phases : nil
                phases.append(joint)
                front = ([number], false)
            }
        }
        phases.append(
            TestPlan.phase(phases.count + 1, after: budget > 0 ? ends : front.phases, [TestPlan.task("last", host: "c")]))
        phases.append(TestPlan.phase(phases.count + 1, [TestPlan.task("other", host: "d")]))
        let group = RollingGroup(
            path: TestPlan.path(of: "c"), cluster: TestPlan.path(of: "c"), nodeCount: count, maximumUnavailable: width,
            maximumFailures: budget)
        plan = TestPlan.plan(phases, rolling: [group])
        canaries = Set((0..<canaryCount).map { TestPlan.path(of: "n\($0 + 1)") })
        self.generator = generator
    }

    private mutating func happens(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &generator) < percent }

    /// One run; what waits for approval is approved now and then.
    mutating func run(chance: Int) throws -> RunResult? {
        let policy = RunPolicy(keepsGoing: happens(50), waitsForApproval: happens(50))
        var engine = try RunEngine(plan: plan, history: journal, policy: policy)
        var running: [TaskID: RunEngine.TaskStart] = [:]
        var waits: [Int] = []
        retrying = []
        isExceeded = false
        journal.append(.runStarted(isResumed: !journal.isEmpty, controller: "test"))
        var pending = engine.start()
        while true {
            for action in pending {
                if happens(chance / 3) { return nil }
                switch action {
                case .record(let event): record(event, policy, &waits)
                case .start(let start): begin(start, &running)
                case .cancelRunning: problems.append("cancelled without a request")
                case .soak(let phase, _): waits.append(phase)
                case .finish(let result): return result
                }
            }
            if let phase = waits.last, running.isEmpty || happens(30) {
                waits.removeLast()
                pending = pass(phase, &engine)
                continue
            }
            if let task = retrying.last, running.isEmpty || happens(30) {
                retrying.removeLast()
                pending = engine.handle(.retryDue(task))
                continue
            }
            guard let start = running.values.sorted(by: { $0.task.id < $1.task.id }).randomElement(using: &generator) else {
                problems.append("nothing runs, and the run has no end")
                return nil
            }
            pending = end(start, chance: chance, &engine)
            running[start.task.id] = nil
        }
    }

    private mutating func record(_ event: RunEvent, _ policy: RunPolicy, _ waits: inout [Int]) {
        journal.append(event)
        if case .nodeFailed(_, _, let failures, let allowed) = event, failures > allowed { isExceeded = true }
        guard case .phaseStarted(let number) = event, let wait = plan.phases[number - 1].wait, wait.kind == .approval,
            policy.waitsForApproval
        else { return }
        waits.append(number)
    }

    private mutating func pass(_ phase: Int, _ engine: inout RunEngine) -> [RunEngine.Action] {
        guard plan.phases[phase - 1].wait?.kind == .approval else { return engine.handle(.soaked(phase: phase)) }
        // It may have been approved before.
        if journal.contains(.phaseFinished(phase: phase)) { return [] }
        journal.append(.approved(phase: phase, by: "test"))
        return engine.handle(.approved(phase: phase))
    }

    /// Somebody approves what is waited for after a run.
    mutating func approve() {
        for phase in plan.phases where phase.wait?.kind == .approval && journal.contains(.phaseStarted(phase: phase.number)) {
            if happens(70) { journal.append(.approved(phase: phase.number, by: "test")) }
        }
    }

    private mutating func end(_ start: RunEngine.TaskStart, chance: Int, _ engine: inout RunEngine) -> [RunEngine.Action] {
        let (task, attempt) = (start.task.id, start.attempt)
        if !happens(50) { journal.append(.taskApplying(task: task, attempt: attempt)) }
        let outcome: Outcome = happens(chance) ? [.failed, .unreachable].randomElement(using: &generator) ?? .failed : .changed
        if !outcome.isSuccess, engine.isRunning, happens(50) { return retry(start, outcome, &engine) }
        journal.append(.taskFinished(task: task, attempt: attempt, outcome: outcome, failure: nil, milliseconds: 0))
        if outcome.isSuccess { done.insert(task) }
        if let node = plan.phases.first(where: { $0.tasks.contains { $0.id == task } })?.node,
            plan.phases.filter({ $0.node == node }).flatMap(\.tasks).allSatisfy({ done.contains($0.id) })
        {
            out.remove(node)
        }
        return engine.handle(.taskFinished(task, outcome))
    }

    /// The attempt was not the last: the node's block goes on to wait for the task.
    private mutating func retry(_ start: RunEngine.TaskStart, _ outcome: Outcome, _ engine: inout RunEngine) -> [RunEngine.Action]
    {
        let (task, attempt) = (start.task.id, start.attempt)
        let isBegun = start.wasApplying || journal.contains(.taskApplying(task: task, attempt: attempt))
        journal.append(
            .taskRetrying(
                task: task, attempt: attempt, outcome: outcome, failure: nil, milliseconds: 0, delayMilliseconds: 0))
        retrying.append(task)
        return engine.handle(
            .taskRetrying(
                RunEngine.FailedAttempt(
                    task: task, attempt: attempt, outcome: outcome, failure: nil,
                    isDetached: isBegun && outcome == .unreachable)))
    }

    private mutating func begin(_ start: RunEngine.TaskStart, _ running: inout [TaskID: RunEngine.TaskStart]) {
        let task = start.task
        guard let phase = plan.phases.first(where: { $0.tasks.contains { $0.id == task.id } }) else { return }
        if isExceeded, phase.cluster != nil { problems.append("\(task.id) started beyond the budget") }
        for number in phase.after where phase.tolerates?.contains(number) != true {
            let before = plan.phases[number - 1]
            let isDone =
                before.wait == nil
                ? before.tasks.allSatisfy { done.contains($0.id) } : journal.contains(.phaseFinished(phase: number))
            if !isDone { problems.append("\(task.id) started before the end of phase \(number)") }
        }
        if let node = phase.node {
            let canaryTasks = plan.phases.filter { $0.node.map(canaries.contains) == true }.flatMap(\.tasks)
            if !canaries.contains(node), !canaryTasks.allSatisfy({ done.contains($0.id) }) {
                problems.append("\(node.name) was touched before the canaries were done")
            }
            if task.disturbsNode { out.insert(node) }
            if out.count > width { problems.append("\(out.map(\.name)) out of service, \(width) may be") }
        }
        running[task.id] = start
        journal.append(.taskStarted(task: task.id, attempt: start.attempt))
    }
}

@Suite("The engine under any rolling policy")
struct RunPolicyProperties {
    @Test("Never more nodes out of service than may be, nothing beyond the budget, canaries first; and in the end all is done")
    func holds() throws {
        let base = UInt64.random(in: 0..<1 << 32)
        for seed in base..<base + 400 {
            var world = RollingWorld(seed: seed)
            var result: RunResult?
            for round in 0..<200 where result != .successful {
                result = try world.run(chance: max(0, 25 - round / 4))
                world.approve()
            }
            #expect(result == .successful, "seed \(seed)")
            #expect(world.problems.isEmpty, "seed \(seed): \(world.problems.prefix(3))")
            #expect(world.done.count == world.plan.taskCount, "seed \(seed)")
            #expect(world.out.isEmpty, "seed \(seed)")
        }
    }
}
