import Foundation
import GRDB
import Model
import TaskKit
import TestSupport
import Testing

@testable import Store

@Suite("Plans in pieces") struct StoredPlanTests {
    @Test("Any plan reads back as it was saved, however long its phases are", arguments: 0..<10 as Range<UInt64>)
    func roundTrip(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let plan = try randomPlan(&generator)
        try withStore { (store) throws in
            let saved = try store.savePlan(plan, now: 1)
            let read = try #require(try store.currentPlan(), "seed \(seed)")
            #expect(read == saved, "seed \(seed)")
            #expect(read.plan == plan, "seed \(seed)")
            #expect(try store.currentPlanOutline() == saved.outline, "seed \(seed)")
        }
    }

    @Test("A part of a plan whose members are not named by paths is refused")
    func members() throws {
        #expect(try JSONText().members([TaskID].self, from: #"{"/a/b":["1"],"/a":[]}"#).count == 2)
        #expect(throws: DecodingError.self) { try JSONText().members([TaskID].self, from: #"{"/a/b":["1"],"a":[]}"#) }
        #expect(throws: DecodingError.self) { try JSONText().members([TaskID].self, from: "[]") }
    }

    @Test("What is written of a plan is what Foundation would write", arguments: 0..<4 as Range<UInt64>)
    func json(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let plan = try randomPlan(&generator, longestPhase: 40)
        let streamed = try JSONSerialization.jsonObject(with: Data(StreamedJSON.text(of: plan).utf8)) as? NSDictionary
        let encoded = try JSONSerialization.jsonObject(with: JSONEncoder().encode(plan)) as? NSDictionary
        #expect(streamed == encoded, "seed \(seed)")
        let phases = try JSONSerialization.jsonObject(with: Data(PlanText.text(of: plan.phases).utf8)) as? NSArray
        #expect(phases == encoded?["phases"] as? NSArray, "seed \(seed)")
        let hosts = try JSONSerialization.jsonObject(with: Data(PlanText.text(of: plan.hosts.map { $0 }).utf8)) as? NSDictionary
        #expect(hosts == encoded?["hosts"] as? NSDictionary, "seed \(seed)")
        let completions = PlanText.text(of: plan.completions.map { $0 })
        let read = try JSONSerialization.jsonObject(with: Data(completions.utf8)) as? NSDictionary
        #expect(read == encoded?["completions"] as? NSDictionary, "seed \(seed)")
    }

    @Test("A plan of a store of schema 2 is moved into pieces and stays what it was", arguments: 0..<3 as Range<UInt64>)
    func migration(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        let plan = try randomPlan(&generator)
        try withDirectory { (directory) throws in
            try FileManager.default.createDirectory(
                atPath: directory, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
            let queue = try DatabaseQueue(path: directory + "/planner.db")
            try Schema.migrator.migrate(queue, upTo: "2 single items")
            try queue.write { database in
                try database.execute(
                    sql: "INSERT INTO plan (plan_id, state, created_at, document) VALUES (?, 'failed', 5, ?)",
                    arguments: [plan.id, try JSONText().text(plan)])
            }
            try queue.close()
            let store = try Store(directory: directory)
            let moved = try #require(try store.currentPlan(), "seed \(seed)")
            #expect(moved.plan == plan, "seed \(seed)")
            #expect(moved.state == .failed)
            #expect(moved.basis == PlanBasis())
            #expect(try store.currentPlanOutline()?.counts == PlanCounts(of: plan), "seed \(seed)")
        }
    }

    @Test("What a plan is can be told when its tasks cannot be read") func outline() throws {
        try withStore { (store) throws in
            let saved = try store.savePlan(plan(), basis: PlanBasis(declaredSerial: 0, secretVersions: [:]), now: 1)
            try store.write { try $0.execute(sql: "UPDATE plan_part SET document = 'rubbish'") }
            #expect(try store.currentPlanOutline() == saved.outline)
            #expect(failure { _ = try store.currentPlan() } != nil)
        }
    }

    private func randomPlan(_ generator: inout SeededGenerator, longestPhase: Int = 900) throws -> Plan {
        var plan = try plan()
        plan.phases = []
        for number in 1...Int.random(in: 1...40, using: &generator) {
            // Some phases are longer than a piece, some are empty.
            let length = Bool.random(using: &generator) ? 3 : longestPhase
            let count = Int.random(in: 0...length, using: &generator)
            let tasks = try (0..<min(count, longestPhase / number)).map { try randomTask("\(number)-\($0)", &generator) }
            func maybe<Value>(_ value: Value) -> Value? { Bool.random(using: &generator) ? value : nil }
            var phase = Phase(
                number: number, group: .node, cluster: maybe(try path("/c")), node: maybe(try path("/c/n")),
                after: number > 1 ? [number - 1] : [], tasks: tasks)
            phase.tolerates = maybe([number, 7])
            phase.turn = maybe(try path("/c"))
            phase.wait = maybe(PhaseWait(.soak(seconds: 5), group: try path("/c"), doneNodes: 1, nodeCount: 2))
            plan.phases.append(phase)
        }
        for number in 0..<Int.random(in: 0...600, using: &generator) {
            plan.hosts[try path("/n/h-\(number)")] = HostConnection(hostname: "h\(number)", address: "::1", user: "root")
            plan.completions[try path("/i/\(number)")] = [TaskID("a\(number)"), TaskID("b")]
        }
        return plan
    }

    private func randomTask(_ id: String, _ generator: inout SeededGenerator) throws -> PlanTask {
        let texts = ["", "plain", "a \"quoted\" back\\slash/", "line\nfeed\ttab\u{1}", "Grüße \u{1F600} \u{2028}"]
        func text() -> String { texts.randomElement(using: &generator) ?? "" }
        let identity = try step("/i/\(id)", on: Bool.random(using: &generator) ? "/n/h-1" : nil, text())
        let item = identity.item
        let reasons: [Reason] = [
            .created(item), .changed(item, property: text(), old: nil, new: text()), .notApplied(item),
            .accompanies([identity]), .owed(plan: text()),
        ]
        let contents = [FileContent(text()), FileContent([.text(text()), .secret(.stored("db")), .quoted(.stored("db"))])]
        let file = FileAction(
            path: "/etc/" + text(), content: contents.randomElement(using: &generator) ?? contents[0], mode: 0o644,
            owner: Bool.random(using: &generator) ? "root:" + text() : nil)
        let command = CommandAction(check: nil, apply: text(), limit: .milliseconds(1500))
        var task = PlanTask(
            id: TaskID(id), identity: identity, group: .node, host: try path("/n/h-1"), summary: text(),
            effect: Effect.allCases.randomElement(using: &generator) ?? .live,
            reasons: reasons.filter { _ in Bool.random(using: &generator) },
            action: Bool.random(using: &generator) ? AnyTaskAction(file) : AnyTaskAction(command),
            fingerprint: Bool.random(using: &generator) ? text() : nil, accompanies: [TaskID("x")],
            forgets: [StepScope(item: item)], nodeChange: Bool.random(using: &generator) ? .takenOut(text()) : nil,
            isDestructive: Bool.random(using: &generator))
        if Bool.random(using: &generator) { task.retries = RetryPolicy(tries: 5) }
        return task
    }
}

@Suite("What was declared when a plan was made") struct DeclaredDifferenceTests {
    @Test("Items that were added, changed and removed since the plan are told, in tree order") func kinds() throws {
        try withStore { (store) throws in
            try store.changeDeclared(
                inserting: [try item("/a", ["x": "1", "y": "1"]), try item("/b"), try item("/c")], removing: [])
            _ = try store.savePlan(plan(), now: 1)
            try store.changeDeclared(
                inserting: [try item("/a", ["x": "2", "z": "1"]), try item("/d")], removing: [try path("/b")])
            let expected = [
                DeclaredDifference(path: try path("/a"), kind: .changed(["x", "y", "z"])),
                DeclaredDifference(path: try path("/b"), kind: .removed),
                DeclaredDifference(path: try path("/d"), kind: .added),
            ]
            #expect(try store.declaredDifferences() == expected)
        }
    }

    @Test("Items that were changed and changed back are not different") func changedBack() throws {
        try withStore { (store) throws in
            try store.changeDeclared(inserting: [try item("/a", ["x": "1"]), try item("/b")], removing: [])
            _ = try store.savePlan(plan(), now: 1)
            for value in ["2", "3", "1"] {
                try store.changeDeclared(
                    inserting: [try item("/a", ["x": .string(value)]), try item("/n")], removing: [try path("/b")])
                try store.changeDeclared(inserting: [try item("/b")], removing: [try path("/n")])
            }
            #expect(try store.declaredDifferences() == [])
        }
    }

    @Test("A new plan starts from what is declared then") func newPlan() throws {
        try withStore { (store) throws in
            _ = try store.savePlan(plan("a"), now: 1)
            try store.changeDeclared(inserting: [try item("/a")], removing: [])
            let basis = PlanBasis(declaredSerial: try store.declaredSerial)
            #expect(try store.savePlan(plan("b"), basis: basis, now: 2).basis == basis)
            #expect(try store.declaredDifferences() == [])
        }
    }

    @Test("A plan does not vouch for a declared tree that was changed while it was made") func changedMeanwhile() throws {
        try withStore { (store) throws in
            let basis = PlanBasis(declaredSerial: try store.declaredSerial)
            try store.changeDeclared(inserting: [try item("/a")], removing: [])
            #expect(try store.savePlan(plan(), basis: basis, now: 2).basis.declaredSerial == nil)
        }
    }
}
