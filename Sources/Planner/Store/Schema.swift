internal import GRDB

/// The tables of the store and how they came to be. A migration is never changed once it was released; the next one follows it.
enum Schema {
    /// Marks the file as a store of Planner ("PLNR").
    private static let applicationID = 0x504C_4E52

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 tables") { database in
            let tables = [
                StoreTable.schema, DeclaredItemTable.schema, AppliedItemTable.schema, AppliedStepTable.schema,
                OwedStepTable.schema, NodeFactTable.schema, PlanTable.schema, JournalTable.schema, LeaseTable.schema,
                StopRequestTable.schema,
            ]
            for table in tables { try database.execute(sql: table) }
            try StoreTable.initialise(database)
            try database.execute(sql: "PRAGMA application_id = \(applicationID)")
        }
        migrator.registerMigration("2 single items") { database in
            let changes =
                DeclaredItemTable.indexOfSources + AppliedItemTable.columnsOfDeclaration + [StoreTable.declaredSerial]
            for change in changes {
                try database.execute(sql: change)
            }
        }
        migrator.registerMigration("3 attempts") { database in try database.execute(sql: AttemptedItemTable.schema) }
        migrator.registerMigration("4 plans in pieces") { database in
            for change in [PlanPartTable.schema] + PlanPartTable.moves + FormerItemTable.schema {
                try database.execute(sql: change)
            }
        }
        migrator.registerMigration("5 steps that were true") { database in
            for change in AppliedStepTable.wasTrue { try database.execute(sql: change) }
        }
        migrator.registerMigration("6 checked values") { database in try database.execute(sql: StoreTable.checkedBy) }
        migrator.registerMigration("7 preflight") { database in try database.execute(sql: PreflightTable.schema) }
        return migrator
    }

    /// Refuses what is not a store, and a store of a newer Planner, before anything is written to it.
    private static let tablesOfUse = """
        SELECT count(*) FROM sqlite_schema WHERE name NOT LIKE 'grdb_migrations%' AND name NOT LIKE 'sqlite_%'
        """

    static func check(_ pool: DatabasePool, file: String) throws {
        try pool.read { database in
            // Between the first table of the migrator and the first migration another process may be making the store just now.
            let isUnmade = try Int.fetchOne(database, sql: tablesOfUse) == 0
            guard !isUnmade else { return }
            guard try Int.fetchOne(database, sql: "PRAGMA application_id") == applicationID else {
                throw StoreError.notADatabase(file)
            }
            guard try !migrator.hasBeenSuperseded(database) else {
                throw StoreError(
                    .newerSchema, "\(file) was made by a newer version of Planner",
                    nextStep: "use that version, or give another directory with --state")
            }
        }
    }
}
