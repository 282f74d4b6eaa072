import Foundation
import Model
import Planning
import TaskKit
import TestSupport
import Testing

/// What holds for every site, every change of it and every interruption. The seed that a failure prints brings its case back:
/// `SEED=<seed> swift test --filter PlanningProperties`.
@Suite("Plans, whatever the site")
struct PlanningProperties {
    private static let rounds: UInt64 = 40
    private static var seeds: Range<UInt64> {
        if let given = ProcessInfo.processInfo.environment["SEED"].flatMap({ UInt64($0) }) { return given..<given + 1 }
        let base = UInt64.random(in: 0..<1 << 32)
        return base..<base + rounds
    }

    private func expectNoProblems(_ simulation: Simulation, seed: UInt64) {
        #expect(simulation.problems.isEmpty, "SEED=\(seed): \(simulation.problems.prefix(3))")
    }

    @Test(
        "Carried out in any order that its edges allow, a plan keeps every requirement and every limit, and leaves nothing to do")
    func carriedOut() throws {
        for seed in PlanningProperties.seeds {
            var random = RandomSite(seed: seed)
            var simulation = Simulation(try random.world, seed: seed)
            for _ in 0..<3 {
                if let plan = try simulation.world.plan() { _ = simulation.run(plan) }
                #expect(simulation.world.owed.isEmpty, "SEED=\(seed)")
                #expect(try simulation.world.plan() == nil, "SEED=\(seed)")
                random.change()
                simulation.world.declared = random.tree
            }
            expectNoProblems(simulation, seed: seed)
        }
    }

    @Test("Interrupted anywhere, any number of times, the next plans lose no companion that is owed, and in the end all is done")
    func interrupted() throws {
        for seed in PlanningProperties.seeds {
            var random = RandomSite(seed: seed)
            var world = try random.world
            try world.apply()
            var simulation = Simulation(world, seed: seed)
            for round in 0..<6 {
                if round % 2 == 0 {
                    random.change()
                    simulation.world.declared = random.tree
                }
                guard let plan = try simulation.world.plan() else { continue }
                let undone = plan.tasks.flatMap(\.forgets)
                let lost = Set(simulation.world.owed.keys).subtracting(plan.tasks.map(\.identity))
                    .filter { debt in !undone.contains { $0.contains(debt) } }
                #expect(lost.isEmpty, "SEED=\(seed) round \(round): \(lost)")
                let events = Int.random(in: 0...2 * plan.taskCount, using: &simulation.generator)
                _ = simulation.run(plan, limit: events)
            }
            if let plan = try simulation.world.plan() { _ = simulation.run(plan) }
            #expect(simulation.world.owed.isEmpty, "SEED=\(seed): \(simulation.world.owed.keys)")
            #expect(try simulation.world.plan() == nil, "SEED=\(seed)")
            expectNoProblems(simulation, seed: seed)
        }
    }

    @Test("Every lock has its unlock behind it, whichever way the edges are followed")
    func unlocks() throws {
        for seed in PlanningProperties.seeds {
            var random = RandomSite(seed: seed)
            var world = try random.world
            try world.apply()
            random.change()
            world.declared = random.tree
            guard let plan = try world.plan() else { continue }
            for phase in plan.phases {
                for task in phase.tasks {
                    guard case .takenOut(let name) = task.nodeChange else { continue }
                    let isBack = { (other: PlanTask) in
                        other.nodeChange == .putBack(name) && other.identity.node == task.identity.node
                    }
                    let place = plan.phases.first { $0.tasks.contains(where: isBack) }
                    #expect(place.map { comes($0, after: phase, in: plan) } == true, "SEED=\(seed): \(task.identity)")
                }
            }
        }
    }

    @Test("Canaries come before all others of their pool or cluster, and what is asked for after them comes between")
    func canaries() throws {
        for seed in PlanningProperties.seeds {
            var random = RandomSite(seed: seed)
            var world = try random.world
            try world.apply()
            random.change()
            world.declared = random.tree
            guard let plan = try world.plan() else { continue }
            let members = RollingMembers(world.context.declared)
            for group in plan.rolling ?? [] where !group.canaries.isEmpty {
                let waits = plan.phases.filter { $0.wait?.group == group.path && $0.wait?.canaries.isEmpty == false }
                let kinds = waits.compactMap { $0.wait?.kind }
                if group.pauseAfter == .canary, group.nodeCount > group.canaries.count { #expect(kinds.contains(.approval)) }
                let canaries = plan.phases.filter { phase in group.canaries.contains { $0 == phase.node } }
                let others = plan.phases.filter { phase in
                    phase.group == .lock && phase.node.map { members.section(of: $0) == group.path } == true
                        && !group.canaries.contains { $0 == phase.node }
                }
                for other in others {
                    let isAfterAll = (canaries + waits).allSatisfy { comes(other, after: $0, in: plan) }
                    #expect(isAfterAll, "SEED=\(seed): phase \(other.number)")
                }
            }
        }
    }

    private func comes(_ later: Phase, after earlier: Phase, in plan: Plan) -> Bool {
        var open = later.after
        var seen: Set<Int> = []
        while let number = open.popLast() {
            if number == earlier.number { return true }
            if seen.insert(number).inserted { open += plan.phases[number - 1].after }
        }
        return false
    }

    @Test("Whatever the order in which plugins stand and return their steps, the plan is the same, byte for byte")
    func shuffled() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        for seed in PlanningProperties.seeds {
            var random = RandomSite(seed: seed)
            var world = try random.world
            try world.apply()
            random.change()
            world.declared = random.tree
            if let plan = try world.plan() {
                var simulation = Simulation(world, seed: seed)
                _ = simulation.run(plan, limit: plan.taskCount)
                world = simulation.world
            }
            let first = try world.plan().map { try encoder.encode($0) }
            var plugin = random.plugin
            plugin.arranged = { steps in
                var generator = SeededGenerator(seed: seed)
                return steps.shuffled(using: &generator)
            }
            world.plugins = [plugin, world.plugins[0]]
            #expect(try world.plan().map { try encoder.encode($0) } == first, "SEED=\(seed)")
        }
    }
}
