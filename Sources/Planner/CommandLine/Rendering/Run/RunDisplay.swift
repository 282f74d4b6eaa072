import Dispatch
import Foundation
import Runner
import Service
import Synchronization
import TaskKit

/// Shows a run while it goes on, from its journal: in the process that runs it (woken by its notices) as in any other (which looks again
/// and again). Works on a thread of its own, so that a terminal that is slow holds nothing up.
final class RunDisplay: Sendable {
    /// How often a terminal is painted at most, and how often another process's journal is looked at.
    static let frame = 0.1
    /// How often somebody looks whether it is time for the line after a long silence, where every record is told anyway.
    private static let silence = 1.0
    /// How late a line may be: records that come meanwhile are read together.
    private static let pause = DispatchTimeInterval.milliseconds(50)
    /// So much output of `-v` waits to be printed; more is left to the log.
    private static let mostWaiting = 4 << 20

    private struct State {
        var feed: RunFeed
        var picture: RunPicture
        var screen: TerminalScreen
        /// Lines of `-v` that are printed with the next frame.
        var output = ""
        /// Where they come from, when another process runs the plan; nil: from notices.
        var followed: FollowedOutput?
        /// When something was last printed, in seconds since 1970.
        var lastSaid: Double
        var estimate: (at: Double, seconds: Int?)?
        var painted: [String] = []
        var isClosed = false
    }

    private let mode: ProgressMode
    private let lines: RunLines
    private let heartbeat: Int
    private let verbose: Bool
    private let printsAfter: Int
    private let livesAfter: Int
    private let estimate: @Sendable (Set<TaskID>) -> Int?
    private let logged: @Sendable (RunPicture.Running) -> String?
    /// What the run tells, when it is one of this process; nil: the journal is looked at.
    private let told: ToldRecords?
    private let queue = DispatchQueue(label: "planner.display")
    // Touched on the queue only; the lock is for the compiler.
    private let state: Mutex<State>
    private let lastLines = Mutex<[TaskID: String]>([:])
    private let waiting = Mutex((isWoken: false, bytes: 0))

    /// - Parameters:
    ///   - feed: the records of the plan from the first on.
    ///   - printsAfter: records up to this sequence are known to who looks on, and are not printed.
    ///   - livesAfter: the run that is shown began after this sequence; nil: after `printsAfter`.
    ///   - isOwnRun: whether the run is one of this process, which brings every record of it (``notice(_:)``).
    ///   - opening: lines of a stream of JSON behind its head.
    ///   - followed: what tasks of another process say, where that is wanted.
    ///   - logged: what a task of another process has said last.
    ///   - estimate: how many seconds a plan still takes of which these tasks are done; nil when too little is known.
    init(
        _ feed: RunFeed, printsAfter: Int, livesAfter: Int? = nil, isOwnRun: Bool = false, options: ProgressOptions,
        lines: RunLines, verbose: Bool = false, opening: [String] = [],
        estimate: @escaping @Sendable (Set<TaskID>) -> Int? = { _ in nil }, followed: FollowedOutput? = nil,
        logged: @escaping @Sendable (RunPicture.Running) -> String? = { _ in nil }
    ) {
        mode = options.mode
        self.lines = lines
        heartbeat = options.heartbeat
        self.verbose = verbose
        self.printsAfter = printsAfter
        self.livesAfter = livesAfter ?? printsAfter
        self.estimate = estimate
        self.logged = logged
        told = isOwnRun ? ToldRecords() : nil
        let screen = TerminalScreen(
            paintTo: { Output.errors.write($0) }, printTo: { Output.standard.write($0) })
        let shown = mode == .json || mode == .quiet ? nil : followed
        state = Mutex(
            State(feed: feed, picture: RunPicture(feed.places), screen: screen, followed: shown, lastSaid: secondsNow()))
        if mode == .json {
            let head = [JSONOutput.text(of: RunStreamHead(planner: plannerVersion))]
            Output.standard.write((head + opening).map { $0 + "\n" }.joined())
        }
    }

    /// Shows what there is, and goes on until ``close()``.
    func start() { queue.async { self.tick() } }

    /// What the run of this process tells; from any thread.
    func notice(_ notice: RunNotice) {
        switch notice {
        case .progress(let task, let line): lastLines.withLock { $0[task] = line }
        case .output(let task, _, let text): if verbose, mode != .json, mode != .quiet { put(text, of: task) }
        case .recorded(let entry):
            told?.add(entry)
            if mode != .tty { wake() }
        }
    }

    private func wake() {
        let isFirst = waiting.withLock { waiting in
            defer { waiting.isWoken = true }
            return !waiting.isWoken
        }
        if isFirst { queue.asyncAfter(deadline: .now() + RunDisplay.pause) { self.advance() } }
    }

    private func put(_ text: String, of task: TaskID) {
        let count = text.utf8.count
        let hasRoom = waiting.withLock { waiting in
            guard waiting.bytes + count <= RunDisplay.mostWaiting else { return false }
            waiting.bytes += count
            return true
        }
        guard hasRoom else { return }
        queue.async {
            self.waiting.withLock { $0.bytes -= count }
            self.state.withLock { state in
                state.output += self.output(text.split(separator: "\n"), of: task, state.feed.places)
            }
            if self.mode != .tty { self.advance() }
        }
    }

    /// Lines that a task has said, each with its node before it.
    private func output(_ lines: [some StringProtocol], of task: TaskID, _ places: PlanPlaces) -> String {
        let node = places[task].map { places.name(of: $0.task.identity.node ?? $0.task.host) } ?? task.text
        return lines.filter { !$0.isEmpty }.map { line in
            let whole = "[\(node)] \(ValueText.said(line))"
            return (self.lines.width.map { DisplayWidth.cut(whole, to: $0 - 1) } ?? whole) + "\n"
        }
        .joined()
    }

    /// Shows all that is in the journal, and takes the lines at the bottom away.
    ///
    /// - Returns: what the records say in the end.
    @discardableResult
    func close() async -> RunPicture {
        await withCheckedContinuation { done in
            queue.async {
                self.advance(isLast: true)
                done.resume(returning: self.closed())
            }
        }
    }

    /// The same at once, for a process that leaves; does not wait long for a terminal that takes nothing.
    func leave() {
        let done = DispatchSemaphore(value: 0)
        queue.async {
            _ = self.closed()
            done.signal()
        }
        _ = done.wait(timeout: .now() + 0.2)
    }

    private func closed() -> RunPicture {
        state.withLock { state in
            state.isClosed = true
            state.screen.erase(width: Output.errors.width)
            return state.picture
        }
    }

    /// What the records say now.
    func picture() async -> RunPicture {
        await withCheckedContinuation { done in
            queue.async { done.resume(returning: self.state.withLock { $0.picture }) }
        }
    }

    // MARK: On the queue

    private func tick() {
        advance()
        guard state.withLock({ !$0.isClosed }) else { return }
        // Asked anew after each frame, so that a slow terminal gets fewer.
        let pause = mode == .tty || told == nil ? RunDisplay.frame : RunDisplay.silence
        queue.asyncAfter(deadline: .now() + pause) { self.tick() }
    }

    private func advance(isLast: Bool = false) {
        waiting.withLock { $0.isWoken = false }
        state.withLock { state in
            guard !state.isClosed else { return }
            var text = ""
            if let told = told?.take(), !isLast, let records = state.feed.next(told: told) {
                for record in records { text += self.text(of: record, &state) }
            } else {
                // A journal that cannot be read now is asked again; that it cannot be written, the run says.
                while let records = try? state.feed.next(), !records.isEmpty {
                    for record in records { text += self.text(of: record, &state) }
                }
            }
            text += state.output
            state.output = ""
            for said in state.followed?.next() ?? [] { text += output(said.lines, of: said.task, state.feed.places) }
            let now = secondsNow()
            if mode == .tty { return paint(text, now, &state) }
            if text.isEmpty { text = beat(now, state) }
            guard !text.isEmpty else { return }
            state.lastSaid = now
            Output.standard.write(text)
        }
    }

    private func text(of record: RunRecord, _ state: inout State) -> String {
        state.picture.take(record)
        if record.kind == .taskEnd, let task = record.task { lastLines.withLock { $0[task.id] = nil } }
        let before = follow(record, &state)
        guard record.sequence > printsAfter else { return "" }
        switch mode {
        case .json: return JSONOutput.text(of: record) + "\n"
        case .quiet where record.failure == nil: return ""
        default: return before + lines.lines(of: record, in: state.picture).map { $0 + "\n" }.joined()
        }
    }

    /// What a task of another process has said before its end.
    private func follow(_ record: RunRecord, _ state: inout State) -> String {
        switch (record.kind, record.task?.id) {
        case (.planStart, _): state.followed?.reset()
        case (.taskStart, let task?): state.followed?.begin(task, attempt: record.attempt)
        case (.taskEnd, let task?), (.taskRetry, let task?):
            guard let said = state.followed?.end(task) else { return "" }
            return output(said.lines, of: said.task, state.feed.places)
        default: break
        }
        return ""
    }

    private func paint(_ text: String, _ now: Double, _ state: inout State) {
        let picture = state.picture
        guard let began = picture.began, began.sequence > livesAfter, picture.result == nil else {
            state.screen.erase(width: Output.errors.width)
            if !text.isEmpty { Output.standard.write(text) }
            return
        }
        if state.estimate.map({ now - $0.at > 10 }) ?? true { state.estimate = (now, estimate(picture.done)) }
        let left = state.estimate.flatMap { made in made.seconds.map { max(1, $0 - Int(now - made.at)) } }
        let region = LiveRegion(style: lines.style, width: Output.errors.width, height: Output.errors.height)
        var said = lastLines.withLock { $0 }
        for task in picture.runningInOrder.prefix(LiveRegion.shownTasks) where said[task.place.task.id] == nil {
            said[task.place.task.id] = logged(task)
        }
        let painted = region.lines(of: picture, now: now, lastLines: said, secondsLeft: left)
        guard !text.isEmpty || painted != state.painted else { return }
        state.screen.show(above: text, region: painted, width: region.width)
        state.painted = painted
    }

    /// A line after a long silence: that it still goes on, and what it waits for.
    private func beat(_ now: Double, _ state: State) -> String {
        guard mode == .plain, heartbeat > 0, now - state.lastSaid >= Double(heartbeat), state.picture.result == nil else {
            return ""
        }
        let picture = state.picture
        let tasks = picture.runningInOrder.prefix(3).map { task in
            let limit = ShortTime.text(seconds: task.place.task.action.action.limit.wholeSeconds)
            return "\(task.place.text) \(task.place.task.summary) (\(ShortTime.text(seconds: Int(now - task.since))) of \(limit))"
        }
        guard !tasks.isEmpty else { return "" }
        let text =
            "\(picture.done.count)/\(picture.total) tasks, \(picture.running.count) running: " + tasks.joined(separator: ", ")
        return lines.line(time: now, word: "wait", text) + "\n"
    }
}
