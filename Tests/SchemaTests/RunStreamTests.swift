import Foundation
import Model
import Service
import Store
import TaskKit
import TestSupport
import Testing

@testable import PlannerCommandLine

@Suite("The stream of a run, as other programs read it")
struct RunStreamTests {
    private let directory: TemporaryDirectory
    private let schemaFile: String

    init() throws {
        directory = try TemporaryDirectory()
        schemaFile = directory.path + "/run.schema.json"
        try directory.write(RunStreamSchema.text, to: "run.schema.json")
    }

    /// One of every event, and one of every way in which a task can end.
    private var events: [RunEvent] {
        let task = TaskID("aaaaaaaa")
        let ends: [RunEvent] = TaskFailure.Class.allCases.map { kind in
            let failure = TaskFailure(kind, "first\nsecond", nextStep: "do", exitStatus: 3)
            return .taskFinished(task: task, attempt: 2, outcome: failure.outcome, failure: failure, milliseconds: 0)
        }
        let good: [RunEvent] = Outcome.allCases.map {
            .taskFinished(task: task, attempt: 1, outcome: $0, failure: nil, milliseconds: 12)
        }
        let node = TestPlan.path(of: "a")
        return [
            .runStarted(isResumed: true, controller: "me"), .phaseStarted(phase: 1), .taskStarted(task: task, attempt: 1),
            .taskApplying(task: task, attempt: 1), .phaseFinished(phase: 1), .stopRequested(cancelRunning: true, by: "me"),
            .runFinished(result: .stopped), .nodePutBack(node: node, contributors: ["ha"], by: "me", why: "ticket"),
            .planGivenUp(by: "me", why: nil), .windowOpened(until: 1.5),
            .notStarted(phase: 1, needsMilliseconds: 2000, leftMilliseconds: 1000), .approved(phase: 1, by: "me"),
            .nodeFailed(node: node, group: node, failures: 1, allowed: 2),
            .taskRetrying(
                task: task, attempt: 1, outcome: .unreachable, failure: TaskFailure(.unreachable, "gone"), milliseconds: 3,
                delayMilliseconds: 500),
        ] + good + ends
    }

    private var lines: [String] {
        let places = PlanPlaces(TestPlan.plan([TestPlan.phase(1, [TestPlan.task("aaaaaaaa")])]))
        let records = events.enumerated().map { index, event in
            RunRecord(JournalEntry(sequence: index + 1, time: 1.25, planSerial: 1, event: event), in: places)
        }
        return [JSONOutput.text(of: RunStreamHead(planner: "1")), preflight] + records.map { JSONOutput.text(of: $0) }
            + [JSONOutput.text(of: RunStreamEnd(exit: 3, reason: "failed"))]
    }

    /// What hosts have said before the run.
    private var preflight: String {
        let finding = PreflightFinding(.blocker, "etcd", about: "c", found: "f", rule: "r", nextStep: "s")
        let report = PreflightReport(
            hostCount: 2, answeredCount: 1,
            absent: [.init(host: TestPlan.path(of: "a"), hostname: "a", madeBy: TaskID("aaaaaaaa"))], findings: [finding])
        let plan = TestPlan.plan([TestPlan.phase(1, [TestPlan.task("aaaaaaaa")])])
        let stored = StoredPreflight(planSerial: 1, askedAt: 1.25, askedBy: "me", report: report)
        return JSONOutput.text(of: PreflightRecord(plan: plan.id, preflight: JSONPreflight(stored, of: plan)))
    }

    @Test("Every kind of line is valid by the schema, and has no field that the schema does not name")
    func valid() async throws {
        let kinds = Set(lines.compactMap { try? JSONDecoder().decode(Line.self, from: Data($0.utf8)).type })
        #expect(kinds == Set(RunRecord.Kind.allCases.map(\.rawValue) + ["version", "preflight", "result"]))
        for (number, line) in lines.enumerated() { try directory.write(line, to: "\(number).json") }
        let strict = RunStreamSchema.text.replacing(
            "\"type\": \"object\",", with: "\"type\": \"object\", \"additionalProperties\": false,", maxReplacements: 1)
        try directory.write(strict, to: "strict.json")
        let files = lines.indices.map { directory.path + "/\($0).json" }
        #expect(try await Tools.faults(of: files, against: directory.path + "/strict.json") == [:])
    }

    @Test("A line without what its kind must have is not valid")
    func invalid() async throws {
        let bad = [
            #"{"v":2,"type":"version","schema":"planner.run/1","planner":"1"}"#, #"{"v":1,"type":"task_end","seq":1}"#,
            #"{"v":1,"type":"preflight","plan":"1","preflight":{"schema":"planner.preflight/2"}}"#,
        ]
        for (number, line) in bad.enumerated() { try directory.write(line, to: "\(number).json") }
        let files = bad.indices.map { directory.path + "/\($0).json" }
        #expect(try await Set(Tools.faults(of: files, against: schemaFile).keys) == Set(files))
    }

    @Test("The schema in docs/ is the one that the program prints")
    func documented() throws {
        let text = try String(contentsOfFile: Tools.repository + "/docs/run-stream.schema.json", encoding: .utf8)
        #expect(text == RunStreamSchema.text)
    }

    private struct Line: Decodable { let type: String }
}
