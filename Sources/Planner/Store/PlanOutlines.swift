internal import GRDB

extension PlanTable {
    static let selectNewestOutlines = "SELECT serial, plan_id, state, created_at, document FROM plan ORDER BY serial DESC LIMIT ?"
}

extension Store {
    /// The newest plans without their tasks, newest first. The outline is nil where the stored plan cannot be read any more, for it was made by
    /// another version. O(limit), whatever is in the plans.
    package func planOutlines(limit: Int) throws(StoreError) -> [(head: PlanHead, outline: PlanOutline?)] {
        try read { database in
            try Row.fetchAll(database, sql: PlanTable.selectNewestOutlines, arguments: [max(0, limit)]).map { row in
                // One plan of long ago in a form that this version does not read must not hide the others.
                (try PlanTable.head(row), try? PlanTable.outline(row))
            }
        }
    }
}
