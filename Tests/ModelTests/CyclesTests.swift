import TestSupport
import Testing

@testable import Model

@Suite("Cycles") struct CyclesTests {
    private func cycles(_ edges: [String: [String]]) -> [String] {
        Cycles.all(in: edges.keys.sorted()) { edges[$0] ?? [] }.map { $0.joined(separator: " ") }
    }

    @Test("What waits for nothing that waits for it is no cycle") func none() {
        #expect(cycles(["a": ["b", "c"], "b": ["c"], "c": []]) == [])
        #expect(cycles(["a": ["gone"]]) == [])
    }

    @Test("A cycle is told once, from its first member, by its shortest way") func shortest() {
        #expect(cycles(["a": ["b"], "b": ["c"], "c": ["d", "a"], "d": ["a"]]) == ["a b c a"])
        #expect(cycles(["x": ["b"], "b": ["c"], "c": ["b"]]) == ["b c b"])
        #expect(cycles(["a": ["a"]]) == ["a a"])
    }

    @Test("Cycles that share nothing are told each, in the order of their first members") func several() {
        #expect(cycles(["d": ["c"], "c": ["d"], "a": ["b"], "b": ["a", "c"]]) == ["a b a", "c d c"])
    }

    @Test("A chain of 100,000 is followed without recursion", .timeLimit(.minutes(1))) func long() {
        let count = 100_000
        let cycles = Cycles.all(in: Array(0..<count)) { [($0 + 1) % count] }
        #expect(cycles.count == 1)
        #expect(cycles.first?.count == count + 1)
        #expect(Cycles.all(in: Array(0..<count)) { $0 + 1 < count ? [$0 + 1] : [] }.isEmpty)
    }

    @Test("A node is in a told group if and only if it leads back to itself", arguments: 0..<50) func groups(seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let count = Int.random(in: 1...8, using: &generator)
        let edges = (0..<count).map { _ in (0..<count).filter { _ in Int.random(in: 0..<4, using: &generator) == 0 } }
        func reachable(from start: Int) -> Set<Int> {
            var seen: Set<Int> = []
            var pending = edges[start]
            while let next = pending.popLast() { if seen.insert(next).inserted { pending += edges[next] } }
            return seen
        }
        let reach = (0..<count).map { reachable(from: $0) }
        let cycles = Cycles.all(in: Array(0..<count)) { edges[$0] }
        for cycle in cycles {
            #expect(cycle.first == cycle.last, "seed \(seed)")
            #expect(zip(cycle, cycle.dropFirst()).allSatisfy { edges[$0].contains($1) }, "seed \(seed)")
        }
        let firsts = (0..<count).filter { node in
            reach[node].contains(node) && !(0..<node).contains { reach[node].contains($0) && reach[$0].contains(node) }
        }
        #expect(cycles.compactMap(\.first) == firsts, "seed \(seed)")
    }
}
