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

    /// From schema 5 on: whether the step was ever true and not taken away since, also while nobody knows what is true now.
    static let wasTrue = [
        "ALTER TABLE applied_step ADD COLUMN was_true INTEGER NOT NULL DEFAULT 0",
        "UPDATE applied_step SET was_true = 1 WHERE fingerprint <> ''",
    ]

    static let select = "SELECT item, node, name, fingerprint, plan_serial, was_true FROM applied_step"

    static let upsert = """
        INSERT INTO applied_step (item, node, name, fingerprint, plan_serial, was_true) VALUES (?, ?, ?, ?, ?, ?)
        ON CONFLICT (item, node, name) DO UPDATE
            SET fingerprint = excluded.fingerprint, plan_serial = excluded.plan_serial,
                was_true = max(was_true, excluded.was_true)
            WHERE fingerprint IS NOT excluded.fingerprint OR plan_serial IS NOT excluded.plan_serial
        """

    /// The steps of one item, and of those below it: their paths go on with `/`, and `0` is what follows `/`.
    static let forgetItem = "DELETE FROM applied_step WHERE item = :item AND (:node IS NULL OR node = :node)"
    static let forgetBelow = """
        DELETE FROM applied_step WHERE item > :item || '/' AND item < :item || '0' AND (:node IS NULL OR node = :node)
        """
    static let forgetEverywhere = "DELETE FROM applied_step WHERE :node IS NULL OR node = :node"

    static func read(_ database: Database) throws -> [StepIdentity: AppliedStep] {
        let rows = try Row.fetchCursor(database, sql: select)
        var steps: [StepIdentity: AppliedStep] = [:]
        // Growing would hash every identity anew, again and again.
        steps.reserveCapacity(try Int.fetchOne(database, sql: "SELECT count(*) FROM applied_step") ?? 0)
        var columns = StepColumns()
        while let row = try rows.next() {
            let identity = try columns.identity(item: row[0], node: row[1], name: row[2])
            steps[identity] = AppliedStep(fingerprint: row[3], planSerial: row[4], wasTrue: row[5])
        }
        return steps
    }

    static func write(_ steps: [RecordedStep], planSerial: Int, _ database: Database) throws {
        guard !steps.isEmpty else { return }
        let statement = try database.cachedStatement(sql: upsert)
        for step in steps {
            try statement.execute(
                arguments: StepColumns.arguments(step.identity) + [step.fingerprint, planSerial, !step.fingerprint.isEmpty])
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
struct StepColumns {
    private var items = ItemPathReader()
    private var nodes = ItemPathReader()

    static func arguments(_ identity: StepIdentity) -> StatementArguments {
        [identity.item.text, identity.node?.text ?? "", identity.name]
    }

    mutating func identity(item: String, node: String, name: String) throws -> StepIdentity {
        StepIdentity(item: try items.stored(item), node: node.isEmpty ? nil : try nodes.stored(node), name: name)
    }
}

/// What is known of a step that was made true.
package struct AppliedStep: Hashable, Sendable {
    /// The digest of what it made true.
    package var fingerprint: String
    /// The stored plan that did it.
    package var planSerial: Int
    /// Whether it was true once, in whatever form, and was not taken away since. It stays so while a later attempt has an unknown end.
    package var wasTrue: Bool

    package init(fingerprint: String, planSerial: Int, wasTrue: Bool = true) {
        self.fingerprint = fingerprint
        self.planSerial = planSerial
        self.wasTrue = wasTrue
    }
}

extension Store {
    /// The steps that were made true. O(steps).
    package func appliedSteps() throws(StoreError) -> [StepIdentity: AppliedStep] { try read(AppliedStepTable.read) }
}
