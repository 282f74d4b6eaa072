import Foundation
import Testing

/// The controller is killed with SIGKILL at every record of the journal of a rolling upgrade, and goes on: two nodes one after the other, each
/// locked twice, changed in two places, restarted, unlocked twice, and waited for.
///
/// What else the chaos tests do:
///
/// | what happens | where it is tested |
/// | --- | --- |
/// | killed after every record, before the record of every effect, three times | here; `CrashTests` in the process, also with a full journal |
/// | link cut during check, upload, long command or verification, healed or not | `FailureTests`, `LostInTheMiddle` |
/// | sshd restarted, its sessions broken; host crashed and booted; its key changed | `FailureTests`, `LostInTheMiddle` |
/// | controller's machine booted anew; its store copied to another machine | `FailureTests`, `LostInTheMiddle` |
/// | host never reached, key unknown or changed, login refused | `FailureTests`, `UnreachableHosts` |
/// | disk full on the host, and under the state directory | `DiskFullTests` |
/// | clock of the controller stepped | `FailureTests`, `HardTasks`; of a host: `DurableRunTests`; before a resume: `LeaseTests` |
/// | a second `run_plan` | `RunBehaviourTests` |
/// | a task that does not come true; much output; binary output; TERM ignored | `FailureTests`, `HardTasks` |
/// | power cut inside a script of a plugin | `PowerCutTests` |
@Suite(.serialized, .enabled(if: Lab.isPossible, Lab.unavailable), .lab("--ssh-only", "\(ChaosLane.count * ChaosLane.hosts)"))
struct RollingUpgradeChaosTests {
    @Test(
        "A controller that dies at any record of a rolling upgrade resumes to the right end, with every effect once",
        .timeLimit(.minutes(10)))
    func diesAtEveryRecord() async throws {
        let lanes = try await ChaosLane.all(in: try #require(Lab.current))
        let kinds = try await lanes[0].recordKinds()
        #expect(kinds.count >= 60)
        let after = kinds.indices.map { ["PLANNER_DIE_AFTER_RECORD=\($0 + 1)"] }
        // What these tell has happened already. Before any other record things are as after the one before it.
        let effects = kinds.indices.filter { kinds[$0] == "task_end" }
        let before = effects.prefix(effects.count / 2).map { ["PLANNER_DIE_BEFORE_RECORD=\($0 + 1)"] }
        let again = [(5, 3, 4), (33, 20, 9)].map { first, second, third in
            [
                "PLANNER_DIE_AFTER_RECORD=\(first)", "PLANNER_DIE_BEFORE_RECORD=\(second)",
                "PLANNER_DIE_AFTER_RECORD=\(third)",
            ]
        }
        try await ChaosLane.deal(after + before + again, to: lanes) { lane, deaths in
            // After the last record nothing is left to resume.
            if deaths == after.last { return try await lane.diesAfterTheLast(kinds.count) }
            try await lane.upgrade(dying: deaths)
        }
    }
}

/// Two hosts of the lab with a controller of their own: several of them go through the cases side by side.
private actor ChaosLane {
    static let count = 4
    static let hosts = 2

    private let fleet: Fleet
    private let controller: Controller
    private var version = 0
    private var upgrades = 0
    /// How many lines the logs had after the last upgrade.
    private var lines: [String: Int]

    private init(_ number: Int, in lab: Lab) async throws {
        let hosts = (1...ChaosLane.hosts).map { "svc-\(ChaosLane.hosts * number + $0)" }
        fleet = try await Fleet(lab, hosts: hosts, folder: "/srv/chaos-\(UInt16.random(in: 0...UInt16.max))")
        controller = try Controller(lab)
        try await controller.apply(fleet.gated("version 0"))
        lines = try await fleet.evidence().mapValues(\.lines.count)
    }

    // MARK: Several lanes

    static func all(in lab: Lab) async throws -> [ChaosLane] {
        try await withThrowingTaskGroup { group in
            for number in 0..<count { group.addTask { try await ChaosLane(number, in: lab) } }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    /// Hands the cases out, the next one to whichever lane is free.
    static func deal<Case: Sendable>(
        _ cases: [Case], to lanes: [ChaosLane], _ body: @Sendable @escaping (ChaosLane, Case) async throws -> Void
    ) async throws {
        let hand = Hand(cases)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for lane in lanes {
                group.addTask { while let next = await hand.take() { try await body(lane, next) } }
            }
            try await group.waitForAll()
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
        }
        // A look in between changes nothing, and costs as much as the upgrade.
        upgrades += 1
        if upgrades % 6 == 0 { try await checkStatus(comment) }
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
        try await controller.loadAndPlan(fleet.gated(content))
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

extension Fleet {
    /// The model with a gate on every node.
    fileprivate func gated(_ content: String) -> SiteModel {
        model(content).changing { node in
            node.configs = [
                "gate: { type: wait-for, command: 'grep -q \"\(content)\" \(path("live"))', interval: 1, after: [live] }"
            ]
        }
    }
}

/// Cases that are handed out one by one.
private actor Hand<Case: Sendable> {
    private var cases: ArraySlice<Case>

    init(_ cases: [Case]) { self.cases = cases[...] }

    func take() -> Case? { cases.popFirst() }
}
