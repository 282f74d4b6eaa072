import Model
import PluginKit
import TaskKit

/// A step that is in the plan, with its reasons and its place. A reference: it is sorted into sections, layers and phases.
final class SelectedStep {
    let identity: StepIdentity
    /// Eight digits of a digest of the identity; more where two steps of a plan share them (``PlanMaker/distinguish(_:)``).
    var id: TaskID
    let host: ItemPath
    let summary: String
    let effect: Effect
    let group: DeploymentGroup
    /// The cluster whose section it stands in; nil in the groups of the whole site.
    let cluster: ItemPath?
    let reasons: [Reason]
    let action: AnyTaskAction
    let fingerprint: String?
    private(set) var requires: [Step.Requirement]
    /// What it accompanies, as far as that is in the plan.
    let accompanies: [StepIdentity]
    let forgets: [StepScope]
    let nodeChange: NodeChange?
    let isDestructive: Bool
    let inputs: [ItemPath]
    let retries: RetryPolicy?

    var isUndo: Bool { !forgets.isEmpty }

    /// A step of a plugin.
    ///
    /// - Parameter fingerprint: of a change; nothing else is recorded as applied.
    init(
        _ step: Step, group: DeploymentGroup, cluster: ItemPath?, reasons: [Reason], accompanies: [StepIdentity] = [],
        fingerprint change: StepFingerprint? = nil
    ) {
        identity = step.identity
        id = TaskID(of: step.identity, length: TaskID.length)
        host = step.host
        summary = step.summary
        self.group = group
        self.cluster = cluster
        self.reasons = reasons
        action = step.action
        requires = step.requires
        self.accompanies = accompanies
        nodeChange = step.nodeChange
        isDestructive = step.isDestructive
        inputs = step.inputs
        retries = step.retries
        switch step.role {
        case .change(let effect):
            self.effect = effect
            fingerprint = change?.text
            forgets = []
        case .undo(let forgetting):
            effect = .live
            fingerprint = nil
            forgets = forgetting
        case .companion:
            effect = .live
            fingerprint = nil
            forgets = []
        }
    }

    /// A task that an earlier plan owes, as that plan had it.
    init(_ owed: OwedTask) {
        identity = owed.task.identity
        id = TaskID(of: identity, length: TaskID.length)
        host = owed.task.host
        summary = owed.task.summary
        effect = owed.task.effect
        group = owed.task.group
        cluster = owed.cluster
        reasons = [.owed(plan: owed.plan)]
        action = owed.task.action
        fingerprint = nil
        requires = []
        accompanies = []
        forgets = []
        nodeChange = owed.task.nodeChange
        isDestructive = owed.task.isDestructive
        inputs = []
        retries = owed.task.retries
    }

    /// Puts it behind others of its section.
    func require(_ steps: some Sequence<StepIdentity>) { requires += steps.map { .step($0) } }
}

extension TaskID {
    static let length = 8

    init(of identity: StepIdentity, length: Int) {
        var input = DigestInput()
        input.append(identity.item.text)
        input.append("\n")
        if let node = identity.node { input.append(node.text) }
        input.append("\n")
        input.append(identity.name)
        self.init(input.hexadecimal(digits: length))
    }
}
