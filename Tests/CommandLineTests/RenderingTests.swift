import Engine
import Model
import TaskKit
import TestSupport
import Testing

@testable import PlannerCommandLine

@Suite("Diagnostics as text")
struct DiagnosticTextTests {
    private let path = ItemPath("/deployments/d/nodes/n1")

    @Test("A diagnostic says where, what, which item and property, the rule and what to do")
    func full() {
        let diagnostic = Diagnostic(
            .validation, "node_list names a node that is not in the cluster", path: path, property: "node_list", value: "svc-3|",
            rule: "one of svc-1, svc-3", place: SourcePlace(file: "site.yaml", line: 41, column: 18),
            nextStep: "did you mean 'svc-3'?")
        #expect(
            DiagnosticText.text(of: diagnostic) == """
                site.yaml:41:18: error: node_list names a node that is not in the cluster  [ValidationError]
                    /deployments/d/nodes/n1  node_list = svc-3|
                    rule: one of svc-1, svc-3
                    did you mean 'svc-3'?
                """)
    }

    @Test("What is not known is left out")
    func bare() {
        #expect(DiagnosticText.text(of: Diagnostic(.invalidYAML, "no", severity: .warning)) == "warning: no  [InvalidYAMLError]")
    }

    @Test("A long value over several lines is one line of 80 characters")
    func longValue() {
        let value = String(repeating: "line\n", count: 40)
        let text = DiagnosticText.text(of: Diagnostic(.validation, "bad", path: path, property: "p", value: value))
        #expect(text.split(separator: "\n").count == 2)
        let shown = text.split(separator: " = ").last ?? ""
        #expect(shown.count == 80)
        #expect(shown.hasPrefix("line\\nline\\n"))
        #expect(shown.hasSuffix("..."))
    }

    @Test("A mistake in many places is shown twenty times, then counted; others are shown all the same")
    func alike() {
        let many = (1...25).map { line in
            Diagnostic(.validation, "bad", path: path, place: SourcePlace(file: "site.yaml", line: line, column: 1))
        }
        let lines = DiagnosticText.text(of: many + [Diagnostic(.validation, "worse")]).split(separator: "\n")
        #expect(lines.count { $0.hasSuffix("error: bad  [ValidationError]") } == 20)
        #expect(lines.suffix(2) == ["error: worse  [ValidationError]", "... and 5 more: bad, site.yaml:21:1 to site.yaml:25:1"])
        let cut = DiagnosticText.text(of: (1...5).map { Diagnostic(.validation, "bad \($0)") }, maximumShown: 3)
        #expect(cut.hasSuffix("error: bad 3  [ValidationError]\n... and 2 more like these\n"))
    }
}

@Suite("Plans as text")
struct PlanTextTests {
    private let plan = TestPlan.plan([
        TestPlan.phase(1, [TestPlan.task("aaaaaaaa"), TestPlan.task("bbbbbbbb")]),
        TestPlan.phase(2, after: [1], [TestPlan.task("cccccccc")]),
    ])

    private func text(_ events: [RunEvent], state: String, staleness: [String] = [], color: Bool = false) throws -> [String] {
        let progress = try PlanProgress(of: plan, history: events)
        return PlanText(plan, progress: progress, style: Style(usesColor: color)).text(state: state, staleness: staleness)
            .split(separator: "\n").map(String.init)
    }

    private let started: [RunEvent] = [
        .runStarted(isResumed: false, controller: "me"), .phaseStarted(phase: 1),
        .taskStarted(task: TaskID("aaaaaaaa"), attempt: 1),
        .taskApplying(task: TaskID("aaaaaaaa"), attempt: 1),
    ]

    private func finished(_ id: String, _ outcome: Outcome) -> [RunEvent] {
        [
            .taskStarted(task: TaskID(id), attempt: 1), .taskApplying(task: TaskID(id), attempt: 1),
            .taskFinished(
                task: TaskID(id), attempt: 1, outcome: outcome,
                failure: outcome.isSuccess ? nil : TaskFailure(.failed, "broken"), milliseconds: 1),
        ]
    }

    @Test("A plan that was not started shows no states")
    func initial() throws {
        #expect(
            try text([], state: "initial") == [
                "Plan 00000001  initial", "Tasks     3 in 2 phases",
                "Changes   0 replace, 0 restart, 0 update, 0 create, 0 remove", "Phase 1  NODE",
                "  aaaaaaaa  aaaaaaaa", "  bbbbbbbb  bbbbbbbb", "Phase 2  NODE  after 1", "  cccccccc  cccccccc",
            ])
    }

    @Test("A plan whose run was interrupted shows what nobody knows")
    func interrupted() throws {
        let lines = try text(started, state: "interrupted")
        #expect(lines.contains { $0.hasPrefix("  aaaaaaaa  running") || $0.hasPrefix("  aaaaaaaa  unknown") })
        #expect(lines.contains("  bbbbbbbb  -       bbbbbbbb"))
    }

    @Test("Outcomes are words; failures are in capitals")
    func outcomes() throws {
        let events = [started[0], started[1]] + finished("aaaaaaaa", .changed) + finished("bbbbbbbb", .timedOut)
        let lines = try text(events, state: "failed")
        #expect(lines.contains("  aaaaaaaa  changed aaaaaaaa"))
        #expect(lines.contains("  bbbbbbbb  TIMEOUT bbbbbbbb"))
    }

    @Test("A stale plan says so first")
    func stale() throws {
        #expect(
            try text([], state: "initial", staleness: ["the model was changed"]).first
                == "STALE: the model was changed; planner create_plan makes a new plan")
    }

    @Test("Colour changes no word")
    func color() throws {
        let events = [started[0], started[1]] + finished("aaaaaaaa", .changed) + finished("bbbbbbbb", .failed)
        let colored = try text(events, state: "failed", color: true).map { $0.replacing(/\u{1b}\[[0-9]+m/, with: "") }
        #expect(try colored == text(events, state: "failed"))
        #expect(try text(events, state: "failed", color: true).joined().contains("\u{1b}[31mFAILED"))
    }
}
