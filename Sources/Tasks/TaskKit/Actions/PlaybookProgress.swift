import Model
import Yams

/// What a playbook has told so far through the callback plugin (`Resources/playbook-events.py`), line by line.
struct PlaybookProgress: Sendable {
    /// The counters of one host at the end.
    struct Recap: Hashable, Sendable, Decodable {
        var ok = 0
        var changed = 0
        var failed = 0
        var unreachable = 0
        var skipped = 0
        var rescued = 0
        var ignored = 0

        var isSuccess: Bool { failed == 0 && unreachable == 0 }

        /// As Ansible counts, without what is 0: `ok 5, changed 2`.
        var text: String {
            let counts = [
                ("ok", ok), ("changed", changed), ("failed", failed), ("unreachable", unreachable), ("skipped", skipped),
                ("rescued", rescued), ("ignored", ignored),
            ]
            let told = counts.filter { $0.1 > 0 }.map { "\($0.0) \($0.1)" }
            return told.isEmpty ? "nothing done" : told.joined(separator: ", ")
        }
    }

    /// One line of JSON, which is YAML too.
    private struct Event: Decodable {
        var event: String
        var name: String?
        var plays: Int?
        var host: String?
        var task: String?
        var status: String?
        var message: String?
        var attempt: Int?
        var attempts: Int?
        var hosts: [String: Recap]?
    }

    struct Failure: Hashable, Sendable {
        var task: String
        var message: String
    }

    private(set) var recap: [String: Recap]?
    /// For each host, the last task that failed there.
    private(set) var failures: [String: Failure] = [:]
    private(set) var playsWithoutHosts = 0
    private var plays = 0
    private var play = 0
    private var playName = ""
    private var task = 0
    private var taskName = ""
    /// The hosts that the task was started on, and those that have answered.
    private var started: Set<String> = []
    private var ended: Set<String> = []
    private var detail = ""

    private static let marker = "planner-event "

    /// Takes one line of output.
    ///
    /// - Returns: whether it was an event.
    mutating func take(_ line: String) -> Bool {
        guard let start = line.firstRange(of: PlaybookProgress.marker + "{") else { return false }
        let text = line[start.lowerBound...].dropFirst(PlaybookProgress.marker.count)
        // A line that another process has written into is no event; the next one tells more.
        guard let event = try? YAMLDecoder().decode(Event.self, from: String(text)) else { return false }
        take(event)
        return true
    }

    private mutating func take(_ event: Event) {
        switch event.event {
        case "playbook": plays = event.plays ?? 0
        case "play":
            play += 1
            playName = event.name ?? ""
            (task, taskName, started, ended, detail) = (0, "", [], [], "")
        case "no-hosts": playsWithoutHosts += 1
        case "task":
            task += 1
            taskName = event.name ?? ""
            (started, ended, detail) = ([], [], "")
        case "start": if let host = event.host { started.insert(host) }
        case "result": takeResult(event)
        case "recap": recap = event.hosts
        default: break
        }
    }

    private mutating func takeResult(_ event: Event) {
        guard let host = event.host, let status = event.status else { return }
        if status == "retry" {
            detail = ", try \(event.attempt ?? 0) of \(event.attempts ?? 0) on \(host)"
            return
        }
        ended.insert(host)
        guard status == "failed" || status == "unreachable" else { return }
        failures[host] = Failure(task: event.task ?? taskName, message: event.message ?? "")
        detail = ", \(status) on \(host)"
    }

    /// Where it stands, in one line: `play 1/2 'workers', task 3 'install kubelet': 2 of 3 hosts, waiting for svc-6`.
    var text: String {
        if let recap { return "recap: " + PlaybookProgress.text(of: recap) }
        guard play > 0 else { return "\(plays) plays" }
        let place = "play \(play)/\(max(plays, play)) '\(playName)'"
        guard task > 0 else { return place }
        let waiting = started.subtracting(ended).sorted(by: NaturalOrder.isBefore)
        let hosts = started.isEmpty ? "" : ": \(ended.count) of \(started.union(ended).count) hosts"
        let names = waiting.prefix(3).joined(separator: ", ") + (waiting.count > 3 ? ", ..." : "")
        return "\(place), task \(task) '\(taskName)'\(hosts)" + (waiting.isEmpty ? "" : ", waiting for \(names)") + detail
    }

    static func text(of recap: [String: Recap]) -> String {
        recap.sorted { NaturalOrder.isBefore($0.key, $1.key) }.map { "\($0.key) \($0.value.text)" }.joined(separator: "; ")
    }

    /// The hosts that the playbook did not get through, in natural order.
    var failedHosts: [(host: String, recap: Recap)] {
        (recap ?? [:]).filter { !$0.value.isSuccess }.sorted { NaturalOrder.isBefore($0.key, $1.key) }
            .map { (host: $0.key, recap: $0.value) }
    }
}
