package import Model
package import TaskKit

/// What becomes true together with a record of the journal: plain data, written in the transaction of the record.
package struct StoreChanges: Hashable, Sendable {
    /// Applied steps that are void now. Taken away first, so that a step may be recorded anew.
    package var forget: [StepScope] = []
    package var recordSteps: [RecordedStep] = []
    /// Owed steps that are done.
    package var settle: [StepIdentity] = []
    package var owe: [OwedStep] = []
    /// Nodes that are back in service.
    package var putBack: [NodeContributor] = []
    /// Nodes that are out of service.
    package var takeOut: [NodeContributor] = []
    package var removeItems: [ItemPath] = []
    package var applyItems: [ResolvedItem] = []
    /// What the plan sets out to make true.
    package var attempt: [ResolvedItem] = []
    /// The earlier plans whose attempts are still of use, beside the plan of the record; nil when all may be.
    package var keepAttempts: [Int]?
    /// Whether all is as declared, so that what was attempted is void.
    package var isComplete = false
    /// The state that the plan of the record has from now on.
    package var planState: PlanState?

    package init() {}

    package var isEmpty: Bool { self == StoreChanges() }
}

/// A step that was made true.
package struct RecordedStep: Hashable, Sendable {
    package var identity: StepIdentity
    package var fingerprint: String

    package init(_ identity: StepIdentity, fingerprint: String) {
        self.identity = identity
        self.fingerprint = fingerprint
    }
}

/// A node, and who takes it out of service or puts it back.
package struct NodeContributor: Hashable, Sendable {
    package var node: ItemPath
    package var contributor: String

    package init(node: ItemPath, contributor: String) {
        self.node = node
        self.contributor = contributor
    }
}
