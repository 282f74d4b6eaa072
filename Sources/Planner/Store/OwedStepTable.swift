internal import GRDB
package import Model
package import TaskKit

/// Companions that were planned and not completed (DESIGN section 4, rule 4).
enum OwedStepTable {
    static let schema = """
        CREATE TABLE owed_step (
            item TEXT NOT NULL,
            node TEXT NOT NULL,
            name TEXT NOT NULL,
            plan_id TEXT NOT NULL,
            plan_serial INTEGER NOT NULL,
            cluster TEXT,
            block_node TEXT,
            task TEXT NOT NULL,
            PRIMARY KEY (item, node, name)
        ) STRICT, WITHOUT ROWID
        """

    static let select = "SELECT item, node, name, plan_id, plan_serial, cluster, block_node, task FROM owed_step"

    static let upsert = """
        INSERT INTO owed_step (item, node, name, plan_id, plan_serial, cluster, block_node, task)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (item, node, name) DO UPDATE
            SET plan_id = excluded.plan_id, plan_serial = excluded.plan_serial, cluster = excluded.cluster,
                block_node = excluded.block_node, task = excluded.task
            WHERE plan_id IS NOT excluded.plan_id OR plan_serial IS NOT excluded.plan_serial
                OR cluster IS NOT excluded.cluster OR block_node IS NOT excluded.block_node OR task IS NOT excluded.task
        """

    static let delete = "DELETE FROM owed_step WHERE item = ? AND node = ? AND name = ?"

    static func read(_ database: Database) throws -> [OwedStep] {
        let json = JSONText()
        let rows = try Row.fetchCursor(database, sql: select)
        var steps: [OwedStep] = []
        var columns = StepColumns()
        while let row = try rows.next() {
            let cluster: String? = row[5]
            let node: String? = row[6]
            steps.append(
                OwedStep(
                    identity: try columns.identity(item: row[0], node: row[1], name: row[2]), planID: row[3],
                    planSerial: row[4], cluster: try cluster.map { try .stored($0) },
                    node: try node.map { try .stored($0) }, task: try json.value(PlanTask.self, from: row[7])))
        }
        return steps.sorted { $0.identity < $1.identity }
    }

    static func write(_ steps: [OwedStep], _ database: Database) throws {
        guard !steps.isEmpty else { return }
        let json = JSONText()
        let statement = try database.cachedStatement(sql: upsert)
        for step in steps {
            try statement.execute(
                arguments: StepColumns.arguments(step.identity)
                    + [step.planID, step.planSerial, step.cluster?.text, step.node?.text, try json.text(step.task)])
        }
    }

    static func settle(_ identities: [StepIdentity], _ database: Database) throws {
        guard !identities.isEmpty else { return }
        let statement = try database.cachedStatement(sql: delete)
        for identity in identities { try statement.execute(arguments: StepColumns.arguments(identity)) }
    }
}

/// A companion that an earlier plan began to need and did not complete: the next plan contains it.
package struct OwedStep: Hashable, Sendable {
    package var identity: StepIdentity
    /// The ``TaskKit/Plan/id`` of the plan that owes it.
    package var planID: String
    package var planSerial: Int
    /// The cluster and the node in whose block it stood.
    package var cluster: ItemPath?
    package var node: ItemPath?
    package var task: PlanTask

    package init(
        identity: StepIdentity, planID: String, planSerial: Int, cluster: ItemPath?, node: ItemPath?, task: PlanTask
    ) {
        self.identity = identity
        self.planID = planID
        self.planSerial = planSerial
        self.cluster = cluster
        self.node = node
        self.task = task
    }
}

extension Store {
    /// What is owed, ordered by identity.
    package func owedSteps() throws(StoreError) -> [OwedStep] { try read(OwedStepTable.read) }
}
