import Foundation
import Service
import TaskKit

/// The lines at the bottom of a terminal while a plan runs. No line is wider than the terminal.
struct LiveRegion {
    /// So many running tasks are shown; the others are counted.
    static let shownTasks = 8

    let style: Style
    let width: Int
    let height: Int

    /// - Parameters:
    ///   - now: seconds since 1970.
    ///   - lastLines: what running tasks have said last.
    ///   - secondsLeft: nil when too little is known.
    func lines(of picture: RunPicture, now: Double, lastLines: [TaskID: String], secondsLeft: Int?) -> [String] {
        let running = picture.runningInOrder
        let room = max(0, min(LiveRegion.shownTasks, height - 4))
        var lines = [String(repeating: "-", count: width - 1), head(picture, now, secondsLeft)]
        let names = running.prefix(room).map { "\($0.place.text) \($0.place.task.summary)" }
        let column = min(names.map { DisplayWidth.columns(of: $0) }.max() ?? 0, width / 2 - 8)
        for (task, name) in zip(running, names) {
            let time = ShortTime.text(seconds: Int(now - task.since))
            let limit = ShortTime.text(seconds: task.place.task.action.action.limit.wholeSeconds)
            let shown = DisplayWidth.cut(ValueText.line(name), to: column)
            let pad = String(repeating: " ", count: max(0, column - DisplayWidth.columns(of: shown)))
            let text = " > \(shown)\(pad)  \("\(time) / \(limit)".padded(to: 13)) \(words(for: task, lastLines))"
            lines.append(DisplayWidth.cut(text, to: width - 1))
        }
        if running.count > room { lines.append(DisplayWidth.cut("   and \(running.count - room) more", to: width - 1)) }
        return lines
    }

    private func head(_ picture: RunPicture, _ now: Double, _ secondsLeft: Int?) -> String {
        let length = width < 100 ? 10 : 24
        let filled = picture.total == 0 ? 0 : picture.done.count * length / picture.total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: length - filled)
        let retrying = picture.running.values.count { $0.attempt > 1 }
        var parts = [
            "[\(bar)] \(picture.done.count)/\(picture.total) tasks",
            "phase \(picture.phase)/\(picture.places.plan.phases.count)", "\(picture.running.count) running",
        ]
        if retrying > 0 { parts.append("\(retrying) retrying") }
        parts.append("\(picture.failed.count) failed")
        if picture.isStopping { parts.append("stopping") }
        let left = secondsLeft.map { ", ~\(ShortTime.text(seconds: $0)) left" } ?? ""
        parts.append(ShortTime.text(seconds: picture.elapsed(at: now)) + left)
        return DisplayWidth.cut(parts.joined(separator: "  "), to: width - 1)
    }

    /// What the task waits for, or has said last.
    private func words(for task: RunPicture.Running, _ lastLines: [TaskID: String]) -> String {
        let line = lastLines[task.place.task.id].map { ValueText.said($0) }
        if task.place.task.action.kind.hasPrefix("wait-for") { return "waits for: \(line ?? "the first answer")" }
        if !task.isApplying { return "checking" }
        return line.map { "last line: \($0)" } ?? ""
    }
}

/// A terminal whose last lines are painted over and over, below lines that stay.
struct TerminalScreen {
    /// How wide the painted lines are: a terminal that was made narrower since has broken them.
    private var painted: [Int] = []
    private let paintTo: @Sendable (String) -> Void
    private let printTo: @Sendable (String) -> Void

    /// - Parameters:
    ///   - paintTo: takes the region and the control sequences.
    ///   - printTo: takes the lines that stay.
    init(paintTo: @escaping @Sendable (String) -> Void, printTo: @escaping @Sendable (String) -> Void) {
        self.paintTo = paintTo
        self.printTo = printTo
    }

    /// Puts lines above the region, and paints it anew.
    mutating func show(above: String, region: [String], width: Int) {
        // The cursor is hidden within one frame only, so that no way out leaves a terminal without it.
        let back = "\u{1b}[?25l" + erasure(width)
        let frame = region.map { $0 + "\n" }.joined() + "\u{1b}[?25h"
        if above.isEmpty {
            paintTo(back + frame)
        } else {
            paintTo(back)
            printTo(above)
            paintTo(frame)
        }
        painted = region.map { DisplayWidth.columns(of: $0) }
    }

    /// Takes the region away.
    mutating func erase(width: Int) {
        guard !painted.isEmpty else { return }
        paintTo(erasure(width) + "\u{1b}[?25h")
        painted = []
    }

    /// Moves to where the region begins, and clears from there on.
    private func erasure(_ width: Int) -> String {
        let rows = painted.reduce(0) { $0 + max(1, ($1 + width - 1) / max(1, width)) }
        return rows == 0 ? "" : "\r\u{1b}[\(rows)A\u{1b}[J"
    }
}
