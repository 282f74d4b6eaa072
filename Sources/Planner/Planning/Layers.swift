import Model
import PluginKit
import TaskKit

/// Sorts the steps of one group in one section into layers that may run together.
///
/// Edges come from the steps' own requirements and from the `requires` between sibling fields of the item types; for undo steps the latter
/// are reversed. Edges to steps outside are ignored here.
struct Layers {
    private let steps: [SelectedStep]
    /// Empty when no step requires another one.
    private var positions: [StepIdentity: Int] = [:]
    /// For each vertex, those that must come before it. The first vertices are the steps; behind them stand joints, each of which stands for
    /// all steps within one item path, so that the number of edges stays linear.
    private var before: [[Int]]
    private var joints: [ItemPath: Int] = [:]

    /// - Returns: layers in execution order; every step occurs in exactly one; within a layer by item path, node and name.
    /// - Throws: ``PlanningError/cycle(_:)``.
    /// - Complexity: O(steps × depth of the tree + edges), but for sorting.
    static func of(_ steps: [SelectedStep], fields: inout FieldRequirements) throws(PlanningError) -> [[SelectedStep]] {
        guard steps.count > 1 else { return steps.isEmpty ? [] : [steps] }
        var layers = Layers(steps)
        layers.addEdges(&fields)
        return try layers.sorted()
    }

    private init(_ steps: [SelectedStep]) {
        // Plugins go through the tree in its order, so that there is mostly nothing to move.
        let isSorted = zip(steps, steps.dropFirst()).allSatisfy { $0.identity < $1.identity }
        self.steps = isSorted ? steps : steps.sorted { $0.identity < $1.identity }
        before = Array(repeating: [], count: steps.count)
        let refersToSteps = steps.contains { $0.requires.contains { if case .step = $0 { true } else { false } } }
        guard refersToSteps else { return }
        positions = Dictionary(zip(self.steps.map(\.identity), 0...), uniquingKeysWith: { first, _ in first })
    }

    private mutating func addEdges(_ fields: inout FieldRequirements) {
        var reversed: [(joint: Int, step: Int)] = []
        for (position, step) in steps.enumerated() {
            for requirement in step.requires {
                switch requirement {
                case .step(let identity):
                    if let required = positions[identity] { before[position].append(required) }
                case .items(let path):
                    before[position].append(joint(for: path))
                }
            }
            for path in fields.requirements(of: step.identity.item) {
                let joint = joint(for: path)
                if step.isUndo { reversed.append((joint, position)) } else { before[position].append(joint) }
            }
        }
        connectJoints(reversed: reversed)
    }

    private mutating func joint(for path: ItemPath) -> Int {
        if let joint = joints[path] { return joint }
        before.append([])
        joints[path] = before.count - 1
        return before.count - 1
    }

    /// A joint comes after every step within its path; for undo steps the joint's own steps wait for those that required it.
    private mutating func connectJoints(reversed: [(joint: Int, step: Int)]) {
        guard !joints.isEmpty else { return }
        let waiting = Dictionary(grouping: reversed, by: \.joint)
        var around = Joints(joints)
        for (position, step) in steps.enumerated() {
            for joint in around.joints(at: step.identity.item) {
                if step.isUndo {
                    before[position] += (waiting[joint] ?? []).map(\.step).filter { $0 != position }
                } else {
                    before[joint].append(position)
                }
            }
        }
        // A joint in which nothing stands keeps nobody waiting.
        let isEmpty = before.map(\.isEmpty)
        for position in steps.indices where !isEmpty[position] {
            before[position].removeAll { $0 >= steps.count && isEmpty[$0] }
        }
    }

    /// The joints at an item and above it. Steps come in the order of their items, so that siblings find what is above them known.
    private struct Joints {
        private let joints: [ItemPath: Int]
        private var parent: ItemPath?
        private var above: [Int] = []

        init(_ joints: [ItemPath: Int]) { self.joints = joints }

        mutating func joints(at item: ItemPath) -> [Int] {
            if item.parent != parent {
                parent = item.parent
                above = []
                var path = parent
                while let current = path {
                    if let joint = joints[current] { above.append(joint) }
                    path = current.parent
                }
            }
            return joints[item].map { [$0] + above } ?? above
        }
    }

    /// Layers by longest path; joints take no layer of their own.
    private func sorted() throws(PlanningError) -> [[SelectedStep]] {
        if before.prefix(steps.count).allSatisfy(\.isEmpty) { return [steps] }
        var waiting = before.map(\.count)
        var after: [[Int]] = Array(repeating: [], count: before.count)
        for (vertex, required) in before.enumerated() {
            for other in required { after[other].append(vertex) }
        }
        var depth = Array(repeating: 0, count: before.count)
        var ready = waiting.indices.filter { waiting[$0] == 0 }
        var done = 0
        while let vertex = ready.popLast() {
            done += 1
            let next = depth[vertex] + (vertex < steps.count ? 1 : 0)
            for follower in after[vertex] {
                depth[follower] = max(depth[follower], next)
                waiting[follower] -= 1
                if waiting[follower] == 0 { ready.append(follower) }
            }
        }
        guard done == before.count else { throw .cycle(shortestCycle(among: waiting)) }
        var layers: [[SelectedStep]] = []
        for (position, step) in steps.enumerated() {
            while layers.count <= depth[position] { layers.append([]) }
            layers[depth[position]].append(step)
        }
        return layers
    }

    /// The steps of one shortest cycle through the first vertex that is on one, the first repeated at the end.
    private func shortestCycle(among waiting: [Int]) -> [StepIdentity] {
        let stuck = waiting.indices.filter { waiting[$0] > 0 }
        var best: [Int] = []
        for start in stuck where start < steps.count {
            var previous: [Int: Int] = [:]
            var queue = [start]
            var head = 0
            search: while head < queue.count {
                let vertex = queue[head]
                head += 1
                for required in before[vertex] where waiting[required] > 0 {
                    if required == start {
                        var cycle = [start, vertex]
                        var step = vertex
                        while step != start, let earlier = previous[step] {
                            cycle.append(earlier)
                            step = earlier
                        }
                        if best.isEmpty || cycle.count < best.count { best = cycle }
                        break search
                    }
                    if previous[required] == nil, required != start {
                        previous[required] = vertex
                        queue.append(required)
                    }
                }
            }
            if !best.isEmpty { break }
        }
        return best.reversed().filter { $0 < steps.count }.map { steps[$0].identity }
    }
}
