internal import GRDB
internal import Model
package import TaskKit

/// What was made true, by step identity. A step of a whole cluster or site has the empty node, since NULL would never equal itself.
enum AppliedStepTable {
    static let schema = """
        CREATE TABLE applied_step (
            item TEXT NOT NULL,
            node TEXT NOT NULL,
            name TEXT NOT NULL,
            fingerprint TEXT NOT NULL,
            plan_serial INTEGER NOT NULL,
            PRIMARY KEY (item, node, name)
        ) STRICT, WITHOUT ROWID
        """

    static let select = "SELECT item, node, name, fingerprint, plan_serial FROM applied_step"

    static let upsert = """
        INSERT INTO applied_step (item, node, name, fingerprint, plan_serial) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (item, node, name) DO UPDATE
            SET fingerprint = excluded.fingerprint, plan_serial = excluded.plan_serial
            WHERE fingerprint IS NOT excluded.fingerprint OR plan_serial IS NOT excluded.plan_serial
        """

    /// The steps of one item, and of those below it: their paths go on with `/`, and `0` is what follows `/`.
    static let forgetItem = "DELETE FROM applied_step WHERE item = :item AND (:node IS NULL OR node = :node)"
    static let forgetBelow = """
        DELETE FROM applied_step WHERE item > :item || '/' AND item < :item || '0' AND (:node IS NULL OR node = :node)
        """
    static let forgetEverywhere = "DELETE FROM applied_step WHERE :node IS NULL OR node = :node"

    static func read(_ database: Database) throws -> [StepIdentity: AppliedStep] {
        let json = JSONText()
        let rows = try Row.fetchCursor(database, sql: select)
        var steps: [StepIdentity: AppliedStep] = [:]
        while let row = try rows.next() {
            let identity = try StepColumns.identity(item: row[0], node: row[1], name: row[2], json)
            steps[identity] = AppliedStep(fingerprint: row[3], planSerial: row[4])
        }
        return steps
    }

    static func write(_ steps: [RecordedStep], planSerial: Int, _ database: Database) throws {
        let statement = try database.cachedStatement(sql: upsert)
        for step in steps {
            try statement.execute(
                arguments: StepColumns.arguments(step.identity) + [step.fingerprint, planSerial])
        }
    }

    static func forget(_ scopes: [StepScope], _ database: Database) throws {
        for scope in scopes {
            let node = scope.node?.text
            guard !scope.item.isRoot else {
                try database.execute(sql: forgetEverywhere, arguments: ["node": node])
                continue
            }
            try database.execute(sql: forgetItem, arguments: ["item": scope.item.text, "node": node])
            try database.execute(sql: forgetBelow, arguments: ["item": scope.item.text, "node": node])
        }
    }
}

/// A step identity as three columns.
enum StepColumns {
    static func arguments(_ identity: StepIdentity) -> StatementArguments {
        [identity.item.text, identity.node?.text ?? "", identity.name]
    }

    static func identity(item: String, node: String, name: String, _ json: JSONText) throws -> StepIdentity {
        StepIdentity(item: try json.path(item), node: node.isEmpty ? nil : try json.path(node), name: name)
    }
}

/// What is known of a step that was made true.
package struct AppliedStep: Hashable, Sendable {
    /// The digest of what it made true.
    package var fingerprint: String
    /// The stored plan that did it.
    package var planSerial: Int

    package init(fingerprint: String, planSerial: Int) {
        self.fingerprint = fingerprint
        self.planSerial = planSerial
    }
}

extension Store {
    /// The steps that were made true. O(steps).
    package func appliedSteps() throws(StoreError) -> [StepIdentity: AppliedStep] { try read(AppliedStepTable.read) }
}
