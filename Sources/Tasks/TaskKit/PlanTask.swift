package import Model

/// One idempotent step on one host, as a plan holds it.
///
/// A copy costs one reference, whatever the task holds: plans of 100,000 tasks are counted, sorted and compared all the time.
package struct PlanTask: Hashable, Sendable, Identifiable {
    private var content: Content

    private final class Content: Sendable {
        let fields: Fields

        init(_ fields: Fields) { self.fields = fields }
    }

    private struct Fields: Hashable, Sendable, Codable {
        var id: TaskID
        var identity: StepIdentity
        var group: DeploymentGroup
        var host: ItemPath
        var summary: String
        var effect: Effect
        var reasons: [Reason]
        var action: AnyTaskAction
        var fingerprint: String?
        var accompanies: [TaskID]
        var forgets: [StepScope]
        var nodeChange: NodeChange?
        var isDestructive: Bool
        var retries: RetryPolicy?
    }

    package init(
        id: TaskID, identity: StepIdentity, group: DeploymentGroup, host: ItemPath, summary: String, effect: Effect,
        reasons: [Reason], action: AnyTaskAction, fingerprint: String?, accompanies: [TaskID] = [],
        forgets: [StepScope] = [], nodeChange: NodeChange? = nil, isDestructive: Bool = false, retries: RetryPolicy? = nil
    ) {
        content = Content(
            Fields(
                id: id, identity: identity, group: group, host: host, summary: summary, effect: effect, reasons: reasons,
                action: action, fingerprint: fingerprint, accompanies: accompanies, forgets: forgets, nodeChange: nodeChange,
                isDestructive: isDestructive, retries: retries))
    }

    private mutating func change(_ change: (inout Fields) -> Void) {
        var fields = content.fields
        change(&fields)
        content = Content(fields)
    }

    package static func == (left: PlanTask, right: PlanTask) -> Bool {
        left.content === right.content || left.content.fields == right.content.fields
    }

    package func hash(into hasher: inout Hasher) { hasher.combine(content.fields) }
}

extension PlanTask {
    package var id: TaskID { content.fields.id }

    package var identity: StepIdentity {
        get { content.fields.identity }
        set { change { $0.identity = newValue } }
    }

    package var group: DeploymentGroup {
        get { content.fields.group }
        set { change { $0.group = newValue } }
    }

    /// The host on which it is carried out; a key of ``Plan/hosts``.
    package var host: ItemPath { content.fields.host }
    /// What it does, for people: `copy image eccd-node to svc-1`.
    package var summary: String {
        get { content.fields.summary }
        set { change { $0.summary = newValue } }
    }

    package var effect: Effect {
        get { content.fields.effect }
        set { change { $0.effect = newValue } }
    }

    package var reasons: [Reason] {
        get { content.fields.reasons }
        set { change { $0.reasons = newValue } }
    }

    package var action: AnyTaskAction {
        get { content.fields.action }
        set { change { $0.action = newValue } }
    }

    /// A digest of what it would make true; nil for a companion, which is never recorded as applied.
    package var fingerprint: String? { content.fields.fingerprint }

    /// The tasks of this plan that this one accompanies. It is owed from the moment on which one of them starts.
    package var accompanies: [TaskID] {
        get { content.fields.accompanies }
        set { change { $0.accompanies = newValue } }
    }

    /// Records that are void when this task is done: what an undo has taken away.
    package var forgets: [StepScope] {
        get { content.fields.forgets }
        set { change { $0.forgets = newValue } }
    }

    /// What the success of this task says about its node.
    package var nodeChange: NodeChange? {
        get { content.fields.nodeChange }
        set { change { $0.nodeChange = newValue } }
    }

    /// Whether it takes something away for good (a disk, a member): counted apart.
    package var isDestructive: Bool { content.fields.isDestructive }

    /// How often it is tried; nil leaves that to the run.
    package var retries: RetryPolicy? {
        get { content.fields.retries }
        set { change { $0.retries = newValue } }
    }
}

extension PlanTask: Codable {
    package init(from decoder: any Decoder) throws { content = Content(try Fields(from: decoder)) }
    package func encode(to encoder: any Encoder) throws { try content.fields.encode(to: encoder) }
}

extension PlanTask {
    /// Whether the node serves less, or not at all, from the moment on which it begins: until its block is done.
    package var disturbsNode: Bool {
        if case .takenOut = nodeChange { return true }
        return effect > .live || isDestructive
    }
}
