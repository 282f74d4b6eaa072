import Model
import PluginKit
import TaskKit

/// A step that is in the plan, with its reasons and its place.
struct SelectedStep {
    var identity: StepIdentity
    var host: ItemPath
    var summary: String
    var effect: Effect
    var group: DeploymentGroup
    /// The cluster whose section it stands in; nil in the groups of the whole site.
    var cluster: ItemPath?
    var reasons: [Reason]
    var action: AnyTaskAction
    var fingerprint: String?
    var requires: [Step.Requirement]
    /// What it accompanies, as far as that is in the plan.
    var accompanies: [StepIdentity]
    var forgets: [StepScope]
    var nodeChange: NodeChange?
    var isDestructive: Bool
    var inputs: [ItemPath]
    var retries: RetryPolicy?

    var isUndo: Bool { !forgets.isEmpty }
}

extension SelectedStep {
    /// A step of a plugin.
    ///
    /// - Parameter fingerprint: of a change; nothing else is recorded as applied.
    init(
        _ step: Step, group: DeploymentGroup, cluster: ItemPath?, reasons: [Reason], accompanies: [StepIdentity] = [],
        fingerprint change: StepFingerprint? = nil
    ) {
        identity = step.identity
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
}
