import Foundation
import GRDB
import Model
import TaskKit
import Testing

@testable import Store

@Suite("A store in hardship") struct HardshipTests {
    @Test("Many connections write at once: no record is lost, and none has the number of another") func contention()
        async throws
    {
        let directory = FileManager.default.temporaryDirectory.appendingPathComponent(
            "planner-\(UInt64.random(in: 0 ... .max))")
        defer { try? FileManager.default.removeItem(at: directory) }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for writer in 1...4 {
                group.addTask {
                    let store = try Store(directory: directory.path)
                    for number in 0..<25 {
                        try store.record(plan: writer) { changes in
                            changes.recordSteps = [RecordedStep(try step("/w-\(writer)/i-\(number)"), fingerprint: "f")]
                        }
                        _ = try store.journal(planSerial: writer)
                    }
                }
            }
            for try await _ in group {}
        }
        let store = try Store(directory: directory.path)
        #expect(try store.journal().map(\.sequence) == Array(1...100))
        #expect(try store.appliedSteps().count == 100)
        #expect(try store.appliedSerial == 100)
    }

    @Test("A database that another process keeps busy is an error after the timeout, and is usable afterwards")
    func busy() throws {
        try withDirectory { (directory) throws in
            let first = try Store(directory: directory)
            let second = try Store(directory: directory, busyTimeout: 0.05)
            try first.write { (_) throws in
                do {
                    try second.record { _ in }
                    Issue.record("written")
                } catch {
                    #expect((error as? StoreError)?.code == .busy)
                }
                #expect(try second.lastSequence() == 0)
            }
            #expect(try second.record { _ in }.sequence == 1)
        }
    }

    @Test("A full disk is said to be full, loses nothing, and the next record goes on", .enabled(if: getuid() == 0))
    func diskFull() throws {
        try withDirectory { (directory) throws in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            guard mount("tmpfs", directory, "tmpfs", 0, "size=1m,mode=0700") == 0 else {
                try Test.cancel("mounts are not permitted here")
            }
            defer { umount2(directory, Int32(MNT_DETACH)) }
            let store = try Store(directory: directory)
            var written = 0
            var failure: StoreError?
            let words = String(repeating: "x", count: 4000)
            while failure == nil, written < 1000 {
                do {
                    try store.record { $0.applyItems = [try resolved("/a/i-\(written)", ["x": .string(words)])] }
                    written += 1
                } catch {
                    failure = error as? StoreError
                }
            }
            #expect(failure?.code == .diskFull)
            #expect(failure?.message == "the disk of \(directory)/planner.db is full")
            #expect(try store.lastSequence() == written)
            #expect(try store.appliedSerial == written)
            guard mount("tmpfs", directory, "tmpfs", UInt(MS_REMOUNT), "size=8m,mode=0700") == 0 else {
                try Test.cancel("mounts are not permitted here")
            }
            #expect(try store.record { _ in }.sequence == written + 1)
            try store.close()
            #expect(try Store(directory: directory).lastSequence() == written + 1)
        }
    }

    @Test("A disk that is full from the beginning is said to be full", .enabled(if: getuid() == 0))
    func fullFromTheBeginning() throws {
        try withDirectory { (directory) throws in
            try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
            guard mount("tmpfs", directory, "tmpfs", 0, "size=64k,mode=0700") == 0 else {
                try Test.cancel("mounts are not permitted here")
            }
            defer { umount2(directory, Int32(MNT_DETACH)) }
            try Data(count: 56 * 1024).write(to: URL(fileURLWithPath: directory + "/ballast"))
            #expect(failure { _ = try Store(directory: directory) }?.code == .diskFull)
        }
    }
}

@Suite("Query plans") struct QueryPlanTests {
    struct Query: Sendable { let sql: String, plan: String }

    @Test(
        "What is asked often is found by an index",
        arguments: [
            Query(
                sql: JournalTable.selectOfPlan,
                plan: "SEARCH journal USING INDEX journal_of_plan (plan_serial=? AND sequence>?)"),
            Query(sql: JournalTable.selectAll, plan: "SEARCH journal USING INTEGER PRIMARY KEY (rowid>?)"),
            Query(sql: JournalTable.selectLast, plan: "SEARCH journal"),
            Query(sql: PlanTable.selectNewest, plan: "SCAN plan"),
            Query(sql: PlanTable.selectOne, plan: "SEARCH plan USING INTEGER PRIMARY KEY (rowid=?)"),
            Query(
                sql: PlanTable.supersede,
                plan: "SEARCH plan USING INTEGER PRIMARY KEY (rowid=?) | SCALAR SUBQUERY 1 | SEARCH plan"),
            Query(
                sql: PlanPartTable.select,
                plan: "SEARCH plan_part USING INDEX sqlite_autoindex_plan_part_1 (plan_serial=?)"),
            Query(
                sql: FormerItemTable.select,
                plan: "SCAN former | SEARCH item USING PRIMARY KEY (path=?) LEFT-JOIN"),
            Query(sql: DeclaredItemTable.select, plan: "SCAN declared_item"),
            Query(sql: DeclaredItemTable.delete, plan: "SEARCH declared_item USING PRIMARY KEY (path=?)"),
            Query(sql: AppliedItemTable.delete, plan: "SEARCH applied_item USING PRIMARY KEY (path=?)"),
            Query(sql: AppliedStepTable.forgetItem, plan: "SEARCH applied_step USING PRIMARY KEY (item=?)"),
            Query(sql: AppliedStepTable.forgetBelow, plan: "SEARCH applied_step USING PRIMARY KEY (item>? AND item<?)"),
            Query(sql: OwedStepTable.delete, plan: "SEARCH owed_step USING PRIMARY KEY (item=? AND node=? AND name=?)"),
            Query(sql: NodeFactTable.delete, plan: "SEARCH node_fact USING PRIMARY KEY (node=? AND contributor=?)"),
            Query(sql: StopRequestTable.select, plan: "SEARCH stop_request USING INTEGER PRIMARY KEY (rowid=?)"),
        ])
    func plan(query: Query) throws {
        try withStore { (store) throws in
            let plan = try store.read { database in
                try Row.fetchAll(
                    database,
                    sql: "EXPLAIN QUERY PLAN "
                        + query.sql.replacing(":item", with: "'/a'").replacing(":node", with: "NULL"),
                    arguments: StatementArguments(Array(repeating: 1, count: query.sql.filter { $0 == "?" }.count))
                ).map { $0["detail"] as String }
            }
            #expect(plan.joined(separator: " | ") == query.plan)
        }
    }
}
