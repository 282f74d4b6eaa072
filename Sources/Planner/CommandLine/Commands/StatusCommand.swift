import ArgumentParser
import Engine
import Model
import Planning
import Service
import Store
import TaskKit

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Where everything stands: the plan, who runs it, what state each touched node is in, what to do next.")

    @OptionGroup var output: JSONOptions
    @OptionGroup var site: SiteOptions

    func run() throws {
        let status = try site.open().status()
        if output.json { return Output.standard.line(JSONOutput.document(JSONStatus(status))) }
        Output.standard.write(StatusText(status, style: Style(usesColor: Output.standard.usesColor)).text)
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
    let tasks: [String: Int]
    let items: [String: Int]
    let nodes: [Node]
    /// Changed items that no plugin has anything to do with.
    let unhandled: [ItemPath]
    /// What it waits for, how much may fail, and its window; null without a plan.
    let policy: JSONPolicyStatus?

    init(_ status: Site.Status) {
        plan = status.plan?.id
        state = StatusText.state(of: status)
        staleness = status.staleness
        runningBy = status.holder?.description
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
