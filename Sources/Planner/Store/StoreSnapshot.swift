internal import GRDB
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
    package let declaredSerial: Int
    /// Whether every declared value was checked by the rules of whoever uses the store.
    package let areValuesChecked: Bool
}

extension StoreSnapshot {
    fileprivate init(declared: Tree, applied: ResolvedTree, rows: Store.AppliedRows, moment: Store.Moment) {
        self.declared = declared
        self.applied = applied
        appliedSteps = rows.steps
        owedSteps = rows.owed
        nodeFacts = rows.facts
        attempts = rows.attempts
        appliedSerial = moment.appliedSerial
        declaredSerial = moment.declaredSerial
        areValuesChecked = moment.areValuesChecked
    }
}

extension Store {
    /// Reads all that a plan is made from, as it was at one moment: what is declared on one core, what was applied on another.
    ///
    /// - Parameter judge: makes something of the declared tree while the rest is still being read; it is told whether the values of the
    ///   tree were checked by the rules of whoever uses the store.
    package func snapshot<Judgement: Sendable>(
        registry: TypeRegistry, judging judge: @Sendable (Tree, _ areValuesChecked: Bool) -> Judgement
    ) throws(StoreError) -> (snapshot: StoreSnapshot, judgement: Judgement) {
        let halves: [Half<Judgement>] = try encoding {
            try inParallel([true, false]) { isDeclared throws -> Half<Judgement> in
                try isDeclared ? readDeclared(judging: judge) : readApplied(registry)
            }
        }
        guard case .declared(let moment, let tree, let judgement) = halves[0],
            case .applied(moment, let rows, let applied) = halves[1]
        else {
            // Somebody wrote between the two: all in one transaction, then.
            let snapshot = try snapshot(registry: registry)
            return (snapshot, judge(snapshot.declared, snapshot.areValuesChecked))
        }
        return (StoreSnapshot(declared: tree, applied: applied, rows: rows, moment: moment), judgement)
    }

    /// Reads all that a plan is made from in one transaction.
    package func snapshot(registry: TypeRegistry) throws(StoreError) -> StoreSnapshot {
        let (moment, tree, rows) = try read { (database: Database) throws -> (Moment, Tree, AppliedRows) in
            (try Moment(database, rules), try DeclaredItemTable.read(database), try AppliedRows(database))
        }
        return StoreSnapshot(declared: tree, applied: rows.tree(registry), rows: rows, moment: moment)
    }

    private func readDeclared<Judgement: Sendable>(
        judging judge: @Sendable (Tree, Bool) -> Judgement
    ) throws(StoreError) -> Half<Judgement> {
        let (moment, tree) = try read { (database: Database) throws -> (Moment, Tree) in
            (try Moment(database, rules), try DeclaredItemTable.read(database))
        }
        return .declared(moment, tree, judge(tree, moment.areValuesChecked))
    }

    private func readApplied<Judgement: Sendable>(_ registry: TypeRegistry) throws(StoreError) -> Half<Judgement> {
        let (moment, rows) = try read { (database: Database) throws -> (Moment, AppliedRows) in
            (try Moment(database, rules), try AppliedRows(database))
        }
        return .applied(moment, rows, rows.tree(registry))
    }

    /// Two transactions that find the same counters see the same trees: every change of what is declared or applied counts.
    fileprivate struct Moment: Hashable, Sendable {
        let declaredSerial: Int
        let appliedSerial: Int
        let areValuesChecked: Bool

        init(_ database: Database, _ rules: String) throws {
            areValuesChecked = try StoreTable.areValuesChecked(by: rules, database)
            declaredSerial = try StoreTable.declaredSerial(database)
            appliedSerial = try StoreTable.appliedSerial(database)
        }
    }

    fileprivate struct AppliedRows: Sendable {
        let items: [ResolvedItem]
        let steps: [StepIdentity: AppliedStep]
        let owed: [OwedStep]
        let facts: [NodeFact]
        let attempts: [Attempt]

        init(_ database: Database) throws {
            items = try AppliedItemTable.rows(database)
            steps = try AppliedStepTable.read(database)
            owed = try OwedStepTable.read(database)
            facts = try NodeFactTable.read(database)
            attempts = try AttemptedItemTable.read(database)
        }

        func tree(_ registry: TypeRegistry) -> ResolvedTree {
            ResolvedTree(items, registry: registry)
        }
    }

    private enum Half<Judgement: Sendable>: Sendable {
        case declared(Moment, Tree, Judgement)
        case applied(Moment, AppliedRows, ResolvedTree)
    }
}
