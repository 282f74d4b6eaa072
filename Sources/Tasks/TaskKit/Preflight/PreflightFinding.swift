package import Model

/// Something that an operator should know before a plan is run, as a host has told it: what was found, the rule that it does not fit, and what
/// to do. Pure data; it is stored beside the plan and printed, so no secret may be in it.
package struct PreflightFinding: Hashable, Sendable, Codable {
    package enum Severity: String, Hashable, Sendable, Codable {
        /// The plan would fail, or destroy what is not its own.
        case blocker
        /// It may fail, or take long.
        case warning
    }

    package var severity: Severity
    /// A word for programs, such as `disk-space`; it never changes. docs/preflight.md lists them.
    package var kind: String
    /// The host that was asked; nil: the machine on which Planner runs.
    package var host: ItemPath?
    /// What it is about, for people: the name of the host, or of a guest or node of which the host has told.
    package var subject: String
    /// What was found, as a sentence without the name of the subject: findings of several hosts that say the same are shown once.
    package var found: String
    package var rule: String
    package var nextStep: String

    package init(
        _ severity: Severity, _ kind: String, about subject: String, found: String, rule: String, nextStep: String
    ) {
        self.severity = severity
        self.kind = kind
        self.subject = subject
        self.found = found
        self.rule = rule
        self.nextStep = nextStep
    }

    /// The kind of a host that cannot be reached: it has an exit status of its own.
    package static let unreachable = "unreachable"

    /// As a warning, when an operator's own step comes before it in the plan that may put it right: nobody knows what that will leave.
    package func unless(_ preparation: PlanTask?) -> PreflightFinding {
        guard let preparation else { return self }
        var finding = self
        finding.severity = .warning
        finding.rule += "; '\(preparation.summary)' comes before it, and may put that right"
        return finding
    }
}

/// What came of asking all hosts of a plan.
package struct PreflightReport: Hashable, Sendable, Codable {
    /// A host that the plan itself makes, and that is not there yet.
    package struct Absent: Hashable, Sendable, Codable {
        package var host: ItemPath
        package var hostname: String
        /// The task that makes it.
        package var madeBy: TaskID

        package init(host: ItemPath, hostname: String, madeBy: TaskID) {
            self.host = host
            self.hostname = hostname
            self.madeBy = madeBy
        }
    }

    /// How many hosts were asked.
    package var hostCount: Int
    /// How many of them have answered.
    package var answeredCount: Int
    package var absent: [Absent]
    /// Blockers first; then in order of the plan.
    package var findings: [PreflightFinding]

    package init(hostCount: Int, answeredCount: Int, absent: [Absent] = [], findings: [PreflightFinding] = []) {
        self.hostCount = hostCount
        self.answeredCount = answeredCount
        self.absent = absent
        self.findings = findings.filter { $0.severity == .blocker } + findings.filter { $0.severity == .warning }
    }

    package var blockers: [PreflightFinding] { findings.filter { $0.severity == .blocker } }
    package var warnings: [PreflightFinding] { findings.filter { $0.severity == .warning } }
}
