import Model
import Runner
import Service
import TaskKit

/// What a run of a plan would do, task by task in the order of execution.
struct DryRunText {
    private let result: Site.DryRunResult
    private let style: Style
    private let places: [TaskID: String]

    init(_ result: Site.DryRunResult, style: Style) {
        self.result = result
        self.style = style
        var places: [TaskID: String] = [:]
        for phase in result.plan.phases {
            for (index, task) in phase.tasks.enumerated() { places[task.id] = "\(phase.number).\(index + 1)" }
        }
        self.places = places
    }

    var text: String {
        let width = places.values.map(\.count).max() ?? 0
        var lines: [String] = []
        for task in result.plan.tasks {
            guard let answer = result.answers[task.id] else { continue }
            lines.append("\(styled(answer)) \((places[task.id] ?? "").padded(to: width)) \(task.summary)")
            let indent = String(repeating: " ", count: 9 + width + 1)
            lines += detail(of: answer).map { indent + style.faint($0) }
        }
        lines.append("Plan \(result.plan.id), nothing was touched: " + counts)
        return lines.map { $0 + "\n" }.joined()
    }

    /// `3 true, 5 would change, 2 cannot be told yet`, without what there is none of.
    private var counts: String {
        let words = JSONDryRun.Word.allCases.compactMap { word -> String? in
            let count = result.answers.values.count { JSONDryRun.Word($0) == word }
            return count > 0 ? "\(count) \(word.phrase)" : nil
        }
        return words.joined(separator: ", ")
    }

    private func styled(_ answer: DryRun.Answer) -> String {
        let word = JSONDryRun.Word(answer)
        let text = (word == .failed || word == .unreachable ? word.rawValue.uppercased().prefix(7).description : word.rawValue)
            .padded(to: 8)
        return switch word {
        case .done, .isTrue: style.good(text)
        case .change, .unknown: style.caution(text)
        case .failed, .unreachable: style.bad(text)
        }
    }

    private func detail(of answer: DryRun.Answer) -> [String] {
        switch answer {
        case .done, .isTrue: return []
        case .wouldChange(let reason): return lines("why: \(reason)")
        case .cannotTell(let reason, let until):
            let later = until.flatMap { places[$0] }.map { "cannot tell until \($0) is done: " } ?? "cannot tell: "
            return lines(later + reason)
        case .failed(let failure):
            return lines("\(failure.failureClass.rawValue): \(failure.message)") + (failure.nextStep.map { [$0] } ?? [])
        }
    }

    private func lines(_ text: String) -> [String] { text.split(separator: "\n").prefix(5).map { ValueText.said($0) } }
}

/// The same for programs: `planner.dry-run/1`.
struct JSONDryRun: Encodable {
    enum Word: String, Encodable, CaseIterable {
        case done
        case isTrue = "true"
        case change, unknown, failed, unreachable

        init(_ answer: DryRun.Answer) {
            self =
                switch answer {
                case .done: .done
                case .isTrue: .isTrue
                case .wouldChange: .change
                case .cannotTell: .unknown
                case .failed(let failure): failure.outcome == .unreachable ? .unreachable : .failed
                }
        }

        var phrase: String {
            switch self {
            case .done: "done by an earlier run"
            case .isTrue: "true already"
            case .change: "would change"
            case .unknown: "cannot be told yet"
            case .failed: "cannot be asked"
            case .unreachable: "on hosts that cannot be reached"
            }
        }
    }

    struct Task: Encodable {
        var task: TaskID
        var phase: Int
        var host: String
        var summary: String
        var answer: Word
        var reason: String?
        var until: TaskID?
        var failure: TaskFailure?
    }

    let schema = "planner.dry-run/1"
    let plan: String
    let counts: [String: Int]
    let tasks: [Task]
    let exit: Int32

    init(_ result: Site.DryRunResult, exit: ExitStatus) {
        plan = result.plan.id
        self.exit = exit.rawValue
        counts = Dictionary(grouping: result.answers.values, by: { Word($0).rawValue }).mapValues(\.count)
        tasks = result.plan.phases.flatMap { phase in
            phase.tasks.compactMap { task in
                result.answers[task.id].map { answer in
                    var shown = Task(
                        task: task.id, phase: phase.number, host: result.plan.hosts[task.host]?.hostname ?? task.host.text,
                        summary: task.summary, answer: Word(answer))
                    switch answer {
                    case .done, .isTrue: break
                    case .wouldChange(let reason): shown.reason = reason
                    case .cannotTell(let reason, let until): (shown.reason, shown.until) = (reason, until)
                    case .failed(let failure): shown.failure = failure
                    }
                    return shown
                }
            }
        }
    }
}

extension ExitStatus {
    /// What a dry run says.
    ///
    /// - Parameter tellsChanges: whether something that would change is told by the status.
    init(_ result: Site.DryRunResult, tellsChanges: Bool) {
        let words = Set(result.answers.values.map { JSONDryRun.Word($0) })
        self =
            if words.contains(.failed) { .tasksFailed } else if words.contains(.unreachable) {
                .unreachable
            } else if tellsChanges,
                words.contains(.change) || words.contains(.unknown)
            { .hasChanges } else { .success }
    }
}
