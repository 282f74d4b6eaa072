import Model
import Service
import Store
import TaskKit

/// What hosts have said before a plan is run, for people.
struct PreflightText {
    private let plan: Plan
    private let report: PreflightReport
    private let findings: PreflightFindings
    private let style: Style
    private let width: Int?

    /// - Parameter width: columns of the terminal; nil for a pipe, which gets lines whole.
    init(_ report: PreflightReport, of plan: Plan, style: Style, width: Int?) {
        self.plan = plan
        self.report = report
        self.style = style
        self.width = width
        findings = PreflightFindings(report, of: plan)
    }

    /// - Parameter ending: the last line, what comes now; nil for the usual one.
    func text(ending: String? = nil) -> String {
        var lines = ["Plan \(plan.id): \(report.hosts), nothing was touched"]
        for entry in findings.entries { lines += self.lines(for: entry) }
        lines += report.absent.map { absent in
            let place = PlanPlaces(plan)[absent.madeBy]?.text ?? absent.madeBy.text
            return "\(absent.hostname) is not there yet: \(place) of the plan makes it"
        }
        if let note = numberNote { lines.append(note) }
        lines += Wrapping.lines(of: ending ?? usualEnding, width: width, indent: 0)
        return lines.map { $0 + "\n" }.joined()
    }

    private func lines(for entry: PreflightFindings.Entry) -> [String] {
        let word = entry.isBlocker ? style.bad("BLOCKER") : style.caution("warning")
        let indent = 12
        func part(_ label: String, _ text: String) -> [String] {
            let line = String(repeating: " ", count: indent) + label + ValueText.line(text)
            return Wrapping.lines(of: line, width: width, indent: indent + label.count).map { style.faint($0) }
        }
        return Wrapping.lines(of: "\(word)  \(entry.label) \(entry.text)", width: width, indent: indent)
            + part("rule: ", entry.rule) + part("do:   ", entry.finding.nextStep)
    }

    /// Why the numbers do not begin with 1.
    private var numberNote: String? {
        let own = findings.firstWarning - 1
        guard own > 0, !report.warnings.isEmpty else { return nil }
        guard own > 1 else { return "W1 is known from the model: planner show_plan has it" }
        return "W1 \(own == 2 ? "and" : "to") W\(own) are known from the model: planner show_plan has them"
    }

    private var usualEnding: String {
        switch (report.blockers.isEmpty, report.warnings.isEmpty) {
        case (true, true): "Nothing stands against the plan: planner run_plan carries it out."
        case (true, false): "\(report.counts): planner run_plan carries it out all the same."
        case (false, _): "\(report.counts): put right what blocks, and ask again with planner preflight."
        }
    }
}

/// The same for programs: one document, `planner.preflight/1` (docs/preflight.md).
struct JSONPreflight: Encodable {
    struct Finding: Encodable {
        let id: String
        let severity: PreflightFinding.Severity
        let kind: String
        /// The path of the host that was asked; null: the machine on which Planner runs.
        let host: ItemPath?
        let subject: String
        let found: String
        let rule: String
        let nextStep: String
    }

    struct Absent: Encodable {
        let host: ItemPath
        let hostname: String
        let madeBy: TaskID
    }

    let schema = "planner.preflight/1"
    let plan: String
    let askedAt: String
    let askedBy: String
    let hosts: Int
    let answered: Int
    let notThereYet: [Absent]
    let blockers: Int
    let warnings: Int
    let findings: [Finding]
    let exit: Int32

    init(_ preflight: StoredPreflight, of plan: Plan) {
        let report = preflight.report
        self.plan = plan.id
        askedAt = RunRecord.timestamp(preflight.askedAt)
        askedBy = preflight.askedBy
        hosts = report.hostCount
        answered = report.answeredCount
        notThereYet = report.absent.map { Absent(host: $0.host, hostname: $0.hostname, madeBy: $0.madeBy) }
        blockers = report.blockers.count
        warnings = report.warnings.count
        findings = PreflightFindings(report, of: plan).entries.flatMap { entry in
            entry.findings.map { finding in
                Finding(
                    id: entry.label, severity: finding.severity, kind: finding.kind, host: finding.host,
                    subject: finding.subject, found: finding.found, rule: finding.rule, nextStep: finding.nextStep)
            }
        }
        exit = ExitStatus(report).rawValue
    }
}

/// The same as a line of a run's stream, before anything is run.
struct PreflightRecord: Encodable {
    let v = RunRecord.version
    let type = "preflight"
    let plan: String
    let preflight: JSONPreflight
}
