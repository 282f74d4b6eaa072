package import Model
package import TaskKit

/// Everything that a plan is made from, as it was at one moment, whatever other processes write meanwhile.
package struct StoreSnapshot: Sendable {
    package let declared: Tree
    package let applied: ResolvedTree
    package let appliedSteps: [StepIdentity: AppliedStep]
    package let owedSteps: [OwedStep]
    package let nodeFacts: [NodeFact]
    /// What plans that are not complete have set out to make, the earliest first.
    package let attempts: [Attempt]
    package let appliedSerial: Int
}

extension Store {
    /// Reads all that a plan is made from in one transaction.
    package func snapshot(registry: TypeRegistry) throws(StoreError) -> StoreSnapshot {
        try read { database in
            StoreSnapshot(
                declared: try DeclaredItemTable.read(database),
                applied: ResolvedTree(ordered: try AppliedItemTable.read(database), registry: registry),
                appliedSteps: try AppliedStepTable.read(database), owedSteps: try OwedStepTable.read(database),
                nodeFacts: try NodeFactTable.read(database), attempts: try AttemptedItemTable.read(database),
                appliedSerial: try StoreTable.appliedSerial(database))
        }
    }
}
