import Model
import TaskKit

/// The blocks of a plan (all that is done to one node in its turn), which of them have failed, and who may be out of service.
///
/// Where a cluster or pool allows failures, the `after` edges alone no longer tell how many of its nodes are out of service: a node that
/// failed stays out while others have their turn. So each block takes a seat when it begins, of as many as `max_unavailable` says. It gives it
/// back when it has succeeded, or has failed before anything disturbed its node; else it keeps it to the end of the run.
struct NodeBlocks: Sendable {
    struct Block: Sendable {
        let node: ItemPath
        /// The positions of its phases.
        var phases: [Int] = []
        /// Where it is counted, if failures are allowed there.
        var group: Int?
        /// How many of its phases the engine has not seen complete, by this run or an earlier one.
        var unfinished = 0
        var running = 0
        /// It may go on without being asked again.
        var hasBegun = false
        var hasSeat = false
        /// Something was begun that takes the node out of service or stops what serves there, or nobody knows.
        var isDisturbed = false
        var hasFailed = false
        /// It has failed, and nothing of it runs any more.
        var hasEnded = false
    }

    private struct Group: Sendable {
        let policy: RollingGroup
        var seatsTaken = 0
        var failures = 0
        /// The positions of phases whose blocks wait for a seat.
        var waiting: [Int] = []
    }

    private(set) var blocks: [Block] = []
    private var groups: [Group] = []
    private var blockOfPhase: [Int: Int] = [:]

    /// - Complexity: O(tasks).
    init(_ progress: PlanProgress) {
        let plan = progress.graph.plan
        let policies = (plan.rolling ?? []).filter { $0.maximumFailures > 0 }
        groups = policies.map { Group(policy: $0) }
        let positions = Dictionary(zip(policies.map(\.path), 0...), uniquingKeysWith: { first, _ in first })
        var known: [ItemPath: Int] = [:]
        for (position, phase) in plan.phases.enumerated() {
            guard let node = phase.node else { continue }
            let block = known[node] ?? blocks.count
            if known.updateValue(block, forKey: node) == nil { blocks.append(Block(node: node)) }
            blockOfPhase[position] = block
            blocks[block].phases.append(position)
            if let turn = phase.turn { blocks[block].group = positions[turn] }
        }
        for block in blocks.indices { takeUp(block, progress) }
    }

    /// What earlier runs have begun, and what earlier plans have left half-way.
    private mutating func takeUp(_ block: Int, _ progress: PlanProgress) {
        let tasks = blocks[block].phases.lazy.flatMap { progress.graph.plan.phases[$0].tasks }
        // A node that is only brought back is out already: no window keeps it so.
        blocks[block].hasBegun = tasks.contains(where: \.isOwed) && !tasks.contains(where: \.disturbsNode)
        var isComplete = true
        blocks[block].unfinished = blocks[block].phases.count
        for position in blocks[block].phases {
            let phase = progress.graph.plan.phases[position]
            if !progress.isComplete(phase) { isComplete = false }
            for task in phase.tasks {
                switch progress.tasks[task.id] {
                case nil, .initial: continue
                case .detached, .failed(_, .unreachable, _), .retrying(_, .unreachable, _, _): blocks[block].isDisturbed = true
                case .checking, .applying, .succeeded, .failed, .retrying: if task.disturbsNode { blocks[block].isDisturbed = true }
                }
            }
        }
        guard blocks[block].isDisturbed, !isComplete else { return }
        blocks[block].hasBegun = true
        takeSeat(block)
    }

    func block(of phase: Int) -> Int? { blockOfPhase[phase] }

    // MARK: Seats

    /// Whether the block may begin; else its phase is kept until a seat is free.
    mutating func hasRoom(_ block: Int, for phase: Int) -> Bool {
        guard let group = blocks[block].group else { return true }
        if groups[group].seatsTaken < groups[group].policy.maximumUnavailable { return true }
        groups[group].waiting.append(phase)
        return false
    }

    mutating func begin(_ block: Int) {
        blocks[block].hasBegun = true
        takeSeat(block)
    }

    private mutating func takeSeat(_ block: Int) {
        guard let group = blocks[block].group, !blocks[block].hasSeat else { return }
        blocks[block].hasSeat = true
        groups[group].seatsTaken += 1
    }

    /// - Returns: the phases that have waited for the seat.
    private mutating func leaveSeat(_ block: Int) -> [Int] {
        guard let group = blocks[block].group, blocks[block].hasSeat else { return [] }
        blocks[block].hasSeat = false
        groups[group].seatsTaken -= 1
        defer { groups[group].waiting = [] }
        return groups[group].waiting
    }

    // MARK: Events

    mutating func start(_ task: PlanTask, in phase: Int) {
        guard let block = blockOfPhase[phase] else { return }
        blocks[block].running += 1
        if task.disturbsNode { blocks[block].isDisturbed = true }
    }

    mutating func end(in phase: Int) {
        guard let block = blockOfPhase[phase] else { return }
        blocks[block].running -= 1
    }

    /// - Returns: the phases that may be tried again.
    mutating func complete(_ phase: Int) -> [Int] {
        guard let block = blockOfPhase[phase] else { return [] }
        blocks[block].unfinished -= 1
        return blocks[block].unfinished == 0 ? leaveSeat(block) : []
    }

    /// What a failed task means for its node.
    enum Failure {
        /// No failure is allowed here.
        case counts
        /// The node has failed already.
        case known
        case new(RunEvent, isAllowed: Bool)
    }

    mutating func fail(in phase: Int, _ outcome: Outcome) -> Failure {
        guard let block = blockOfPhase[phase], let group = blocks[block].group else { return .counts }
        if outcome == .unreachable { blocks[block].isDisturbed = true }
        guard !blocks[block].hasFailed else { return .known }
        blocks[block].hasFailed = true
        groups[group].failures += 1
        let policy = groups[group].policy
        let event = RunEvent.nodeFailed(
            node: blocks[block].node, group: policy.path, failures: groups[group].failures, allowed: policy.maximumFailures)
        return .new(event, isAllowed: groups[group].failures <= policy.maximumFailures)
    }

    /// Whether the block of a phase has failed just now as a whole: nothing of it runs any more. Said once.
    ///
    /// - Returns: the positions of its phases, and those that may be tried again.
    mutating func settle(_ phase: Int) -> (phases: [Int], freed: [Int])? {
        guard let block = blockOfPhase[phase], blocks[block].hasFailed, !blocks[block].hasEnded, blocks[block].running == 0 else {
            return nil
        }
        blocks[block].hasEnded = true
        return (blocks[block].phases, blocks[block].isDisturbed ? [] : leaveSeat(block))
    }
}

extension PlanTask {
    /// Whether an earlier plan owes it.
    fileprivate var isOwed: Bool { reasons.contains { if case .owed = $0 { true } else { false } } }
}
