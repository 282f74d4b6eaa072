import TaskKit

/// The phases of a plan and who waits for whom; checked once, so that what follows may rely on it.
struct PhaseGraph: Sendable {
    let plan: Plan
    /// Positions in `plan.phases`, by number.
    let positions: [Int: Int]
    /// For each position, the positions that wait for it.
    let successors: [[Int]]
    /// For each position, the positions that it waits for and that may have failed instead.
    let tolerated: [Int: Set<Int>]
    /// Where each task stands: positions of its phase and of itself in it.
    let places: [TaskID: Place]

    struct Place: Sendable {
        var phase: Int
        var task: Int
    }

    /// - Complexity: O(tasks + edges).
    init(_ plan: Plan) throws(PlanError) {
        var positions: [Int: Int] = [:]
        var places: [TaskID: Place] = [:]
        for (position, phase) in plan.phases.enumerated() {
            guard positions.updateValue(position, forKey: phase.number) == nil else {
                throw .repeatedPhase(phase.number)
            }
            for (index, task) in phase.tasks.enumerated() {
                guard places.updateValue(Place(phase: position, task: index), forKey: task.id) == nil else {
                    throw .repeatedTask(task.id)
                }
                guard plan.hosts[task.host] != nil else { throw .unknownHost(task.id) }
            }
        }
        var successors = Array(repeating: [Int](), count: plan.phases.count)
        for (position, phase) in plan.phases.enumerated() {
            for predecessor in Set(phase.after) {
                guard let before = positions[predecessor] else {
                    throw .unknownPredecessor(phase: phase.number, predecessor: predecessor)
                }
                successors[before].append(position)
            }
        }
        self.plan = plan
        self.positions = positions
        self.places = places
        self.successors = successors.map { $0.sorted() }
        var tolerated: [Int: Set<Int>] = [:]
        for (position, phase) in plan.phases.enumerated() {
            guard let numbers = phase.tolerates else { continue }
            let allowed = Set(numbers).intersection(phase.after).compactMap { positions[$0] }
            if !allowed.isEmpty { tolerated[position] = Set(allowed) }
        }
        self.tolerated = tolerated
        try refuseCycles()
    }

    func task(at place: Place) -> PlanTask { plan.phases[place.phase].tasks[place.task] }

    /// How many phases each one waits for.
    var predecessorCounts: [Int] { plan.phases.map { Set($0.after).count } }

    private func refuseCycles() throws(PlanError) {
        var waiting = predecessorCounts
        var free = waiting.indices.filter { waiting[$0] == 0 }
        var count = 0
        while let next = free.popLast() {
            count += 1
            for successor in successors[next] {
                waiting[successor] -= 1
                if waiting[successor] == 0 { free.append(successor) }
            }
        }
        guard count == waiting.count else {
            throw .cycle(waiting.indices.filter { waiting[$0] > 0 }.map { plan.phases[$0].number })
        }
    }
}
