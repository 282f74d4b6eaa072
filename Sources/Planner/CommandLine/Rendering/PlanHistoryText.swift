import Foundation
import Model
import Planning
import Service
import Store

/// Every plan, newest first, a line each. The only output about plans that has times in it.
struct PlanHistoryText {
    private let records: [Site.PlanRecord]
    private let style: Style
    private let zone: TimeZone

    init(_ records: [Site.PlanRecord], style: Style = Style(usesColor: false), zone: TimeZone = .current) {
        self.records = records
        self.style = style
        self.zone = zone
    }

    var text: String {
        guard !records.isEmpty else { return "No plan was ever made.\n" }
        let head = ["PLAN", "CREATED", "STATE", "TASKS", "CHANGES", "CREATED BY", "RUN BY"]
        return TextTable(head, records.map(row)).text(style: style)
    }

    private func row(_ record: Site.PlanRecord) -> [String] {
        let total = record.tally.map { String($0.taskCount) } ?? "?"
        return [
            record.head.id, LocalTime.text(record.head.createdAt, in: zone), record.head.state.rawValue,
            record.facts.map { "\($0.doneTasks)/\(total)" } ?? total, changes(record.tally), record.createdBy ?? "-",
            record.facts.map { $0.controllers.joined(separator: ", ") } ?? "-",
        ]
    }

    private func changes(_ tally: Site.Tally?) -> String {
        guard let changes = tally?.changes else { return "made by another version" }
        let parts = PlanChange.allCases.reversed().compactMap { change in
            changes[change].flatMap { $0 > 0 ? "\($0) \(change.rawValue)" : nil }
        }
        return parts.isEmpty ? "-" : parts.joined(separator: ", ")
    }
}

/// The history as `--json` prints it; times in seconds since 1970.
struct JSONPlanHistory: Encodable {
    struct Record: Encodable {
        let plan: String
        let serial: Int
        let state: String
        let createdAt: Double
        let createdBy: String?
        let tasks: Int?
        let changes: [String: Int]?
        let destructive: Int?
        let doneTasks: Int?
        let runs: Int?
        let began: Double?
        let ended: Double?
        let runBy: [String]?
    }

    let plans: [Record]

    init(_ records: [Site.PlanRecord]) {
        plans = records.map { record in
            Record(
                plan: record.head.id, serial: record.head.serial, state: record.head.state.rawValue,
                createdAt: record.head.createdAt, createdBy: record.createdBy, tasks: record.tally?.taskCount,
                changes: record.tally.map { JSONPlanSummary.words(for: $0.changes) }, destructive: record.tally?.destructiveCount,
                doneTasks: record.facts?.doneTasks, runs: record.facts?.runCount, began: record.facts?.began,
                ended: record.facts?.ended, runBy: record.facts?.controllers)
        }
    }
}

/// The heading of a plan for programs.
struct JSONPlanSummary: Encodable {
    let changes: [String: Int]
    let destructive: Int
    let disruptedNodes: [ItemPath]
    let disruptedServices: [ItemPath]
    let warnings: [String]
    let estimatedSeconds: Int?

    init(_ summary: PlanSummary, estimate: DurationEstimate?) {
        changes = JSONPlanSummary.words(for: summary.changes)
        destructive = summary.destructiveCount
        disruptedNodes = summary.disruptedNodes
        disruptedServices = summary.disruptedServices
        warnings = summary.warnings.map(PlanHeading.text)
        estimatedSeconds = estimate.map { ($0.milliseconds + 999) / 1000 }
    }

    static func words(for changes: [PlanChange: Int]) -> [String: Int] {
        Dictionary(uniqueKeysWithValues: PlanChange.allCases.map { ($0.rawValue, changes[$0] ?? 0) })
    }
}
