import Foundation
import Model
import Service
import TestSupport
import Testing

/// What holds however edits, plans, failures, crashes and resumed runs follow each other, with the store and the book of runs that operators
/// have. `SEED=<seed> swift test --filter InterleavingProperties` brings a case back.
@Suite("Plans, failures and new plans in any order")
struct InterleavingProperties {
    private static let rounds: UInt64 = 6
    private static var seeds: Range<UInt64> {
        if let given = ProcessInfo.processInfo.environment["SEED"].flatMap({ UInt64($0) }) { return given..<given + 1 }
        let base = UInt64.random(in: 0..<1 << 32)
        return base..<base + rounds
    }

    @Test(
        "No lock stays without its unlock, no drain without its rejoin, no change without its restart, and nothing is left to do")
    func nothingIsLost() async throws {
        for seed in InterleavingProperties.seeds {
            var random = RandomSite(seed: seed)
            var chance = SeededGenerator(seed: seed ^ 0xC0FFEE)
            var stored = try StoredSite(random.plugin, seed: seed)
            try stored.declare(random.tree)
            if let plan = try stored.plan() { try await stored.run(plan, survives: Bool.random(using: &chance)) }
            for _ in 0..<5 {
                if Bool.random(using: &chance) {
                    random.change()
                    try stored.declare(random.tree)
                } else if let view = try? stored.site.currentPlan(), view.staleness.isEmpty, view.stored.state != .successful {
                    try await stored.run(view.stored)
                    continue
                }
                var request = Site.PlanRequest()
                // Now and then only a part of the site is asked for.
                if Int.random(in: 0..<3, using: &chance) == 0,
                    let cluster = random.clusters.keys.sorted().randomElement(using: &chance)
                {
                    request.only = [cluster]
                }
                if let plan = try stored.plan(request) { try await stored.run(plan) }
            }
            // To the end, without accidents.
            for _ in 0..<3 { if let plan = try stored.plan() { try await stored.run(plan, survives: true) } }
            #expect(try stored.plan() == nil, "SEED=\(seed): something is left to do")
            #expect(try stored.expectations() == [], "SEED=\(seed)")
            #expect(stored.problems == [], "SEED=\(seed)")
        }
    }
}
