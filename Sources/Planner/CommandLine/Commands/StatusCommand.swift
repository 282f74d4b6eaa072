import ArgumentParser
import Engine
import Model
import Planning
import Service
import Store
import TaskKit

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Where everything stands: the plan, who runs it, what state each touched node is in, what to do next.")

    @Flag(help: "Show it anew every second while a run is active.")
    var watch = false

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() async throws {
        let site = try site.open()
        if watch { return try await watch(site) }
        let status = try site.status()
        var live = LiveStatus(site)
        try live.advance(status)
        if output.json { return Output.standard.line(JSONOutput.document(JSONStatus(status, live))) }
        let text = StatusText(
            status, running: live.rows(at: status.time), style: Style(usesColor: Output.standard.usesColor),
            width: Output.standard.cutWidth
        ).text
        Output.standard.write(Wrapping.text(text, width: Output.standard.cutWidth))
    }

    /// On a terminal in one place; a pipe gets it again when it has changed.
    private func watch(_ site: Site) async throws {
        let isTerminal = Output.standard.isTerminal && !output.json
        var screen = TerminalScreen(paintTo: { Output.standard.write($0) }, printTo: { Output.standard.write($0) })
        var former: String?
        var live = LiveStatus(site)
        while true {
            let status = try site.status()
            try live.advance(status)
            let text =
                output.json
                ? JSONOutput.text(of: JSONStatus(status, live)) + "\n"
                : StatusText(
                    status, running: isTerminal ? live.rows(at: status.time) : nil, style: Style(usesColor: false),
                    width: isTerminal ? Output.standard.width : nil
                ).text
            if isTerminal {
                let width = Output.standard.width
                let lines = text.split(separator: "\n").map { DisplayWidth.cut(String($0), to: width - 1) }
                screen.show(above: "", region: Array(lines.suffix(max(1, Output.standard.height - 1))), width: width)
            } else if text != former {
                Output.standard.write((former == nil || output.json ? "" : "\n") + text)
            }
            former = text
            guard status.holder != nil else { return }
            try await Task.sleep(for: .seconds(1))
        }
    }
}

/// The status as `--json` prints it.
struct JSONStatus: Encodable {
    struct Node: Encodable {
        let node: ItemPath
        let outOfServiceBy: [String]
        let inFlight: [String]
        let failed: [String: TaskFailure?]
        let owed: [String]
    }

    let plan: String?
    let state: String?
    let staleness: [String]
    let runningBy: String?
    /// Who ran it and is gone without an end.
    let lostRunner: String?
    let tasks: [String: Int]
    let items: [String: Int]
    let nodes: [Node]
    /// Changed items that no plugin has anything to do with.
    let unhandled: [ItemPath]
    /// What it waits for, how much may fail, and its window; null without a plan.
    let policy: JSONPolicyStatus?
    /// What hosts have said of the plan last; null when they were not asked.
    let preflight: Preflight?

    struct Preflight: Encodable {
        let askedAt: String
        let askedBy: String
        let blockers: Int
        let warnings: Int
    }

    /// What is under way, in the order in which it began.
    let running: [Running]

    struct Running: Encodable {
        let task: String
        let id: TaskID
        let summary: String
        let node: String?
        let state: String
        let since: String?
        /// When it is tried again.
        let retryAt: String?
        let limitMilliseconds: Int
        /// What a gate waits for.
        let waitsFor: String?
        /// What it has said last: of a gate, the last answer.
        let lastLine: String?
    }

    init(_ status: Site.Status, _ live: LiveStatus? = nil) {
        running = live?.running ?? []
        preflight = status.preflight.map { preflight in
            Preflight(
                askedAt: RunRecord.timestamp(preflight.askedAt), askedBy: preflight.askedBy,
                blockers: preflight.report.blockers.count, warnings: preflight.report.warnings.count)
        }
        plan = status.plan?.id
        state = StatusText.state(of: status)
        staleness = status.staleness
        runningBy = status.holder?.description
        lostRunner = status.lost?.holder.description
        let states = status.progress?.tasks.values.map { (PlanText.word(for: $0).lowercased(), 1) }
        let unbegun = status.plan.map { [(PlanText.word(for: .initial).lowercased(), $0.counts.tasks)] } ?? []
        tasks = Dictionary(states ?? unbegun, uniquingKeysWith: +)
        items = Dictionary(uniqueKeysWithValues: status.items.map { ($0.key.rawValue, $0.value) })
        unhandled = status.unhandled.map(\.path)
        policy = status.policy.map(JSONPolicyStatus.init)
        nodes = status.nodes.map { node in
            Node(
                node: node.node, outOfServiceBy: node.takenOutBy, inFlight: node.inFlight.map(\.summary),
                failed: Dictionary(node.failed.map { ($0.task.summary, $0.failure) }, uniquingKeysWith: { first, _ in first }),
                owed: node.owed.map(\.summary))
        }
    }
}
