/// Finds what waits for itself.
package enum Cycles {
    /// One shortest cycle of every group of nodes that all lead to each other, from the first of them (in the order of `nodes`) back to it,
    /// which stands at its end too. Two cycles that share a node are one group: when the one is broken, the other is found.
    ///
    /// - Parameter successors: where a node leads to; what is not in `nodes` is ignored. Asked once for each node.
    /// - Returns: cycles in the order of their first nodes; the same for the same input, whatever the hash seed.
    /// - Complexity: O(nodes + edges). It does not recurse, so a chain may be as long as memory.
    package static func all<Node: Hashable>(in nodes: [Node], successors: (Node) -> [Node]) -> [[Node]] {
        let positions = Dictionary(zip(nodes, nodes.indices), uniquingKeysWith: { first, _ in first })
        let edges = nodes.map { successors($0).compactMap { positions[$0] } }
        let components = components(of: edges)
        var isReported = Array(repeating: false, count: nodes.count)
        return nodes.indices.compactMap { start in
            guard !isReported[components[start]] else { return nil }
            guard let cycle = shortestCycle(from: start, edges: edges, components: components) else { return nil }
            isReported[components[start]] = true
            return cycle.map { nodes[$0] }
        }
    }

    /// For each node a number that it shares with those that it leads to and that lead to it (Tarjan's algorithm).
    private static func components(of edges: [[Int]]) -> [Int] {
        var components = Array(repeating: -1, count: edges.count)
        var order = Array(repeating: -1, count: edges.count)
        var lowest = order
        var isOpen = Array(repeating: false, count: edges.count)
        var open: [Int] = []
        var way: [(node: Int, next: Int)] = []
        var count = 0
        for start in edges.indices where order[start] < 0 {
            way.append((start, 0))
            while let (node, next) = way.last {
                if next == 0, order[node] < 0 {
                    order[node] = count
                    lowest[node] = count
                    count += 1
                    open.append(node)
                    isOpen[node] = true
                }
                if next < edges[node].count {
                    way[way.count - 1].next += 1
                    let target = edges[node][next]
                    if order[target] < 0 {
                        way.append((target, 0))
                    } else if isOpen[target] {
                        lowest[node] = min(lowest[node], order[target])
                    }
                    continue
                }
                way.removeLast()
                if let (parent, _) = way.last { lowest[parent] = min(lowest[parent], lowest[node]) }
                guard lowest[node] == order[node] else { continue }
                while let member = open.popLast() {
                    isOpen[member] = false
                    components[member] = node
                    if member == node { break }
                }
            }
        }
        return components
    }

    private static func shortestCycle(from start: Int, edges: [[Int]], components: [Int]) -> [Int]? {
        if edges[start].contains(start) { return [start, start] }
        guard edges[start].contains(where: { components[$0] == components[start] }) else { return nil }
        var cameFrom: [Int: Int] = [:]
        var queue = [start]
        var head = 0
        while head < queue.count {
            let node = queue[head]
            head += 1
            for target in edges[node] where components[target] == components[start] {
                if target == start {
                    var cycle = [start]
                    var current = node
                    while current != start, let previous = cameFrom[current] {
                        cycle.append(current)
                        current = previous
                    }
                    return [start] + cycle.reversed()
                }
                if cameFrom[target] == nil {
                    cameFrom[target] = node
                    queue.append(target)
                }
            }
        }
        return nil
    }
}
