import TestSupport
import Testing

@testable import Model

@Suite("Restoring what was applied") struct RestorationTests {
    private func restored(_ applied: ResolvedTree, over declared: Tree = Tree()) throws -> TreeRestoration {
        TreeRestoration(of: applied, declared: try declared.resolved())
    }

    @Test("Whatever is edited after a plan was applied, restoring gives back the tree of that plan", arguments: 0..<25)
    func afterEdits(seed: UInt64) throws {
        var edits = RandomEdits(seed: seed, registry: try registry())
        var first = Tree()
        edits.apply(60, to: &first)
        let applied = try first.resolved()
        var second = first
        edits.apply(30, to: &second)
        let restoration = try restored(applied, over: second)
        #expect(restoration.tree.ordered == first.ordered, "seed \(seed)")
        #expect(restoration.kept.isEmpty, "seed \(seed)")
        let comparison = TreeComparison(declared: try restoration.tree.resolved(), applied: applied)
        #expect(comparison.states.allSatisfy { $0.state == .applied }, "seed \(seed)")
    }

    /// A declared tree, and what was applied of it and of its predecessors by two plans in a row that failed half-way.
    private func failedPlans(seed: UInt64) throws -> (declared: Tree, applied: ResolvedTree) {
        let registry = try registry()
        var edits = RandomEdits(seed: seed, registry: registry)
        var tree = Tree()
        edits.apply(60, to: &tree)
        var applied = Dictionary(uniqueKeysWithValues: try tree.resolved().ordered.map { ($0.path, $0) })
        if seed % 3 == 0 { applied = [:] }
        for _ in 0..<2 {
            edits.apply(25, to: &tree)
            let declared = try tree.resolved()
            for path in Set(declared.ordered.map(\.path)).union(applied.keys).sorted() where edits.flip() {
                applied[path] = declared[path]
            }
        }
        return (tree, ResolvedTree(ordered: applied.values.sorted { $0.path < $1.path }, registry: registry))
    }

    @Test("After a plan that was carried out in part, every item that was applied is Applied", arguments: 0..<40)
    func afterFailedPlan(seed: UInt64) throws {
        let (declared, applied) = try failedPlans(seed: seed)
        let restoration = try restored(applied, over: declared)
        let comparison = TreeComparison(declared: try restoration.tree.resolved(), applied: applied)
        for (path, state) in comparison.states where !path.isRoot {
            #expect(state == .applied || (state == .initial && restoration.kept.contains(path)), "seed \(seed): \(path) \(state)")
        }
        let (_, problems) = ResolvedTree.resolving(restoration.tree, registry: try registry())
        #expect(problems == [], "seed \(seed)")
    }

    @Test("The random cases reach everything that restoring can do")
    func coverage() throws {
        var cut = 0
        var overridden = 0
        var kept = 0
        for seed in 0..<20 as Range<UInt64> {
            let (declared, applied) = try failedPlans(seed: seed)
            let restoration = try restored(applied, over: declared)
            kept += restoration.kept.count
            for item in applied.ordered {
                guard let before = item.declaration, let after = restoration.tree[item.path] else { continue }
                if before.source != nil, after.source == nil { cut += 1 }
                if before.source != nil, after.source != nil, after.properties.count > before.properties.count { overridden += 1 }
            }
        }
        #expect(cut > 3)
        #expect(overridden > 3)
        #expect(kept > 3)
    }

    @Test("An item whose source was changed since keeps its inherit and gets its own value")
    func changedSource() throws {
        let before = try tree(
            item("/boxes/a/things/t", "thing", ["name": "red", "size": 2]),
            item("/boxes/b/links/l", "thing", ["size": 3], inherit: "/boxes/a/things/t"))
        var after = before
        try after.update(path("/boxes/a/things/t"), properties: ["name": .scalar("blue")], deleting: [], registry: registry())
        let changed = try path("/boxes/a/things/t")
        let items = try before.resolved().ordered.map { $0.path == changed ? try after.resolved()[changed] ?? $0 : $0 }
        let restoration = try restored(ResolvedTree(ordered: items, registry: registry()), over: after)
        #expect(
            try restoration.tree[path("/boxes/b/links/l")]
                == item("/boxes/b/links/l", "thing", ["name": "red", "size": 3], inherit: "/boxes/a/things/t"))
    }

    @Test("An item whose source shows what was not applied is declared in full")
    func surplus() throws {
        let whole = try tree(
            item("/boxes/a/things/t", "thing", ["name": "red"]), item("/boxes/c", "box", inherit: "/boxes/a"))
        let lost = try path("/boxes/c/things/t")
        let items = try whole.resolved().ordered.filter { $0.path != lost }
        let restoration = try restored(ResolvedTree(ordered: items, registry: registry()), over: whole)
        #expect(try restoration.tree[path("/boxes/c")] == item("/boxes/c", "box"))
        #expect(try restoration.tree.resolved()[lost] == nil)
    }

    @Test("What was applied keeps what it stands in and what its type needs, when these were not applied yet")
    func kept() throws {
        let declared = try tree(
            item("/boxes/c", "box", ["label": "red"]), item("/boxes/c/things/s", "strict", ["must": "be"]),
            item("/boxes/c/things/s/part", "thing"), item("/boxes/c/main", "thing"))
        let applied = try declared.resolved().ordered.filter { $0.path.text == "/boxes/c/things/s" }
        let restoration = try restored(ResolvedTree(ordered: applied, registry: registry()), over: declared)
        #expect(restoration.kept.map(\.text).sorted() == ["/boxes/c", "/boxes/c/things/s/part"])
        #expect(
            restoration.tree.ordered.map(\.path.text) == ["/", "/boxes/c", "/boxes/c/things/s", "/boxes/c/things/s/part"])
        #expect(try restoration.tree[path("/boxes/c")]?.properties["label"] == "red")
    }
}
