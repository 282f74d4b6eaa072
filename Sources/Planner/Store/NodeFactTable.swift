internal import GRDB
package import Model

/// Which nodes are out of service, and by which contributor.
enum NodeFactTable {
    static let schema = """
        CREATE TABLE node_fact (
            node TEXT NOT NULL,
            contributor TEXT NOT NULL,
            plan_serial INTEGER NOT NULL,
            time REAL NOT NULL,
            PRIMARY KEY (node, contributor)
        ) STRICT, WITHOUT ROWID
        """

    static let select = "SELECT node, contributor, plan_serial, time FROM node_fact"

    /// The first time counts: a node that is taken out again was never put back.
    static let insert = """
        INSERT INTO node_fact (node, contributor, plan_serial, time) VALUES (?, ?, ?, ?)
        ON CONFLICT (node, contributor) DO NOTHING
        """

    static let delete = "DELETE FROM node_fact WHERE node = ? AND contributor = ?"

    static func read(_ database: Database) throws -> [NodeFact] {
        let rows = try Row.fetchCursor(database, sql: select)
        var facts: [NodeFact] = []
        while let row = try rows.next() {
            facts.append(NodeFact(node: try .stored(row[0]), contributor: row[1], planSerial: row[2], time: row[3]))
        }
        return facts.sorted { ($0.node, $0.contributor) < ($1.node, $1.contributor) }
    }

    static func write(_ changes: StoreChanges, planSerial: Int, now: Double, _ database: Database) throws {
        guard !changes.putBack.isEmpty || !changes.takeOut.isEmpty else { return }
        let delete = try database.cachedStatement(sql: delete)
        for fact in changes.putBack { try delete.execute(arguments: [fact.node.text, fact.contributor]) }
        let insert = try database.cachedStatement(sql: insert)
        for fact in changes.takeOut {
            try insert.execute(arguments: [fact.node.text, fact.contributor, planSerial, now])
        }
    }
}

/// A node that is out of service: locked, drained.
package struct NodeFact: Hashable, Sendable {
    package var node: ItemPath
    /// Who took it out: `ha`, `kubernetes`.
    package var contributor: String
    package var planSerial: Int
    /// Seconds since 1970.
    package var time: Double

    package init(node: ItemPath, contributor: String, planSerial: Int, time: Double) {
        self.node = node
        self.contributor = contributor
        self.planSerial = planSerial
        self.time = time
    }
}

extension Store {
    /// The nodes that are out of service, in natural order.
    package func nodeFacts() throws(StoreError) -> [NodeFact] { try read(NodeFactTable.read) }
}
