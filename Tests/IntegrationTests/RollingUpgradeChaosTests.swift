import Foundation
import Testing

/// The controller is killed with SIGKILL at every record of the journal of a rolling upgrade, and goes on.
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "\(ChaosLane.count * 3)"))
struct RollingUpgradeChaosTests {
    @Test(
        "A controller that dies after any record of a rolling upgrade resumes to the right end, with every effect once",
        .timeLimit(.minutes(10)))
    func diesAfterEveryRecord() async throws {
        let counted = try await ChaosLane.inEachLane { lane in try await lane.recordKinds() }
        let kinds = try #require(counted.first)
        #expect(Set(counted.map(\.count)).count == 1)
        let records = RollingUpgradeChaosTests.records(of: kinds)
        #expect(records.count >= 25)
        try await ChaosLane.deal(records) { lane, record in
            // After the last record nothing is left to resume.
            if record == kinds.count { return try await lane.diesAfterTheLast(record) }
            try await lane.upgrade(dying: ["PLANNER_DIE_AFTER_RECORD=\(record)"])
        }
    }

    /// Of a plan of three nodes whose blocks repeat: the first record, the block of the second node, the last record; without those
    /// that only begin a phase, which stand right behind the end of another. All with `PLANNER_CHAOS=all`.
    private static func records(of kinds: [String]) -> [Int] {
        let all = Array(1...kinds.count)
        if ProcessInfo.processInfo.environment["PLANNER_CHAOS"] == "all" { return all }
        let block = (kinds.count - 2) / 3
        let second = block + 2...2 * block + 1
        return all.filter { record in
            record == 1 || record == kinds.count || second.contains(record) && kinds[record - 1] != "phase_start"
        }
    }

    @Test(
        "A controller that dies before it has recorded what happened already asks the host and does nothing twice",
        .timeLimit(.minutes(5)))
    func diesBeforeRecords() async throws {
        // The block of a node has 33 records; those of its tasks' ends are the ones whose effect has happened.
        let sample = [2, 5, 10, 17, 18, 23, 28, 33, 60, 100]
        try await ChaosLane.deal(sample) { lane, record in
            try await lane.upgrade(dying: ["PLANNER_DIE_BEFORE_RECORD=\(record)"])
        }
    }

    @Test("A controller that dies again while it resumes goes on a third time", .timeLimit(.minutes(5)))
    func diesTwice() async throws {
        let sample = [(5, 3), (33, 20)]
        try await ChaosLane.deal(sample) { lane, records in
            try await lane.upgrade(dying: [
                "PLANNER_DIE_AFTER_RECORD=\(records.0)", "PLANNER_DIE_BEFORE_RECORD=\(records.1 + 1)",
            ])
        }
    }
}

/// Three hosts of the lab with a controller of their own: several of them go through the cases side by side.
private actor ChaosLane {
    static let count = 2

    private let fleet: Fleet
    private let controller: Controller
    private var version = 0
    /// How many lines the logs had after the last upgrade.
    private var lines: [String: Int]

    private init(_ number: Int, in lab: Lab) async throws {
        let hosts = (1...3).map { "svc-\(3 * number + $0)" }
        fleet = try await Fleet(lab, hosts: hosts, folder: "/srv/chaos-\(UInt16.random(in: 0...UInt16.max))")
        controller = try Controller(lab)
        try await controller.apply(fleet.model("version 0"))
        lines = try await fleet.evidence().mapValues(\.lines.count)
    }

    // MARK: Several lanes

    /// Hands the cases out, the next one to whichever lane is free.
    static func deal<Case: Sendable>(
        _ cases: [Case], _ body: @Sendable @escaping (ChaosLane, Case) async throws -> Void
    ) async throws {
        let lab = try #require(Lab.current)
        let hand = Hand(cases)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<count {
                group.addTask {
                    let lane = try await ChaosLane(number, in: lab)
                    while let next = await hand.take() { try await body(lane, next) }
                }
            }
            try await group.waitForAll()
        }
    }

    static func inEachLane<Value: Sendable>(_ body: @Sendable @escaping (ChaosLane) async throws -> Value) async throws -> [Value]
    {
        let lab = try #require(Lab.current)
        return try await withThrowingTaskGroup(of: Value.self) { group in
            for number in 0..<count { group.addTask { try await body(try await ChaosLane(number, in: lab)) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    // MARK: One upgrade

    /// An upgrade that nobody disturbs: which records it writes.
    func recordKinds() async throws -> [String] {
        let proof = try await prepare()
        let said = try await controller.must("run_plan", "--json").split(separator: "\n")
        lines = try await proof.check("undisturbed")
        return said.filter { $0.contains("\"seq\":") }.map { line in
            String(String(line).components(after: "\"type\":\"").prefix { $0 != "\"" })
        }
    }

    /// An upgrade under which the controller dies once for each of the environments, and is resumed each time.
    func upgrade(dying environments: [String]) async throws {
        let comment: Comment = "\(environments)"
        let proof = try await prepare()
        for (attempt, environment) in environments.enumerated() {
            try await die(environment, resuming: attempt > 0)
            try await checkStatus(comment)
        }
        let resumed = try await controller.planner("run_plan", "--resume")
        #expect(resumed.isSuccess, "\(comment): \(resumed)")
        lines = try await proof.check(comment)
        #expect(try await controller.hasNothingToDo(), comment)
    }

    /// All is done when the last record is on the disk: there is nothing to resume, and nothing is.
    func diesAfterTheLast(_ record: Int) async throws {
        let proof = try await prepare()
        try await die("PLANNER_DIE_AFTER_RECORD=\(record)", resuming: false)
        #expect(try await controller.must("status").contains("successful"))
        #expect(try await controller.planner("run_plan", "--resume").end == .exited(4))
        lines = try await proof.check("after the last record")
        #expect(try await controller.hasNothingToDo())
    }

    private func prepare() async throws -> UpgradeProof {
        version += 1
        let content = "version \(version)"
        try await controller.loadAndPlan(fleet.model(content))
        return UpgradeProof(fleet: fleet, content: content, before: lines)
    }

    private func die(_ environment: String, resuming: Bool) async throws {
        let pair = environment.split(separator: "=").map(String.init)
        let variables = [pair[0]: pair[1]]
        let run =
            resuming
            ? try await controller.planner("run_plan", "--resume", environment: variables)
            : try await controller.planner("run_plan", environment: variables)
        #expect(run.end == .killed(signal: Int(SIGKILL)), "\(environment): \(run)")
    }

    /// A node that is out of service on the host is one that the status tells about.
    private func checkStatus(_ comment: Comment) async throws {
        let status = try await controller.planner("status")
        #expect(status.isSuccess, "\(comment): \(status)")
        #expect(status.output.contains("interrupted"), "\(comment): \(status)")
        #expect(status.output.contains("Next   planner run_plan --resume"), "\(comment): \(status)")
        for (host, seen) in try await fleet.evidence() where !seen.markers.isEmpty {
            let isKnown =
                status.output.contains("Node \(host)  OUT OF SERVICE")
                || status.output.contains("interrupted in: lock \(host)")
            #expect(isKnown, "\(comment): \(host) has \(seen.markers)\n\(status)")
        }
    }
}

/// Cases that are handed out one by one.
private actor Hand<Case: Sendable> {
    private var cases: ArraySlice<Case>

    init(_ cases: [Case]) { self.cases = cases[...] }

    func take() -> Case? { cases.popFirst() }
}
