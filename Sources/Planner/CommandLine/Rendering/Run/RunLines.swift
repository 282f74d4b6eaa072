import Foundation
import Model
import Service
import TaskKit

/// Records as lines: the same words on a terminal, in a pipe and for a later reader.
struct RunLines {
    let style: Style
    /// Columns of the terminal; nil for a pipe, which gets lines whole.
    let width: Int?
    /// Where the logs of tasks are; nil where that is not known.
    var logPath: @Sendable (TaskID, Int) -> String? = { _, _ in nil }
    var zone: TimeZone = .current

    /// - Parameter picture: what the records say, this one included.
    /// - Returns: nothing for records that are not worth a line.
    func lines(of record: RunRecord, in picture: RunPicture) -> [String] {
        guard let word = record.word else { return [] }
        var text = record.message
        if let place = record.place {
            text =
                "\(place.text) \(text)" + (record.attempt > 1 && record.kind == .taskApply ? " (attempt \(record.attempt))" : "")
            if record.kind == .taskEnd, record.milliseconds >= 1000 {
                text += "  \(ShortTime.text(milliseconds: record.milliseconds))"
            }
            if record.kind == .taskRetry {
                let why = record.failure.map {
                    "\($0.failureClass.rawValue): " + ($0.message.split(separator: "\n").first.map(String.init) ?? "")
                }
                let wait = Duration.milliseconds((record.delay + 99) / 100 * 100)
                text += "  attempt \(record.attempt): \(why ?? "no success"); next in \(wait.text)"
            }
        }
        var lines = [line(time: record.time, word: word, text)]
        if let failed = picture.failed.last, failed.record == record { lines += block(of: failed, in: picture) }
        return lines
    }

    /// `22:10:03 start    2.2 drain svc-1`.
    func line(time: Double, word: String, _ text: String) -> String {
        let text = ValueText.line(text)
        let room = width.map { max(10, $0 - 18) }
        return "\(clock(time)) \(colored(word, word.padded(to: 8))) " + (room.map { DisplayWidth.cut(text, to: $0) } ?? text)
    }

    func colored(_ word: String, _ text: String) -> String {
        switch word {
        case "ok", "changed": style.good(text)
        case "FAILED", "UNREACH", "TIMEOUT", "CANCEL": style.bad(text)
        case "start", "skipped": style.faint(text)
        default: text
        }
    }

    /// Local time of day.
    private func clock(_ seconds: Double) -> String {
        LocalTime.clock(seconds, in: zone)
    }

    // MARK: Failures

    /// All that an operator needs when a task fails: what, where, why, in which state that leaves the node, what to do.
    func block(of failed: RunPicture.Failed, in picture: RunPicture) -> [String] {
        let task = failed.place.task
        guard let failure = failed.record.failure else { return [] }
        let host = picture.places.plan.hosts[task.host]
        var rows: [(String, String)] = [
            ("task", "\(failed.place.text) \(task.summary) [\(task.id)], attempt \(failed.record.attempt)"),
            ("node", host.map { "\($0.hostname) (\($0.user)@\($0.address):\($0.port))" } ?? task.host.text),
        ]
        rows += command(of: task).prefix(2).map { ("command", $0) }
        let status = failure.exitStatus.map { ", exit status \($0)" } ?? ""
        let kind = failure.failureClass.rawValue == failed.outcome.rawValue ? "" : " (\(failure.failureClass.rawValue))"
        rows.append(("class", "\(failed.outcome.rawValue)\(kind)\(status)"))
        rows += failure.message.split(separator: "\n").map { ("", String($0)) }
        rows += states(after: failed, in: picture).map { ("state", $0) }
        if let step = failure.nextStep { rows.append(("first", step)) }
        rows.append(("next", "planner run_plan --resume  goes on, when the cause is mended"))
        if let node = task.identity.node, picture.takenOut[node] != nil {
            rows.append(("or", "planner unlock \(node.name)  puts it back into service as it is"))
        }
        if let path = logPath(task.id, failed.record.attempt) {
            rows.append(("log", "\(path)  (planner logs \(failed.place.text))"))
        }
        return rows.flatMap { label, text in
            let room = width.map { max(20, $0 - 20) }
            let clean = ValueText.line(text)
            let pieces = room.map { DisplayWidth.pieces(of: clean, width: $0) } ?? [clean]
            return pieces.enumerated().map { index, piece in
                "         | " + (index == 0 ? label : "").padded(to: 8)
                    + (label.isEmpty ? piece : style.bold(piece, label == "state"))
            }
        }
    }

    /// What would be carried out, from the plan; without its check and its limits.
    private func command(of task: PlanTask) -> [String] {
        task.action.action.preview.filter { line in
            !["check", "limit", "  |", "     "].contains { line.hasPrefix($0) }
        }
    }

    /// In which state the failure leaves the node, in words.
    private func states(after failed: RunPicture.Failed, in picture: RunPicture) -> [String] {
        let task = failed.place.task
        guard let node = task.identity.node else { return ["\(picture.places.name(of: task.host)): this step is not done"] }
        return NodeWords.lines(
            node: picture.places.name(of: node), takenOutBy: picture.takenOut[node] ?? [],
            unfinished: [(task, picture.outcomes[task.id] == .unreachable)])
    }
}

/// The state of a node in words: what keeps it out of service, and what on it is only half done.
enum NodeWords {
    /// - Parameters:
    ///   - takenOutBy: contributors that have taken the node out of service.
    ///   - unfinished: tasks that were begun and are not done; whether nobody knows how far they came.
    static func lines(node: String, takenOutBy: [String], unfinished: [(task: PlanTask, isUnknown: Bool)]) -> [String] {
        var lines: [String] = []
        if !takenOutBy.isEmpty {
            let drained = takenOutBy.filter { $0.hasPrefix("kubernetes") }
            let locked = takenOutBy.filter { !$0.hasPrefix("kubernetes") }
            let words = [
                locked.isEmpty ? nil : "locked by \(locked.joined(separator: ", "))",
                drained.isEmpty ? nil : "drained (\(drained.joined(separator: ", ")))",
            ].compactMap { $0 }
            lines.append("\(node) is OUT OF SERVICE: \(words.joined(separator: "; "))")
        } else {
            lines.append("\(node) is in service")
        }
        for (task, isUnknown) in unfinished {
            switch (task.effect, task.isDestructive || task.effect == .replace) {
            case (_, true): lines.append("\(node) may be half replaced, or powered off: '\(task.summary)' is not done")
            case (.restart, _): lines.append("what '\(task.summary)' restarts may be stopped")
            default: if isUnknown { lines.append("how far '\(task.summary)' came is not known; resume finds out") }
            }
        }
        return lines
    }
}

extension Style {
    func bold(_ text: String, _ isBold: Bool) -> String { isBold ? bold(text) : text }
}
