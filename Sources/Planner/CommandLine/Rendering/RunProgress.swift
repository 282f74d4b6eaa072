import Foundation
import Runner
import Service
import Synchronization
import TaskKit

/// What a run shows while it goes on. A pipe gets one line for each change of state; a terminal gets the same lines, and one line at the
/// bottom that tells what runs now, repainted at most ten times a second.
final class RunProgress: Sendable {
    private struct Running {
        var task: PlanTask
        var since: ContinuousClock.Instant
        var lastLine = ""
    }

    private struct State {
        var running: [TaskID: Running] = [:]
        var done = 0
        var failed: [TaskID] = []
        var isPainted = false
        var lastPaint: ContinuousClock.Instant?
    }

    private let plan: Plan
    private let asJSON: Bool
    private let style: Style
    private let hasRegion: Bool
    private let tasks: [TaskID: (task: PlanTask, place: String)]
    /// Guards what is shown: notices come from any thread.
    private let state = Mutex(State())
    private let ticker = Mutex<Task<Void, Never>?>(nil)

    /// - Parameter done: how many tasks earlier runs have done.
    init(_ plan: Plan, done: Int, asJSON: Bool) {
        self.plan = plan
        state.withLock { $0.done = done }
        self.asJSON = asJSON
        style = Style(usesColor: Output.standard.usesColor)
        hasRegion = !asJSON && Output.standard.isTerminal && Output.errors.isTerminal
        var tasks: [TaskID: (PlanTask, String)] = [:]
        for phase in plan.phases {
            for (index, task) in phase.tasks.enumerated() { tasks[task.id] = (task, "\(phase.number).\(index + 1)") }
        }
        self.tasks = tasks
        if asJSON { Output.standard.line(#"{"schema":"planner.run/1","type":"version"}"#) }
        guard hasRegion else { return }
        ticker.withLock { ticker in
            ticker = Task { [weak self] in
                while !Task.isCancelled, let self {
                    self.state.withLock { self.paint(&$0) }
                    do { try await Task.sleep(for: .milliseconds(500)) } catch { return }
                }
            }
        }
    }

    func notice(_ notice: RunNotice) {
        state.withLock { state in
            switch notice {
            case .recorded(let entry):
                if asJSON { Output.standard.line(JSONOutput.text(of: entry)) } else { show(entry, &state) }
            case .progress(let id, let line):
                state.running[id]?.lastLine = line
                if hasRegion, (state.lastPaint?.duration(to: .now) ?? .seconds(1)) > .milliseconds(100) { paint(&state) }
            }
        }
    }

    // MARK: Lines

    private func show(_ entry: JournalEntry, _ state: inout State) {
        switch entry.event {
        case .runStarted(let isResumed, let controller):
            print(
                entry, "run", isResumed ? "plan \(plan.id) resumed by \(controller)" : "plan \(plan.id) started by \(controller)",
                &state)
        case .taskStarted(let id, _):
            if let task = tasks[id]?.task { state.running[id] = Running(task: task, since: .now) }
            if hasRegion { paint(&state) }
        case .taskApplying(let id, let attempt):
            guard let (task, place) = tasks[id] else { return }
            let again = attempt > 1 ? " (attempt \(attempt))" : ""
            print(entry, "start", "\(place) \(task.summary)\(again)", &state)
        case .taskFinished(let id, _, let outcome, let failure, let milliseconds):
            finish(id, outcome, failure, milliseconds, entry, &state)
        case .taskRetrying(let id, let attempt, _, let failure, _, let delay):
            retry(id, attempt, failure, delay, entry, &state)
        case .stopRequested(let cancelRunning, let by):
            print(entry, "stop", "asked by \(by): running tasks " + (cancelRunning ? "are cancelled" : "finish"), &state)
        case .runFinished(let result):
            print(entry, "run", "plan \(plan.id) \(result.rawValue)", &state)
        case .phaseStarted, .phaseFinished: break
        }
    }

    private func finish(
        _ id: TaskID, _ outcome: Outcome, _ failure: TaskFailure?, _ milliseconds: Int, _ entry: JournalEntry,
        _ state: inout State
    ) {
        state.running[id] = nil
        guard let (task, place) = tasks[id] else { return }
        if outcome.isSuccess { state.done += 1 } else { state.failed.append(id) }
        let seconds = milliseconds >= 1000 ? "  \(milliseconds / 1000).\(milliseconds % 1000 / 100) s" : ""
        print(entry, outcome.word, "\(place) \(task.summary)\(seconds)", &state)
        guard let failure else { return }
        erase(&state)
        let lines = "\(failure.failureClass.rawValue): \(failure.message)".split(separator: "\n")
        for line in lines { Output.standard.line("           | \(line)") }
        if let nextStep = failure.nextStep { Output.standard.line("           | \(nextStep)") }
    }

    private func retry(
        _ id: TaskID, _ attempt: Int, _ failure: TaskFailure?, _ delay: Int, _ entry: JournalEntry, _ state: inout State
    ) {
        state.running[id] = nil
        guard let (task, place) = tasks[id] else { return }
        let why = failure.map {
            "\($0.failureClass.rawValue): " + ($0.message.split(separator: "\n").first.map(String.init) ?? "")
        }
        let wait = Duration.milliseconds((delay + 99) / 100 * 100)
        print(
            entry, "retry", "\(place) \(task.summary)  attempt \(attempt): \(why ?? "no success"); next in \(wait.text)", &state)
    }

    private func print(_ entry: JournalEntry, _ word: String, _ text: String, _ state: inout State) {
        erase(&state)
        let padded = word.padded(to: 8)
        let shown =
            switch word {
            case "ok", "changed": style.good(padded)
            case "FAILED", "UNREACH", "TIMEOUT", "CANCEL": style.bad(padded)
            case "start", "skipped": style.faint(padded)
            default: padded
            }
        Output.standard.line("\(RunProgress.clock(entry.time)) \(shown) \(text)")
        if hasRegion { paint(&state) }
    }

    /// Local time of day.
    private static func clock(_ seconds: Double) -> String {
        var time = time_t(seconds)
        var parts = tm()
        localtime_r(&time, &parts)
        func two(_ number: Int32) -> String { number < 10 ? "0\(number)" : String(number) }
        return "\(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec))"
    }

    // MARK: The line at the bottom

    private func erase(_ state: inout State) {
        guard state.isPainted else { return }
        Output.errors.write("\r\u{1b}[K")
        state.isPainted = false
    }

    private func paint(_ state: inout State) {
        guard hasRegion else { return }
        state.lastPaint = .now
        let running = state.running.values.sorted { $0.since < $1.since }
        let oldest = running.first.map { first in
            let seconds = first.since.duration(to: .now).components.seconds
            return "  \(first.task.summary) \(seconds) s" + (first.lastLine.isEmpty ? "" : ": \(first.lastLine)")
        }
        let total = plan.taskCount
        let filled = total == 0 ? 0 : state.done * 20 / total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 20 - filled)
        let line = "[\(bar)] \(state.done)/\(total)  \(running.count) running" + (oldest ?? "")
        Output.errors.write("\r\u{1b}[K" + line.prefix(Output.errors.width - 1).replacing("\t", with: " "))
        state.isPainted = true
    }

    /// Ends the line at the bottom.
    func close() {
        ticker.withLock { $0?.cancel() }
        state.withLock { erase(&$0) }
    }

    // MARK: The end

    /// What came of the run: only what did not go well, and the next command.
    func finish(_ report: RunReport, status: ExitStatus, site: Site.Status?) {
        close()
        if asJSON {
            return Output.standard.line(
                #"{"exit":\#(status.rawValue),"result":"\#(report.result.rawValue)","type":"result"}"#)
        }
        let counts = Outcome.allCases.compactMap { outcome in
            let count = report.outcomes.values.filter { $0 == outcome }.count
            return count > 0 ? "\(count) \(outcome.word)" : nil
        }
        Output.standard.line(
            "Plan \(plan.id) \(report.result.rawValue): " + (counts.isEmpty ? "no task ran" : counts.joined(separator: ", ")))
        if let failure = report.journalFailure {
            Output.standard.line("The journal could not be written, so nothing more was touched: \(failure.message)")
        }
        guard status != .success, let site else { return }
        Output.standard.write(StatusText(site, style: style).text)
    }
}
