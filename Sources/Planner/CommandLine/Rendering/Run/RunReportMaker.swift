import Foundation
import Model
import Service
import TaskKit

/// A run as a page shows it: every text is ready, so that the template only puts it in place.
struct RunReportPage {
    struct Fact { let label, text: String }
    struct Cell { let word, kind, time, title: String }
    struct Row { let name, note: String; let isOut: Bool; let cells: [Cell] }
    struct Folded { let title: String; let rows: [Row] }
    struct PhaseRow { let number, group, place, word, kind, tasks, time: String }
    struct Failure { let title, node, kind, message, next, log: String; let states: [String] }
    struct Bar { let x, width, kind, title: String }
    struct Lane { let name: String; let y, textY: Int; let bars: [Bar] }
    struct Axis { let begin, middle, end: String; let height, labelY: Int; let lanes: [Lane] }

    let title, state, kind, style, digest, percent: String
    let facts: [Fact]
    let columns: [String]
    let rows: [Row]
    /// Nodes that are done, where there are so many that others would be lost among them.
    let done: [Folded]
    let failures: [Failure]
    let hasFailures: Bool
    let phases: [PhaseRow]
    let phaseNote: String
    let axes: [Axis]
    let waitingNote: String
}

/// Makes the page of a run from its records.
struct RunReportMaker {
    /// A plan with more steps than this for one node gets a column for each kind of step.
    private static let mostColumns = 12
    /// So many nodes have a lane on the time axis; of more, the chart says how much ran at once.
    private static let mostLanes = 40
    private static let mostPhases = 300
    private static let chartWidth = 1000.0

    private let picture: RunPicture
    private let times: RunTimes
    private let zone: TimeZone
    private let logPath: (TaskID, Int) -> String

    init(records: [RunRecord], places: PlanPlaces, zone: TimeZone = .current, logPath: @escaping (TaskID, Int) -> String) {
        var picture = RunPicture(places)
        var times = RunTimes()
        for record in records {
            picture.take(record)
            times.take(record)
        }
        self.picture = picture
        self.times = times
        self.zone = zone
        self.logPath = logPath
    }

    private var plan: Plan { picture.places.plan }

    /// - Parameters:
    ///   - state: the word for where the plan stands.
    ///   - lastTime: until when running tasks have run, in seconds since 1970.
    func page(state: String, lastTime: Double) -> RunReportPage {
        let end = max(lastTime, picture.last?.time ?? 0)
        let (columns, keys) = columnsOfPlan()
        let all = rows(columns, keys, until: end)
        let percent = picture.total == 0 ? 100 : picture.done.count * 100 / picture.total
        func only(_ kinds: Set<String>) -> [RunReportPage.Row] {
            all.filter { row in !row.isOut && row.cells.allSatisfy { kinds.contains($0.kind) } }
        }
        // Of many nodes, those that wait are one line, and those that are done are folded: the others are what one looks for.
        let waiting = only(["wait", "none"])
        let done = only(["good", "same", "none"])
        let hidden = Set((waiting.count > 20 ? waiting.map(\.name) : []) + (done.count > 50 ? done.map(\.name) : []))
        return RunReportPage(
            title: "Run of plan \(plan.id)", state: state, kind: RunReportMaker.kind(ofState: state), style: RunPageStyle.sheet,
            digest: PlanPageStyle.digest(of: RunPageStyle.sheet), percent: String(percent), facts: facts(until: end),
            columns: columns, rows: all.filter { !hidden.contains($0.name) },
            done: done.count > 50 ? [RunReportPage.Folded(title: "\(done.count) nodes are done", rows: done)] : [],
            failures: failures(),
            hasFailures: !picture.failed.isEmpty, phases: phases(until: end),
            phaseNote: plan.phases.count > RunReportMaker.mostPhases
                ? "The first \(RunReportMaker.mostPhases) of \(plan.phases.count) phases." : "",
            axes: axis(until: end).map { [$0] } ?? [],
            waitingNote: waiting.count <= 20 ? "" : "\(waiting.count) nodes wait: \(NameList.text(waiting.map(\.name)))")
    }

    private func facts(until end: Double) -> [RunReportPage.Fact] {
        var facts: [(String, String)] = [
            ("Progress", "\(picture.done.count) of \(picture.total) tasks done; this run: \(picture.counts)")
        ]
        if let began = picture.began {
            facts.append(("By", began.by ?? ""))
            let text = LocalTime.text(began.time, in: zone)
            let last = picture.result == nil ? "still running or interrupted" : LocalTime.text(end, in: zone)
            facts.append(("Time", "\(text) to \(last) (\(ShortTime.text(seconds: Int(end - began.time))))"))
        }
        facts.append(("Failures", String(picture.failed.count)))
        if let first = picture.began?.sequence, let last = picture.last?.sequence {
            facts.append(("Journal", "records \(first) to \(last)"))
        }
        let out = picture.takenOut.keys.sorted().map {
            "\(picture.places.name(of: $0)) (\((picture.takenOut[$0] ?? []).joined(separator: ", ")))"
        }
        if !out.isEmpty { facts.append(("Out of service", out.joined(separator: ", "))) }
        return facts.map { RunReportPage.Fact(label: $0.0, text: ValueText.line($0.1)) }
    }

    private static func kind(ofState state: String) -> String {
        switch state {
        case "successful": "good"
        case "running": "run"
        case "failed", "interrupted": "bad"
        default: "wait"
        }
    }

    // MARK: The matrix

    /// The names of the columns, and for each task the one that it stands in.
    private func columnsOfPlan() -> (names: [String], of: (PlanTask) -> String) {
        func fine(_ task: PlanTask) -> String {
            switch task.group {
            case .lock, .unlock, .preNodeLock, .postNodeUnlock, .healthGate: PlanText.word(for: task.group)
            default: task.identity.name
            }
        }
        func coarse(_ task: PlanTask) -> String { PlanText.word(for: task.group) }
        let names = plan.tasks.map(fine).firstOfEach
        if names.count <= RunReportMaker.mostColumns { return (names, fine) }
        return (plan.tasks.map(coarse).firstOfEach, coarse)
    }

    private func rows(_ columns: [String], _ key: (PlanTask) -> String, until end: Double) -> [RunReportPage.Row] {
        var order: [String] = []
        var cells: [String: [String: [PlanTask]]] = [:]
        var nodes: [String: ItemPath] = [:]
        for phase in plan.phases {
            for task in phase.tasks {
                let node = task.identity.node
                let name = node.map(picture.places.name) ?? phase.cluster.map { "cluster \($0.name)" } ?? "site"
                if cells[name] == nil { order.append(name) }
                if let node { nodes[name] = node }
                cells[name, default: [:]][key(task), default: []].append(task)
            }
        }
        return order.map { name in
            let out = nodes[name].flatMap { picture.takenOut[$0] } ?? []
            return RunReportPage.Row(
                name: ValueText.line(name), note: out.isEmpty ? "" : "OUT OF SERVICE", isOut: !out.isEmpty,
                cells: columns.map { cell(of: cells[name]?[$0] ?? [], until: end) })
        }
    }

    /// Several tasks in one cell are told by the worst of them.
    private func cell(of tasks: [PlanTask], until end: Double) -> RunReportPage.Cell {
        guard !tasks.isEmpty else { return RunReportPage.Cell(word: "", kind: "none", time: "", title: "") }
        let words = tasks.map { word(for: $0.id) }
        let rank = ["bad": 0, "run": 1, "wait": 2, "good": 3, "same": 4]
        let worst = words.min { (rank[$0.kind] ?? 9) < (rank[$1.kind] ?? 9) } ?? (word: "", kind: "none")
        let time = tasks.reduce(0) { $0 + times.milliseconds(of: $1.id, until: end) }
        let like = words.count { $0 == worst }
        let count = tasks.count == 1 ? "" : like == tasks.count ? " ×\(like)" : " \(like) of \(tasks.count)"
        let titles = tasks.prefix(4).map { "\(picture.places[$0.id]?.text ?? "") \($0.summary): \(word(for: $0.id).word)" }
        return RunReportPage.Cell(
            word: worst.word + count, kind: worst.kind, time: time > 0 ? ShortTime.text(milliseconds: time) : "",
            title: ValueText.line((titles + (tasks.count > 4 ? ["..."] : [])).joined(separator: "; ")))
    }

    private func word(for task: TaskID) -> (word: String, kind: String) {
        if let running = picture.running[task] { return (running.isApplying ? "running" : "checking", "run") }
        if let outcome = picture.outcomes[task] {
            return (outcome.word, outcome == .skipped ? "same" : outcome.isSuccess ? "good" : "bad")
        }
        return picture.done.contains(task) ? ("done", "good") : ("waiting", "wait")
    }

    // MARK: Phases and failures

    private func phases(until end: Double) -> [RunReportPage.PhaseRow] {
        plan.phases.prefix(RunReportMaker.mostPhases).map { phase in
            let words = phase.tasks.map { word(for: $0.id) }
            let done = phase.tasks.count { picture.done.contains($0.id) }
            let kind =
                words.contains { $0.kind == "bad" }
                ? "bad" : words.contains { $0.kind == "run" } ? "run" : done == words.count ? "good" : "wait"
            let state = ["bad": "FAILED", "run": "running", "good": "done"][kind] ?? (done > 0 ? "begun" : "waiting")
            let time = phase.tasks.map { times.milliseconds(of: $0.id, until: end) }.max() ?? 0
            return RunReportPage.PhaseRow(
                number: String(phase.number), group: phase.group.rawValue,
                place: String((phase.node ?? phase.cluster)?.name ?? ""), word: state, kind: kind,
                tasks: "\(done) of \(phase.tasks.count)", time: time > 0 ? ShortTime.text(milliseconds: time) : "")
        }
    }

    private func failures() -> [RunReportPage.Failure] {
        picture.failed.prefix(100).map { failed in
            let task = failed.place.task
            let node = task.identity.node
            let states = node.map {
                NodeWords.lines(
                    node: picture.places.name(of: $0), takenOutBy: picture.takenOut[$0] ?? [],
                    unfinished: [(task, failed.outcome == .unreachable)])
            }
            let lines = (failed.record.failure?.message ?? "").split(separator: "\n").map { ValueText.said($0) }
            let status = failed.record.failure?.exitStatus.map { ", exit status \($0)" } ?? ""
            return RunReportPage.Failure(
                title: ValueText.line("\(failed.place.text) \(task.summary)"), node: picture.places.name(of: node ?? task.host),
                kind: failed.outcome.word + status, message: lines.joined(separator: "\n"),
                next: ValueText.line(failed.record.failure?.nextStep ?? "planner run_plan --resume"),
                log: logPath(task.id, failed.record.attempt), states: (states ?? []).map(ValueText.line))
        }
    }

    // MARK: The time axis

    private func axis(until end: Double) -> RunReportPage.Axis? {
        guard let began = picture.began?.time, end > began else { return nil }
        let scale = RunReportMaker.chartWidth / (end - began)
        var order: [String] = []
        var bars: [String: [RunReportPage.Bar]] = [:]
        for phase in plan.phases {
            for task in phase.tasks {
                guard let span = times.span(of: task.id, until: end) else { continue }
                let name = task.identity.node.map(picture.places.name) ?? phase.cluster.map { "cluster \($0.name)" } ?? "site"
                if bars[name] == nil { order.append(name) }
                let title =
                    "\(picture.places[task.id]?.text ?? "") \(task.summary), \(word(for: task.id).word), "
                    + ShortTime.text(milliseconds: times.milliseconds(of: task.id, until: end))
                bars[name, default: []].append(
                    RunReportPage.Bar(
                        x: RunReportMaker.number((span.lowerBound - began) * scale),
                        width: RunReportMaker.number(max(2, (span.upperBound - span.lowerBound) * scale)),
                        kind: word(for: task.id).kind, title: ValueText.line(title)))
            }
        }
        let lanes =
            order.count <= RunReportMaker.mostLanes
            ? order.map { (DisplayWidth.cut(ValueText.line($0), to: 22), bars[$0] ?? []) }
            : [("nodes at work", crowd(until: end, from: began))]
        return RunReportPage.Axis(
            begin: time(began), middle: time((began + end) / 2), end: time(end), height: lanes.count * 22 + 24,
            labelY: lanes.count * 22 + 18,
            lanes: lanes.enumerated().map { index, lane in
                RunReportPage.Lane(name: lane.0, y: index * 22 + 3, textY: index * 22 + 16, bars: lane.1)
            })
    }

    /// For many nodes: hundred spans of time, each as dark as many tasks ran in it.
    private func crowd(until end: Double, from began: Double) -> [RunReportPage.Bar] {
        let step = (end - began) / 100
        var counts = [Int](repeating: 0, count: 100)
        var hasFailure = [Bool](repeating: false, count: 100)
        for task in plan.tasks {
            guard let span = times.span(of: task.id, until: end) else { continue }
            let first = min(99, max(0, Int((span.lowerBound - began) / step)))
            let last = min(99, max(first, Int((span.upperBound - began) / step)))
            for place in first...last { counts[place] += 1 }
            if word(for: task.id).kind == "bad" { hasFailure[last] = true }
        }
        let most = max(1, counts.max() ?? 1)
        return counts.enumerated().filter { $0.element > 0 }.map { place, count in
            let shade = hasFailure[place] ? "bad" : "shade\(1 + count * 4 / (most + 1))"
            return RunReportPage.Bar(
                x: RunReportMaker.number(Double(place) * 10), width: "10", kind: shade,
                title: "\(time(began + Double(place) * step)): \(count) tasks")
        }
    }

    private func time(_ seconds: Double) -> String { String(LocalTime.text(seconds, in: zone).suffix(8)) }
    private static func number(_ value: Double) -> String { String(Double(Int(value * 10)) / 10) }
}

/// When tasks began and ended, over all runs of a plan.
private struct RunTimes {
    private var began: [TaskID: Double] = [:]
    private var ended: [TaskID: Double] = [:]
    private var runBegan = 0.0

    mutating func take(_ record: RunRecord) {
        if record.kind == .planStart { runBegan = record.time }
        guard let task = record.task?.id else { return }
        if record.kind == .taskStart {
            began[task] = record.time
            ended[task] = nil
        } else if record.kind == .taskEnd {
            ended[task] = record.time
        }
    }

    /// Nil for a task that this run did not start.
    func span(of task: TaskID, until end: Double) -> ClosedRange<Double>? {
        guard let first = began[task], first >= runBegan else { return nil }
        return first...max(first, ended[task] ?? end)
    }

    func milliseconds(of task: TaskID, until end: Double) -> Int {
        guard let first = began[task] else { return 0 }
        return Int(((ended[task] ?? end) - first) * 1000)
    }
}
