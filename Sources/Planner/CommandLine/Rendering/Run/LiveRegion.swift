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
        let rows = RunningRows(of: picture, now: now, lastLines: lastLines).rows
        let room = max(0, min(LiveRegion.shownTasks, height - 4))
        var lines = [String(repeating: "-", count: width - 1), head(picture, now, secondsLeft)]
        let column = min(rows.prefix(room).map { DisplayWidth.columns(of: $0.name) }.max() ?? 0, width / 2 - 8)
        for row in rows.prefix(room) {
            let shown = DisplayWidth.cut(row.name, to: column)
            let pad = String(repeating: " ", count: max(0, column - DisplayWidth.columns(of: shown)))
            let before = " > \(shown)\(pad)  \(row.time.padded(to: 13)) "
            let words = row.words(within: width - 1 - DisplayWidth.columns(of: before))
            lines.append(DisplayWidth.cut(before + words, to: width - 1))
        }
        if rows.count > room { lines.append(DisplayWidth.cut("   and \(rows.count - room) more", to: width - 1)) }
        return lines
    }

    private func head(_ picture: RunPicture, _ now: Double, _ secondsLeft: Int?) -> String {
        let length = width < 100 ? 10 : 24
        let filled = picture.total == 0 ? 0 : picture.done.count * length / picture.total
        let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: length - filled)
        let retrying = picture.running.values.count { $0.attempt > 1 } + picture.retrying.count
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
