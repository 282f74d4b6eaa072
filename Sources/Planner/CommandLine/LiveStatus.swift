import Model
import Service
import Store
import TaskKit

/// What is under way in a run of another process, for who asks where everything stands: its journal, and the ends of its logs.
struct LiveStatus {
    private let site: Site
    private var feed: RunFeed?
    private var serial = 0
    private var picture: RunPicture?
    private var lastLines: [TaskID: String] = [:]

    init(_ site: Site) { self.site = site }

    /// Reads what has come since the last time; nothing when nobody runs the plan.
    mutating func advance(_ status: Site.Status) throws {
        guard let plan = status.plan, status.holder != nil else {
            (feed, picture) = (nil, nil)
            return
        }
        if feed == nil || serial != plan.serial {
            let stored = try site.currentPlan().stored
            let begun = site.feed(of: stored)
            (feed, serial, picture) = (begun, stored.serial, RunPicture(begun.places))
        }
        while let records = try feed?.next(), !records.isEmpty { for record in records { picture?.take(record) } }
        lastLines = [:]
        for task in picture?.running.values.map({ $0 }) ?? [] {
            let id = task.place.task.id
            lastLines[id] = site.logs.lastLine(of: id, attempt: task.attempt, plan: serial)
        }
    }

    /// - Parameter now: seconds since 1970.
    func rows(at now: Double) -> RunningRows? {
        picture.map { RunningRows(of: $0, now: now, lastLines: lastLines) }
    }

    /// The same for programs.
    var running: [JSONStatus.Running] {
        guard let picture else { return [] }
        let running = picture.runningInOrder.map { task in
            row(
                task.place, state: task.isApplying ? "running" : "checking", since: task.since)
        }
        let retrying = picture.retrying.values.sorted { $0.at < $1.at }.map { task in
            row(task.place, state: "retrying", retryAt: task.at)
        }
        return running + retrying
    }

    private func row(
        _ place: PlanPlaces.Place, state: String, since: Double? = nil, retryAt: Double? = nil
    ) -> JSONStatus.Running {
        let task = place.task
        return JSONStatus.Running(
            task: place.text, id: task.id, summary: task.summary, node: task.identity.node.map { String($0.name) }, state: state,
            since: since.map(RunRecord.timestamp), retryAt: retryAt.map(RunRecord.timestamp),
            limitMilliseconds: task.action.action.limit.wholeMilliseconds, waitsFor: task.action.action.waitsFor,
            lastLine: lastLines[task.id])
    }
}
