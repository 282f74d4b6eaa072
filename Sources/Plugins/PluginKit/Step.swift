package import Model
package import TaskKit

/// One idempotent thing to do on one host, as a plugin declares it: what it makes true, not whether it is needed.
package struct Step: Sendable {
    /// What part a step has in a plan.
    package enum Role: Hashable, Sendable {
        /// Makes something true. It is in the plan unless a step of equal identity and ``Step/makesTrue`` was applied.
        case change(Effect)
        /// Takes away what was applied in `forgetting`; it is in the plan as long as any such step is recorded.
        case undo(forgetting: [StepScope])
        /// Is in the plan if and only if one of the steps that it accompanies is (DESIGN section 4, rule 4).
        case companion(of: [Trigger])
    }

    /// What brings a companion into a plan.
    package enum Trigger: Hashable, Sendable {
        case step(StepIdentity)
        /// The locked section of the node: the node is taken out of service in this plan.
        case lockedSection(ItemPath)
    }

    /// What must come before a step.
    package enum Requirement: Hashable, Sendable {
        case step(StepIdentity)
        /// Every step of the item at this path and of the items below it.
        case items(ItemPath)
    }

    package var identity: StepIdentity
    /// The host on which it is carried out.
    package var host: ItemPath
    package var summary: String
    package var role: Role
    /// Where it belongs in the deployment order; nil lets the rule decide: steps of a management server in MS, of a node in NODE, of a
    /// cluster in CLUSTER.
    package var group: DeploymentGroup?
    package var action: AnyTaskAction
    /// Everything that is different on the real system when the step has another result: paths, contents, sizes. Not limits and not
    /// the wording of scripts, whose change must not touch a node.
    package var makesTrue: [String]
    /// Secrets on which it depends beside those of its action: a new value of one makes it needed again.
    package var secrets: [SecretReference]
    /// Items whose values go into the step, beside its own; what changed in them is its reason.
    package var inputs: [ItemPath]
    package var requires: [Requirement]
    package var nodeChange: NodeChange?
    package var isDestructive: Bool
    /// A companion that the unlock of its node does as well: it is left out where the node has a locked section.
    package var isCoveredByUnlock: Bool
    /// How often it is tried within a run, when that is not to be as for every task.
    package var retries: RetryPolicy?

    package init(
        _ identity: StepIdentity, on host: ItemPath, _ summary: String, role: Role, group: DeploymentGroup? = nil,
        action: some TaskAction, makesTrue: [String] = [], secrets: [SecretReference] = [], inputs: [ItemPath] = [],
        requires: [Requirement] = [], nodeChange: NodeChange? = nil, isDestructive: Bool = false, isCoveredByUnlock: Bool = false
    ) {
        self.identity = identity
        self.host = host
        self.summary = summary
        self.role = role
        self.group = group
        self.action = AnyTaskAction(action)
        self.makesTrue = makesTrue
        self.secrets = secrets
        self.inputs = inputs
        self.requires = requires
        self.nodeChange = nodeChange
        self.isDestructive = isDestructive
        self.isCoveredByUnlock = isCoveredByUnlock
    }

    /// Digest of what the step would make true: SHA-256 over ``makesTrue``, unambiguous whatever the texts contain. Behind it stand the
    /// versions of the stored secrets that go into it: what was written with another value of a secret is not true any more.
    package func fingerprint(secretVersions: [String: String] = [:]) -> StepFingerprint {
        var input = DigestInput()
        for (position, text) in makesTrue.enumerated() {
            if position > 0 { input.append(",") }
            input.appendMeasured(text)
        }
        var versions: [String: String] = [:]
        for case .stored(let name) in action.action.secrets + secrets { versions[name] = secretVersions[name] ?? "" }
        return StepFingerprint(digest: input.hexadecimal(), secretVersions: versions)
    }
}

/// One contributor to taking a node out of service: a step that does it, and those that put it back. A node may have any number of
/// contributors; they are locked in order of priority and unlocked in reverse (R59).
package struct NodeLock: Sendable {
    /// Unique for a node: `ha`, `load-balancer`.
    package let name: String
    package let node: ItemPath
    /// Lower numbers lock earlier and unlock later.
    package let priority: Int
    package let lock: Step
    /// One after the other; the node is back when the last is done.
    package let unlock: [Step]

    /// The roles, groups and node changes of the steps are set here: they accompany the locked section of `node`.
    package init(name: String, node: ItemPath, priority: Int, lock: Step, unlock: [Step]) {
        self.name = name
        self.node = node
        self.priority = priority
        var locking = lock
        locking.role = .companion(of: [.lockedSection(node)])
        locking.group = .lock
        locking.nodeChange = .takenOut(name)
        self.lock = locking
        self.unlock = unlock.enumerated().map { position, step in
            var step = step
            // Naming its own lock makes the unlock owed from the moment on which that lock begins, and not before.
            step.role = .companion(of: [.lockedSection(node), .step(lock.identity)])
            step.group = .unlock
            step.nodeChange = position == unlock.count - 1 ? .putBack(name) : nil
            return step
        }
    }
}
