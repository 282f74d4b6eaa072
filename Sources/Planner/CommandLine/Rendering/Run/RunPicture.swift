import Model
import Service
import TaskKit

/// What the records of a run say so far. Whoever shows a run (terminal, pipe, page, a later reader) draws this.
struct RunPicture {
    struct Running {
        let place: PlanPlaces.Place
        /// Seconds since 1970.
        let since: Double
        let attempt: Int
        var isApplying = false
    }

    /// A task that is tried again after a while.
    struct Retrying {
        let place: PlanPlaces.Place
        /// When, in seconds since 1970.
        let at: Double
        let failure: TaskFailure?
    }

    /// A phase that only waits: a soak, an approval.
    struct Waiting {
        let phase: Phase
        let wait: PhaseWait
        /// Seconds since 1970.
        let since: Double
    }

    /// A task that did not succeed in this run.
    struct Failed {
        let record: RunRecord
        let place: PlanPlaces.Place
        let outcome: Outcome
    }

    let places: PlanPlaces
    let total: Int
    private(set) var running: [TaskID: Running] = [:]
    private(set) var retrying: [TaskID: Retrying] = [:]
    private(set) var waits: [Int: Waiting] = [:]
    private(set) var done: Set<TaskID> = []
    /// How tasks ended in the last run.
    private(set) var outcomes: [TaskID: Outcome] = [:]
    /// How long tasks took in the last run, when they did something.
    private(set) var milliseconds: [TaskID: Int] = [:]
    private(set) var failed: [Failed] = []
    /// What the plan has taken out of service and not put back, by node.
    private(set) var takenOut: [ItemPath: [String]] = [:]
    /// The first and the last record of the last run.
    private(set) var began: RunRecord?
    private(set) var last: RunRecord?
    private(set) var result: RunResult?
    private(set) var isStopping = false

    private let phases: [Int: Phase]

    init(_ places: PlanPlaces) {
        self.places = places
        let waits = places.plan.phases.filter { $0.wait != nil }
        phases = Dictionary(waits.map { ($0.number, $0) }, uniquingKeysWith: { first, _ in first })
        total = places.plan.taskCount
    }

    mutating func take(_ record: RunRecord) {
        last = record
        switch record.kind {
        case .planStart:
            began = record
            (running, retrying, waits) = ([:], [:], [:])
            outcomes = [:]
            milliseconds = [:]
            failed = []
            result = nil
            isStopping = false
        case .taskStart:
            guard let place = record.place else { return }
            retrying[place.task.id] = nil
            running[place.task.id] = Running(place: place, since: record.time, attempt: record.attempt)
        case .taskApply: if let task = record.task { running[task.id]?.isApplying = true }
        case .taskRetry: retry(record)
        case .phaseStart:
            guard let phase = record.phase.flatMap({ phases[$0] }), let wait = phase.wait else { return }
            waits[phase.number] = Waiting(phase: phase, wait: wait, since: record.time)
        case .phaseEnd: if let phase = record.phase { waits[phase] = nil }
        case .taskEnd: end(record)
        case .stop: isStopping = true
        case .planEnd:
            result = record.result
            (running, retrying, waits) = ([:], [:], [:])
        default: break
        }
    }

    private mutating func retry(_ record: RunRecord) {
        guard let place = record.place else { return }
        running[place.task.id] = nil
        retrying[place.task.id] = Retrying(
            place: place, at: record.time + Double(record.delay) / 1000, failure: record.failure)
    }

    private mutating func end(_ record: RunRecord) {
        guard let place = record.place, let outcome = record.outcome else { return }
        let task = place.task
        running[task.id] = nil
        retrying[task.id] = nil
        outcomes[task.id] = outcome
        milliseconds[task.id] = record.milliseconds
        guard outcome.isSuccess else {
            failed.append(Failed(record: record, place: place, outcome: outcome))
            return
        }
        done.insert(task.id)
        guard let node = task.identity.node else { return }
        switch task.nodeChange {
        case .takenOut(let contributor):
            if takenOut[node]?.contains(contributor) != true { takenOut[node, default: []].append(contributor) }
        case .putBack(let contributor):
            takenOut[node]?.removeAll { $0 == contributor }
            if takenOut[node]?.isEmpty == true { takenOut[node] = nil }
        case nil: break
        }
    }

    /// The phases in which something runs; the furthest counts for who wants one number.
    var phase: Int { running.values.map(\.place.phase).max() ?? last?.phase ?? 0 }

    /// Seconds from the first record of the run to `now`.
    func elapsed(at now: Double) -> Int { began.map { Int(now - $0.time) } ?? 0 }

    /// Running tasks, those that run longest first.
    var runningInOrder: [Running] {
        running.values.sorted { ($0.since, $0.place.task.id) < ($1.since, $1.place.task.id) }
    }

    /// `3 changed, 1 FAILED`; how the tasks of this run ended.
    var counts: String {
        let parts = Outcome.allCases.compactMap { outcome -> String? in
            let count = outcomes.values.count { $0 == outcome }
            return count > 0 ? "\(count) \(outcome.word)" : nil
        }
        return parts.isEmpty ? "no task ran" : parts.joined(separator: ", ")
    }
}
