import Foundation
import Model
import TaskKit
import Testing

@testable import Store

/// A directory that is gone after the test.
func withDirectory<Value>(_ body: (String) throws -> Value) throws -> Value {
    let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
        "planner-\(UInt64.random(in: 0 ... .max))")
    defer { try? FileManager.default.removeItem(at: directory) }
    return try body(directory.path)
}

func withStore<Value>(_ body: (Store) throws -> Value) throws -> Value {
    try withDirectory { try body(try Store(directory: $0)) }
}

/// What `body` fails with; nil, and a failure of the test, when it succeeds or fails otherwise.
func failure(sourceLocation: SourceLocation = #_sourceLocation, of body: () throws -> Void) -> StoreError? {
    do {
        try body()
        Issue.record("no error", sourceLocation: sourceLocation)
    } catch let error as StoreError {
        return error
    } catch {
        Issue.record("another error: \(error)", sourceLocation: sourceLocation)
    }
    return nil
}

func path(_ text: String) throws -> ItemPath { try #require(ItemPath(text)) }

func item(_ text: String, _ values: [String: PropertyValue] = [:], inherit: String? = nil) throws -> Item {
    Item(path: try path(text), type: "thing", source: try inherit.map { try path($0) }, properties: values)
}

func resolved(_ text: String, _ values: [String: PropertyValue] = [:], declaration: Item? = nil) throws -> ResolvedItem {
    ResolvedItem(path: try path(text), type: "thing", source: nil, declaration: declaration, properties: values)
}

func step(_ item: String, on node: String? = nil, _ name: String = "install") throws -> StepIdentity {
    StepIdentity(item: try path(item), node: try node.map { try path($0) }, name: name)
}

func plan(_ id: String = "0badcafe") throws -> Plan {
    let host = HostConnection(hostname: "svc-1", address: "10.0.0.1", user: "root")
    return Plan(
        id: id, modelFingerprint: "m", appliedSerial: 3, versions: ["planner": "1"],
        hosts: [try path("/n/svc-1"): host],
        phases: [Phase(number: 1, group: .node, cluster: try path("/c"), node: nil, after: [], tasks: [])])
}

func holder(_ processID: Int = 10, start: Int = 100, boot: String = "boot-1", host: String = "ms-1") -> LeaseHolder {
    LeaseHolder(
        host: host, processID: processID, processStart: start, bootID: boot, user: "ann", command: "planner run_plan")
}

/// An action that this version knows how to write and, being of no registered kind, not how to read.
struct UnknownAction: TaskAction {
    static let kind = "test-unknown"
    func check(in context: TaskContext) async throws(TaskFailure) -> CheckResult { .satisfied }
    func apply(in context: TaskContext) async throws(TaskFailure) {}
    var preview: [String] { [] }
}

func owed(
    _ identity: StepIdentity, planSerial: Int = 1, action: AnyTaskAction = AnyTaskAction(UnknownAction())
) throws -> OwedStep {
    let task = PlanTask(
        id: TaskID("00000001"), identity: identity, group: .unlock, host: try path("/n/svc-1"), summary: "unlock svc-1",
        effect: .live, reasons: [], action: action, fingerprint: nil)
    return OwedStep(
        identity: identity, planID: "0badcafe", planSerial: planSerial, cluster: nil, node: try path("/n/svc-1"),
        task: task)
}

extension Store {
    /// How many rows `body` changed, in all tables, and with what appears in the counters.
    func rowsChanged(by body: () throws -> Void) throws -> Int {
        let before = try write { $0.totalChangesCount }
        try body()
        return try write { $0.totalChangesCount } - before
    }

    /// Records an event with changes that are made up on the spot.
    @discardableResult
    func record(plan: Int = 1, now: Double = 1, _ change: (inout StoreChanges) throws -> Void) throws -> JournalEntry {
        var changes = StoreChanges()
        try change(&changes)
        return try record(.phaseStarted(phase: 1), planSerial: plan, changes: changes, now: now)
    }
}
