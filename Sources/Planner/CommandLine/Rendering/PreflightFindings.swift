import Model
import Planning
import Service
import Store
import TaskKit

/// The findings of a report as they are shown everywhere: numbered B1, B2, ... and W1, W2, ..., what several hosts say alike once.
///
/// The numbers of warnings go on after those that the plan has by itself, so that one number means one warning wherever the plan is shown.
struct PreflightFindings {
    struct Entry {
        /// `B1`, `W3`
        let label: String
        let findings: [PreflightFinding]

        var finding: PreflightFinding { findings[0] }
        var isBlocker: Bool { finding.severity == .blocker }
        /// Of the first, where they differ.
        var rule: String {
            let others = findings.count { $0.rule != finding.rule }
            return finding.rule + (others > 0 ? "; and \(others) more like it" : "")
        }
        /// Whom it is about: `svc-1 ... svc-4`.
        var subjects: String { NameList.text(findings.map(\.subject).firstOfEach) }
        var text: String { ValueText.line("\(subjects): \(finding.found)") }
    }

    let entries: [Entry]
    /// The number of the first warning of the report.
    let firstWarning: Int

    /// - Parameter plan: the plan of the report.
    init(_ report: PreflightReport, of plan: Plan) {
        self.init(report, knownWarnings: PlanSummary(plan).warnings.count)
    }

    /// - Parameter knownWarnings: how many the plan has by itself.
    init(_ report: PreflightReport, knownWarnings: Int) {
        firstWarning = knownWarnings + 1
        var order: [Key] = []
        var groups: [Key: [PreflightFinding]] = [:]
        for finding in report.findings {
            let key = Key(finding)
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(finding)
        }
        var blockers = 0
        var warnings = firstWarning - 1
        entries = order.map { key in
            let isBlocker = key.severity == .blocker
            if isBlocker { blockers += 1 } else { warnings += 1 }
            return Entry(label: isBlocker ? "B\(blockers)" : "W\(warnings)", findings: groups[key] ?? [])
        }
    }

    /// What makes two findings one line; the rule may name the task of each host.
    private struct Key: Hashable {
        let severity: PreflightFinding.Severity
        let kind: String
        let found: String
        let nextStep: String

        init(_ finding: PreflightFinding) {
            severity = finding.severity
            kind = finding.kind
            found = finding.found
            nextStep = finding.nextStep
        }
    }
}

extension PreflightReport {
    /// `1 blocker, 2 warnings`, as many as have a number of their own; `nothing found`.
    var counts: String {
        let entries = PreflightFindings(self, knownWarnings: 0).entries
        let blockers = entries.count(where: \.isBlocker)
        let words = [(blockers, "blocker"), (entries.count - blockers, "warning")].filter { $0.0 > 0 }.map { count, word in
            "\(count) \(word)\(count == 1 ? "" : "s")"
        }
        return words.isEmpty ? "nothing found" : words.joined(separator: ", ")
    }

    /// `14 hosts asked`, `13 of 14 hosts answered`.
    var hosts: String {
        let all = "\(hostCount) \(hostCount == 1 ? "host" : "hosts")"
        return answeredCount == hostCount ? "\(all) asked" : "\(answeredCount) of \(all) answered"
    }
}

extension ExitStatus {
    /// What a report says: hosts that cannot be reached, and nothing else that blocks, have a status of their own, as in a run.
    init(_ report: PreflightReport) {
        let blockers = report.blockers
        self =
            if blockers.isEmpty { .success } else if blockers.allSatisfy({ $0.kind == PreflightFinding.unreachable }) {
                .unreachable
            } else { .refused }
    }
}
