import ArgumentParser
import Foundation
import Model
import Planning
import Service
import Store
import TaskKit
import TestSupport
import Testing

@testable import PlannerCommandLine

@Suite("What hosts have said, as text")
struct PreflightTextTests {
    private let plan = TestPlan.plan([TestPlan.phase(1, [TestPlan.task("build")]), TestPlan.phase(2, [TestPlan.task("use")])])

    private func finding(
        _ severity: PreflightFinding.Severity, _ subject: String, _ found: String, rule: String = "the rule",
        kind: String = "disk-space"
    ) -> PreflightFinding {
        var finding = PreflightFinding(severity, kind, about: subject, found: found, rule: rule, nextStep: "what to do")
        finding.host = TestPlan.path(of: subject)
        return finding
    }

    private var report: PreflightReport {
        PreflightReport(
            hostCount: 14, answeredCount: 13,
            absent: [.init(host: TestPlan.path(of: "vm"), hostname: "vm", madeBy: TaskID("build"))],
            findings: [
                finding(.warning, "c1-w-02", "pod shop/db-0 has a PDB with 0 allowed disruptions - drain will block"),
                finding(.blocker, "svc-1", "/ has 0 KiB free, and the plan needs 1.5 GiB"),
                finding(.blocker, "svc-2", "/ has 0 KiB free, and the plan needs 1.5 GiB", rule: "another rule"),
            ] + (3...7).map { finding(.warning, "svc-\($0)", "its clock is 90 s behind the one of this machine") })
    }

    private func text(_ report: PreflightReport, width: Int? = nil) -> String {
        PreflightText(report, of: plan, style: Style(usesColor: false), width: width).text()
    }

    @Test("Blockers come first, what several hosts say alike stands once, and each has its rule and what to do")
    func whole() {
        #expect(
            text(report) == """
                Plan 00000001: 13 of 14 hosts answered, nothing was touched
                BLOCKER  B1 svc-1, svc-2: / has 0 KiB free, and the plan needs 1.5 GiB
                            rule: the rule; and 1 more like it
                            do:   what to do
                warning  W1 c1-w-02: pod shop/db-0 has a PDB with 0 allowed disruptions - drain will block
                            rule: the rule
                            do:   what to do
                warning  W2 svc-3 ... svc-7: its clock is 90 s behind the one of this machine
                            rule: the rule
                            do:   what to do
                vm is not there yet: 1.1 of the plan makes it
                1 blocker, 2 warnings: put right what blocks, and ask again with planner preflight.

                """)
    }

    @Test("No line is wider than a terminal, and no word is lost", arguments: [80, 200])
    func width(_ width: Int) {
        var report = report
        report.findings[0].rule = String(repeating: "many words ", count: 30) + "and a last one"
        let wide = text(report)
        let narrow = text(report, width: width)
        #expect(narrow.split(separator: "\n").allSatisfy { DisplayWidth.columns(of: $0) <= width }, "\(narrow)")
        #expect(wide.split(whereSeparator: \.isWhitespace) == narrow.split(whereSeparator: \.isWhitespace))
    }

    @Test("With nothing found, and with warnings only, the last line says what comes now")
    func endings() {
        let nothing = PreflightReport(hostCount: 1, answeredCount: 1)
        #expect(
            text(nothing) == """
                Plan 00000001: 1 host asked, nothing was touched
                Nothing stands against the plan: planner run_plan carries it out.

                """)
        let warned = PreflightReport(hostCount: 1, answeredCount: 1, findings: [finding(.warning, "a", "f")])
        #expect(text(warned).hasSuffix("1 warning: planner run_plan carries it out all the same.\n"))
    }

    @Test("What a host says moves no cursor")
    func harmless() {
        let evil = PreflightReport(hostCount: 1, answeredCount: 1, findings: [finding(.warning, "a", "x\u{1B}[2Jy\nz")])
        #expect(text(evil).contains("W1 a: x\\x1B[2Jy\\nz\n"))
    }

    @Test("Colour changes no word")
    func color() {
        let colored = PreflightText(report, of: plan, style: Style(usesColor: true), width: nil).text()
        #expect(colored != text(report))
        #expect(colored.replacing(/\u{1B}\[[0-9]+m/, with: "") == text(report))
    }

    @Test("Warnings are numbered after those that the plan has by itself, in every place alike")
    func numbers() {
        var plan = plan
        plan.risks = [.wholeClusterOut(cluster: TestPlan.path(of: "c"), nodes: 1)]
        let report = PreflightReport(
            hostCount: 1, answeredCount: 1, findings: [finding(.warning, "a", "f"), finding(.blocker, "b", "g")])
        let shown = PreflightText(report, of: plan, style: Style(usesColor: false), width: nil).text()
        #expect(shown.contains("W2 a: f\n") && shown.contains("B1 b: g\n"))
        #expect(shown.contains("\nW1 is known from the model: planner show_plan has it\n"))
        let heading = PlanText(plan, level: .summary).text(state: "initial", preflight: stored(report))
        #expect(heading.contains("Warnings  W1 c: "))
        #expect(heading.contains("\n          B1 b: g\n          W2 a: f\n"))
    }

    // MARK: Where plans are shown

    private func stored(_ report: PreflightReport) -> StoredPreflight {
        StoredPreflight(planSerial: 1, askedAt: 1_700_000_000, askedBy: "alice@ops1", report: report)
    }

    @Test("The heading of a plan says when hosts were asked, by whom, and what was found; the same bytes for the same store")
    func heading() {
        let text = PlanText(plan, level: .summary).text(state: "initial", preflight: stored(report))
        let lines = text.split(separator: "\n")
        let time = LocalTime.text(1_700_000_000, in: .current)
        #expect(lines.contains("Preflight 1 blocker, 2 warnings; 13 of 14 hosts answered, \(time) by alice@ops1"))
        #expect(lines.contains("          B1 svc-1, svc-2: / has 0 KiB free, and the plan needs 1.5 GiB"))
        #expect(lines.contains("          W2 svc-3 ... svc-7: its clock is 90 s behind the one of this machine"))
        #expect(text == PlanText(plan, level: .summary).text(state: "initial", preflight: stored(report)))
        #expect(!PlanText(plan, level: .summary).text(state: "initial").contains("Preflight"))
        for width in [80, 200] {
            let shown = PlanText(plan, level: .summary, width: width).text(state: "initial", preflight: stored(report))
            #expect(shown.split(separator: "\n").allSatisfy { $0.count <= width })
        }
    }

    @Test("The page of a plan has them, with the rule and what to do, and no text of a host becomes markup")
    func page() {
        var report = report
        report.findings[0].found = "<script>alert(1)</script>"
        let page = PlanPage(plan, progress: nil).text(state: "initial", staleness: [], estimate: nil, preflight: stored(report))
        #expect(page.contains("<section class=\"preflight\"><h2>Preflight</h2>"))
        #expect(
            page.contains(
                "<li class=\"blocker\"><b>B1</b> <b>svc-1</b>: &lt;script&gt;alert(1)&lt;/script&gt;<small>rule: the rule</small>"
            ))
        #expect(!page.contains("<script"))
        #expect(
            !PlanPage(plan, progress: nil).text(state: "initial", staleness: [], estimate: nil).contains(
                "<section class=\"preflight\">"))
    }

    @Test("As JSON it is one document with a schema, each finding with the number under which people see it")
    func json() throws {
        let text = JSONOutput.document(JSONPreflight(stored(report), of: plan))
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        #expect(document["schema"] as? String == "planner.preflight/1")
        #expect(document["askedAt"] as? String == "2023-11-14T22:13:20.000Z" && document["askedBy"] as? String == "alice@ops1")
        #expect(document["hosts"] as? Int == 14 && document["answered"] as? Int == 13)
        #expect(document["blockers"] as? Int == 2 && document["warnings"] as? Int == 6 && document["exit"] as? Int == 7)
        let findings = try #require(document["findings"] as? [[String: Any]])
        #expect(findings.map { $0["id"] as? String } == ["B1", "B1", "W1"] + Array(repeating: "W2", count: 5))
        #expect(findings[0]["host"] as? String == "/hosts/svc-1")
        #expect((document["notThereYet"] as? [[String: Any]])?.first?["madeBy"] as? String == "build")
    }

    // MARK: Status and waiting

    @Test("Hosts that cannot be reached have a status of their own when nothing else blocks")
    func status() {
        func status(_ kinds: String...) -> PlannerCommandLine.ExitStatus {
            PlannerCommandLine.ExitStatus(
                PreflightReport(hostCount: 1, answeredCount: 0, findings: kinds.map { finding(.blocker, "a", "f", kind: $0) }))
        }
        #expect(status() == .success)
        #expect(status("unreachable", "unreachable") == .unreachable)
        #expect(status("unreachable", "clock") == .refused)
        #expect(status("etcd") == .refused)
        let warned = PreflightReport(hostCount: 1, answeredCount: 1, findings: [finding(.warning, "a", "f")])
        #expect(PlannerCommandLine.ExitStatus(warned) == .success)
    }

    @Test("While it takes long, it says how many have answered and for whom it waits")
    func waiting() {
        let names = Dictionary(uniqueKeysWithValues: (1...6).map { (TestPlan.path(of: "n\($0)"), "n\($0)") })
        #expect(PreflightWait.text(names: names, waiting: Set(names.keys)) == "0 of 6 hosts have answered, waiting for n1 ... n6")
        #expect(
            PreflightWait.text(names: names, waiting: [TestPlan.path(of: "n2")]) == "5 of 6 hosts have answered, waiting for n2")
    }

    @Test("A dry run asks anyway, and is not preceded by pre-flight")
    func options() throws {
        _ = try RunPlanCommand.parse(["--preflight", "--resume", "--json"])
        _ = try CreatePlanCommand.parse(["--preflight", "--only", "c1", "--connect-timeout", "3", "--exit-code"])
        #expect(throws: (any Error).self) { try RunPlanCommand.parse(["--preflight", "--dry-run"]) }
    }
}
