import Model
import PluginKit
import TaskKit

/// A plugin whose steps a test decides: one for each thing of the site, and whatever else the test gives.
struct TestPlugin: Plugin {
    var name = "test"
    var version = "1"
    let propertyTypes = [
        PropertyType("thing_text", rule: "any text") { _ in true },
        PropertyType("thing_list", .list, rule: "any texts") { _ in true },
    ]
    let itemTypes = [
        ItemType("thing", extends: "node-config", summary: "Something true on a host.", properties: TestPlugin.properties),
        ItemType(
            "cluster-thing", extends: "cluster-config", summary: "Something true of a cluster.",
            properties: TestPlugin.properties),
    ]
    /// Steps beside those of things.
    var extra: @Sendable (PlanningContext) -> [Step] = { _ in [] }
    var undo: @Sendable (PlanningContext) -> [Step] = { _ in [] }
    /// What takes each node out of service: names with their priorities.
    var contributors: [String: Int] = [:]
    var rank: @Sendable (ManagedNode) -> Int? = { _ in nil }
    /// The order in which steps are returned, which must not matter.
    var arranged: @Sendable ([Step]) -> [Step] = { $0 }

    private static let properties = [
        PropertyDefinition("value", "thing_text", summary: "What is true."),
        PropertyDefinition("thing_effect", "change_effect", default: "live", summary: "What a change costs."),
        PropertyDefinition("inputs", "thing_list", default: [], summary: "Other items that go into it."),
    ]

    func steps(in context: PlanningContext) -> [Step] { arranged(things(in: context) + extra(context)) }
    func undoSteps(in context: PlanningContext) -> [Step] { undo(context) }
    func rank(of node: ManagedNode, in context: PlanningContext) -> Int? { rank(node) }

    func locks(in context: PlanningContext) -> [NodeLock] {
        context.nodes.filter { !$0.isManagementServer && $0.isDeclared }.flatMap { node in
            contributors.map { TestPlugin.lock(named: $0.key, priority: $0.value, of: node.path) }
        }
    }

    /// A contributor with a lock, and an unlock in two steps.
    static func lock(named name: String, priority: Int, of node: ItemPath) -> NodeLock {
        func step(_ verb: String) -> Step { .companion("\(verb)-\(name)", of: [], item: node, node: node) }
        return NodeLock(
            name: name, node: node, priority: priority, lock: step("lock"), unlock: [step("unlock"), step("answer")])
    }

    private func things(in context: PlanningContext) -> [Step] {
        let ofHosts = context.declared.items(ofType: "thing").compactMap { item in
            item.path.parent?.parent.map { TestPlugin.step(for: item, node: $0, host: $0) }
        }
        let ofClusters = context.declared.items(ofType: "cluster-thing").compactMap { item -> Step? in
            guard let cluster = item.path.parent?.parent, let host = context.nodes(of: cluster).first else { return nil }
            return TestPlugin.step(for: item, node: nil, host: host.path)
        }
        return ofHosts + ofClusters
    }

    private static func step(for item: ResolvedItem, node: ItemPath?, host: ItemPath) -> Step {
        Step(
            StepIdentity(item: item.path, node: node, name: "apply"), on: host,
            "apply \(item.path.name)" + (node.map { " on \($0.name)" } ?? ""),
            role: .change(Effect(rawValue: item.text("thing_effect")) ?? .live), action: idle,
            makesTrue: [item.text("value")], inputs: item.list("inputs").compactMap { ItemPath($0) })
    }

    static let idle = CommandAction(check: nil, apply: "true", limit: .seconds(1))
}

extension Step {
    /// A change on a node, as small as tests want it.
    static func change(
        _ name: String, item: ItemPath, node: ItemPath?, host: ItemPath? = nil, makesTrue: String = "1",
        effect: Effect = .live, group: DeploymentGroup? = nil, requires: [Requirement] = []
    ) -> Step {
        Step(
            StepIdentity(item: item, node: node, name: name), on: host ?? node ?? Place.server, name, role: .change(effect),
            group: group, action: TestPlugin.idle, makesTrue: [makesTrue], requires: requires)
    }

    static func companion(
        _ name: String, of triggers: [Trigger], item: ItemPath, node: ItemPath?, host: ItemPath? = nil,
        group: DeploymentGroup? = nil, requires: [Requirement] = [], isCoveredByUnlock: Bool = false
    ) -> Step {
        Step(
            StepIdentity(item: item, node: node, name: name), on: host ?? node ?? Place.server, name,
            role: .companion(of: triggers), group: group, action: TestPlugin.idle, requires: requires,
            isCoveredByUnlock: isCoveredByUnlock)
    }

    static func undo(
        _ name: String, item: ItemPath, node: ItemPath?, forgetting: [StepScope], requires: [Requirement] = []
    ) -> Step {
        Step(
            StepIdentity(item: item, node: node, name: name), on: node ?? Place.server, name,
            role: .undo(forgetting: forgetting), action: TestPlugin.idle, requires: requires)
    }
}
