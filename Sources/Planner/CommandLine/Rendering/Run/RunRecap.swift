import Foundation
import Model
import Service
import TaskKit

/// The last words of a run: what did not go well, node by node; totals; what took longest; where it is written; what to do next.
struct RunRecap {
    let style: Style
    let stateDirectory: String
    let serial: Int
    /// Columns of the terminal; nil for a pipe.
    var width: Int?

    /// - Parameters:
    ///   - site: where everything stands now; nil when that cannot be read.
    ///   - leavesNothing: whether nothing is left to do, so that nobody has to look where everything stands.
    ///   - journalFailure: why the journal could not be written.
    func text(
        of picture: RunPicture, site: Site.Status?, leavesNothing: Bool = false, journalFailure: String? = nil
    ) -> String {
        let plan = picture.places.plan
        let result = picture.result?.rawValue ?? "interrupted"
        let end = picture.last?.time ?? 0
        var lines = [
            "",
            "Plan \(plan.id) \(result): \(picture.counts); \(picture.done.count) of \(picture.total) tasks done, in "
                + ShortTime.text(seconds: picture.elapsed(at: end)),
        ]
        if let journalFailure {
            lines.append("The journal could not be written, so nothing more was touched: \(journalFailure)")
        }
        lines += slowest(picture)
        if let first = picture.began?.sequence, let last = picture.last?.sequence {
            lines.append("Journal    records \(first) to \(last): planner logs")
        }
        lines.append("Logs       \(TaskLogDirectory(stateDirectory: stateDirectory).folder(ofPlan: serial)): planner logs TASK")
        var text = lines.map { $0 + "\n" }.joined()
        if leavesNothing {
            text += "Next   \(StatusText.nothingToDo)\n"
        } else if let site, picture.result == .successful {
            text += "Next   \(StatusText(site, style: style).nextCommand)\n"
        } else if let site {
            text += StatusText(site, style: style).text
        }
        return Wrapping.text(text, width: width)
    }

    /// The five tasks that took longest, when any took long enough to be of interest.
    private func slowest(_ picture: RunPicture) -> [String] {
        let long = picture.milliseconds.filter { $0.value >= 1000 }.sorted { ($0.value, $1.key) > ($1.value, $0.key) }.prefix(5)
        return long.enumerated().compactMap { index, entry in
            guard let place = picture.places[entry.key] else { return nil }
            let time = ShortTime.text(milliseconds: entry.value).padded(to: 8)
            return (index == 0 ? "Slowest    " : "           ") + "\(time) \(place.text) \(place.task.summary)"
        }
    }
}
