import Model
import TaskKit
import Testing

@testable import Store

@Suite("What was applied") struct AppliedStateTests {
    @Test("A step is kept by item, node and name, with its fingerprint and its plan") func steps() throws {
        try withStore { (store) throws in
            let steps = try [step("/a"), step("/a", on: "/n/svc-1"), step("/a", on: "/n/svc-2"), step("/a", "other")]
            try store.record(plan: 4) { $0.recordSteps = steps.map { RecordedStep($0, fingerprint: "f1") } }
            try store.record(plan: 5) { $0.recordSteps = [RecordedStep(steps[1], fingerprint: "f2")] }
            let applied = try store.appliedSteps()
            #expect(applied.count == 4)
            #expect(applied[steps[0]] == AppliedStep(fingerprint: "f1", planSerial: 4))
            #expect(applied[steps[1]] == AppliedStep(fingerprint: "f2", planSerial: 5))
        }
    }

    @Test("A step that was true once stays one while a later attempt has an unknown end, until it is taken away")
    func wasTrue() throws {
        try withStore { (store) throws in
            let step = try step("/a", on: "/n/svc-1")
            func record(_ fingerprint: String) throws {
                try store.record { $0.recordSteps = [RecordedStep(step, fingerprint: fingerprint)] }
            }
            try record("")
            #expect(try store.appliedSteps()[step]?.wasTrue == false)
            try record("f1")
            try record("")
            #expect(try store.appliedSteps()[step]?.wasTrue == true)
            try store.record { $0.forget = [StepScope(item: step.item)] }
            try record("")
            #expect(try store.appliedSteps()[step]?.wasTrue == false)
        }
    }

    /// Every step of a small site, and a scope.
    struct Scope: Sendable { let item: String, node: String? }

    @Test(
        "An undo makes void exactly the steps that its scope contains",
        arguments: [
            Scope(item: "/a", node: nil), Scope(item: "/a", node: "/n/svc-1"), Scope(item: "/a/b", node: nil),
            Scope(item: "/", node: nil), Scope(item: "/", node: "/n/svc-2"), Scope(item: "/none", node: nil),
        ])
    func forgetting(scope: Scope) throws {
        try withStore { (store) throws in
            let items = ["/", "/a", "/a/b", "/a/b/c", "/a-b", "/a.b", "/a0", "/ab", "/b/a"]
            let nodes: [String?] = [nil, "/n/svc-1", "/n/svc-2"]
            let steps = try items.flatMap { item in try nodes.map { try step(item, on: $0) } }
            try store.record { $0.recordSteps = steps.map { RecordedStep($0, fingerprint: "f") } }
            let forgotten = StepScope(item: try path(scope.item), node: try scope.node.map { try path($0) })
            try store.record { $0.forget = [forgotten] }
            #expect(Set(try store.appliedSteps().keys) == Set(steps.filter { !forgotten.contains($0) }))
        }
    }

    @Test("A step that is forgotten and recorded by one event is recorded") func forgetThenRecord() throws {
        try withStore { (store) throws in
            let step = try step("/a")
            try store.record { $0.recordSteps = [RecordedStep(step, fingerprint: "old")] }
            try store.record { changes in
                changes.forget = [StepScope(item: step.item)]
                changes.recordSteps = [RecordedStep(step, fingerprint: "new")]
            }
            #expect(try store.appliedSteps()[step]?.fingerprint == "new")
        }
    }

    @Test("What is owed is there until it is settled") func owing() throws {
        try withStore { (store) throws in
            let first = try step("/n/svc-1", on: "/n/svc-1", "unlock")
            let second = try step("/n/svc-2", on: "/n/svc-2", "unlock")
            try store.record { $0.owe = [try owed(first), try owed(second)] }
            #expect(try store.rowsChanged { try store.record { $0.settle = [first, second] } } == 4)
            #expect(try store.owedSteps() == [])
        }
    }

    @Test("What is owed reads back with its whole task") func owedRoundTrip() throws {
        try withStore { (store) throws in
            let file = AnyTaskAction(FileAction(path: "/etc/x", content: "größe\n", mode: 0o600, owner: "root:root"))
            let step = try owed(step("/n/svc-1", on: "/n/svc-1", "unlock"), planSerial: 3, action: file)
            try store.record { $0.owe = [step] }
            #expect(try store.owedSteps() == [step])
        }
    }

    @Test("A task of a kind that this version does not know is named, not lost") func unknownKind() throws {
        try withStore { (store) throws in
            let identity = try step("/n/svc-1", on: "/n/svc-1", "unlock")
            try store.record { $0.owe = [try owed(identity)] }
            let error = failure { _ = try store.owedSteps() }
            #expect(error?.code == .corrupted)
            #expect(error?.message.contains("test-unknown") == true)
        }
    }

    @Test("A node that is out of service is so since the first time") func nodeFacts() throws {
        try withStore { (store) throws in
            let node = NodeContributor(node: try path("/n/svc-2"), contributor: "ha")
            let other = NodeContributor(node: try path("/n/svc-10"), contributor: "kubernetes")
            try store.record(plan: 1, now: 10) { $0.takeOut = [other, node] }
            try store.record(plan: 2, now: 20) { $0.takeOut = [node] }
            #expect(
                try store.nodeFacts() == [
                    NodeFact(node: node.node, contributor: "ha", planSerial: 1, time: 10),
                    NodeFact(node: other.node, contributor: "kubernetes", planSerial: 1, time: 10),
                ])
            try store.record { $0.putBack = [node, other] }
            #expect(try store.nodeFacts() == [])
        }
    }

    @Test("The serial counts the events that change something, and no others") func serial() throws {
        try withStore { (store) throws in
            let step = RecordedStep(try step("/a"), fingerprint: "f")
            #expect(try store.appliedSerial == 0)
            try store.record { $0.recordSteps = [step] }
            try store.record { $0.recordSteps = [step] }
            try store.record { _ in }
            try store.record { $0.planState = .running }
            try store.record { $0.settle = [step.identity] }
            #expect(try store.appliedSerial == 1)
            try store.record { changes in
                changes.applyItems = [try resolved("/a")]
                changes.forget = [StepScope(item: .root)]
            }
            #expect(try store.appliedSerial == 2)
        }
    }

    @Test("An event writes as many rows as it changes, however much is stored") func changedRows() throws {
        try withStore { (store) throws in
            let steps = try (0..<1000).map { RecordedStep(try step("/a/i-\($0)"), fingerprint: "f") }
            try store.record { changes in
                changes.recordSteps = steps
                changes.applyItems = try (0..<1000).map { try resolved("/a/i-\($0)") }
            }
            let rows = try store.rowsChanged {
                try store.record { changes in
                    changes.recordSteps = [RecordedStep(steps[3].identity, fingerprint: "g")]
                    changes.applyItems = [try resolved("/a/i-3", ["x": 1]), try resolved("/a/i-4")]
                }
            }
            // The record, the step, one item, and the serial.
            #expect(rows == 4)
        }
    }
}
