package import Model

/// The applied steps that an undo makes void: those of an item (and of everything below it), on one host or on all.
package struct StepScope: Hashable, Sendable, Codable {
    package var item: ItemPath
    package var node: ItemPath?

    package init(item: ItemPath, node: ItemPath? = nil) {
        self.item = item
        self.node = node
    }

    /// Whether `identity` is one of the steps that are meant.
    package func contains(_ identity: StepIdentity) -> Bool {
        identity.item.isWithin(item) && (node == nil || node == identity.node)
    }
}

/// A fact about a node that plans establish and later plans must know (DESIGN section 6, node facts).
package enum NodeChange: Hashable, Sendable, Codable {
    /// Taken out of service by the contributor of this name (`ha`, `kubernetes`): locked, drained.
    case takenOut(String)
    /// Put back into service by the contributor of this name.
    case putBack(String)
}

/// Tasks that may run at the same time.
package struct Phase: Hashable, Sendable, Codable {
    /// Counts from 1 in execution order.
    package var number: Int
    package var group: DeploymentGroup
    package var cluster: ItemPath?
    /// The node whose block this phase is part of; nil when it is of several nodes or of none.
    package var node: ItemPath?
    /// The numbers of the phases that must be complete before this one starts.
    package var after: [Int]
    package var tasks: [PlanTask]
    /// Those of `after` that may have failed instead, with the node whose block they end, as far as the group that they belong to allows
    /// failures. Nil: none; then everything in `after` must have succeeded.
    package var tolerates: [Int]?
    /// The cluster or pool by whose policy the block of the node has its turn, where that allows failures: the path of a
    /// ``RollingGroup``.
    package var turn: ItemPath?
    /// What it waits for, when it has no tasks.
    package var wait: PhaseWait?

    package init(
        number: Int, group: DeploymentGroup, cluster: ItemPath?, node: ItemPath?, after: [Int], tasks: [PlanTask]
    ) {
        self.number = number
        self.group = group
        self.cluster = cluster
        self.node = node
        self.after = after
        self.tasks = tasks
    }

    /// Whether it is there only for what follows to come after all that precedes it.
    package var isJoint: Bool { tasks.isEmpty && wait == nil }
}

/// What is to be done, in which order and why: immutable data, the same bytes for the same input (DESIGN section 4).
package struct Plan: Hashable, Sendable, Codable {
    /// The version of this document; a reader refuses a greater one.
    package static let schema = "planner.plan/1"

    package var schema: String = Plan.schema
    /// Eight hexadecimal digits made from the content.
    package var id: String
    /// Digest of the declared tree that the plan was made from.
    package var modelFingerprint: String
    /// The state of the applied tree that the plan was made from: it counts every change of what is applied.
    package var appliedSerial: Int
    /// Planner and its plugins: name to version.
    package var versions: [String: String]
    package var hosts: [ItemPath: HostConnection]
    package var phases: [Phase]
    /// For every item that is not as it was applied: the tasks after which it is. An item without an entry is so when all of the plan
    /// is done.
    package var completions: [ItemPath: [TaskID]]
    /// Items that no plugin has a step for though their types want one: they stay in their state when the plan is done. Nil when there are
    /// none.
    package var unhandled: [ItemPath]?
    /// What is dangerous in it, as it was known when the plan was made; nil when there is nothing.
    package var risks: [PlanRisk]?
    /// What the plan was limited to; nil when it makes all of the model true.
    package var selection: PlanSelection?
    /// The clusters and pools whose nodes take turns, in the order of their turns; nil when there are none.
    package var rolling: [RollingGroup]?

    package init(
        id: String, modelFingerprint: String, appliedSerial: Int, versions: [String: String],
        hosts: [ItemPath: HostConnection], phases: [Phase], completions: [ItemPath: [TaskID]] = [:]
    ) {
        self.id = id
        self.modelFingerprint = modelFingerprint
        self.appliedSerial = appliedSerial
        self.versions = versions
        self.hosts = hosts
        self.phases = phases
        self.completions = completions
    }

    package var tasks: [PlanTask] { phases.flatMap(\.tasks) }
    package var taskCount: Int { phases.reduce(0) { $0 + $1.tasks.count } }
}
