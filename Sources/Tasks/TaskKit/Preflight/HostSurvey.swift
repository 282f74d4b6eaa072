package import Model

/// What every host of a plan is asked, by the kinds of its tasks: its clock, the programs and files that they need, room for what they write,
/// and whether a URL answers there (`Resources/host-survey.sh`). Pure.
package struct HostSurvey: Sendable {
    package static let script = Script(name: "kit/host-survey", content: PackageResources.host_survey_sh)

    /// Where a need comes from.
    struct Use: Sendable {
        let task: PlanTask
        let phase: Int
        var count = 1
    }

    /// A file that the plan writes.
    struct Written: Sendable {
        let path: String
        let size: HostNeeds.Size
        let part: String?
        let use: Use

        var directory: String {
            guard let slash = path.lastIndex(of: "/"), slash != path.startIndex else { return "/" }
            return String(path[..<slash])
        }
    }

    let host: ItemPath
    let work: HostWork
    /// How large the files of the controller are that there are.
    let sourceSizes: [String: Int]
    private(set) var programs: [[String]: Use] = [:]
    private(set) var files: [String: Use] = [:]
    private(set) var written: [String: Written] = [:]
    private(set) var urls: [String: Use] = [:]
    private(set) var durableCount = 0

    package init(of host: ItemPath, _ work: HostWork, sourceSizes: [String: Int]) {
        self.host = host
        self.work = work
        self.sourceSizes = sourceSizes
        for entry in work.entries { take(entry) }
    }

    private mutating func take(_ entry: HostWork.Entry) {
        let needs = entry.task.action.action.needs
        let use = Use(task: entry.task, phase: entry.phase)
        for program in needs.programs { programs[program, default: Use(task: use.task, phase: use.phase, count: 0)].count += 1 }
        // What the plan itself puts there is not missed.
        for file in needs.files where files[file] == nil && !work.writes(file, before: entry.phase) { files[file] = use }
        for write in needs.writes {
            written[write.path] = Written(path: write.path, size: write.size, part: write.part, use: use)
            if case .url(let url, _) = write.size, urls[url] == nil { urls[url] = use }
        }
        if needs.isDurable { durableCount += 1 }
    }

    /// Some hundred milliseconds, unless a URL does not answer: eight at a time, ten seconds each.
    private var limit: Duration { .seconds(30 + 10 * ((urls.count + 7) / 8)) }

    package var question: HostQuestion {
        var words: [(String, String)] = programs.keys.map { ("program", $0.joined(separator: " ")) }
        words += Set(files.keys).union(written.keys).union(written.values.compactMap(\.part)).map { ("file", $0) }
        words += Set(written.values.map(\.directory)).map { ("room", $0) }
        words += urls.keys.map { ("url", $0) }
        words.sort { $0 < $1 }
        if durableCount > 0 { words.append(("runs", "-")) }
        return HostQuestion(
            host, HostSurvey.script, arguments: words.flatMap { [$0.0, $0.1] }, limit: limit, judge: { judge($0) })
    }
}
