import Foundation
import Model
import Service
import TaskKit

/// What is under way in a run, row by row: what runs, what is tried again soon, and what is only waited for.
struct RunningRows {
    struct Row {
        /// `2.6 join c1-w-01`
        let name: String
        /// `1m04s / 10m`; empty where nothing runs.
        let time: String
        /// What it waits for, or has said last. The shorter ones are for who has not much room.
        let words: [String]

        /// The first of the words that fits; else the beginning of the last.
        func words(within width: Int?) -> String {
            guard let width else { return words.first ?? "" }
            return words.first { DisplayWidth.columns(of: $0) <= width } ?? words.last ?? ""
        }
    }

    let rows: [Row]

    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - lastLines: what running tasks have said last.
    init(of picture: RunPicture, now: Double, lastLines: [TaskID: String]) {
        let running = picture.runningInOrder.map { RunningRows.row(for: $0, now, lastLines[$0.place.task.id]) }
        let retrying = picture.retrying.values.sorted { ($0.at, $0.place.task.id) < ($1.at, $1.place.task.id) }
        let waits = picture.waits.values.sorted { $0.phase.number < $1.phase.number }
        rows = running + retrying.map { RunningRows.row(for: $0, now) } + waits.map { RunningRows.row(for: $0, now) }
    }

    private static func row(for task: RunPicture.Running, _ now: Double, _ said: String?) -> Row {
        let limit = ShortTime.text(seconds: task.place.task.action.action.limit.wholeSeconds)
        return Row(
            name: name(task.place), time: "\(ShortTime.text(seconds: Int(now - task.since))) / \(limit)",
            words: words(for: task, said.map { ValueText.said($0) }))
    }

    private static func name(_ place: PlanPlaces.Place) -> String { ValueText.line("\(place.text) \(place.task.summary)") }

    private static func words(for task: RunPicture.Running, _ said: String?) -> [String] {
        if task.place.task.action.kind.hasPrefix("wait-for") {
            let answer = "waits for: \(said ?? "the first answer")"
            guard let what = task.place.task.action.action.waitsFor.map({ ValueText.line($0) }) else { return [answer] }
            return ["waits for: \(what)" + (said.map { "; last answer: \($0)" } ?? "")] + (said == nil ? [] : [answer])
        }
        if !task.isApplying { return ["checking"] }
        return [said.map { "last line: \($0)" } ?? ""]
    }

    private static func row(for task: RunPicture.Retrying, _ now: Double) -> Row {
        let wait = "waits for: the next try in \(ShortTime.text(seconds: Int((task.at - now).rounded(.up))))"
        let reason = task.failure.map { "\($0.failureClass.rawValue): \($0.message.split(separator: "\n").first ?? "")" }
        return Row(name: name(task.place), time: "", words: [wait + (reason.map { ", after \(ValueText.said($0))" } ?? "")])
    }

    private static func row(for wait: RunPicture.Waiting, _ now: Double) -> Row {
        let name = StrategyText.name(of: wait.wait.group, in: wait.phase.cluster)
        let place = StrategyText.place(of: wait.wait)
        let words: String
        switch wait.wait.kind {
        case .approval: words = "waits for: planner approve"
        case .soak(let seconds):
            let left = max(0, Int((wait.since + Double(seconds) - now).rounded(.up)))
            words = "waits for: soak of \(Duration.seconds(seconds).text), \(ShortTime.text(seconds: left)) left"
        }
        return Row(
            name: "\(wait.phase.number) \(name) \(place)", time: ShortTime.text(seconds: Int(now - wait.since)), words: [words])
    }
}
